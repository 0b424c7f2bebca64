"""Pictures of the page: one that can be enlarged, and the strips and pairs made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stylecli.evaluation.report.page.markup import Markup, element, given
from stylecli.evaluation.report.page.thumbnails import Thumbnails
from stylecli.evaluation.report.wording import digits_for, number
from stylecli.evaluation.result import Evaluation, PictureRow, SetInfo

STRIP = 10
"""How many reference pictures of a style are shown."""


class Pictures:
    """Makes the page's pictures.

    Args:
        evaluation: What was found.
        thumbnails: Small pictures that are there already.

    Attributes:
        thumbnails: The small pictures.
        digits: Decimals of the per-picture values of each metric.
    """

    def __init__(self, evaluation: Evaluation, thumbnails: Thumbnails | None = None) -> None:
        self.thumbnails = thumbnails or Thumbnails()
        self._symbols = {metric.name: metric.symbol for metric in evaluation.metrics}
        self.digits = {
            metric.name: digits_for(
                row.values.get(metric.name)
                for entry in evaluation.entries
                for row in entry.pictures
            )
            for metric in evaluation.metrics
        }

    def values_of(self, row: PictureRow) -> str:
        """The figures of one output in short: "SC 0.61, CR 0.48; borders"."""
        figures = ", ".join(
            f"{symbol} {number(row.values[name], self.digits[name])}"
            for name, symbol in self._symbols.items()
            if name in row.values
        )
        return "; ".join(part for part in (figures, ", ".join(row.flags)) if part)

    def _told(self, row: PictureRow) -> str:
        parts = (row.output, row.prompt, self.values_of(row))
        return "\n".join(part for part in parts if part is not None)

    def photo(self, path: Path, name: str) -> Markup:
        """A content picture; outputs find it by its name."""
        return self.picture(path, name, photo=name)

    def picture(
        self,
        path: Path,
        title: str,
        row: PictureRow | None = None,
        beside: str | None = None,
        photo: str | None = None,
    ) -> Markup:
        """A picture that the script lets be enlarged, or the words that it cannot be read.

        Args:
            path: The file.
            title: What it is, for the caption.
            row: Its name and figures, for the caption, where it is an output.
            beside: Name of the content picture to be shown beside it when it is enlarged.
            photo: Its name, where it is a content picture itself.
        """
        thumbnail = self.thumbnails.of(path)
        if thumbnail is None:
            return element("span", given(path.name), " cannot be read", class_="unreadable")
        return element(
            "img",
            src=thumbnail.source,
            width=thumbnail.width,
            height=thumbnail.height,
            alt=f"{title}: {row.output}" if row else title,
            decoding="async",
            class_="zoom",
            data_title=title,
            data_values=self._told(row) if row else None,
            data_beside=beside,
            data_photo=photo,
        )


def references(
    evaluation: Evaluation, files: Mapping[str, tuple[Path, ...]], pictures: Pictures
) -> Markup:
    """Strips of the reference pictures of the styles that were aimed at."""
    targets = list(dict.fromkeys(entry.target for entry in evaluation.entries))
    sets = {found.name: found for found in evaluation.references}
    strips = [
        _strip(name, files[name], sets.get(name), pictures) for name in targets if files.get(name)
    ]
    if not strips:
        return Markup()
    heading = element("h2", "What they were measured against", id="references-title")
    return element("section", heading, *strips, id="references", aria_labelledby="references-title")


def _strip(name: str, files: tuple[Path, ...], known: SetInfo | None, pictures: Pictures) -> Markup:
    shown = evenly(files, STRIP)
    count = known.count if known else len(files)
    said = (
        f" – {len(shown)} of {count} pictures" if count > len(shown) else f" – all {count} pictures"
    )
    return element(
        "figure",
        element("figcaption", "Reference ", given(name), said),
        element(
            "div",
            *(pictures.picture(path, path.name) for path in shown),
            class_="strip",
            data_group=True,
        ),
    )


def evenly(files: tuple[Path, ...], count: int) -> tuple[Path, ...]:
    """At most `count` files, spread over all: neighbours by name are often alike."""
    if len(files) <= count:
        return files
    return tuple(files[index * len(files) // count] for index in range(count))
