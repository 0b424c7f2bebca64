"""Bases and styles opened by name, as sub-commands and notebooks do."""

import pytest
import torch

import stylecli
from stylecli.styles.format import write_style
from stylecli.testing import miniature


@pytest.fixture
def style():
    return stylecli.Style("monet", "mine", "sd15", {"stylecli.mine.x": torch.ones(3)})


def test_a_base_is_opened_by_its_folder(picture):
    """And what stands between files and its autoencoder goes there and back."""
    base = stylecli.open_base(str(miniature("sd15").source), "fp32")
    framed = stylecli.frame(picture(3, (80, 64)), 64, base.size_multiple)
    latents, _ = base.encode(stylecli.to_tensor([framed.image]))
    assert latents.shape[1] == base.latent_channels
    assert latents.shape[2] * base.pixels_per_latent == framed.image.height
    (painted,) = stylecli.to_pictures(base.decode(latents))
    assert stylecli.unframe(painted, framed).size == (80, 64)


def test_a_base_that_is_not_there_is_named():
    with pytest.raises(stylecli.UsageError, match="No base named 'nowhere'"):
        stylecli.open_base("nowhere")


def test_a_style_is_opened_by_name_and_where_it_lies(style, home, tmp_path):
    write_style(style, home / "styles" / "monet.safetensors")
    write_style(style, tmp_path / "other.safetensors")
    for name in ("monet", str(tmp_path / "other.safetensors"), tmp_path / "other.safetensors"):
        assert stylecli.open_style(name).tensors["stylecli.mine.x"].tolist() == [1, 1, 1]
    with pytest.raises(stylecli.UsageError, match="mone"):
        stylecli.open_style("mone")
