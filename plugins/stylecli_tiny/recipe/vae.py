"""The autoencoder: its shape, and the plain codec it is before any training."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

from stylecli_tiny.recipe.settings import Sizes

_COLOURS = 3
_SIGNED = 2 * _COLOURS
"""Channels that carry the picture through the untrained VAE: each colour, and each negated.

SiLU lets a value through only above zero, but silu(x) - silu(-x) = x: a pair loses nothing.
"""
_LOG_VARIANCE = -6.0
"""Where the encoder's log variance starts: next to no noise."""


def build_vae(sizes: Sizes) -> AutoencoderKL:
    """A VAE that is an average-pool and smooth-upsample colour codec before its first step.

    Training then only has to learn what pooling loses. Every residual branch ends in zeros, and the
    first six channels of all that remains pass the picture on.
    """
    levels = len(sizes.vae_channels)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=sizes.vae_channels,
        layers_per_block=1,
        latent_channels=sizes.latent_channels,
        norm_num_groups=1,
        sample_size=sizes.sample_size * 2 ** (levels - 1),
        scaling_factor=1.0,
    )
    with torch.no_grad():
        for half in (vae.encoder, vae.decoder):
            for module in half.modules():
                _pass_on(module)
            _split_signs(half.conv_in)
        _join_signs(vae.encoder.conv_out, others=0.1, gain=0.5)
        _join_signs(vae.decoder.conv_out, others=0.3, gain=0.3)
        latents = sizes.latent_channels
        vae.encoder.conv_out.weight[latents:] *= 0.01
        vae.encoder.conv_out.bias[latents:] = _LOG_VARIANCE
        for projection in (vae.quant_conv, vae.post_quant_conv):
            nn.init.dirac_(projection.weight)
            projection.bias.zero_()
    return vae


def _pass_on(module: nn.Module) -> None:
    """Make one part of the VAE hand on its input, pooled or enlarged where that is its work."""
    kind = type(module).__name__
    if kind == "ResnetBlock2D":
        _zero(module.conv2)
        if module.conv_shortcut is not None:
            shortcut = module.conv_shortcut.weight
            same = min(shortcut.shape[:2])
            shortcut.mul_(0.5)
            shortcut[:same, :, 0, 0] = torch.eye(same, shortcut.shape[1])
            module.conv_shortcut.bias.zero_()
    elif kind == "Attention":
        _zero(module.to_out[0])
    elif kind == "Downsample2D":
        # diffusers pads right and below, so the first two taps of each axis are the cell itself.
        _each_to_itself(module.conv, torch.tensor([1.0, 1.0, 0.0]))
    elif kind == "Upsample2D":
        _each_to_itself(module.conv, torch.tensor([1.0, 2.0, 1.0]))


def _zero(layer: nn.Module) -> None:
    layer.weight.zero_()
    layer.bias.zero_()


def _each_to_itself(conv: nn.Module, taps: Tensor) -> None:
    """Filter each of the first channels alone, by `taps` along both axes."""
    kernel = torch.outer(taps, taps)
    conv.weight[:_SIGNED] = 0
    conv.bias[:_SIGNED] = 0
    for channel in range(_SIGNED):
        conv.weight[channel, channel] = kernel / kernel.sum()


def _split_signs(conv: nn.Module) -> None:
    """Colours in; colours and their negatives out. Other outputs keep their random weights."""
    conv.weight[:_SIGNED] = 0
    conv.bias[:_SIGNED] = 0
    for colour in range(_COLOURS):
        conv.weight[colour, colour, 1, 1] = 1
        conv.weight[colour + _COLOURS, colour, 1, 1] = -1


def _join_signs(conv: nn.Module, others: float, gain: float) -> None:
    """`gain` times colour minus negative, plus `others` times what the layer would do at random."""
    conv.weight[:_COLOURS] *= others
    conv.bias.zero_()
    for colour in range(_COLOURS):
        conv.weight[colour, colour, 1, 1] = gain
        conv.weight[colour, colour + _COLOURS, 1, 1] = -gain
