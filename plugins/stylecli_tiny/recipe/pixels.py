"""The pixels under a view: what a ControlNet and an IP-Adapter are shown beside the latents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stylecli_tiny.recipe.latents import cut, training
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.views import View


class Pixels:
    """Finds the pixels of crops of latents that `encode_all` made of a pack of pictures."""

    def __init__(self, pictures: Pack, cells: int) -> None:
        self._pictures = pictures
        self._cells = cells
        self._chosen = training(pictures)

    def of(self, view: View) -> NDArray[np.uint8]:
        """Batch x height x width x RGB."""
        height, width = (self._cells * side for side in view.latents.shape[2:])
        crops = []
        for place in view.places:
            # Each picture is followed by its mirror image.
            number, mirrored = divmod(place.index, 2)
            whole = cut(self._pictures[self._chosen[number]], self._cells)
            if mirrored:
                whole = whole[:, ::-1]
            top, left = self._cells * place.top, self._cells * place.left
            crops.append(whole[top : top + height, left : left + width])
        return np.stack(crops)
