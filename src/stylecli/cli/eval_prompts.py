"""Pictures from text for ``stylecli eval``: the lines of a file, and the pictures that each gives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Optional

import typer

from stylecli.cli.parameters import SEEDS
from stylecli.errors import UsageError

PANEL = "Pictures from text"
PromptsOption = Annotated[
    Optional[Path],  # noqa: UP045 - Typer reads it at run time
    typer.Option(
        "--prompts",
        metavar="FILE",
        help="Instead of --content: a text file, a prompt a line. Every style paints each, and so does the base, "
        "which is the baseline. Blank lines and lines that begin with # are left out.",
        rich_help_panel=PANEL,
    ),
]
PerPromptOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--per-prompt",
        min=1,
        max=1000,
        help="Pictures of each prompt, every one with its own seed; default: 1.",
        rich_help_panel=PANEL,
    ),
]
COMMENT = "#"
_MOST_LINES = 10_000
_LONGEST = 2000
_APART = 100_000
"""The seeds of a prompt's pictures are so far apart: more than a file has lines."""


@dataclass(frozen=True)
class Line:
    """A prompt.

    Attributes:
        number: Of its line in the file, from 1; all lines are counted.
        words: What it says.
    """

    number: int
    words: str


@dataclass(frozen=True)
class Wanted:
    """A picture to be made from text.

    Attributes:
        words: What it shows, without the style's own words.
        seed: Of its noise: the same for every style.
        name: Of its file.
    """

    words: str
    seed: int
    name: str


def read_lines(path: Path) -> list[Line]:
    """Read the prompts of a file.

    Raises:
        UsageError: No such file, no text, none in it, or what cannot be a prompt.
    """
    if path.is_dir():
        raise UsageError(f"--prompts {path}: is a folder.", "Give a text file, a prompt a line.")
    try:
        text = path.expanduser().read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise UsageError(f"--prompts {path}: cannot be read ({problem.strerror}).") from problem
    except UnicodeDecodeError as problem:
        raise UsageError(
            f"--prompts {path}: is not text in UTF-8.", "Give a text file, a prompt a line."
        ) from problem
    if "\0" in text:
        raise UsageError(f"--prompts {path}: is not text.", "Give a text file, a prompt a line.")
    found = [
        Line(number, " ".join(line.split()))
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.lstrip().startswith(COMMENT)
    ]
    if not found:
        raise UsageError(f"--prompts {path}: there is no prompt in it.", "Write one on each line.")
    if found[-1].number > _MOST_LINES:
        raise UsageError(f"--prompts {path}: more than {_MOST_LINES} lines.")
    for line in found:
        if len(line.words) > _LONGEST:
            raise UsageError(
                f"--prompts {path}: line {line.number} has {len(line.words)} characters; no base reads so many.",
                "A prompt is a sentence of a few dozen words, each on a line of its own.",
            )
    return found


def wanted_pictures(lines: Sequence[Line], per_prompt: int, seed: int) -> list[Wanted]:
    """The pictures to make, those of a prompt one after the other.

    Seed and name go by the line's number in the file: whatever is added below, commented out, or
    made more of, the others stay as they are.

    Args:
        lines: The prompts.
        per_prompt: How many of each.
        seed: Of the first line's first picture.
    """
    return [
        Wanted(
            line.words,
            (seed + line.number - 1 + _APART * take) % SEEDS,
            f"{line.number:04d}-{_plain(line.words)}-{take + 1}.png",
        )
        for line in lines
        for take in range(per_prompt)
    ]


def _plain(words: str) -> str:
    return re.sub(r"[^\w]+", "-", words.lower()).strip("-")[:40].strip("-") or "picture"
