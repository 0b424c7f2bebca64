"""Painting prompts for ``stylecli eval``: every style, and the base alone, from the same noise."""

from __future__ import annotations

import json
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stylecli.bases.base import Base
from stylecli.bases.spec import BaseSpec
from stylecli.cli.eval_opening import Bases, check_targets, folder_names
from stylecli.cli.eval_prompts import Wanted
from stylecli.cli.eval_styles import Candidate
from stylecli.cli.transfer import made_record
from stylecli.errors import UsageError
from stylecli.images.writing import read_record, save_png
from stylecli.method import Method
from stylecli.progress import Event, Progress
from stylecli.sampling.painted import pictures_of
from stylecli.sampling.prompting import full_prompt
from stylecli.styles.style import ScaledStyle

BASELINE = "baseline"


@dataclass(frozen=True)
class Painting:
    """One way in which every prompt is painted.

    Attributes:
        name: What it is called.
        method: What paints.
        spec: The base.
        options: An instance of the method's `GenerateOptions`.
        styles: On the base; () where it paints alone.
    """

    name: str
    method: Method
    spec: BaseSpec
    options: Any
    styles: tuple[ScaledStyle, ...] = ()


@dataclass(frozen=True)
class Painted:
    """What came of it.

    Attributes:
        targets: A picture for each that was wanted.
        seconds: Per picture, of those that were painted now; None where none was.
        kept: How many were there already, made in the same way.
        cut: How many prompts are longer than the base reads.
    """

    targets: tuple[Path, ...]
    seconds: float | None
    kept: int
    cut: int


def baseline_of(found: Sequence[Candidate]) -> Painting:
    """The base alone, painting as the first candidate does.

    Raises:
        UsageError: The candidates are on several bases.
    """
    bases = list(dict.fromkeys(each.spec.public_name for each in found))
    if len(bases) > 1:
        raise UsageError(
            f"The styles are on different bases: {', '.join(bases)}. No base is the baseline of all.",
            "Evaluate those of one base at a time, or give the base's pictures with --baseline FOLDER.",
        )
    first = found[0]
    return Painting(BASELINE, first.method, first.spec, first.options)


def paint_words(
    paintings: Sequence[Painting],
    wanted: Sequence[Wanted],
    folder: Path,
    overwrite: bool,
    progress: Progress,
    sources: Container[Path],
) -> list[Painted]:
    """Paint all prompts in every way; what is there, made in the same way, is kept.

    Args:
        paintings: The ways.
        wanted: The pictures.
        folder: Every way gets a folder of its own in it.
        overwrite: Whether pictures that were made in another way are replaced.
        progress: Hears of every picture.
        sources: All pictures that the user gave, resolved: none of them is painted over.

    Raises:
        UsageError: A picture is there that was made in another way, or that is the user's.
    """
    bases = Bases(progress)
    folders = folder_names([each.name for each in paintings])
    painted = []
    for each in paintings:
        spec, base = bases.open(each.spec, getattr(each.options, "precision", "auto"))
        targets = [folder / folders[each.name] / one.name for one in wanted]
        check_targets(targets, sources, overwrite)
        records = [_record(each, spec, base, one) for one in wanted]
        waiting = [
            index
            for index, (target, record) in enumerate(zip(targets, records, strict=True))
            if not _is_made(target, record, overwrite)
        ]
        seconds = _paint(each, base, wanted, waiting, targets, records, progress)
        prompts = {full_prompt(each.styles, one.words) for one in wanted}
        painted.append(
            Painted(
                tuple(targets),
                seconds / len(waiting) if waiting else None,
                len(targets) - len(waiting),
                len(base.too_long(sorted(prompts))),
            )
        )
    return painted


def _record(painting: Painting, spec: BaseSpec, base: Base, one: Wanted) -> dict[str, Any]:
    alone = None if painting.styles else base
    record = made_record(
        "eval", painting.method, spec, painting.styles, painting.options, one.words, one.seed, alone
    )
    return json.loads(json.dumps(record))  # type: ignore[no-any-return]


def _is_made(target: Path, record: Mapping[str, Any], overwrite: bool) -> bool:
    if not target.exists():
        return False
    if read_record(target) == record:
        return True
    if overwrite:
        return False
    raise UsageError(
        f"{target}: is already there, made in another way.",
        "Replace such pictures with --overwrite, or choose another folder with --report.",
    )


def _paint(
    painting: Painting,
    base: Base,
    wanted: Sequence[Wanted],
    waiting: Sequence[int],
    targets: Sequence[Path],
    records: Sequence[Mapping[str, Any]],
    progress: Progress,
) -> float:
    """Paint those that are waiting; returns the seconds that it took."""
    if not waiting:
        return 0.0
    stage = f"painting in {painting.name}" if painting.styles else "painting the baseline"

    def hear(event: Event) -> None:
        # Of the steps of every picture nothing is shown, but Ctrl+C must be heard.
        progress(replace(event, stage=stage, total=None))

    started = time.perf_counter()
    generator = painting.method.generator(base, painting.styles, painting.options)
    size = getattr(painting.options, "batch_size", 1)
    for start in range(0, len(waiting), size):
        chosen = waiting[start : start + size]
        words = [wanted[index].words for index in chosen]
        painted = generator(words, [wanted[index].seed for index in chosen], hear)
        images = pictures_of(painting.method.name, painted, len(chosen))
        for index, image in zip(chosen, images, strict=True):
            save_png(image, targets[index], records[index])
        progress(Event(stage, start + len(chosen), len(waiting)))
    return time.perf_counter() - started
