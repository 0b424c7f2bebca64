"""HTML that is escaped unless it is known to be HTML."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

_VOID = frozenset({"img", "meta", "link", "br", "input"})


class Markup(str):
    """Text that is HTML already; any other text is escaped where it enters an element."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Escape a value, for content and attributes alike; what HTML cannot hold becomes U+FFFD."""
    shown = "".join(
        letter if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs") else "�"
        for letter in str(value)
    )
    return Markup(html.escape(shown, quote=True))


def element(name: str, /, *children: str, **attributes: object) -> Markup:
    """An element.

    Args:
        name: Of the tag.
        children: Markup as it is, other strings escaped.
        attributes: By name; ``class_`` stands for ``class``, ``data_x`` for ``data-x``. True is an
            attribute without a value, None and False are none.
    """
    opening = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Several pieces one after the other."""
    return Markup("".join(part if isinstance(part, Markup) else text(part) for part in parts))


def given(value: object) -> Markup:
    """A name that somebody gave: its direction of writing stays within it."""
    return element("bdi", str(value))


def section(anchor: str, title: str, *children: str) -> Markup:
    """A section with its heading."""
    heading = element("h2", title, id=f"{anchor}-title")
    return element("section", heading, *children, id=anchor, aria_labelledby=f"{anchor}-title")


def scrolling(label: str, *children: str) -> Markup:
    """A box that scrolls sideways by itself; it can be focused, to be scrolled by keys."""
    return element("div", *children, class_="scroll", role="region", aria_label=label, tabindex=0)


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(value)}"'
