"""A LoRA trained as diffusers' text-to-image script does it: every step encodes its pictures and captions.

Written for comparison after the structure of examples/text_to_image/train_text_to_image_lora.py of
diffusers: the same modules, optimiser, batch and precision as the run that it is compared with.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDPMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from peft import LoraConfig, inject_adapter_in_model
from peft.utils import get_peft_model_state_dict
from PIL import Image
from transformers import CLIPTextModel, CLIPTokenizer

from stylecli.bases.device import pick_dtype
from stylecli.images.tensors import to_tensor


def main() -> None:
    """Train, save, and print steps a second as JSON."""
    args = arguments()
    print(json.dumps({"steps_per_second": args.steps / train(args)}))


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What is to be trained, from the command line by default."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--crop-size", type=int, required=True)
    parser.add_argument("--rank", type=int, required=True)
    parser.add_argument("--targets", required=True)
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16", "fp16"], required=True)
    parser.add_argument("--train-text-encoder", action="store_true")
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
    ).to(device)
    vae = AutoencoderKL.from_pretrained(args.base / "vae", torch_dtype=torch.float32).to(device)
    unet = UNet2DConditionModel.from_pretrained(args.base / "unet", torch_dtype=torch.float32).to(
        device
    )
    schedule = DDPMScheduler.from_pretrained(args.base / "scheduler")
    for model in (text_encoder, vae, unet):
        model.requires_grad_(False)
        if device.type != "cpu":
            # As the script does; a CPU is slower with half-precision weights.
            model.to(dtype=dtype)
    unet.add_adapter(
        LoraConfig(
            r=args.rank,
            lora_alpha=args.rank,
            init_lora_weights="gaussian",
            target_modules=args.targets.split(","),
        )
    )
    if args.train_text_encoder:
        inject_adapter_in_model(
            LoraConfig(
                r=args.rank,
                lora_alpha=args.rank,
                init_lora_weights="gaussian",
                target_modules=["q_proj", "k_proj", "v_proj", "out_proj"],
            ),
            text_encoder,
        )
    trainable = [
        parameter
        for model in (unet, text_encoder)
        for parameter in model.parameters()
        if parameter.requires_grad
    ]
    for parameter in trainable:
        parameter.data = parameter.data.float()
    optimizer = torch.optim.AdamW(trainable, lr=1e-3)
    pictures = sorted(path for path in args.pictures.iterdir() if path.suffix in (".png", ".jpg"))

    def example() -> Image.Image:
        image = Image.open(rng.choice(pictures)).convert("RGB")
        left = rng.randrange(image.width - args.crop_size + 1)
        top = rng.randrange(image.height - args.crop_size + 1)
        image = image.crop((left, top, left + args.crop_size, top + args.crop_size))
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image

    watch(unet)
    started = time.perf_counter()
    for _ in range(args.steps):
        pixels = to_tensor([example() for _ in range(args.batch_size)]).to(device)
        tokens = tokenizer(
            ["A painting"] * args.batch_size,
            padding="max_length",
            max_length=77,
            truncation=True,
            return_tensors="pt",
        ).input_ids.to(device)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            latents = vae.encode(pixels).latent_dist.sample() * vae.config.scaling_factor
            noise = torch.randn_like(latents)
            steps = torch.randint(
                0, schedule.config.num_train_timesteps, (len(latents),), device=device
            )
            noisy = schedule.add_noise(latents, noise, steps)
            context = text_encoder(tokens)[0]
            prediction = unet(noisy, steps, context, return_dict=False)[0]
        target = noise
        if schedule.config.prediction_type == "v_prediction":
            target = schedule.get_velocity(latents, noise, steps)
        loss = torch.nn.functional.mse_loss(prediction.float(), target.float())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        on_step()
    seconds = time.perf_counter() - started
    StableDiffusionPipeline.save_lora_weights(
        args.out, unet_lora_layers=get_peft_model_state_dict(unet)
    )
    return seconds


if __name__ == "__main__":
    main()
