"""What ``stylecli train`` learns from: a folder, or a data set of the hub by its name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from stylecli.cli.console import Reporter, warn
from stylecli.cli.parameters import named
from stylecli.cli.resume import HUB_FLAGS, resumed_set
from stylecli.datasets.folder import Dataset, read_dataset
from stylecli.datasets.hub_data import fetch_dataset
from stylecli.datasets.hub_set import HubSet, read_hub_id
from stylecli.errors import Cancelled, StylecliError, UsageError, did_you_mean

PANEL = "A data set of the hub"

PicturesArgument = Annotated[
    str,
    typer.Argument(
        metavar="FOLDER|ORG/NAME[@REVISION]",
        help="The folder of style pictures, or a data set of the Hugging Face hub.",
        show_default=False,
    ),
]
SplitOption = Annotated[
    Optional[str],  # noqa: UP045 - Typer reads it at run time
    typer.Option("--split", help="Which of its splits; default: train.", rich_help_panel=PANEL),
]
DataConfigOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--data-config",
        help="Which of its configurations, where it has several.",
        rich_help_panel=PANEL,
    ),
]
ImageColumnOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--image-column",
        help="Where its pictures are; default: the first column of pictures.",
        rich_help_panel=PANEL,
    ),
]
CaptionColumnOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--caption-column",
        help="Where their captions are, or none; default: text, caption or the like, else the first "
        "column of text.",
        rich_help_panel=PANEL,
    ),
]
MaxPicturesOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--max-pictures",
        min=1,
        help="Only so many pictures from its beginning; no more are fetched.",
        rich_help_panel=PANEL,
    ),
]


@dataclass(frozen=True)
class TrainingData:
    """What the user gave to learn from.

    Attributes:
        typed: The argument as typed.
        hub: The data set of the hub that it names, or None for a folder.
    """

    typed: str
    hub: HubSet | None

    @classmethod
    def of(
        cls,
        typed: str,
        config: str | None,
        split: str | None,
        image_column: str | None,
        caption_column: str | None,
        most: int | None,
    ) -> TrainingData:
        """Tell a folder from a data set of the hub; what is here is a folder.

        Raises:
            UsageError: Options that only a data set of the hub has, with a folder.
        """
        found = None if os.path.exists(typed) else read_hub_id(typed)
        if found is not None:
            repository, revision = found
            chosen = (config, split, image_column, caption_column, most)
            return cls(typed, HubSet(repository, revision, *chosen))
        values = (config, split, image_column, caption_column, most)
        given = [flag for flag, value in zip(HUB_FLAGS.values(), values, strict=True) if value]
        if given:
            raise UsageError(
                f"{', '.join(given)}: only for a data set of the hub, and {typed} is none.",
                "Leave it out for a folder, or write a data set as org/name.",
            )
        return cls(typed, None)

    @property
    def name(self) -> str:
        """What it is called, without where it is."""
        if self.hub is not None:
            return self.hub.repository.rpartition("/")[2]
        return named(Path(self.typed)).name

    def read(self, described: Mapping[str, Any]) -> Dataset:
        """Read it; what is left out or looks wrong is told.

        Args:
            described: What is known of the run that is resumed; else empty.

        Raises:
            UsageError: There is nothing to learn from.
            StylecliError: The hub cannot be reached.
        """
        if self.hub is None:
            dataset = read_dataset(Path(self.typed))
        else:
            wanted = resumed_set(self.hub, described.get("hub_set"))
            try:
                with Reporter() as progress:
                    dataset = fetch_dataset(wanted, progress)
            except Cancelled:
                raise
            except StylecliError as problem:
                near = self._near()
                if near is None:
                    raise
                hint = f"{near} {problem.hint or ''}".strip()
                raise type(problem)(problem.message, hint) from problem
        for problem_text in dataset.problems:
            warn(problem_text)
        return dataset

    def _near(self) -> str | None:
        """A folder that may be meant, where the name before the slash is one here."""
        place = Path(self.typed)
        try:
            folders = [str(entry) for entry in place.parent.iterdir() if entry.is_dir()]
        except OSError:
            return None
        return did_you_mean(str(place), folders)
