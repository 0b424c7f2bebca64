"""What repaints pictures, and what makes them from text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from stylecli.progress import Progress, silent

if TYPE_CHECKING:
    from PIL.Image import Image


class Stylizer(Protocol):
    """A base with styles applied and options fixed: pictures in, pictures out."""

    def __call__(
        self,
        images: Sequence[Image],
        prompts: Sequence[str],
        seeds: Sequence[int],
        progress: Progress = silent,
    ) -> list[Image]:
        """Repaint RGB pictures of any sizes.

        Args:
            images: The pictures.
            prompts: What each shows, without the style's own words; may be empty.
            seeds: One a picture; a picture's result does not depend on the others in the call.
            progress: Hears of every step.

        Returns:
            One picture for each, in the same order and of the same aspect.
        """
        ...


class Generator(Protocol):
    """A base with styles applied and options fixed: text in, pictures out."""

    def __call__(
        self, prompts: Sequence[str], seeds: Sequence[int], progress: Progress = silent
    ) -> list[Image]:
        """Make one picture for each prompt; the style's own words are added to it."""
        ...
