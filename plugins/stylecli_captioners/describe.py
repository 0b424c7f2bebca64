"""Captions from what can be measured: colours, light, format, texture. Says nothing of the subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

import stylecli

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 256
"""Longer side in pixels at which pictures are measured."""

SQUARE = 1.1
"""Up to this ratio of sides a picture passes for square."""


@dataclass(frozen=True, kw_only=True)
class DescribeOptions:
    """What is spoken of."""

    with_title: Annotated[
        bool, typer.Option(help="Put the title in the file name first, where there is one.")
    ] = False


class Describe(stylecli.Captioner):
    """Names palette, light, format and texture, and only what stands out."""

    name = "describe"
    summary = "palette, light, format and texture, measured; needs no model and names no subject"
    Options = DescribeOptions

    def load(self, options: DescribeOptions, progress: stylecli.Progress) -> stylecli.Captions:
        """Nothing to load."""

        def captions(subjects: Sequence[stylecli.Subject]) -> list[str]:
            found = []
            for subject in subjects:
                title = stylecli.title_of(subject.path.stem) if options.with_title else ""
                if subject.image is None:
                    raise TypeError("describe looks at pictures and was given none")
                found.append(", ".join(part for part in (title, described(subject.image)) if part))
            return found

        return captions


def described(image: Image) -> str:
    """Describe a picture (RGB): "muted blues and greens, bright, warm light, wide format"."""
    from stylecli_captioners.lab import lab_of
    from stylecli_captioners.light import light_words
    from stylecli_captioners.palette import palette_words
    from stylecli_captioners.texture import texture_words

    lab = lab_of(image, SIDE)
    return ", ".join(
        [palette_words(lab), *light_words(lab), *texture_words(lab[..., 0]), _format(image)]
    )


def _format(image: Image) -> str:
    """Not "portrait" and "landscape", which are things that pictures show, too."""
    width, height = image.size
    if max(width, height) <= SQUARE * min(width, height):
        return "square format"
    return "wide format" if width > height else "upright format"
