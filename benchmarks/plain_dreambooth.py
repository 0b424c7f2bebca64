"""A whole model fine-tuned as diffusers' DreamBooth script does it: every step encodes its pictures and captions.

Written for comparison after the structure of examples/dreambooth/train_dreambooth.py of diffusers with
prior preservation and a trained text encoder: fp32 weights computing in half precision, the frozen
autoencoder in half precision, instance and class pictures in one batch, pictures read where they are needed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDPMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image, ImageOps
from transformers import CLIPTextModel, CLIPTokenizer

from stylecli.bases.device import pick_dtype
from stylecli.images.tensors import to_tensor

INSTANCE_PROMPT, CLASS_PROMPT = "cost style", "style"


def main() -> None:
    """Train, save, and print steps a second as JSON."""
    args = arguments()
    print(json.dumps({"steps_per_second": args.steps / train(args)}))


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What is to be trained, from the command line by default."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--class-pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True, help="of each of the two kinds")
    parser.add_argument("--resolution", type=int, required=True)
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16", "fp16"], required=True)
    parser.add_argument("--gradient-checkpointing", action="store_true")
    parser.add_argument("--optimizer", choices=["adamw", "adamw-8bit"], default="adamw")
    return parser.parse_args(given)


def train(
    args: argparse.Namespace,
    on_step: Callable[[], None] = lambda: None,
    watch: Callable[[Any], None] = lambda denoiser: None,
) -> float:
    """Train and save; the seconds of the loop.

    Args:
        args: As `arguments` gives them.
        on_step: Called after every step.
        watch: Called with the denoiser before the first one.
    """
    torch.manual_seed(0)
    rng = random.Random(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = pick_dtype(args.precision, device)
    tokenizer = CLIPTokenizer.from_pretrained(args.base / "tokenizer")
    text_encoder = CLIPTextModel.from_pretrained(
        args.base / "text_encoder", torch_dtype=torch.float32
    )
    unet = UNet2DConditionModel.from_pretrained(args.base / "unet", torch_dtype=torch.float32)
    vae = AutoencoderKL.from_pretrained(args.base / "vae", torch_dtype=dtype).to(device)
    vae.requires_grad_(False)
    for model in (unet, text_encoder):
        model.to(device).train()
    if args.gradient_checkpointing:
        unet.enable_gradient_checkpointing()
        text_encoder.gradient_checkpointing_enable()
    schedule = DDPMScheduler.from_pretrained(args.base / "scheduler")
    trainable = list(itertools.chain(unet.parameters(), text_encoder.parameters()))
    optimizer = _optimizer(args.optimizer)(trainable, lr=1e-6)
    scaler = torch.amp.GradScaler(device.type, enabled=dtype == torch.float16)
    instances, classes = (
        sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))
        for folder in (args.pictures, args.class_pictures)
    )

    def examples(paths: Sequence[Path]) -> list[Image.Image]:
        size = (args.resolution, args.resolution)
        return [
            ImageOps.fit(
                Image.open(rng.choice(paths)).convert("RGB"), size, Image.Resampling.BILINEAR
            )
            for _ in range(args.batch_size)
        ]

    watch(unet)
    started = time.perf_counter()
    for _ in range(args.steps):
        pixels = to_tensor(examples(instances) + examples(classes)).to(device, dtype)
        prompts = [INSTANCE_PROMPT] * args.batch_size + [CLASS_PROMPT] * args.batch_size
        tokens = tokenizer(
            prompts, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
        ).input_ids.to(device)
        latents = vae.encode(pixels).latent_dist.sample() * vae.config.scaling_factor
        noise = torch.randn_like(latents)
        steps = torch.randint(
            0, schedule.config.num_train_timesteps, (len(latents),), device=device
        )
        noisy = schedule.add_noise(latents, noise, steps)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            context = text_encoder(tokens)[0]
            prediction = unet(noisy, steps, context, return_dict=False)[0]
        target = noise
        if schedule.config.prediction_type == "v_prediction":
            target = schedule.get_velocity(latents, noise, steps)
        # The first half are instances, the second is the prior that is preserved.
        own, prior = prediction.float().chunk(2)
        own_target, prior_target = target.float().chunk(2)
        loss = torch.nn.functional.mse_loss(own, own_target)
        loss = loss + torch.nn.functional.mse_loss(prior, prior_target)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        # The script shows the loss beside its progress bar.
        loss.detach().item()
        on_step()
    seconds = time.perf_counter() - started
    StableDiffusionPipeline.from_pretrained(
        args.base,
        unet=unet,
        text_encoder=text_encoder,
        vae=vae,
        tokenizer=tokenizer,
        scheduler=schedule,
        safety_checker=None,
        feature_extractor=None,
    ).save_pretrained(args.out)
    return seconds


def _optimizer(name: str) -> Any:
    if name == "adamw":
        return torch.optim.AdamW
    from bitsandbytes.optim import AdamW8bit

    return AdamW8bit


if __name__ == "__main__":
    main()
