"""How each network's files become the network; torch loads when one is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def inception(path: Path) -> Any:
    """See `stylecli_judges.inception.read_inception`."""
    from stylecli_judges.inception import read_inception

    return read_inception(path, of_art=False)


def inception_of_art(path: Path) -> Any:
    """See `stylecli_judges.inception.read_inception`."""
    from stylecli_judges.inception import read_inception

    return read_inception(path, of_art=True)


def perceptual(alexnet: Path, weights: Path) -> Any:
    """See `stylecli_judges.perceptual.read_lpips`."""
    from stylecli_judges.perceptual import read_lpips

    return read_lpips(alexnet, weights)


def structure(path: Path) -> Any:
    """See `stylecli_judges.content_structure.read_structure`."""
    from stylecli_judges.content_structure import read_structure

    return read_structure(path)


def clip(path: Path) -> Any:
    """See `stylecli_judges.clip.read_clip`."""
    from stylecli_judges.clip import read_clip

    return read_clip(path)


def dinov2(path: Path) -> Any:
    """See `stylecli_judges.dinov2.read_dinov2`."""
    from stylecli_judges.dinov2 import read_dinov2

    return read_dinov2(path)


def style_descriptors(path: Path) -> Any:
    """See `stylecli_judges.style_descriptors.read_style_descriptors`."""
    from stylecli_judges.style_descriptors import read_style_descriptors

    return read_style_descriptors(path)


def classifier(config: Path, model: Path, processor: Path) -> Any:
    """See `stylecli_judges.artists.read_classifier`."""
    from stylecli_judges.artists import read_classifier

    return read_classifier(config, model, processor)
