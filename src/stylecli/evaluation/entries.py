"""One row of the comparison: its pictures measured, paired, and put through the meters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylecli.errors import UsageError
from stylecli.evaluation.cautions import (
    picture_flags,
    warning_of_few,
    warning_of_repeated,
    warning_of_small,
    warnings_of_set,
)
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.features import compare_pairs
from stylecli.evaluation.figures import Stamp
from stylecli.evaluation.halves import half_samples
from stylecli.evaluation.measured_sets import MeasuredSet
from stylecli.evaluation.measuring import Measured, Readied, measure
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.result import Entry, PictureRow, Warned
from stylecli.evaluation.sets import PictureFile, set_info
from stylecli.metric import Sample
from stylecli.progress import Progress


@dataclass(frozen=True)
class Bench:
    """What all entries are measured with.

    Attributes:
        plan: The evaluation's plan.
        references: The known styles.
        content: The content pictures, or None.
        readied: The metrics.
        against: Fingerprints of what else metrics need, by the name of the need.
        cache: Where comparisons are found and kept.
        progress: Hears of every picture.
    """

    plan: Plan
    references: dict[str, MeasuredSet]
    content: MeasuredSet | None
    readied: Sequence[Readied]
    against: Mapping[str, str]
    cache: FeatureCache
    progress: Progress


@dataclass(frozen=True)
class MeasuredEntry:
    """A row, and what does not stand in it.

    Attributes:
        entry: The row.
        outputs: The files of its pictures.
        photos: Their content pictures; ().
        warnings: What was noticed.
    """

    entry: Entry
    outputs: tuple[Path, ...]
    photos: tuple[Path, ...]
    warnings: tuple[Warned, ...]


def measured_entry(bench: Bench, entry: EntryPlan, outputs: MeasuredSet) -> MeasuredEntry:
    """Measure one entry.

    Raises:
        UsageError: None of its content pictures can be read.
    """
    warnings = [Warned("unreadable", message, (entry.name,)) for message in outputs.unreadable]
    places: tuple[int, ...] = ()
    if bench.content is not None:
        outputs, places = _with_content(bench.plan, entry, outputs, bench.content)
    photos = [bench.content.files[place] for place in places] if bench.content else []
    comparers = {name: each for one in bench.readied for name, each in one.metric.pairs.items()}
    compared = compare_pairs(
        list(zip(outputs.files, photos, strict=False)),
        comparers,
        bench.cache,
        bench.progress,
        f"comparing {entry.name}",
    )
    words = _prompts(entry, outputs)
    keys = [photo.digest for photo in photos] or words or list(outputs.pictures.digests)
    subsets = half_samples(keys, bench.plan.seed)
    subsets.flags.writeable = False
    styles = _painted_after(bench.plan, entry, outputs, bench.references[entry.target])
    sample = Sample(outputs.pictures, entry.target, places, {}, subsets, styles)
    protocol = Stamp(
        metric="",
        variant="",
        weights="",
        reference=bench.references[entry.target].info.fingerprint[:12],
        content=_fingerprint(photos) or _fingerprint_of_words(words),
        format="+".join(outputs.info.formats),
        n=len(outputs.files),
    )
    units, references = len(set(keys)), len(bench.references[entry.target].files)
    measured = measure(bench.readied, sample, compared, units, protocol, bench.against)
    side = bench.plan.preset.side
    rows = _rows(outputs, photos, places, words, bench.content, measured, side)
    warnings += warnings_of_set(
        f"outputs {entry.name}", outputs.files, outputs.inspections, entry.name
    )
    kind = "photos" if bench.content is not None else "prompts" if words else "outputs"
    warnings += warning_of_few(min(units, references), kind, entry.name)
    warnings += warning_of_repeated(f"outputs {entry.name}", outputs.files, entry.name)
    warnings += warning_of_small({f"outputs {entry.name}": outputs.inspections}, entry.name)
    warnings += [
        Warned(each.code, each.message, (entry.name,), (metric,))
        for metric, each in measured.cautions
    ]
    changed = sum("aspect-changed" in row.flags for row in rows)
    if changed:
        message = (
            f"outputs {entry.name}: {changed} of {len(rows)} have another aspect than their photo"
        )
        warnings.append(Warned("aspect-changed", message, (entry.name,)))
    made = Entry(
        name=entry.name,
        target=entry.target,
        style=entry.style,
        method=entry.method,
        base=entry.base,
        settings=entry.settings,
        seconds=entry.seconds,
        step=entry.step,
        figures=measured.figures,
        pictures=rows,
        own=entry.own,
    )
    return MeasuredEntry(
        made,
        tuple(file.path for file in outputs.files),
        tuple(photo.path for photo in photos),
        tuple(warnings),
    )


def _with_content(
    plan: Plan, entry: EntryPlan, outputs: MeasuredSet, content: MeasuredSet
) -> tuple[MeasuredSet, tuple[int, ...]]:
    """The outputs whose content picture could be read, and the place of each one's."""
    # The plan counts all files that were given, the sets those that could be read.
    place = {file.path: index for index, file in enumerate(content.files)}
    photo = {
        output: plan.content[index]
        for output, index in zip(entry.outputs, entry.content, strict=True)
    }
    kept = [index for index, file in enumerate(outputs.files) if photo[file.path] in place]
    if not kept:
        raise UsageError(f"{entry.name}: none of its content pictures can be read.")
    chosen = outputs.only(kept)
    return chosen, tuple(place[photo[file.path]] for file in chosen.files)


def _painted_after(
    plan: Plan, entry: EntryPlan, outputs: MeasuredSet, references: MeasuredSet
) -> tuple[int, ...]:
    """The place of the reference picture that each output was painted after; () where one is not known."""
    if not entry.styles:
        return ()
    place = {file.path: index for index, file in enumerate(references.files)}
    pictures = plan.references[entry.target]
    after = {
        output: pictures[index] for output, index in zip(entry.outputs, entry.styles, strict=True)
    }
    found = [place.get(after[file.path]) for file in outputs.files]
    known = tuple(index for index in found if index is not None)
    return known if len(known) == len(found) else ()


def _prompts(entry: EntryPlan, outputs: MeasuredSet) -> list[str]:
    """The prompt of each output that could be read; none where they were not made from text."""
    known = dict(zip(entry.outputs, entry.prompts, strict=False))
    return [known[file.path] for file in outputs.files] if known else []


def _fingerprint_of_words(prompts: Sequence[str]) -> str:
    listed = "\n".join(sorted(set(prompts)))
    return hashlib.sha256(listed.encode()).hexdigest()[:12] if prompts else ""


def _fingerprint(photos: Sequence[PictureFile]) -> str:
    distinct = {photo.digest: photo for photo in photos}
    return set_info("", list(distinct.values())).fingerprint[:12] if distinct else ""


def _rows(
    outputs: MeasuredSet,
    photos: Sequence[PictureFile],
    places: Sequence[int],
    prompts: Sequence[str],
    content: MeasuredSet | None,
    measured: Measured,
    side: int | None,
) -> tuple[PictureRow, ...]:
    rows = []
    for index, file in enumerate(outputs.files):
        before = content.inspections[places[index]] if content else None
        flags = picture_flags(outputs.inspections[index], before, side)
        rows.append(
            PictureRow(
                output=file.path.name,
                digest=file.digest,
                content=photos[index].path.name if photos else None,
                values={name: values[index] for name, values in measured.values.items()},
                flags=(*flags, *measured.flags.get(index, ())),
                prompt=prompts[index] if prompts else None,
            )
        )
    return tuple(rows)
