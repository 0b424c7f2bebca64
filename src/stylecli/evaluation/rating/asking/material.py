"""What people can be asked about: pictures of entries, photos, and pictures of the reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import StylecliError, UsageError
from stylecli.evaluation.report.page.pictures import evenly
from stylecli.evaluation.report.wording import encodable
from stylecli.evaluation.sets import picture_files
from stylecli.images.reading import picture_size

SHOWN = 3
"""How many reference pictures stand beside a question."""

Source = Path | bytes
"""A picture: its file, or the content of one."""


@dataclass(frozen=True)
class Picture:
    """A picture that is judged.

    Attributes:
        entry: The entry's name; None for a picture of the reference.
        target: The reference that it aims at, or belongs to; "" where there is none.
        content: Name of its content picture; "" where there is none.
        output: Its file's name.
        digest: SHA-256 of the file, in hex.
        path: The file.
        step: The training step, of a checkpoint.
        nth: Which of the entry's pictures of this content it is, from 0.
        prompt: The words that it was made from, where that is known; else "".
    """

    entry: str | None
    target: str
    content: str
    output: str
    digest: str
    path: Path
    step: int | None = None
    nth: int = 0
    prompt: str = ""


@dataclass(frozen=True)
class Material:
    """All that can be asked about.

    Attributes:
        pictures: The entries' pictures.
        photos: The content pictures that can be shown, by name.
        shown: Some pictures of each reference, to stand beside a question.
        references: The reference's own pictures, for real-or-fake.
        report: SHA-256 of the ``eval.json`` that it comes from, or "".
        notes: What whoever asks should know.
    """

    pictures: tuple[Picture, ...]
    photos: Mapping[str, Source]
    shown: Mapping[str, tuple[Source, ...]]
    references: tuple[Picture, ...] = ()
    report: str = ""
    notes: tuple[str, ...] = ()

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries' names."""
        return tuple(dict.fromkeys(each.entry for each in self.pictures if each.entry is not None))


def pictures_of(
    entry: str | None,
    target: str,
    paths: Sequence[Path],
    contents: Sequence[str],
    step: int | None = None,
) -> list[Picture]:
    """The pictures of an entry from its files and the names of their content pictures.

    Raises:
        UsageError: One cannot be read.
    """
    seen: dict[str, int] = {}
    found = []
    for file, content in zip(picture_files(paths), contents, strict=True):
        nth = seen.get(content, 0)
        seen[content] = nth + 1
        found.append(
            Picture(
                None if entry is None else encodable(entry),
                encodable(target),
                encodable(content),
                encodable(file.path.name),
                file.digest,
                file.path,
                step,
                nth,
            )
        )
    return found


def reference_pictures(target: str, paths: Sequence[Path]) -> list[Picture]:
    """The pictures of a reference, each file once."""
    found = pictures_of(None, target, paths, [""] * len(paths))
    return list({each.digest: each for each in reversed(found)}.values())[::-1]


def some_of(paths: Iterable[Path]) -> tuple[Source, ...]:
    """The few of a reference that stand beside a question."""
    return evenly(tuple(paths), SHOWN)


def checked(material: Material) -> Material:
    """The material without what cannot be opened; see `Material.notes`.

    Raises:
        UsageError: No picture is left.
    """
    problems: list[str] = []

    def opens(picture: Picture) -> bool:
        try:
            picture_size(picture.path)
        except StylecliError as problem:
            problems.append(f"{problem.message} It is left out.")
            return False
        return True

    pictures = tuple(each for each in material.pictures if opens(each))
    references = tuple(each for each in material.references if opens(each))
    if not pictures:
        raise UsageError(
            "None of the pictures can be read.", problems[0] if problems else "There are none."
        )
    notes = (*material.notes, *problems)
    return Material(pictures, material.photos, material.shown, references, material.report, notes)
