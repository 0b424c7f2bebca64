"""An IP-Adapter (Ye et al. 2023): a picture as a prompt, beside the words.

There is no CLIP of this size, so its image encoder is made here: first it learns to say where in a
picture which colours are (a thumbnail can be read off its embedding), then it is trained along with
the adapter, and learns what of a picture helps to denoise that picture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import StableDiffusionPipeline
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from stylecli_tiny.recipe.denoising import Noised, TokenIds, denoiser_plan, denoising_errors
from stylecli_tiny.recipe.fit import fit
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.pixels import Pixels
from stylecli_tiny.recipe.settings import Settings, Sizes
from stylecli_tiny.recipe.views import Views

WEIGHTS = "ip-adapter.safetensors"
TOKENS = 4
"""Prompt tokens that a picture becomes; what the plain IP-Adapter format has."""
_WITHOUT = 0.1
"""Share of the examples without a picture, so that guidance works."""
_THUMBNAIL = 8
"""Side of the thumbnail that the image encoder learns to give back."""
_NOISY_SHARE, _NOISY_FROM = 0.8, 850
"""So many of the timesteps are at least so late: with less noise than that, palette and composition
can be seen in the latents themselves, and a picture prompt would tell nothing new."""


def build_image_encoder(sizes: Sizes) -> CLIPVisionModelWithProjection:
    """An untrained image encoder of CLIP's form."""
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=sizes.image_width,
            intermediate_size=2 * sizes.image_width,
            projection_dim=2 * sizes.image_width,
            num_hidden_layers=sizes.image_layers,
            num_attention_heads=sizes.text_heads,
            image_size=sizes.image_side,
            patch_size=sizes.image_patch,
        )
    )


def add_adapter(pipeline: StableDiffusionPipeline, sizes: Sizes) -> nn.ModuleDict:
    """Put an untrained adapter into a pipeline; it changes nothing yet.

    Keys begin as the prompt's keys do, and values at zero.

    Returns:
        All that is to be trained: ``image_encoder``, ``projection``, and ``attentions`` with the
        adapter's keys and values in the order of the U-Net's cross-attentions.
    """
    width, embedded = sizes.text_width, 2 * sizes.image_width
    projection = nn.Linear(embedded, TOKENS * width)
    tensors = {f"proj.{name}": value.detach() for name, value in projection.named_parameters()}
    tensors |= {"norm.weight": torch.ones(width), "norm.bias": torch.zeros(width)}
    modules = dict(pipeline.unet.named_modules())
    keys = {}
    for number, name in cross_attentions(pipeline):
        attention = modules[name.removesuffix(".processor")]
        keys[f"{number}.to_k_ip.weight"] = attention.to_k.weight.detach().clone()
        keys[f"{number}.to_v_ip.weight"] = torch.zeros_like(attention.to_v.weight)
    pipeline.image_encoder = build_image_encoder(sizes)
    state = {"image_proj": tensors, "ip_adapter": keys}
    pipeline.load_ip_adapter(state, subfolder="", weight_name="")
    pipeline.set_ip_adapter_scale(1.0)
    processors = pipeline.unet.attn_processors
    return nn.ModuleDict(
        {
            "image_encoder": pipeline.image_encoder,
            "projection": pipeline.unet.encoder_hid_proj,
            "attentions": nn.ModuleList(processors[name] for _, name in cross_attentions(pipeline)),
        }
    )


def cross_attentions(pipeline: StableDiffusionPipeline) -> list[tuple[int, str]]:
    """Number in the file format and name of each cross-attention's processor."""
    names = enumerate(pipeline.unet.attn_processors)
    return [(number, name) for number, name in names if name.endswith("attn2.processor")]


def prompt_pictures(pixels: NDArray[np.uint8], side: int) -> Tensor:
    """Pictures as CLIP's image processor makes them: batch x 3 x `side` x `side`.

    Pictures that are no squares are squeezed, so that nothing of their composition is lost.
    """
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    small = F.interpolate(pictures, (side, side), mode="bicubic", antialias=True).clamp(0, 1)
    mean, deviation = (torch.tensor(x).view(3, 1, 1) for x in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    return (small - mean) / deviation


def teach_encoder(
    encoder: CLIPVisionModelWithProjection,
    views: Views,
    pixels: Pixels,
    settings: Settings,
    state: Path,
    device: torch.device,
    report: Callable[[str], None] = print,
) -> None:
    """Teach an image encoder, in place, that a thumbnail of its picture can be read off its embedding."""
    side = settings.sizes.image_side
    head = nn.Linear(encoder.config.projection_dim, 3 * _THUMBNAIL**2)
    networks = nn.ModuleDict({"encoder": encoder, "head": head}).to(device).train()

    def loss(step: int, _progress: float) -> Tensor:
        random = np.random.default_rng([settings.seed, step])
        pictures = prompt_pictures(pixels.of(views.draw(random)), side).to(device)
        told = networks["head"](networks["encoder"](pictures).image_embeds)
        return F.mse_loss(told, F.adaptive_avg_pool2d(pictures, _THUMBNAIL).flatten(1))

    plan = denoiser_plan(settings.encoder_budget, settings.extras_rate)
    average = fit(networks, loss, plan, state, settings.save_minutes, report)
    encoder.load_state_dict(average["encoder"].state_dict())


def draw_noisy_times(batch: int, generator: torch.Generator) -> Tensor:
    """Timesteps for what can only be told while there is much noise."""
    late = torch.rand(batch, generator=generator) < _NOISY_SHARE
    noisy = torch.randint(_NOISY_FROM, 1000, (batch,), generator=generator)
    return torch.where(late, noisy, torch.randint(0, 1000, (batch,), generator=generator))


def train_ip_adapter(
    adapter: nn.ModuleDict,
    pipeline: StableDiffusionPipeline,
    latents: Pack,
    pictures: Pack,
    settings: Settings,
    state: Path,
    device: torch.device,
    report: Callable[[str], None] = print,
) -> nn.Module:
    """Train an `adapter` that `add_adapter` put into `pipeline`; return its averaged copy.

    The picture prompt is the very crop to denoise, and every noise level weighs the same.
    """
    sizes = settings.sizes
    views = Views(latents, sizes.views, sizes.unet_batch)
    pixels = Pixels(pictures, sizes.cell_pixels)
    kept: Tensor = pipeline.scheduler.alphas_cumprod.to(device)
    ids_of = TokenIds(pipeline.tokenizer)
    unet, text_encoder = pipeline.unet, pipeline.text_encoder
    beginning = state.with_name("image-encoder.safetensors")
    teach_encoder(adapter["image_encoder"], views, pixels, settings, beginning, device, report)

    def loss(step: int, _progress: float) -> Tensor:
        random = np.random.default_rng([settings.seed, step])
        view = views.draw(random)
        ids = ids_of(view.captions).to(device)
        prompts = prompt_pictures(pixels.of(view), sizes.image_side).to(device)
        shown = random.random(len(prompts)) >= _WITHOUT
        counts = torch.from_numpy(shown).float().view(-1, 1).to(device)

        def predict(noisy: Tensor, times: Tensor) -> Tensor:
            embedded = adapter["image_encoder"](prompts).image_embeds * counts
            with torch.no_grad():
                context = text_encoder(ids)[0]
            beside = {"image_embeds": [embedded[:, None]]}
            predicted: Tensor = unet(noisy, times, context, added_cond_kwargs=beside).sample
            return predicted

        noised = Noised.draw(view.latents, random, draw_noisy_times).to(device)
        errors, _ = denoising_errors(predict, noised, kept)
        return errors.mean()

    for part in (unet, text_encoder, adapter):
        part.to(device, memory_format=torch.channels_last)
    unet.requires_grad_(False).eval()
    text_encoder.requires_grad_(False).eval()
    adapter.requires_grad_(True).train()
    plan = denoiser_plan(settings.extras_budget, settings.adapter_rate)
    return fit(adapter, loss, plan, state, settings.save_minutes, report)


def save_adapter(adapter: nn.Module, numbers: list[int], folder: Path) -> None:
    """Write a trained adapter as ``load_ip_adapter`` reads it, in float16.

    `numbers` are the format's numbers of the cross-attentions, in the adapter's order.
    """
    adapter.half()
    projection = adapter["projection"].image_projection_layers[0]
    tensors = {
        "image_proj.proj.weight": projection.image_embeds.weight,
        "image_proj.proj.bias": projection.image_embeds.bias,
        "image_proj.norm.weight": projection.norm.weight,
        "image_proj.norm.bias": projection.norm.bias,
    }
    for number, processor in zip(numbers, adapter["attentions"], strict=True):
        tensors[f"ip_adapter.{number}.to_k_ip.weight"] = processor.to_k_ip[0].weight
        tensors[f"ip_adapter.{number}.to_v_ip.weight"] = processor.to_v_ip[0].weight
    folder.mkdir(parents=True, exist_ok=True)
    plain = {name: value.detach().contiguous() for name, value in tensors.items()}
    save_file(plain, folder / WEIGHTS, metadata={"format": "pt"})
    adapter["image_encoder"].save_pretrained(folder / "image_encoder")
