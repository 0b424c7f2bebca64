"""The page that the demo leaves behind: one HTML file beside its pictures."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Story:
    """What the page tells.

    Attributes:
        commands: The commands that were run.
        style_pictures: Some of the pictures that the style was learnt from.
        results: Rows of (picture file, caption): a photo and what became of it.
        loss_curve: The run's loss curve.
        facts: Short sentences on time, size and the like.
    """

    commands: Sequence[str]
    style_pictures: Sequence[Path]
    results: Sequence[Sequence[tuple[Path, str]]]
    loss_curve: Path | None
    facts: Sequence[str]


_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .8rem; margin: .8rem 0 1.6rem; }
.wall { display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); gap: .4rem; }
figure { margin: 0; } img { width: 100%; height: auto; display: block; border-radius: 4px; }
figcaption { font-size: .9rem; padding-top: .2rem; }
pre { border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; white-space: pre-wrap; }
.curve { max-width: 36rem; background: white; }
"""


def write_page(path: Path, story: Story) -> None:
    """Write the page; it loads nothing but the pictures beside it."""
    folder = path.parent
    rows = "".join(
        '<div class="row">'
        + "".join(_figure(folder, picture, caption) for picture, caption in row)
        + "</div>"
        for row in story.results
    )
    wall = "".join(
        _image(folder, picture, picture.stem.replace("-", " ")) for picture in story.style_pictures
    )
    curve = (
        f"<h2>Training</h2>{_image(folder, story.loss_curve, 'loss curve', 'curve')}"
        if story.loss_curve
        else ""
    )
    commands = html.escape("\n".join(story.commands))
    facts = "".join(f"<li>{html.escape(fact)}</li>" for fact in story.facts)
    path.write_text(
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>stylecli demo</title><style>{_STYLE}</style></head><body>"
        "<h1>A style, learnt on this machine</h1>"
        "<p>Left: the photo. Right of it: repainted at rising strength.</p>"
        f"{rows}"
        "<h2>What it was learnt from</h2>"
        "<p>Pictures by the project's own painter: brush strokes over procedural scenes.</p>"
        f'<div class="wall">{wall}</div>'
        f"<h2>The commands</h2><pre>{commands}</pre><ul>{facts}</ul>{curve}"
        "</body></html>\n",
        encoding="utf-8",
    )


def _figure(folder: Path, picture: Path, caption: str) -> str:
    text = html.escape(caption)
    return f"<figure>{_image(folder, picture, caption)}<figcaption>{text}</figcaption></figure>"


def _image(folder: Path, picture: Path, text: str, kind: str = "") -> str:
    source = quote(picture.relative_to(folder).as_posix())
    attribute = f' class="{kind}"' if kind else ""
    return f'<img{attribute} src="{source}" alt="{html.escape(text, quote=True)}" loading="lazy">'
