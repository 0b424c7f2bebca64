"""Two published runs as presets, and the ablation that the second one shows.

A preset sets everything that touches what is learnt, so that it means the same on every base.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import stylecli
from stylecli_lora_sdedit.options import PARTS, LoraOptions, trained_parts

_PLAIN_LOOP: dict[str, Any] = {
    "accumulation": 1,
    "lr_schedule": "constant",
    "warmup": 0,
    "adam_beta2": 0.999,
    "clip_norm": 0.0,
    "min_snr": 0.0,
    "noise_offset": 0.0,
    "min_timestep": 0,
    "max_timestep": 999,
    "caption_dropout": 0.0,
    "buckets": False,
    "optimizer": "adamw",
    "ema_decay": 0.0,
}
"""What both runs leave out."""

PRESETS = {
    "monet-a": stylecli.Preset(
        summary="a published Monet run on SD 1.5: LoRA r 8, alpha 16 on the denoiser's attention, AdamW 1e-5 "
        "constant, batch 2, one epoch, 256 px random crops, bf16, prefix 'A Monet painting,'; no warm-up, clipping, "
        "min-SNR, noise offset, caption dropout or mirroring",
        train={
            **_PLAIN_LOOP,
            "train_modules": "unet",
            "rank": 8,
            "alpha": 16.0,
            "dropout": 0.0,
            "target_modules": "to_q,to_k,to_v,to_out.0",
            "resolution": 256,
            "crop_size": 256,
            "crop": "random",
            "flip": False,
            "batch_size": 2,
            "epochs": 1.0,
            "learning_rate": 1e-5,
            "weight_decay": 0.01,
            "prefix_only": 0.0,
            "precision": "bf16",
        },
        prefix="A Monet painting,",
    ),
    "three-part": stylecli.Preset(
        summary="a published run on SD 1.5 with LoRAs r 8, alpha 16, dropout .05 on three parts (denoiser to_q, "
        "to_v; text encoder q_proj, v_proj; autoencoder's middle to_q, to_k, to_v), Adam 1e-4 constant, batch 4, "
        "100 epochs, 512 px centre crops, fp32, every picture captioned 'A painting in the style of **'; the "
        "autoencoder by its own loss, 100 epochs too; nothing else, as monet-a",
        train={
            **_PLAIN_LOOP,
            "train_modules": "unet,text-encoder,vae",
            "rank": 8,
            "alpha": 16.0,
            "dropout": 0.05,
            "target_modules": "to_q,to_v",
            "text_encoder_rank": 8,
            "text_encoder_alpha": 16.0,
            "text_encoder_learning_rate": 1e-4,
            "text_encoder_target_modules": "q_proj,v_proj",
            "vae_rank": 8,
            "vae_alpha": 16.0,
            "vae_learning_rate": 1e-4,
            "vae_target_modules": "to_q,to_k,to_v",
            "vae_epochs": 100.0,
            "vae_batch_size": 4,
            "vae_crop_size": 512,
            "resolution": 512,
            "crop_size": 512,
            "crop": "center",
            "flip": False,
            "batch_size": 4,
            "epochs": 100.0,
            "learning_rate": 1e-4,
            "weight_decay": 0.0,
            "prefix_only": 1.0,
            "precision": "fp32",
        },
        token="**",
    ),
}


def _without(name: str) -> Callable[[LoraOptions], dict[str, str]]:
    def changes(options: LoraOptions) -> dict[str, str]:
        trained = trained_parts(options)
        if PARTS[name] not in trained:
            return {}
        left = [other for other, part in PARTS.items() if part in trained and other != name]
        if not left:
            raise stylecli.UsageError(
                f"--ablate {name}: nothing would be left to train.",
                "Name more in --train-modules, or leave that out.",
            )
        return {"train_modules": ",".join(left)}

    return changes


ABLATIONS = {
    name: stylecli.Ablation(
        f"no LoRA on the {what}",
        train=_without(name),
        whole={"train_modules": ",".join(PARTS)},
        label=f"no-{name}",
    )
    for name, what in (
        ("unet", "denoiser"),
        ("text-encoder", "text encoder"),
        ("vae", "autoencoder"),
    )
}
