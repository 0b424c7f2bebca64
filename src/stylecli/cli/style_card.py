"""What ``stylecli styles show`` says of a style file."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.cli.console import human_size, out, readable
from stylecli.cli.style_rows import foreign_rows, own_rows
from stylecli.loras.family import family_of_lora
from stylecli.loras.keys import is_lora, layout_of, parts_of, read_key
from stylecli.loras.readers import Verdict, problem_with, verdicts
from stylecli.styles.foreign import foreign_thumbnail, shapes_in
from stylecli.styles.format import is_ours, metadata_of
from stylecli.styles.header import StyleFileError, checked_header, read_scalars
from stylecli.styles.metadata import ranks_of, thumbnail_in

if TYPE_CHECKING:
    from rich.console import RenderableType

_PARTS = {
    "unet": "denoiser",
    "text_encoder": "text encoder",
    "text_encoder_2": "second text encoder",
    "vae": "VAE",
}
_THUMBNAIL_CELLS = 40
_THUMBNAIL_SIDE = 1024


@dataclass(frozen=True)
class Card:
    """All that is shown of a style file.

    Attributes:
        name: In the library, or the file's.
        path: The file.
        ready: Whether it came with stylecli.
        ours: Whether stylecli wrote it.
        family: "sd15", "sdxl", or "" where it cannot be told.
        metadata: Of the file, the thumbnail left out.
        rows: What is shown, by label.
        loads: What becomes of it in other programs.
        left_out: Keys that mean nothing here.
        usable: Whether stylecli can apply it.
        thumbnail: A small JPEG, or b"".
    """

    name: str
    path: Path
    ready: bool
    ours: bool
    family: str
    metadata: Mapping[str, str]
    rows: Mapping[str, str]
    loads: tuple[Verdict, ...]
    left_out: tuple[str, ...]
    usable: bool
    thumbnail: bytes

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "name": self.name,
            "path": str(self.path),
            "ready": self.ready,
            "made_by_stylecli": self.ours,
            "family": self.family,
            "metadata": dict(self.metadata),
            "loads_in": [
                {"program": verdict.reader, "loads": verdict.loads, "why": verdict.why}
                for verdict in self.loads
            ],
            "left_out": list(self.left_out),
            "thumbnail_bytes": len(self.thumbnail),
        }


def card_of(path: Path, name: str | None = None, ready: bool = False) -> Card:
    """Read a style or LoRA file's header, not its weights.

    Raises:
        StyleFileError: It is damaged.
        UsageError: It is no LoRA.
    """
    header = checked_header(path)
    metadata = metadata_of(header, path)
    shapes = shapes_in(header)
    ours = is_ours(metadata, path)
    family = metadata.get("stylecli.family", "") if ours else family_of_lora(shapes, path.name)
    embedded = metadata.get("modelspec.architecture", "").startswith("stylecli-")
    alphas = read_scalars(path, header, [key for key in shapes if key.endswith(".alpha")])
    fault = problem_with(shapes)
    if not fault and not all(map(math.isfinite, alphas.values())):
        fault = "it has an alpha that is not finite"
    loads = () if fault else tuple(verdicts(shapes, alphas, family, embedded))
    left_out = tuple(
        key for key in shapes if not is_lora([key]) and not (ours and key.startswith("stylecli."))
    )
    try:
        thumbnail = thumbnail_in(metadata) if ours else foreign_thumbnail(metadata)
        own = own_rows(metadata) if ours else foreign_rows(metadata, family, embedded)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise StyleFileError(f"{path}: damaged style metadata ({problem}).") from problem
    size = path.stat().st_size
    rows = {
        "name": (name or path.stem) + (" (came with stylecli, read-only)" if ready else ""),
        "file": f"{path} ({human_size(size)})",
        **own,
        "changes": _changes(shapes, alphas),
        "loads in": f"not in stylecli: {fault}; nothing is known of the others"
        if fault
        else _loads_in(loads, embedded, parts_of(shapes)),
    }
    if left_out:
        rows["left out"] = ", ".join(left_out)
    if thumbnail:
        rows["thumbnail"] = f"JPEG, {human_size(len(thumbnail))}"
    shown = {key: value for key, value in metadata.items() if key != "modelspec.thumbnail"}
    return Card(
        name or path.stem,
        path,
        ready,
        ours,
        family,
        shown,
        rows,
        loads,
        left_out,
        not fault,
        thumbnail,
    )


def print_card(card: Card) -> None:
    """Show a card as a table, with the thumbnail below it on a terminal that has colours."""
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for label, text in card.rows.items():
        table.add_row(label, readable(str(text)))
    console = out()
    console.print(table, markup=False)
    if card.thumbnail and console.is_terminal and console.color_system in ("truecolor", "256"):
        picture = _blocks(card.thumbnail)
        if picture is not None:
            console.print(picture)
    if not card.ours and card.usable:
        console.print(
            f"Not in your library. Bring it in with: stylecli styles import {card.path}",
            markup=False,
        )


def _changes(shapes: Mapping[str, tuple[int, ...]], alphas: Mapping[str, float]) -> str:
    modules: dict[str, set[str]] = {}
    for label in shapes:
        key = read_key(label)
        if key is not None:
            modules.setdefault(_PARTS.get(key.part, key.part), set()).add(key.module)
    if not modules:
        return ", ".join(f"{key} {tuple(shape)}" for key, shape in list(shapes.items())[:3])
    text = ", ".join(
        f"{len(found)} module{'s' if len(found) > 1 else ''} of the {part}"
        for part, found in modules.items()
    )
    ranks = ranks_of(shapes)
    if ranks:
        text += f"; rank {ranks[0]}" + (f" to {ranks[-1]}" if len(ranks) > 1 else "")
    values = sorted(set(alphas.values()))
    if values:
        text += f", alpha {values[0]:g}" + (f" to {values[-1]:g}" if len(values) > 1 else "")
    return f"{text} ({layout_of(shapes)} layout)"


def _loads_in(loads: tuple[Verdict, ...], embedded: bool, parts: frozenset[str]) -> str:
    exportable = bool(parts - {"vae"})
    if not parts:
        return "stylecli alone: it is no LoRA"
    if embedded:
        return "stylecli, and diffusers on the folder that `stylecli bases path` prints: the base is stylecli's own"
    whole = [verdict.reader for verdict in loads if verdict.loads == "whole"]
    text = ", ".join(["stylecli", *whole])
    others: dict[tuple[str, str], list[str]] = {}
    for verdict in loads:
        if verdict.loads != "whole":
            others.setdefault((verdict.loads, verdict.why), []).append(verdict.reader)
    for (how, why), readers in others.items():
        text += f"; {how} in {', '.join(readers)}: {why}"
    return text + ("; for those: stylecli styles export" if others and exportable else "")


def _blocks(thumbnail: bytes) -> RenderableType | None:
    """A picture as half blocks: two pixels a character, one in its colour, one in its background's."""
    from PIL import Image, UnidentifiedImageError
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    try:
        opened = Image.open(io.BytesIO(thumbnail), formats=("JPEG",))
        if max(opened.size) > _THUMBNAIL_SIDE or max(opened.size) > 3 * min(opened.size):
            return None
        image = opened.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    height = max(2, round(_THUMBNAIL_CELLS * image.height / image.width) // 2 * 2)
    image = image.resize((_THUMBNAIL_CELLS, height), Image.Resampling.LANCZOS)
    pixels = list(struct.iter_unpack("BBB", image.tobytes()))
    text = Text()
    for row in range(0, height, 2):
        for column in range(_THUMBNAIL_CELLS):
            above, below = (
                Color.from_rgb(*pixels[line * _THUMBNAIL_CELLS + column]) for line in (row, row + 1)
            )
            text.append("▀", Style(color=above, bgcolor=below))
        text.append("\n")
    return text
