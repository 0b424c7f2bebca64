"""What each network is shown of a picture: sizes and filters as their reference code has them."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

_BILINEAR, _BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC
INCEPTION_SIDE = 299
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def clean(image: Image.Image) -> Tensor:
    """Clean-fid's (Parmar et al. 2022): 299 x 299 by an antialiased bicubic filter, not rounded."""
    channels = [
        Image.fromarray(channel).resize((INCEPTION_SIDE, INCEPTION_SIDE), _BICUBIC)
        for channel in np.asarray(image, dtype=np.float32).transpose(2, 0, 1)
    ]
    values = torch.from_numpy(np.stack([np.asarray(each) for each in channels]))
    return (values.clamp(0, 255)[None] - 128) / 128


def legacy(image: Image.Image) -> Tensor:
    """TensorFlow 1's: 299 x 299, bilinear from the corner, without antialiasing (torch-fidelity's)."""
    values = torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1)
    for axis in (2, 1):
        size = values.shape[axis]
        place = torch.arange(INCEPTION_SIDE) * torch.tensor(size / INCEPTION_SIDE)
        low = place.long()
        share = (place - low).view([-1 if each == axis else 1 for each in range(3)])
        one = values.index_select(axis, low)
        other = values.index_select(axis, (low + 1).clamp_max(size - 1))
        values = one + (other - one) * share
    return (values[None] - 128) / 128


def short_side(image: Image.Image, side: int = 512) -> Image.Image:
    """The whole picture with its short side so long, by Pillow's bilinear filter (StyleID's)."""
    width, height = image.size
    short = min(width, height)
    size = (int(side * width / short), int(side * height / short))
    return image if size == image.size else image.resize(size, _BILINEAR)


def of_art(image: Image.Image) -> Tensor:
    """ArtFID's: (1, 3, H, W) in [0, 1] at the size of `short_side`, not normalised."""
    return unit(short_side(image))


def pair(output: Image.Image, content: Image.Image) -> tuple[Tensor, Tensor]:
    """Output and photo at the output's `short_side`, (1, 3, H, W) each, in [0, 1]."""
    shown = short_side(output)
    photo = content if content.size == shown.size else content.resize(shown.size, _BILINEAR)
    return unit(shown), unit(photo)


def grey_pair(output: Image.Image, content: Image.Image) -> tuple[Tensor, Tensor]:
    """As `pair`, of the lightness alone (BT.601, rounded), three times."""
    shown = short_side(output)
    photo = content if content.size == shown.size else content.resize(shown.size, _BILINEAR)
    return unit(shown.convert("L").convert("RGB")), unit(photo.convert("L").convert("RGB"))


def clip_336(image: Image.Image) -> Tensor:
    """CMMD's: the centred square at 336 px, by Pillow's bicubic filter, normalised."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = image.crop((left, top, left + side, top + side)).resize((336, 336), _BICUBIC)
    return _normalised(square, _CLIP)


def clip_224(image: Image.Image) -> Tensor:
    """CSD's: the short side at 224 px by Pillow's bicubic filter, then the centred square."""
    width, height = image.size
    short = min(width, height)
    wide, high = int(224 * width / short), int(224 * height / short)
    left, top = round((wide - 224) / 2), round((high - 224) / 2)
    whole = image.resize((wide, high), _BICUBIC)
    return _normalised(whole.crop((left, top, left + 224, top + 224)), _CLIP)


def dinov2_224(image: Image.Image) -> Tensor:
    """Dgm-eval's: the whole picture pressed into 224 x 224 by Pillow's bicubic filter, normalised."""
    return _normalised(image.resize((224, 224), _BICUBIC), IMAGENET)


def pixels(image: Image.Image) -> Tensor:
    """The picture as it is: (1, 3, H, W) of uint8."""
    return torch.from_numpy(np.array(image, dtype=np.uint8)).permute(2, 0, 1)[None]


def unit(image: Image.Image) -> Tensor:
    """(1, 3, H, W) in [0, 1]."""
    return pixels(image) / 255


def _normalised(image: Image.Image, by: tuple[tuple[float, ...], tuple[float, ...]]) -> Tensor:
    mean, deviation = (torch.tensor(each)[:, None, None] for each in by)
    return (unit(image) - mean) / deviation
