"""Reads a page as a browser would, strictly: what is unbalanced is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"img", "meta", "link", "br"}
LOADING = {
    "src",
    "href",
    "srcset",
    "poster",
    "data",
    "action",
    "formaction",
    "background",
    "xlink:href",
}


@dataclass
class Node:
    """An element: its name, attributes, children (elements and text)."""

    name: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, name: str | None = None, **attributes: str) -> list[Node]:
        """Every element within, of a name and with attributes (classes: one of them)."""
        found = []
        for child in self.children:
            if isinstance(child, Node):
                if (name is None or child.name == name) and child.has(attributes):
                    found.append(child)
                found += child.all(name, **attributes)
        return found

    def one(self, name: str | None = None, **attributes: str) -> Node:
        found = self.all(name, **attributes)
        assert len(found) == 1, f"{len(found)} of {name} {attributes}"
        return found[0]

    def has(self, wanted: dict[str, str]) -> bool:
        for key, value in wanted.items():
            here = self.attributes.get(key.rstrip("_").replace("_", "-"))
            if here is None or (value not in here.split() if key == "class_" else value != here):
                return False
        return True

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        node = Node(tag, {name: value if value is not None else "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag):
        assert self.open.pop().name == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        self.open[-1].children.append(data)


def read(page: str) -> Node:
    """The page as elements."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root], "an element is left open"
    return reader.root


def addresses(page: Node) -> list[str]:
    """Everything that a browser would load or go to."""
    found = []
    for node in page.all():
        found += [value for name, value in node.attributes.items() if name in LOADING]
        css = node.text if node.name == "style" else node.attributes.get("style", "")
        found += re.findall(r"url\(([^)]*)\)|@import\s+([^;]*)", css)
        found += re.findall(r"url\(([^)]*)\)", " ".join(node.attributes.values()))
    return found
