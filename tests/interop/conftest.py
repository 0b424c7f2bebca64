"""Miniature pipelines of the two families, and LoRAs with random values for any of their modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch

from stylecli.bases.modules import modules_in
from stylecli.loras.module import LoraModule, LoraModules, ModuleShapes

TINY = Path(__file__).parents[2] / "plugins" / "stylecli_tiny" / "pipeline"


@pytest.fixture(scope="session")
def mini_xl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder with random weights: SDXL's block structure, as narrow as it gets."""
    from diffusers import (
        AutoencoderKL,
        EulerDiscreteScheduler,
        StableDiffusionXLPipeline,
        UNet2DConditionModel,
    )
    from transformers import (
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTextModelWithProjection,
        CLIPTokenizer,
    )

    folder = tmp_path_factory.mktemp("bases") / "mini-xl"
    tokenizer = CLIPTokenizer.from_pretrained(TINY / "tokenizer")
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=32,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(16, 32, 32),
            layers_per_block=2,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=(1, 2, 3),
            cross_attention_dim=64,
            attention_head_dim=4,
            use_linear_projection=True,
            norm_num_groups=8,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=8 * 6 + 32,
        )
        vae = AutoencoderKL(
            block_out_channels=(16,), norm_num_groups=8, latent_channels=4, sample_size=64
        )
        pipeline = StableDiffusionXLPipeline(
            vae=vae,
            text_encoder=CLIPTextModel(text),
            text_encoder_2=CLIPTextModelWithProjection(text),
            tokenizer=tokenizer,
            tokenizer_2=tokenizer,
            unet=unet,
            scheduler=EulerDiscreteScheduler(),
            add_watermarker=False,
        )
    pipeline.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def mini_modules(mini_folder: Path) -> ModuleShapes:
    return modules_in(mini_folder, "sd15")


@pytest.fixture(scope="session")
def mini_xl_modules(mini_xl_folder: Path) -> ModuleShapes:
    return modules_in(mini_xl_folder, "sdxl")


MakeLora = Callable[..., LoraModules]


@pytest.fixture(scope="session")
def random_lora() -> MakeLora:
    """Makes a LoRA for the modules whose paths end in `ends`, ranks and alphas going up and down."""

    def make(
        shapes: ModuleShapes,
        ends: Mapping[str, tuple[str, ...]],
        *,
        alphas: tuple[float, ...] = (2.0,),
        ranks: tuple[int, ...] = (2,),
        seed: int = 0,
        size: float = 0.2,
    ) -> LoraModules:
        random = torch.Generator().manual_seed(seed)
        lora: dict[str, dict[str, LoraModule]] = {}
        for part, wanted in ends.items():
            lora[part] = {}
            for path, (out, into, *kernel) in sorted(shapes[part].items()):
                if path.endswith(wanted):
                    number = len(lora[part])
                    rank = ranks[number % len(ranks)]
                    down = torch.randn(rank, into, *kernel, generator=random) * size
                    up = torch.randn(out, rank, *(1 for _ in kernel), generator=random) * size
                    # Values that fp16 holds: files then differ in nothing but their layout.
                    alpha = alphas[number % len(alphas)]
                    lora[part][path] = LoraModule(down.half().float(), up.half().float(), alpha)
        return lora

    return make
