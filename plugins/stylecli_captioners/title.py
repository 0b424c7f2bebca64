"""Captions from file names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli


@dataclass(frozen=True, kw_only=True)
class TitleOptions:
    """What of a name is kept."""

    keep_year: Annotated[
        bool, typer.Option(help="Keep the year: 'water lilies 1914' instead of 'water lilies'.")
    ] = False


class Title(stylecli.Captioner):
    """Reads the title out of the file name, as training does where there is no caption."""

    name = "title"
    summary = "the title in the file name (WikiArt's names and plain ones); needs no model"
    reads_pictures = False
    Options = TitleOptions

    def load(self, options: TitleOptions, progress: stylecli.Progress) -> stylecli.Captions:
        """Nothing to load."""

        def captions(subjects: Sequence[stylecli.Subject]) -> list[str]:
            return [
                stylecli.title_of(subject.path.stem, year=options.keep_year) for subject in subjects
            ]

        return captions
