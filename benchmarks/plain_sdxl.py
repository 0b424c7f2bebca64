"""A LoRA on SDXL trained as diffusers' script does it: every step encodes its pictures and captions.

Written for comparison after the structure of examples/text_to_image/train_text_to_image_lora_sdxl.py of
diffusers, with accelerate: the same modules, optimiser, batch and precision as the run that it is compared
with. All four models stay in memory. The autoencoder is in half precision, as the one that the script's own
guide names for it; with the stock one the script would take fp32, and longer.
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
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from diffusers import (
    AutoencoderKL,
    DDPMScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from peft import LoraConfig, inject_adapter_in_model
from peft.utils import get_peft_model_state_dict
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from stylecli.bases.device import pick_dtype
from stylecli.bases.loading import checkpoint_gradients
from stylecli.images.tensors import to_tensor

ENCODERS = ("text_encoder", "text_encoder_2")
ENCODER_TARGETS = ("q_proj", "k_proj", "v_proj", "out_proj")
MIXED = {torch.float32: "no", torch.bfloat16: "bf16", torch.float16: "fp16"}


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
    parser.add_argument("--resolution", type=int, required=True)
    parser.add_argument("--rank", type=int, required=True)
    parser.add_argument("--targets", required=True)
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16", "fp16"], required=True)
    parser.add_argument("--train-text-encoders", action="store_true")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    return parser.parse_args(given)


class Pictures(Dataset[dict[str, Any]]):
    """Pictures read, scaled, cropped and mirrored whenever they are asked for, with tokens and sizes."""

    def __init__(self, folder: Path, side: int, tokenizers: Sequence[Any]) -> None:
        self._paths = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))
        self._side = side
        self._tokenizers = tokenizers
        self._random = random.Random(0)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> dict[str, Any]:
        image = Image.open(self._paths[index]).convert("RGB")
        size, side = image.size, self._side
        scale = side / min(size)
        width, height = (round(scale * each) for each in size)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        left, top = self._random.randint(0, width - side), self._random.randint(0, height - side)
        image = image.crop((left, top, left + side, top + side))
        if self._random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        tokens = [
            tokenizer(
                "A painting",
                padding="max_length",
                max_length=tokenizer.model_max_length,
                truncation=True,
                return_tensors="pt",
            ).input_ids[0]
            for tokenizer in self._tokenizers
        ]
        sizes = torch.tensor([size[1], size[0], top, left, side, side])
        return {"pixels": to_tensor([image])[0], "tokens": tokens, "sizes": sizes}


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
    on_cpu = not torch.cuda.is_available()
    dtype = pick_dtype(args.precision, torch.device("cpu" if on_cpu else "cuda"))
    # Another loop of this process may have begun with another precision, which accelerate refuses to change.
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(cpu=on_cpu, mixed_precision=MIXED[dtype])
    # A CPU is slower with half-precision weights.
    frozen = torch.float32 if on_cpu else dtype
    kinds = {
        "vae": AutoencoderKL,
        "text_encoder": CLIPTextModel,
        "text_encoder_2": CLIPTextModelWithProjection,
        "unet": UNet2DConditionModel,
    }
    models: dict[str, Any] = {}
    for part, kind in kinds.items():
        model = kind.from_pretrained(args.base / part, torch_dtype=frozen)
        models[part] = model.requires_grad_(False).to(accelerator.device)
    unet, vae, encoders = models["unet"], models["vae"], [models[part] for part in ENCODERS]
    schedule = DDPMScheduler.from_pretrained(args.base / "scheduler")
    unet.add_adapter(_lora(args.rank, args.targets.split(",")))
    learning = [unet]
    if args.train_text_encoders:
        for encoder in encoders:
            inject_adapter_in_model(_lora(args.rank, ENCODER_TARGETS), encoder)
        learning += encoders
    if args.gradient_checkpointing:
        for model in learning:
            checkpoint_gradients(model, True)
    trainable = [
        parameter
        for model in learning
        for parameter in model.parameters()
        if parameter.requires_grad
    ]
    for parameter in trainable:
        # The script does so for fp16.
        parameter.data = parameter.data.float()
    optimizer = torch.optim.AdamW(trainable, lr=1e-4)
    tokenizers = [
        CLIPTokenizer.from_pretrained(args.base / part) for part in ("tokenizer", "tokenizer_2")
    ]
    loader = DataLoader(
        Pictures(args.pictures, args.resolution, tokenizers),
        batch_size=args.batch_size,
        shuffle=True,
        drop_last=True,
    )
    *learning, optimizer, loader = accelerator.prepare(*learning, optimizer, loader)
    for model in learning:
        model.train()

    def loss_of(batch: dict[str, Any]) -> Tensor:
        latents = vae.encode(batch["pixels"].to(frozen)).latent_dist.sample()
        latents = (latents * vae.config.scaling_factor).to(frozen)
        noise = torch.randn_like(latents)
        steps = torch.randint(
            0, schedule.config.num_train_timesteps, (len(latents),), device=latents.device
        )
        noisy = schedule.add_noise(latents, noise, steps)
        context, pooled = told(encoders, batch["tokens"])
        sizes = batch["sizes"].to(latents.device, frozen)
        added = {"text_embeds": pooled, "time_ids": sizes}
        prediction = unet(noisy, steps, context, added_cond_kwargs=added, return_dict=False)[0]
        target = noise
        if schedule.config.prediction_type == "v_prediction":
            target = schedule.get_velocity(latents, noise, steps)
        return torch.nn.functional.mse_loss(prediction.float(), target.float())

    watch(unet)
    started = time.perf_counter()
    done = 0
    while done < args.steps:
        for batch in loader:
            with accelerator.accumulate(unet):
                loss = loss_of(batch)
                # Two readings of the loss: for the log of all processes, and beside the progress bar.
                accelerator.gather(loss.repeat(args.batch_size)).mean().item()
                accelerator.backward(loss)
                accelerator.clip_grad_norm_(trainable, 1.0)
                optimizer.step()
                optimizer.zero_grad()
            loss.detach().item()
            done += 1
            on_step()
            if done == args.steps:
                break
    seconds = time.perf_counter() - started
    StableDiffusionXLPipeline.save_lora_weights(
        args.out, unet_lora_layers=get_peft_model_state_dict(accelerator.unwrap_model(unet))
    )
    return seconds


def told(encoders: Sequence[Any], tokens: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """What both encoders say: penultimate states side by side, and the second one's pooled output."""
    states = []
    for encoder, ids in zip(encoders, tokens, strict=True):
        said = encoder(ids.to(encoder.device), output_hidden_states=True)
        states.append(said.hidden_states[-2])
    return torch.cat(states, dim=-1), said.text_embeds


def _lora(rank: int, targets: Sequence[str]) -> LoraConfig:
    return LoraConfig(
        r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=list(targets)
    )


if __name__ == "__main__":
    main()
