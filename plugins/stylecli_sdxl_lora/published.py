"""The published run as a preset, the run that it began with, and what can be left out of the method.

A preset sets everything that touches what is learnt, so that it means the same on every base.
"""

from __future__ import annotations

from typing import Any

import stylecli

PREFIX = "Still from the Anime,"

_BOTH: dict[str, Any] = {
    "alpha": None,
    "dropout": 0.0,
    "target_modules": "to_q,to_k,to_v,to_out.0",
    "caption_simplify": False,
    "perceptual_weight": 0.0,
    "perceptual_network": None,
    "crop_size": None,
    "crop": "random",
    "flip": False,
    "buckets": False,
    "caption_dropout": 0.0,
    "prefix_only": 0.0,
    "epochs": 10.0,
    "batch_size": 1,
    "optimizer": "adamw",
    "lr_schedule": "constant",
    "weight_decay": 0.01,
    "adam_beta2": 0.999,
    "clip_norm": 1.0,
    "ema_decay": 0.0,
    "min_snr": 0.0,
    "noise_offset": 0.0,
    "min_timestep": 0,
    "max_timestep": 999,
    "preview_epochs": 1.0,
}
"""What both runs have in common. They saw squares of SDXL's own resolution, so this is the base's."""

PRESETS = {
    "conan": stylecli.Preset(
        summary="a published run on stills of an anime, SDXL 1.0: LoRA r 16 = alpha on the denoiser's attention and "
        "both text encoders', AdamW 1e-5 constant after 500 steps of warm-up, batch 1 x 8, 10 epochs, random crops "
        f"of the base's resolution, bf16, prefix {PREFIX!r}; pictures every epoch",
        train={
            **_BOTH,
            "rank": 16,
            "train_text_encoders": True,
            "text_encoder_rank": 16,
            "text_encoder_alpha": None,
            "text_encoder_learning_rate": 1e-5,
            "text_encoder_target_modules": "q_proj,k_proj,v_proj,out_proj",
            "learning_rate": 1e-5,
            "warmup": 500,
            "accumulation": 8,
            "precision": "bf16",
        },
        prefix=PREFIX,
    ),
    "conan-baseline": stylecli.Preset(
        summary="what that run began with: LoRA r 4 on the denoiser alone, 1e-4 without warm-up, batch 1, fp16; "
        "the rest likewise",
        train={
            **_BOTH,
            "rank": 4,
            "train_text_encoders": False,
            "learning_rate": 1e-4,
            "warmup": 0,
            "accumulation": 1,
            "precision": "fp16",
        },
        prefix=PREFIX,
    ),
}

ABLATIONS = {
    "no-text-encoders": stylecli.Ablation(
        "the denoiser alone learns",
        {"train_text_encoders": False},
        whole={"train_text_encoders": True},
    ),
    "no-perceptual": stylecli.Ablation(
        "the denoising loss alone", {"perceptual_weight": 0.0}, whole={"perceptual_weight": 0.1}
    ),
    "whole-captions": stylecli.Ablation(
        "captions as they are", {"caption_simplify": False}, whole={"caption_simplify": True}
    ),
    "no-min-snr": stylecli.Ablation(
        "all noise levels count alike", {"min_snr": 0.0}, whole={"min_snr": 5.0}
    ),
}
