"""The rows of ``stylecli eval`` that it paints itself: styles and checkpoints, settled, painted, named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.cli.eval_checkpoints import read_checkpoints
from stylecli.cli.eval_painting import paint
from stylecli.cli.eval_prompts import Wanted
from stylecli.cli.eval_styles import (
    Candidate,
    Task,
    bases_alone,
    candidates,
    entry_of,
    trained_on,
)
from stylecli.cli.eval_words import Painting, baseline_of, paint_words
from stylecli.cli.selection import read_scaled
from stylecli.datasets.folder import DIGITS
from stylecli.errors import UsageError
from stylecli.evaluation.plan import EntryPlan
from stylecli.evaluation.result import Warned
from stylecli.evaluation.sets import picture_files, target_of
from stylecli.progress import Progress
from stylecli.registry import Registry
from stylecli.styles.style import ScaledStyle

if TYPE_CHECKING:
    from stylecli.cli.eval_plan import Asked


@dataclass(frozen=True)
class Studio:
    """What painting the rows needs.

    Attributes:
        registry: What is installed.
        asked: The options.
        references: Pictures of every known style by name.
        others: The rows that are there already.
        folder: Where pictures go.
        sources: All pictures that the user gave, resolved: none of them is painted over.
        progress: Hears of everything.
        tell: Says a sentence to the user.
        warnings: What is noticed is added to it.
    """

    registry: Registry
    asked: Asked
    references: Mapping[str, Sequence[Path]]
    others: Sequence[EntryPlan]
    folder: Path
    sources: Container[Path]
    progress: Progress
    tell: Callable[[str], None]
    warnings: list[Warned] = field(default_factory=list)


def entries_from_photos(studio: Studio, content: Sequence[Path]) -> list[EntryPlan]:
    """Repaint the photos in every style.

    Raises:
        UsageError: A style that is not there, settings that cannot be, or no photo that can be repainted.
    """
    found = _settled(studio, "transfer")
    photos = {file.digest[:DIGITS] for file in picture_files(content)}
    for each in found:
        if photos and len(photos & trained_on(each)) > len(photos) / 2:
            raise UsageError(
                f"The content pictures are what {each.styled.style.name!r} was trained on.",
                "Are --content and --reference swapped? --content takes photos, --reference paintings.",
            )
    asked = studio.asked
    painted = paint(
        found,
        content,
        studio.folder,
        asked.prompt,
        asked.seed,
        asked.overwrite,
        studio.progress,
        studio.sources,
    )
    _tell_kept(studio, sum(result.kept for result in painted))
    entries = []
    for candidate, result in zip(found, painted, strict=True):
        studio.warnings.extend(
            Warned("unreadable", reason, (candidate.name,)) for reason in result.failed
        )
        if not result.targets:
            raise UsageError(
                f"{candidate.name}: none of the photos could be repainted.", result.failed[0]
            )
        entries.append(entry_of(candidate, result.targets, result.seconds, list(studio.references)))
    return entries


def entries_from_text(
    studio: Studio, wanted: Sequence[Wanted]
) -> tuple[list[EntryPlan], list[Path]]:
    """Paint the prompts in every style, and by the base alone where no baseline is given.

    Returns:
        The rows; and the base's pictures, one for each that is wanted, or none.

    Raises:
        UsageError: A style that is not there, settings that cannot be, a method that cannot make
            pictures from text, or styles of several bases without a baseline.
    """
    found = _settled(studio, "generate")
    paintings = [
        Painting(each.name, each.method, each.spec, each.options, (each.styled,)) for each in found
    ]
    if studio.asked.baseline is None:
        paintings.append(baseline_of(found))
    painted = paint_words(
        paintings, wanted, studio.folder, studio.asked.overwrite, studio.progress, studio.sources
    )
    _tell_kept(studio, sum(result.kept for result in painted))
    words = tuple(each.words for each in wanted)
    entries = []
    for candidate, result in zip(found, painted, strict=False):
        if result.cut:
            message = (
                f"{result.cut} of {len(set(words))} prompts are, with the style's words, longer than the base "
                "reads: their ends are not seen"
            )
            studio.warnings.append(Warned("prompts-cut", message, (candidate.name,)))
        made = dict(enumerate(result.targets))
        entry = entry_of(candidate, made, result.seconds, list(studio.references))
        entries.append(replace(entry, content=(), prompts=words))
    return entries, list(painted[-1].targets) if studio.asked.baseline is None else []


def _settled(studio: Studio, task: Task) -> list[Candidate]:
    """The styles and checkpoints that were asked for, at their settings, with names all different."""
    registry, asked = studio.registry, studio.asked
    styled = [read_scaled(registry, text, asked.base) for text in asked.styles]
    names = [_label(each) for each in styled]
    steps: list[int | None] = [None] * len(styled)
    if asked.checkpoints:
        for checkpoint in read_checkpoints(registry, asked.checkpoints, asked.base):
            styled.append(checkpoint.styled)
            names.append(f"step {checkpoint.step}")
            steps.append(checkpoint.step)
    if asked.with_base:
        alone = bases_alone(styled)
        styled += alone.values()
        names += alone
        steps += [None] * len(alone)
    found, unequal, told = candidates(
        registry, styled, names, steps, asked.base, asked.typed, asked.own_settings, task
    )
    if told:
        studio.tell(told)
    studio.warnings.extend(unequal)
    # Before anything is painted for nothing.
    _check_names([*(entry.name for entry in studio.others), *(each.name for each in found)])
    references = list(studio.references)
    for each in found:
        if each.styled.scale and not trained_on(each):
            message = (
                "the style's file does not list the pictures that it was trained on: those of the "
                "reference may be among them"
            )
            studio.warnings.append(Warned("training-unknown", message, (each.name,)))
        target_of(each.styled.style.name if each.step is not None else each.name, references)
    return found


def _tell_kept(studio: Studio, kept: int) -> None:
    if kept:
        studio.tell(
            f"{kept} pictures were there already, made in the same way, and are measured as they are."
        )


def _check_names(names: Sequence[str]) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise UsageError(
            f"Two entries are called {twice!r}.", "Give outputs a name: --outputs NAME=FOLDER."
        )


def _label(styled: ScaledStyle) -> str:
    return styled.style.name if styled.scale == 1 else f"{styled.style.name}:{styled.scale:g}"
