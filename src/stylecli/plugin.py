"""A plugin: where it is, and what came of loading it."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from stylecli.hookspecs import PROJECT

GROUP = "stylecli"
SLOW = 0.5
"""Seconds to load from which a plugin is named as slow."""
HEAVY = (
    *("torch", "diffusers", "transformers", "peft", "accelerate", "tensorflow", "jax"),
    *("onnxruntime", "sklearn", "scipy", "pandas", "matplotlib", "cv2", "numpy"),
)
"""What takes long to import, and belongs inside functions; the heaviest first."""


@dataclass(frozen=True)
class PluginSource:
    """Where a plugin would be loaded from.

    Attributes:
        name: The entry point's name.
        module: The module that it names.
        package: The installed distribution, with its version.
        first_party: Whether it comes with stylecli.
    """

    name: str
    module: str
    package: str
    first_party: bool

    @property
    def distribution(self) -> str:
        """The installed distribution's name."""
        return self.package.rpartition(" ")[0]

    @property
    def version(self) -> str:
        """The installed distribution's version."""
        return self.package.rpartition(" ")[2]


@dataclass(frozen=True)
class Plugin:
    """A plugin, loaded or not.

    Attributes:
        source: Where it comes from.
        adds: Names of what it adds, by kind: "method", "base", "captioner", "metric", "command".
        seconds: Time that loading took.
        failure: Why it was left out, or "".
        hooks: The hooks that it implements.
        file: The file that its module is in, or "".
        heavy: Modules that take long to import, and that loading it imported first.
        printed: The beginning of what it printed on standard output when it was loaded, or "".
    """

    source: PluginSource
    adds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str = ""
    hooks: tuple[str, ...] = ()
    file: str = ""
    heavy: tuple[str, ...] = ()
    printed: str = ""

    @property
    def slow(self) -> str:
        """What is to be said where somebody else's plugin takes long to load, or ""."""
        if self.source.first_party or self.failure or self.seconds <= SLOW:
            return ""
        text = f"{self.seconds:.1f} s"
        if self.heavy:
            text += f", it imports {' and '.join(self.heavy[:2])} when it is loaded"
        return text


def installed_sources() -> list[PluginSource]:
    """Every plugin that is installed, first-party ones first, then by name."""
    from importlib import metadata

    found = []
    for distribution in metadata.distributions():
        # Metadata is read only where it is needed: that of every installed package takes long,
        # and a half-removed one has none.
        points = [point for point in distribution.entry_points if point.group == GROUP]
        if points:
            project = distribution.metadata["Name"]
            package = f"{project} {distribution.version}"
            found += [
                PluginSource(point.name, point.value, package, project == PROJECT)
                for point in points
            ]
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda source: (not source.first_party, source.name))


def import_plugin(source: PluginSource) -> ModuleType:
    """The module that an entry point names, or the object in it."""
    name, _, attribute = source.module.partition(":")
    loaded: Any = importlib.import_module(name)
    for part in attribute.split(".") if attribute else ():
        loaded = getattr(loaded, part)
    return loaded  # type: ignore[no-any-return]


class Overheard:
    """Stands for standard output while plugins are loaded, and lets what they print go to standard error.

    Attributes:
        text: The beginning of what was printed.
    """

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        """Print, elsewhere."""
        self.text = (self.text + text)[:80]
        return sys.stderr.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


@contextlib.contextmanager
def overheard() -> Iterator[Overheard]:
    """Keep what is printed inside from standard output, where results stand: JSON, or the answer to a TAB."""
    hears: Any = Overheard()
    with contextlib.redirect_stdout(hears):
        yield hears


def broken_plugins_note(plugins: Iterable[Plugin]) -> str:
    """One line on the plugins that were left out, or ""."""
    broken = [plugin for plugin in plugins if plugin.failure]
    if not broken:
        return ""
    listed = "; ".join(f"{plugin.source.name} ({plugin.failure})" for plugin in broken)
    return f"Plugins left out because they failed to load: {listed}."


def slow_plugins_note(plugins: Iterable[Plugin]) -> str:
    """One line on the plugins that every start of the program waits for, or ""."""
    slow = [plugin for plugin in plugins if plugin.slow]
    if not slow:
        return ""
    listed = "; ".join(f"{plugin.source.name} ({plugin.slow})" for plugin in slow)
    return f"Plugins that take long to load, with every command and TAB: {listed}."
