"""Which pictures of which data set on the Hugging Face hub are meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

_REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")

NO_COLUMN = "none"
"""In place of a column's name: no captions."""


@dataclass(frozen=True)
class HubSet:
    """A data set of the hub, and what is taken of it; None stands for what is chosen by itself.

    Attributes:
        repository: Where it is, ``org/name``.
        revision: Branch, tag or commit, as the user named it.
        config: Which of its configurations.
        split: Which of its splits; "train".
        image_column: Where the pictures are; the first column of pictures.
        caption_column: Where their captions are; see `hub_columns.caption_column`. `NO_COLUMN`
            for none.
        most: So many pictures from the beginning; all.
        commit: What the revision stands for, once that is known.
    """

    repository: str
    revision: str | None = None
    config: str | None = None
    split: str | None = None
    image_column: str | None = None
    caption_column: str | None = None
    most: int | None = None
    commit: str | None = None

    @property
    def pinned(self) -> str:
        """What finds the very same data again: ``org/name@commit``."""
        commit = self.commit or self.revision
        return f"{self.repository}@{commit}" if commit else self.repository

    def record(self) -> dict[str, Any]:
        """What `of_record` reads."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> HubSet:
        """A data set as it was recorded."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in record.items() if name in known})


def read_hub_id(text: str) -> tuple[str, str | None] | None:
    """Repository and revision of ``org/name[@revision]``, or None where it is no hub id."""
    repository, _, revision = text.partition("@")
    if not _REPOSITORY.fullmatch(repository):
        return None
    return repository, revision or None
