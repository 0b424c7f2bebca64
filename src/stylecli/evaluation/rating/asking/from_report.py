"""A report of ``stylecli eval``, as people are asked about its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stylecli.errors import UsageError
from stylecli.evaluation.rating.asking.material import (
    Material,
    Picture,
    Source,
    reference_pictures,
    some_of,
)
from stylecli.evaluation.rating.asking.report_page import small_copies
from stylecli.evaluation.report.record import read_evaluation
from stylecli.evaluation.report.wording import counted, encodable
from stylecli.evaluation.result import Entry, Evaluation
from stylecli.files import sha256_of

RECORD = "eval.json"
PAGE = "report.html"
OUTPUTS = "outputs"


def material_of_report(
    folder: Path,
    outputs: Mapping[str, Sequence[Path]],
    content: Sequence[Path],
    references: Mapping[str, Sequence[Path]],
) -> Material:
    """The pictures of a report, found by name and hash.

    A report keeps what it painted, and small copies of photos and references on its page; these are
    shown where the folders are not given.

    Args:
        folder: The report's.
        outputs: Folders of outputs that were made elsewhere, by name.
        content: The photos; () to show the small copies.
        references: Pictures of the styles by name; {} likewise.

    Raises:
        UsageError: The record is damaged, or pictures of an entry are not to be found.
    """
    evaluation = read_evaluation(folder / RECORD)
    files = _by_name(
        [*_painted(folder / OUTPUTS), *(path for each in outputs.values() for path in each)]
    )
    pictures: list[Picture] = []
    notes: list[str] = []
    for entry in evaluation.entries:
        found = _pictures(entry, files)
        if not found:
            raise UsageError(
                f"{folder}: the pictures of {entry.name!r} are not in the report, or are no longer the ones that "
                "were measured.",
                f"Give their folder with --outputs {entry.name.split()[0]}=FOLDER, or evaluate anew.",
            )
        if len(found) < len(entry.pictures):
            gone = counted(len(entry.pictures) - len(found), "picture")
            notes.append(f"{entry.name}: {gone} not as measured, or gone, left out.")
        pictures += found
    copies = small_copies(folder / PAGE)
    photos: dict[str, Source] = {**copies.photos}
    photos |= {encodable(path.name): path for path in content}
    notes += _without_photo(evaluation, photos)
    targets = list(dict.fromkeys(entry.target for entry in evaluation.entries))
    given = _by_target(targets, references)
    return Material(
        tuple(pictures),
        photos,
        {**copies.references, **{name: some_of(paths) for name, paths in given.items()}},
        tuple(each for name, paths in given.items() for each in reference_pictures(name, paths)),
        sha256_of(folder / RECORD),
        tuple(notes),
    )


def _painted(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/*") if path.is_file())


def _by_name(paths: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(encodable(path.name), []).append(path)
    return found


def _pictures(entry: Entry, files: Mapping[str, Sequence[Path]]) -> list[Picture]:
    found = []
    seen: dict[str, int] = {}
    for row in entry.pictures:
        path = next(
            (path for path in files.get(row.output, ()) if sha256_of(path) == row.digest), None
        )
        content = row.content or Path(row.output).stem
        nth = seen.get(content, 0)
        seen[content] = nth + 1
        if path is not None:
            found.append(
                Picture(
                    entry.name,
                    entry.target,
                    content,
                    row.output,
                    row.digest,
                    path,
                    entry.step,
                    nth,
                    row.prompt or "",
                )
            )
    return found


def _without_photo(evaluation: Evaluation, photos: Mapping[str, Source]) -> list[str]:
    wanted = {
        row.content
        for entry in evaluation.entries
        for row in entry.pictures
        if row.content is not None
    }
    missing = len(wanted - set(photos))
    if not missing:
        return []
    return [
        f"Photos that are not there to be shown: {missing} of {len(wanted)}. Give them with --content FOLDER."
    ]


def _by_target(
    targets: Sequence[str], references: Mapping[str, Sequence[Path]]
) -> dict[str, Sequence[Path]]:
    """The pictures of the styles that were aimed at; a single folder for a single style, whatever its name."""
    if len(targets) == 1 and len(references) == 1:
        return {targets[0]: next(iter(references.values()))}
    known = {encodable(name): paths for name, paths in references.items()}
    missing = [name for name in targets if name not in known]
    if known and missing:
        raise UsageError(
            f"No reference is called {missing[0]!r}, as in the report; there are {', '.join(known)}.",
            f"Name it: --reference {missing[0]}=FOLDER.",
        )
    return {name: known[name] for name in targets if name in known}
