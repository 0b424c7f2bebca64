"""Names of a new plugin's package, and its files."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Literal, TypeAlias, get_args

from stylecli.errors import UsageError
from stylecli.version import version

Kind: TypeAlias = Literal["method", "metric", "captioner", "base"]
KINDS: tuple[str, ...] = get_args(Kind)

PREFIX = "stylecli-"
LONGEST = 40
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SUFFIX = ".txt"
"""Templates have it behind their names, so that no tool takes them for programs."""


@dataclass(frozen=True)
class Names:
    """What a plugin is called in different places.

    Attributes:
        name: What the user types, and the entry point: "water-colour".
    """

    name: str

    @property
    def project(self) -> str:
        """The distribution: "stylecli-water-colour"."""
        return PREFIX + self.name

    @property
    def module(self) -> str:
        """The package to import: "stylecli_water_colour"."""
        return self.project.replace("-", "_")

    @property
    def type(self) -> str:
        """The class: "WaterColour"."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    @property
    def symbol(self) -> str:
        """A metric's sign in tables: "WC"; of a single word its first letters."""
        parts = self.name.split("-")
        letters = parts[0][:3] if len(parts) == 1 else "".join(part[0] for part in parts)
        return letters.upper()


def check_plugin_name(name: str) -> Names:
    """The names of a plugin, or `UsageError` where it cannot be called so."""
    if name.startswith((PREFIX, "stylecli_")):
        raise UsageError(
            f"{name!r}: the package is called {PREFIX}NAME by itself.",
            f"Such as: stylecli plugins new {name[len(PREFIX) :] or 'palette'}",
        )
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:LONGEST].strip("-")
        raise UsageError(
            f"{name!r} cannot name a plugin: small letters and digits with single dashes between, a letter first, "
            f"{LONGEST} characters at most.",
            f"Perhaps {plain!r}?" if _NAME.fullmatch(plain) else None,
        )
    names = Names(name)
    if keyword.iskeyword(names.type):
        raise UsageError(f"{name!r} cannot name a plugin: {names.type} is a word of Python's own.")
    return names


def package_files(kind: Kind, names: Names) -> dict[str, bytes]:
    """The whole package: content by path in its folder.

    Args:
        kind: What the plugin adds.
        names: What it is called.
    """
    oldest, newest = version_bounds(version())
    words = {
        "name": names.name,
        "project": names.project,
        "module": names.module,
        "type": names.type,
        "symbol": names.symbol,
        "kind": kind,
        "oldest": oldest,
        "newest": newest,
    }
    templates = files("stylecli.scaffold") / "templates"
    found = [*_templates(templates / "common"), *_templates(templates / kind)]
    return {
        _path(path, names): Template(text.read_text(encoding="utf-8")).substitute(words).encode()
        for path, text in found
    }


def version_bounds(installed: str) -> tuple[str, str]:
    """The versions of stylecli that a plugin written for this one works with: from, and up to.

    Before 1.0 a minor version may change the contract, from then on a major one.
    """
    major, minor = (int(number) for number in re.findall(r"\d+", f"{installed}.0")[:2])
    return f"{major}.{minor}", f"{major + 1}" if major else f"{major}.{minor + 1}"


def _path(template: str, names: Names) -> str:
    path = template.removesuffix(_SUFFIX).replace("/module/", f"/{names.module}/")
    return ".gitignore" if path == "gitignore" else path


def _templates(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _templates(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield above + entry.name, entry
