"""Pictures as tensors and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor


def to_tensor(images: Sequence[Image.Image]) -> Tensor:
    """Stack RGB pictures of one size as float32 ``(B, 3, H, W)`` in [-1, 1]."""
    import numpy as np
    import torch

    stacked = np.stack([np.asarray(image.convert("RGB")) for image in images])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def to_pictures(pixels: Tensor) -> list[Image.Image]:
    """Turn ``(B, 3, H, W)`` in [-1, 1] into RGB pictures; values outside are clipped."""
    import numpy as np
    from PIL import Image

    scaled = ((pixels.float().clamp(-1, 1) + 1) * 127.5).round()
    array = scaled.permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8)
    return [Image.fromarray(picture) for picture in array]
