"""What goes with the miniature base of the SD 1.5 family: a ControlNet and an IP-Adapter."""

from __future__ import annotations

from pathlib import Path


def write_mini_controlnet(folder: Path, base: Path) -> None:
    """Write a ControlNet with random weights that do something.

    Args:
        folder: Where.
        base: The folder of the base that it is for.
    """
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(base / "unet")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        controlnet = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(16, 32))
        for name, parameter in controlnet.named_parameters():
            # They are born with zeros there, as having nothing to say yet.
            if "controlnet_" in name and parameter.ndim > 1 and not parameter.any():
                torch.nn.init.normal_(parameter, std=0.3)
    controlnet.save_pretrained(folder)


def write_mini_ip_adapter(folder: Path, base: Path) -> None:
    """Write an IP-Adapter with random weights that do something.

    Args:
        folder: Where.
        base: The folder of the base that it is for.
    """
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    unet = UNet2DConditionModel.from_pretrained(base / "unet")
    with torch.random.fork_rng():
        torch.manual_seed(2)
        CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=16,
                intermediate_size=32,
                projection_dim=24,
                num_hidden_layers=1,
                num_attention_heads=2,
                image_size=16,
                patch_size=8,
                # Random weights as small as CLIP's would tell no picture from another.
                initializer_factor=10.0,
            )
        ).save_pretrained(folder / "image_encoder")
        tensors = {
            "image_proj.proj.weight": torch.randn(4 * 32, 24),
            "image_proj.proj.bias": torch.randn(4 * 32),
            "image_proj.norm.weight": torch.ones(32),
            "image_proj.norm.bias": torch.zeros(32),
        }
        for number, name in enumerate(unet.attn_processors):
            if name.endswith("attn2.processor"):
                tensors[f"ip_adapter.{number}.to_k_ip.weight"] = torch.randn(32, 32) * 0.2
                tensors[f"ip_adapter.{number}.to_v_ip.weight"] = torch.randn(32, 32) * 0.2
    save_file(tensors, folder / "ip-adapter.safetensors")
