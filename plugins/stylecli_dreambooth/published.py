"""The published run as a preset, and what can be left out of the method.

A preset sets everything that touches what is learnt, so that it means the same on every base.
"""

from __future__ import annotations

import stylecli

PRESETS = {
    "cartoonify": stylecli.Preset(
        summary="a published Disney run on SD 1.5: 'disney style' against 1,000 class pictures of 'style', "
        "batch 4 + 4, 4,000 steps of 8-bit AdamW at 1e-6 constant, 512 px centre crops, fp16; a copy and "
        "four pictures of 'a person, Disney style' every 500 steps",
        train={
            "variant": "full",
            "instance_prompt": "disney style",
            "class_prompt": "style",
            "train_text_encoder": True,
            "train_norms": True,
            "text_encoder_learning_rate": None,
            "prior_preservation": True,
            "prior_weight": 1.0,
            "class_pictures": 1000,
            "class_steps": 50,
            "class_guidance": 7.5,
            "class_scheduler": "base",
            "resolution": 512,
            "crop_size": 512,
            "crop": "center",
            "flip": False,
            "buckets": False,
            "steps": 4000,
            "batch_size": 4,
            "accumulation": 1,
            "learning_rate": 1e-6,
            "lr_schedule": "constant",
            "warmup": 0,
            "optimizer": "adamw-8bit",
            "weight_decay": 1e-2,
            "adam_beta2": 0.999,
            "clip_norm": 1.0,
            "ema_decay": 0.0,
            "precision": "fp16",
            "min_snr": 0.0,
            "noise_offset": 0.0,
            "min_timestep": 0,
            "max_timestep": 999,
            "checkpoint_every": 500,
            "save_every": 500,
            "preview_every": 500,
            "validation_prompt": "a person, Disney style",
            "validation_pictures": 4,
            "validation_scheduler": "pndm",
        },
    )
}

ABLATIONS = {
    "no-prior": stylecli.Ablation(
        "no class pictures: nothing keeps the base from forgetting the class",
        {"prior_preservation": False, "class_folder": None},
    ),
    "no-text-encoder": stylecli.Ablation(
        "the denoiser alone learns", {"train_text_encoder": False}
    ),
    "lora": stylecli.Ablation(
        "LoRAs learn instead of all weights", {"variant": "lora", "keep_full": False}
    ),
}
