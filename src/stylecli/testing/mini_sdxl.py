"""A base of the SDXL family with random weights, as small as it gets."""

from __future__ import annotations

from pathlib import Path

from stylecli.testing.tokenizer import tokenizer_at


def write_mini_sdxl(folder: Path, tokenizer: Path | None = None, cell: int = 1) -> None:
    """Write a diffusers folder: SDXL's block structure, as narrow as it gets. Works at 64 px.

    Args:
        folder: Where.
        tokenizer: A folder with a CLIP tokenizer; default: a small one of a few words.
        cell: Pixels a latent cell covers on a side: 1, 2, 4 or 8.
    """
    import torch
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
    )

    words = tokenizer_at(tokenizer)
    text = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=32,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
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
        levels = cell.bit_length()
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * levels,
            up_block_types=("UpDecoderBlock2D",) * levels,
            block_out_channels=(16,) * levels,
            norm_num_groups=8,
            latent_channels=4,
            sample_size=64,
        )
        pipeline = StableDiffusionXLPipeline(
            vae=vae,
            text_encoder=CLIPTextModel(text),
            text_encoder_2=CLIPTextModelWithProjection(text),
            tokenizer=words,
            tokenizer_2=words,
            unet=unet,
            scheduler=EulerDiscreteScheduler(),
            add_watermarker=False,
        )
    pipeline.save_pretrained(folder)
