"""Which content picture each output was made from: by what the file says, else by its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stylecli.errors import UsageError
from stylecli.images.writing import read_record

_SHOWN = 5


@dataclass(frozen=True)
class Pairs:
    """Outputs with their content.

    Attributes:
        outputs: The outputs that have one.
        content: The index of each one's content picture.
        left_out: Outputs that have none, where leaving them out was asked for.
        guessed: Why the pairs may be wrong: "order" where names said nothing and the order of the
            files decided, "beginnings" where several outputs begin with one photo's name while
            other photos have none; else "".
        styles: The index of the reference picture that each output was painted after, where every
            name tells it; else ().
        unknown: Those of the outputs that name no reference picture, where others do.
    """

    outputs: tuple[Path, ...]
    content: tuple[int, ...]
    left_out: tuple[Path, ...] = ()
    guessed: Literal["", "order", "beginnings"] = ""
    styles: tuple[int, ...] = ()
    unknown: tuple[Path, ...] = ()


def pair_outputs(
    outputs: Sequence[Path],
    content: Sequence[Path],
    *,
    pattern: str | None = None,
    references: Sequence[Path] = (),
    skip_unpaired: bool = False,
    by_order: bool = False,
) -> Pairs:
    """Find the content picture of every output.

    Each of these is tried in turn: the photo that our own PNGs name in their record; the pattern;
    the same name (without ending); the longest content name that the output's begins with, before a
    dot, dash, underscore or space.

    Args:
        outputs: The outputs.
        content: The content pictures.
        pattern: Such as ``{content}_stylized_{style}``: how outputs are named; then names that do
            not follow it have no pair.
        references: Pictures in the style, which ``{style}`` of the pattern may name.
        skip_unpaired: Leave outputs without a pair out instead of refusing.
        by_order: Pair by the order of names where there are as many of both and no name fits.

    Raises:
        UsageError: Outputs that have no content picture, or two content pictures of one name.
    """
    names = _by_name(content)
    matcher = _matcher(pattern) if pattern else None
    found = [_content_of(output, names, matcher) for output in outputs]
    if all(index is None for index in found) and by_order and len(outputs) == len(content):
        ordered = sorted(range(len(content)), key=lambda place: _natural(content[place].stem))
        by_name = sorted(outputs, key=lambda output: _natural(output.stem))
        return Pairs(tuple(by_name), tuple(ordered), guessed="order")
    left_out = tuple(output for output, index in zip(outputs, found, strict=True) if index is None)
    if left_out and not skip_unpaired:
        raise _unpaired(left_out, outputs, content, by_order, pattern, references)
    pairs = [
        (output, index) for output, index in zip(outputs, found, strict=True) if index is not None
    ]
    if not pairs:
        raise _unpaired(left_out, outputs, content, by_order, pattern, references)
    indices = tuple(index for _, index in pairs)
    crowded = len(set(indices)) < min(len(indices), len(content))
    begun = any(_plain(output.stem) not in names for output, _ in pairs)
    after = [_style_of(output, references, matcher) for output, _ in pairs]
    styles = tuple(place for place in after if place is not None)
    unknown = tuple(
        output for (output, _), place in zip(pairs, after, strict=True) if place is None
    )
    return Pairs(
        tuple(output for output, _ in pairs),
        indices,
        left_out,
        "beginnings" if crowded and begun and matcher is None else "",
        () if unknown else styles,
        unknown if styles else (),
    )


def _by_name(content: Sequence[Path]) -> dict[str, int]:
    """Places by name, with and without ending, as `_plain` writes them."""
    names = {_plain(path.name): index for index, path in enumerate(content)}
    for index, path in enumerate(content):
        stem = _plain(path.stem)
        if names.get(stem, index) != index:
            raise UsageError(
                f"Two content pictures share a name: {content[names[stem]].name} and {path.name}.",
                "Rename one, so that outputs can be told apart.",
            )
        names[stem] = index
    return names


def _plain(name: str) -> str:
    """One way to write a name: file systems differ in accents, programs in capitals."""
    return unicodedata.normalize("NFC", name).casefold()


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in re.split(r"(\d+)", _plain(name))
        if part
    ]


def _matcher(pattern: str) -> re.Pattern[str]:
    if "{content}" not in pattern:
        raise UsageError(f"The pattern {pattern!r} does not say where {{content}} stands.")
    text = re.escape(pattern)
    text = text.replace(re.escape("{content}"), "(?P<content>.+)", 1)
    return re.compile(text.replace(re.escape("{style}"), "(?P<style>.+)", 1))


def _content_of(output: Path, names: dict[str, int], matcher: re.Pattern[str] | None) -> int | None:
    if matcher is not None:
        match = matcher.fullmatch(output.stem)
        return names.get(_plain(match["content"])) if match else None
    record = read_record(output) if output.suffix.lower() == ".png" else None
    if record is not None and _plain(str(record.get("photo"))) in names:
        return names[_plain(str(record["photo"]))]
    stem = _plain(output.stem)
    if stem in names:
        return names[stem]
    fitting = [
        name
        for name in names
        if stem.startswith(name) and stem[len(name) : len(name) + 1] in (".", "-", "_", " ")
    ]
    return names[max(fitting, key=len)] if fitting else None


def _style_of(
    output: Path, references: Sequence[Path], matcher: re.Pattern[str] | None
) -> int | None:
    """Which reference picture an output's name says that it was painted after."""
    match = matcher.fullmatch(output.stem) if matcher else None
    named = _plain(match.groupdict().get("style", "")) if match else ""
    fitting = [
        place
        for place, path in enumerate(references)
        if named in (_plain(path.stem), _plain(path.name))
    ]
    return fitting[0] if len(fitting) == 1 else None


def _unpaired(
    left_out: Sequence[Path],
    outputs: Sequence[Path],
    content: Sequence[Path],
    by_order: bool,
    pattern: str | None,
    references: Sequence[Path],
) -> UsageError:
    message = f"{len(left_out)} of {len(outputs)} outputs have no content picture: {some_names(left_out)}."
    if by_order and len(left_out) == len(outputs):
        message += f" There are {len(outputs)} outputs and {len(content)} content pictures."
    example = content[0].stem if content else "photo"
    if pattern is not None:
        return UsageError(message, _as_prescribed(left_out, outputs, references, pattern, example))
    hint = (
        f"Name an output after its photo, such as {example}.png or {example}.monet.png; leave the others "
        "out with --skip-unpaired; or pair by order with --pair-by-order."
    )
    return UsageError(message, hint)


def _as_prescribed(
    left_out: Sequence[Path],
    outputs: Sequence[Path],
    references: Sequence[Path],
    pattern: str,
    example: str,
) -> str:
    """How outputs are named, and what of these names is not known."""
    matcher = _matcher(pattern)
    style = references[0].stem if references else "style"
    such = pattern.replace("{content}", example).replace("{style}", style)
    said = [f"The preset names outputs {pattern}.png, such as {such}.png."]
    found = [(path, match) for path in left_out if (match := matcher.fullmatch(path.stem))]
    strange = [path for path in left_out if not matcher.fullmatch(path.stem)]
    # Where none is named so they are listed already.
    if strange and len(strange) < len(outputs):
        said.append(f"Not named so: {some_names(strange)}.")
    photos = dict.fromkeys(match["content"] for _, match in found)
    if photos:
        said.append(f"No content picture is called: {some_names(list(photos))}.")
    paintings = dict.fromkeys(
        match.groupdict().get("style", "")
        for path, match in found
        if _style_of(path, references, matcher) is None
    )
    if paintings and references:
        said.append(f"No reference picture is called: {some_names(list(paintings))}.")
    if len(left_out) < len(outputs):
        said.append("Leave these out with --skip-unpaired.")
    return " ".join(said)


def some_names(names: Sequence[Path | str]) -> str:
    """The first few of files or names: "a.png, b.png and 3 more"."""
    shown = ", ".join(each.name if isinstance(each, Path) else each for each in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
