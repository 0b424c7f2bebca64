"""Finding plugins and what they add. One that is broken is named and left out; the rest works.

Entry points of the group "stylecli" are loaded one by one instead of through pluggy's own loader,
in which one broken plugin ends the program.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pluggy

from stylecli import hookspecs
from stylecli.bases.spec import SD15, BaseSpec
from stylecli.errors import UsageError, did_you_mean
from stylecli.hookspecs import PROJECT
from stylecli.method import Method
from stylecli.options import option_fields
from stylecli.styles.style import ANY_LORA

GROUP = "stylecli"
RESTRICTION = "STYLECLI_PLUGINS"


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


@dataclass(frozen=True)
class Plugin:
    """A plugin, loaded or not.

    Attributes:
        source: Where it comes from.
        methods: Names of the methods that it adds.
        bases: Names of the bases that it adds.
        seconds: Time that loading took.
        failure: Why it was left out, or "".
    """

    source: PluginSource
    methods: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    seconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True)
class Registry:
    """What is there to use.

    Attributes:
        plugins: Every plugin that was found, the broken ones too.
        methods: Methods by name, first-party ones first.
        bases: Bases by name: the core's, then the plugins'.
    """

    plugins: tuple[Plugin, ...]
    methods: Mapping[str, Method]
    bases: Mapping[str, BaseSpec] = field(default_factory=dict)

    def method(self, name: str) -> Method:
        """A method by name.

        Raises:
            UsageError: No such method; the hint names the nearest, or the plugin that failed.
        """
        if name in self.methods:
            return self.methods[name]
        hint = (
            did_you_mean(name, self.methods) or f"There are: {', '.join(self.methods) or 'none'}."
        )
        broken = [plugin.source.name for plugin in self.plugins if plugin.failure]
        if broken:
            hint += (
                f" (Plugins that failed to load: {', '.join(broken)}; see `stylecli plugins list`.)"
            )
        raise UsageError(f"No method named {name!r}.", hint)

    def method_for(self, name: str, family: str, is_lora: bool = False) -> Method:
        """The method of a style: the one that made it, or for a LoRA from elsewhere one that takes such.

        Args:
            name: The style's method, or `ANY_LORA`.
            family: The style's family, or "" where it is not known yet.
            is_lora: Whether it is a LoRA and nothing else: then a method that takes such stands in
                for one that is not installed.

        Raises:
            UsageError: There is none.
        """
        if name in self.methods or (name != ANY_LORA and not is_lora):
            return self.method(name)
        for method in self.methods.values():
            if method.takes_loras and (not family or family in method.families):
                return method
        if name != ANY_LORA:
            return self.method(name)
        raise UsageError(f"No installed method works with LoRAs of the {family} family.")


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


def load_registry(sources: Sequence[PluginSource] | None = None) -> Registry:
    """Load plugins and collect what they add.

    ``STYLECLI_PLUGINS`` restricts which are loaded: names separated by commas.

    Args:
        sources: Which plugins there are; None for the installed ones.

    Raises:
        UsageError: ``STYLECLI_PLUGINS`` names a plugin that is not installed.
    """
    available = list(installed_sources() if sources is None else sources)
    restriction = os.environ.get(RESTRICTION)
    if restriction is not None:
        wanted = [name.strip() for name in restriction.split(",") if name.strip()]
        for name in wanted:
            if name not in {source.name for source in available}:
                raise UsageError(
                    f"{RESTRICTION} names {name!r}, which is not installed.",
                    did_you_mean(name, [source.name for source in available]),
                )
        available = [source for source in available if source.name in wanted]
    plugins: list[Plugin] = []
    methods: dict[str, Method] = {}
    bases: dict[str, BaseSpec] = {SD15.name: SD15}
    owners = {("base", SD15.name): "stylecli itself"}
    for source in available:
        started = time.perf_counter()
        try:
            added_methods, added_bases = _collect(_import(source.module))
            added = [("method", name) for name in added_methods]
            added += [("base", name) for name in added_bases]
            for kind, name in added:
                if (kind, name) in owners:
                    raise ValueError(
                        f"{source.package} offers the {kind} {name!r}, "
                        f"which {owners[kind, name]} offers too"
                    )
        # A plugin is anybody's code: whatever it raises must not take the others down.
        except (Exception, SystemExit) as problem:
            failure = f"{type(problem).__name__}: {problem}"
            plugins.append(Plugin(source, seconds=time.perf_counter() - started, failure=failure))
            continue
        methods.update(added_methods)
        bases.update(added_bases)
        owners.update(dict.fromkeys(added, source.package))
        seconds = time.perf_counter() - started
        plugins.append(Plugin(source, tuple(added_methods), tuple(added_bases), seconds))
    return Registry(tuple(plugins), methods, bases)


def _import(module: str) -> ModuleType:
    name, _, attribute = module.partition(":")
    loaded: Any = importlib.import_module(name)
    for part in attribute.split(".") if attribute else ():
        loaded = getattr(loaded, part)
    return loaded  # type: ignore[no-any-return]


def _collect(plugin: ModuleType) -> tuple[dict[str, Method], dict[str, BaseSpec]]:
    """Ask one plugin for everything it adds, before anything of it is registered.

    A manager of its own keeps registration all or nothing: pluggy leaves half of a plugin behind
    when its registration fails.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    methods: dict[str, Method] = {}
    bases: dict[str, BaseSpec] = {}
    for method in _flattened(manager.hook.stylecli_methods()):
        _check_method(method)
        _add_once(methods, method.name, method)
    for base in _flattened(manager.hook.stylecli_bases()):
        if not isinstance(base, BaseSpec):
            raise TypeError(f"stylecli_bases gave {base!r}, which is no BaseSpec")
        _add_once(bases, base.name, base)
    return methods, bases


def _flattened(results: Iterable[Iterable[Any] | None]) -> list[Any]:
    return [item for result in results for item in (result or ())]


def _add_once(found: dict[str, Any], name: str, item: Any) -> None:
    if name in found:
        raise ValueError(f"{name!r} is offered twice")
    found[name] = item


def _check_method(method: Any) -> None:
    if not isinstance(method, Method):
        raise TypeError(f"stylecli_methods gave {method!r}, which is no Method")
    for attribute in ("name", "summary", "families", "TrainOptions", "TransferOptions"):
        if not hasattr(method, attribute):
            raise TypeError(f"{type(method).__name__} lacks {attribute!r}")
    for options in (method.TrainOptions, method.TransferOptions, method.GenerateOptions):
        if options is not None:
            option_fields(options)


def broken_plugins_note(registry: Registry) -> str:
    """One line on the plugins that were left out, or ""."""
    broken = [plugin for plugin in registry.plugins if plugin.failure]
    if not broken:
        return ""
    listed = "; ".join(f"{plugin.source.name} ({plugin.failure})" for plugin in broken)
    return f"Plugins left out because they failed to load: {listed}."
