"""A base of SD 1.5's or SDXL's true size with random weights: its speed and memory are those of the real one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from transformers import CLIPTokenizer

from stylecli.bases.device import pick_device
from stylecli.bases.folder import COMPONENTS
from stylecli.bases.modules import models_of_family
from stylecli.registry import load_registry

PIPELINES = {"sd15": "StableDiffusionPipeline", "sdxl": "StableDiffusionXLPipeline"}


def write_random_base(folder: Path, family: str = "sd15", *, spread: float = 0.02) -> None:
    """Write a whole diffusers folder, in fp16 2 GB, of SDXL's size 7 GB; words and noise schedule are `tiny`'s.

    The numbers are drawn on the accelerator where there is one: a billion of them take a while on a CPU.
    With a spread of 0 all matrices are zero: that is written sooner, and does where only sizes matter.
    """
    tiny = Path(load_registry().bases["tiny"].source)
    end = CLIPTokenizer.from_pretrained(tiny / "tokenizer").eos_token_id
    device = pick_device()
    generator = torch.Generator(device).manual_seed(0)
    models = models_of_family(family)
    for part, empty in models.items():
        model = empty.half().to_empty(device=device)
        for name, value in model.named_parameters():
            if value.ndim > 1:
                value.data.zero_()
                if spread:
                    value.data.normal_(0, spread, generator=generator)
            else:
                value.data.fill_(float(name.endswith("weight")))
        if part == "unet":
            # The published configuration says it, and the stock pipelines ask for it.
            model.register_to_config(sample_size=64 if family == "sd15" else 128)
        elif part.startswith("text_encoder"):
            # There the pooled output is read.
            model.config.eos_token_id = end
        model.save_pretrained(folder / part)
    for part in set(COMPONENTS[family]) - set(models):
        shutil.copytree(tiny / part.removesuffix("_2"), folder / part)
    index = {"_class_name": PIPELINES[family], "_diffusers_version": "0.30.0"}
    (folder / "model_index.json").write_text(json.dumps(index))
