"""Coded warnings about pictures and sets, apart from what the metrics themselves say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from stylecli.datasets.folder import DIGITS
from stylecli.evaluation.figures import MetricInfo
from stylecli.evaluation.inspection import MEASURED_SIDE, Inspection
from stylecli.evaluation.plan import Plan
from stylecli.evaluation.result import Entry, Warned
from stylecli.evaluation.sets import PictureFile

# Sizes are rounded to what a base takes: beyond this the picture was squeezed or cut.
_ASPECT_TOLERANCE = 0.05
_SHOWN = 4
FEW = 20


def picture_flags(
    output: Inspection, content: Inspection | None, side: int | None = None
) -> tuple[str, ...]:
    """Codes of what is wrong with an output.

    Args:
        output: The output.
        content: Its content picture.
        side: Pixels of a square's sides, where the protocol has photos cropped to it.
    """
    if content is None or output.width == output.height == side:
        return output.flags
    ratio = (output.width / output.height) / (content.width / content.height)
    changed = max(ratio, 1 / ratio) > 1 + _ASPECT_TOLERANCE
    return (*output.flags, *(("aspect-changed",) if changed else ()))


def warnings_of_set(
    what: str, files: Sequence[PictureFile], inspections: Sequence[Inspection], entry: str = ""
) -> list[Warned]:
    """What is wrong with the pictures of a set; nothing is left out of the figures for it."""
    entries = (entry,) if entry else ()
    found = []
    flags = Counter(flag for each in inspections for flag in each.flags)
    plain = flags["black"] + flags["constant"]
    if plain:
        message = f"{what}: {plain} of {len(files)} pictures are black or of one colour; they are counted in"
        found.append(Warned("constant-pictures", message, entries))
    if flags["borders"]:
        message = f"{what}: plain borders pass for edges; trim them ({flags['borders']} of {len(files)} pictures)"
        found.append(Warned("borders", message, entries))
    formats = sorted({file.format for file in files})
    if len(formats) > 1:
        message = (
            f"{what}: {' and '.join(formats)} files are mixed; compression alone shifts figures"
        )
        found.append(Warned("format-mix", message, entries))
    return found


def warning_of_small(sets: Mapping[str, Sequence[Inspection]], entry: str = "") -> list[Warned]:
    """Pictures of sets, by what these are called, that were enlarged to be measured."""
    small = {
        what: sum("enlarged" in each.flags for each in inspections)
        for what, inspections in sets.items()
    }
    listed = [f"{what} {count} of {len(sets[what])}" for what, count in small.items() if count]
    if not listed:
        return []
    message = (
        f"pictures with a side below {MEASURED_SIDE} px were enlarged to be measured, their finest detail is "
        f"missing: {_listed(listed)}"
    )
    return [Warned("enlarged", message, (entry,) if entry else ())]


def warning_of_few(count: int, kind: str, entry: str) -> list[Warned]:
    """So few photos or reference pictures that what they show outweighs how they are painted.

    Args:
        count: Of what is independent: photos, prompts or outputs, or reference pictures if they are fewer.
        kind: What these are: "photos".
        entry: Whose.
    """
    if count >= FEW:
        return []
    message = f"fewer than {FEW} {kind} or reference pictures: what they show weighs as much as how they are painted"
    return [Warned("few-pictures", message, (entry,))]


def warning_of_repeated(what: str, files: Sequence[PictureFile], entry: str = "") -> list[Warned]:
    """Files of a set that are the same picture."""
    repeated = len(files) - len({file.digest for file in files})
    if not repeated:
        return []
    message = f"{what}: {repeated} of {len(files)} pictures are there more than once"
    return [Warned("repeated-pictures", message, (entry,) if entry else ())]


def warnings_of_files(
    sets: Mapping[str, Sequence[PictureFile]], content: Sequence[PictureFile]
) -> list[Warned]:
    """References that repeat a picture, or that hold content pictures."""
    found = []
    of_content = {file.digest: file.path.name for file in content}
    for name, files in sets.items():
        found += warning_of_repeated(f"reference {name}", files)
        shared = [of_content[file.digest] for file in files if file.digest in of_content]
        if shared:
            message = (
                f"reference {name} holds {len(shared)} of the content pictures: {_listed(shared)}"
            )
            found.append(Warned("reference-in-content", message))
    return found


def warnings_of_plan(plan: Plan, references: Mapping[str, Sequence[PictureFile]]) -> list[Warned]:
    """Entries that cannot be compared as they stand, and references that were trained on."""
    found = list(plan.warnings)
    for entry in plan.entries:
        files = references[entry.target]
        known = sum(file.digest[:DIGITS] in entry.trained_on for file in files)
        if known:
            message = (
                f"{known} of {len(files)} pictures of the reference {entry.target} were trained on: closeness to "
                "them is not closeness to the artist; keep some aside"
            )
            found.append(Warned("reference-in-training", message, (entry.name,)))
    bases = {entry.base for entry in plan.entries if entry.base}
    if len(bases) > 1:
        message = f"the entries are on different bases: {_listed(sorted(bases))}"
        found.append(Warned("different-bases", message))
    used = {len(set(entry.content)) for entry in plan.entries if entry.content}
    for entry in plan.entries:
        missing = len(plan.content) - len(set(entry.content))
        if entry.content and missing:
            message = f"{missing} of {len(plan.content)} content pictures have no output"
            found.append(Warned("missing-outputs", message, (entry.name,)))
    if len(used) > 1:
        message = "the entries have outputs of different numbers of content pictures"
        found.append(Warned("unequal-content", message))
    return found


def format_warning(entries: Sequence[Entry]) -> list[Warned]:
    """Entries whose outputs are of different formats."""
    formats = {
        entry.name: next(iter(entry.figures.values())).stamp.format
        for entry in entries
        if entry.figures
    }
    if len(set(formats.values())) < 2:
        return []
    listed = _listed([f"{name} {each}" for name, each in formats.items()])
    message = (
        f"the entries' outputs are of different formats: {listed}; compression alone shifts figures"
    )
    return [Warned("format-mix", message)]


def warning_of_unequal(entries: Sequence[Entry], metrics: Sequence[MetricInfo]) -> list[Warned]:
    """Figures that move with the number of pictures, of different numbers."""
    biased = [metric for metric in metrics if metric.kind == "biased"]
    numbers = {
        figure.stamp.n
        for entry in entries
        for metric in biased
        if (figure := entry.figures.get(metric.name)) and figure.value is not None
    }
    if len(numbers) < 2:
        return []
    listed = _listed([str(number) for number in sorted(numbers)])
    message = (
        f"{' and '.join(metric.symbol for metric in biased)}: moves with the number of pictures, and the entries "
        f"have {listed}; not compared"
    )
    return [Warned("unequal-n", message, (), tuple(metric.name for metric in biased))]


def merged(warnings: Iterable[Warned], entries: int) -> tuple[Warned, ...]:
    """One warning for the same matter of several entries and metrics."""
    about: dict[tuple[str, str], list[Warned]] = {}
    for each in warnings:
        about.setdefault((each.code, each.message), []).append(each)
    found = []
    for (code, message), same in about.items():
        names = tuple(dict.fromkeys(name for each in same for name in each.entries))
        metrics = tuple(dict.fromkeys(name for each in same for name in each.metrics))
        everywhere = len(names) == entries or any(not each.entries for each in same)
        found.append(Warned(code, message, () if everywhere else names, metrics))
    return tuple(found)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
