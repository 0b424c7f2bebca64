"""Whether an evaluation is as its protocol prescribes: only then published figures stand beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from stylecli.evaluation.measured_sets import MeasuredSet
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.result import Warned
from stylecli.evaluation.sets import PictureFile

CODE = "preset-mismatch"


def preset_warnings(
    plan: Plan,
    content: MeasuredSet | None,
    references: Mapping[str, MeasuredSet],
    outputs: Sequence[MeasuredSet],
) -> list[Warned]:
    """What is not as the plan's protocol prescribes; pictures that cannot be read are not there.

    Args:
        plan: What was to be measured.
        content: The content pictures.
        references: Those of each style by name.
        outputs: Those of each of the plan's entries.
    """
    preset, photos = plan.preset, content.files if content else ()
    told = [(message, "") for message in _of_set(preset.content, "content pictures", photos)]
    for entry, own in zip(plan.entries, outputs, strict=True):
        pictures = references[entry.target].files
        told += [
            (message, entry.name)
            for message in (
                *_of_set(preset.references, "reference pictures", pictures),
                *_of_set(preset.outputs, "outputs", own.files),
                *(_of_pairs(entry, own, len(photos) * len(pictures)) if preset.crossed else ()),
                *(_of_sizes(preset.side, own) if preset.side else ()),
            )
        ]
    return [
        Warned(CODE, f"{preset.name} prescribes {message}", (name,) if name else ())
        for message, name in told
    ]


def _of_set(count: int | None, what: str, files: Sequence[PictureFile]) -> Iterator[str]:
    if count is None:
        return
    if count != len(files):
        yield f"{count} {what}; there are {len(files)}"
    repeated = len(files) - len({file.digest for file in files})
    if repeated:
        yield f"{count} different {what}; {repeated} of them are there already"


def _of_pairs(entry: EntryPlan, own: MeasuredSet, every: int) -> Iterator[str]:
    """Every photo is painted after every reference picture, once."""
    if not entry.content or not entry.styles:
        yield "outputs named after photo and reference picture; not all names tell both"
        return
    made = zip(entry.outputs, zip(entry.content, entry.styles, strict=True), strict=True)
    pair_of = dict(made)
    met = Counter(pair_of[file.path] for file in own.files)
    if len(met) < every:
        yield f"every photo after every reference picture; pairs missing: {every - len(met)}"
    again = met.total() - len(met)
    if again:
        yield f"one output of each photo and reference picture; too many: {again}"


def _of_sizes(side: int, own: MeasuredSet) -> Iterator[str]:
    other = sum((each.width, each.height) != (side, side) for each in own.inspections)
    if other:
        yield f"outputs of {side} x {side} px; {other} have another size"
