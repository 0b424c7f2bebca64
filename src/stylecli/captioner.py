"""The contract of a captioner: what a plugin implements to caption pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from stylecli.progress import Progress

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Subject:
    """A picture that wants a caption.

    Attributes:
        path: The file.
        image: The picture in RGB, upright; None for a captioner that does not read pictures.
    """

    path: Path
    image: Image | None


Captions: TypeAlias = Callable[[Sequence[Subject]], Sequence[str]]
"""Gives one caption for each of a batch of pictures, in their order; "" where it has nothing to say."""


class Captioner(ABC):
    """A way to caption pictures.

    Attributes:
        name: What the user types after ``--captioner``.
        summary: One line for ``plugins list`` and ``--help``.
        reads_pictures: Whether it looks at the pictures, or at their names alone.
        Options: A frozen dataclass of ``Annotated[type, typer.Option(...)]`` fields, or None; a field
            ``batch_size`` says how many pictures it is given at once.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    reads_pictures: ClassVar[bool] = True
    Options: ClassVar[type[Any] | None] = None

    @abstractmethod
    def load(self, options: Any, progress: Progress) -> Captions:
        """Make ready to caption: load a model, fetch it from the hub.

        Args:
            options: An instance of `Options`, or None.
            progress: Hears of downloads.

        Raises:
            UsageError: Options that cannot be met, such as a model that is none.
            StylecliError: Something is missing: a library, the hub.
        """
