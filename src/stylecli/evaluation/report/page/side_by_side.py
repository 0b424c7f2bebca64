"""The same content picture by every entry, in one row: what a person looks at first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.report.page.cells import named
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, given, scrolling, section
from stylecli.evaluation.report.page.pictures import Pictures
from stylecli.evaluation.report.wording import counted, prompts_of
from stylecli.evaluation.result import Entry, Evaluation, PictureRow

ROWS = 12
"""How many content pictures are shown."""


def side_by_side(
    evaluation: Evaluation, gallery: Gallery, pictures: Pictures, marks: dict[str, Mark]
) -> Markup:
    """The section with a row for each content picture, or prompt, or else each output."""
    outputs = {entry.name: _outputs(entry, gallery) for entry in evaluation.entries}
    keys = list(dict.fromkeys(key for found in outputs.values() for key in found))
    if not keys:
        return Markup()
    photos = _photos(evaluation, gallery)
    prompts = frozenset(prompts_of(evaluation))
    first = "Photo" if photos else "Base" if gallery.baseline else "Prompt" if prompts else ""
    shown = keys[:ROWS]
    heading = element(
        "tr",
        element("th", first, scope="col") if first else "",
        *(
            element("th", named(entry.name, marks[entry.name]), scope="col")
            for entry in evaluation.entries
        ),
    )
    rows = [
        element(
            "tr",
            _first(key, photos, prompts, gallery, pictures) if first else "",
            *(
                _output(
                    entry,
                    outputs[entry.name].get(key),
                    key if key in photos or key in gallery.baseline else None,
                    pictures,
                )
                for entry in evaluation.entries
            ),
            data_group=True,
        )
        for key in shown
    ]
    what = "content picture" if photos else "prompt" if prompts else "output"
    total = (
        f"{len(shown)} of {counted(len(keys), what)} shown. "
        if len(keys) > len(shown)
        else f"{'The' if len(keys) == 1 else 'All'} {counted(len(keys), what)}. "
    )
    note = element(
        "p",
        total,
        element("span", "Choose a picture to enlarge it; arrow keys step through.", class_="live"),
        class_="note",
    )
    table = element(
        "table",
        element("caption", "Outputs side by side", class_="hidden"),
        element("thead", heading),
        element("tbody", *rows),
        class_=f"side-by-side {_breadth(len(evaluation.entries) + bool(first))}",
    )
    return section("pictures", "Side by side", note, scrolling("Outputs side by side", table))


def _breadth(columns: int) -> str:
    """The class of a table of so many columns: pictures stay neither huge nor tiny."""
    limits = ((2, "narrow"), (6, "usual"), (9, "wide"), (13, "wider"))
    return next((name for most, name in limits if columns <= most), "widest")


def _outputs(entry: Entry, gallery: Gallery) -> dict[str, tuple[Path, PictureRow]]:
    """The first output of each content picture or prompt; of each place in the order where there is none."""
    found: dict[str, tuple[Path, PictureRow]] = {}
    files = gallery.outputs.get(entry.name, ())
    for index, (path, row) in enumerate(zip(files, entry.pictures, strict=False)):
        key = row.prompt if row.content is None else row.content
        found.setdefault(f"#{index}" if key is None else key, (path, row))
    return found


def _photos(evaluation: Evaluation, gallery: Gallery) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for entry in evaluation.entries:
        for path, row in zip(gallery.content.get(entry.name, ()), entry.pictures, strict=False):
            if row.content is not None:
                found.setdefault(row.content, path)
    return found


def _first(
    key: str,
    photos: Mapping[str, Path],
    prompts: Collection[str],
    gallery: Gallery,
    pictures: Pictures,
) -> Markup:
    """The heading of a row: the photo; or what the base painted without a style, and the words under it."""
    if key in photos:
        return element("th", pictures.photo(photos[key], key), scope="row")
    if key not in prompts:
        return element("th", given(key), scope="row")
    base = gallery.baseline.get(key)
    shown = pictures.picture(base, f"base: {key}", photo=key) if base else ""
    return element("th", shown, element("span", given(key), class_="words"), scope="row")


def _output(
    entry: Entry,
    found: tuple[Path, PictureRow] | None,
    photo: str | None,
    pictures: Pictures,
) -> Markup:
    if found is None:
        return element("td", element("span", "no picture", class_="none"), data_entry=entry.name)
    path, row = found
    # What is said of every output of an entry stands among the warnings.
    common = set.intersection(*(set(other.flags) for other in entry.pictures))
    own = [flag for flag in row.flags if flag not in common or len(entry.pictures) == 1]
    flags = element("span", ", ".join(own), class_="flag") if own else ""
    return element(
        "td", pictures.picture(path, entry.name, row, photo), flags, data_entry=entry.name
    )
