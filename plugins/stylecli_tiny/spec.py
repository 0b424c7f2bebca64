"""What suits the embedded base; figures and recipe stand in MODEL_CARD.md."""

from __future__ import annotations

from pathlib import Path

import stylecli

ANY_TRAINING = {
    "resolution": 256,
    "crop_size": 128,
    "batch_size": 8,
    "preview_every": 100,
    "checkpoint_every": 100,
}
"""Of a method that this base does not know."""

LORA_TRAINING = {
    "rank": 8,
    "alpha": 8.0,
    "target_modules": "to_q,to_k,to_v,to_out.0,proj_in,proj_out,ff.net.0.proj,ff.net.2,conv1,conv2,conv_shortcut",
    "resolution": 256,
    "crop_size": 128,
    "batch_size": 16,
    "steps": 180,
    "learning_rate": 4e-3,
    "lr_schedule": "cosine",
    "warmup": 10,
    "weight_decay": 1e-3,
    "min_snr": 0.0,
    "noise_offset": 0.35,
    "max_timestep": 899,
    "prefix_only": 0.5,
    "preview_every": 100,
    "checkpoint_every": 100,
    "text_encoder_learning_rate": 1e-3,
    "vae_target_modules": "to_q,to_k,to_v,to_out.0,conv_in,conv1,conv2,conv_shortcut,conv,conv_out",
    "vae_learning_rate": 3e-3,
    "vae_steps": 200,
    "vae_batch_size": 4,
    "vae_crop_size": 128,
}
"""180 steps take about a minute on two CPU cores.

The noise offset and the full weight of noisy timesteps teach the style's palette and not only its
brush: without them a repainted photo keeps the photo's colours. More of either, or a higher rank,
dissolves the photo before the judge of painters is any surer (docs/performance.md).
"""

PROMPT_TRAINING = {
    "resolution": 256,
    "crop_size": 128,
    "batch_size": 8,
    "steps": 400,
    "learning_rate": 1e-3,
    "lr_schedule": "cosine",
    "preview_every": 200,
    "checkpoint_every": 200,
}
"""400 steps take about a minute on two CPU cores (docs/performance.md)."""

WHOLE_TRAINING = {
    "resolution": 256,
    "crop_size": 128,
    "crop": "random",
    "flip": True,
    "batch_size": 8,
    "steps": 200,
    "learning_rate": 2e-4,
    "optimizer": "adamw",
    "lr_schedule": "cosine",
    "warmup": 10,
    "noise_offset": 0.35,
    "max_timestep": 899,
    "train_norms": False,
    "lora_learning_rate": 4e-3,
    "class_prompt": "a painting",
    "class_steps": 12,
    "class_guidance": 3.0,
    "class_scheduler": "dpm++",
    "class_batch_size": 8,
    "validation_steps": 20,
    "preview_every": 100,
    "checkpoint_every": 100,
}

"""200 steps take about a minute on two CPU cores, 40 class pictures half of one.

Norms and biases stay: they are a hundredth of what is learnt, and yet most of what the style file would
lose (docs/dreambooth.md).
"""

XL_TRAINING = {
    **{name: value for name, value in LORA_TRAINING.items() if not name.startswith("vae_")},
    "steps": 240,
    "gradient_checkpointing": False,
}
"""240 steps take a minute and a half on two CPU cores."""

SAMPLING = {"steps": 20, "scheduler": "dpm++", "guidance": 4.0, "style_guidance": True}

XL_SAMPLING = {"steps": 20, "scheduler": "euler-a", "guidance": 3.5, "style_guidance": True}
"""A sampler that adds noise: with the others, and with more guidance, the small U-Net paints speckles
where there should be brush strokes."""


LICENCE = (
    "Apache-2.0; trained on public-domain paintings and freely licensed photographs (MODEL_CARD.md)"
)

SHARED_PARTS = {
    "vae": "vae",
    "text_encoder": "text_encoder",
    "tokenizer": "tokenizer",
    "tokenizer_2": "tokenizer",
}
"""Parts of the SDXL form that are parts of the smaller pipeline, by their names there."""


def tiny(folder: Path) -> stylecli.BaseSpec:
    """The embedded base in this package's folder."""
    return stylecli.BaseSpec(
        name="tiny",
        family="sd15",
        source=folder / "pipeline",
        summary="the embedded base: SD 1.5 architecture, 8 M parameters, 256 px, works offline",
        resolution=256,
        embedded=True,
        neutral_prompt="a photo",
        recommends={
            "*": {
                "train": ANY_TRAINING,
                "transfer": {**SAMPLING, "strength": 0.7},
                "generate": {**SAMPLING, "steps": 30},
            },
            "lora-sdedit": {
                "train": LORA_TRAINING,
                "transfer": {**SAMPLING, "strength": 0.7},
                "generate": {**SAMPLING, "steps": 30},
            },
            "dreambooth": {
                "train": WHOLE_TRAINING,
                "transfer": {**SAMPLING, "strength": 0.7},
                "generate": {**SAMPLING, "steps": 30},
            },
            "lsast": {
                "train": PROMPT_TRAINING,
                "transfer": {**SAMPLING, "guidance": 6.0, "strength": 0.7, "controlnet_scale": 0.7},
                "generate": {**SAMPLING, "guidance": 6.0, "steps": 30},
            },
        },
        ready_styles=folder / "styles",
        licence=LICENCE,
        controlnets={"canny": folder / "controlnet-canny"},
        ip_adapter=folder / "ip-adapter",
    )


def tiny_xl(folder: Path) -> stylecli.BaseSpec:
    """The embedded base of the SDXL family: its own U-Net and second text encoder, the rest shared."""
    pipeline = folder / "pipeline"
    return stylecli.BaseSpec(
        name="tiny-xl",
        family="sdxl",
        source=folder / "pipeline-xl",
        summary="the embedded base in SDXL's architecture: two text encoders, 4 M UNet, 256 px, works offline",
        resolution=256,
        embedded=True,
        neutral_prompt="a photo",
        recommends={
            "*": {
                "train": ANY_TRAINING,
                "transfer": {**XL_SAMPLING, "strength": 0.6},
                "generate": {**XL_SAMPLING, "steps": 30},
            },
            "sdxl-lora": {
                "train": XL_TRAINING,
                "transfer": {**XL_SAMPLING, "strength": 0.6},
                "generate": {**XL_SAMPLING, "steps": 30},
            },
        },
        licence=LICENCE,
        shared_parts={part: pipeline / name for part, name in SHARED_PARTS.items()},
    )
