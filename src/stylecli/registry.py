"""Finding plugins and what they add. One that is broken is named and left out; the rest works.

Entry points of the group "stylecli" are loaded one by one instead of through pluggy's own loader,
in which one broken plugin ends the program.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from stylecli.bases.spec import HOMES, BaseSpec
from stylecli.captioner import Captioner
from stylecli.errors import UsageError, did_you_mean
from stylecli.hookspecs import PROJECT
from stylecli.method import Method
from stylecli.metric import Metric
from stylecli.registration import KINDS, collect
from stylecli.styles.style import ANY_LORA

GROUP = "stylecli"
RESTRICTION = "STYLECLI_PLUGINS"
Item = TypeVar("Item")


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
        adds: Names of what it adds, by kind: "method", "base", "captioner", "metric".
        seconds: Time that loading took.
        failure: Why it was left out, or "".
    """

    source: PluginSource
    adds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str = ""


@dataclass(frozen=True)
class Registry:
    """What is there to use.

    Attributes:
        plugins: Every plugin that was found, the broken ones too.
        methods: Methods by name, first-party ones first.
        bases: Bases by name: the core's, then the plugins'.
        captioners: Captioners by name.
        metrics: Metrics by name.
    """

    plugins: tuple[Plugin, ...]
    methods: Mapping[str, Method]
    bases: Mapping[str, BaseSpec] = field(default_factory=dict)
    captioners: Mapping[str, Captioner] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    def method(self, name: str) -> Method:
        """A method by name.

        Raises:
            UsageError: No such method; the hint names the nearest, or the plugin that failed.
        """
        return self._named("method", self.methods, name)

    def captioner(self, name: str) -> Captioner:
        """A captioner by name; raises as `method` does."""
        return self._named("captioner", self.captioners, name)

    def metric(self, name: str) -> Metric:
        """A metric by name or symbol; raises as `method` does."""
        for metric in self.metrics.values():
            if metric.symbol.lower() == name.lower():
                return metric
        return self._named("metric", self.metrics, name)

    def _named(self, kind: str, known: Mapping[str, Item], name: str) -> Item:
        if name in known:
            return known[name]
        hint = did_you_mean(name, known) or f"There are: {', '.join(known) or 'none'}."
        broken = [plugin.source.name for plugin in self.plugins if plugin.failure]
        if broken:
            hint += (
                f" (Plugins that failed to load: {', '.join(broken)}; see `stylecli plugins list`.)"
            )
        raise UsageError(f"No {kind} named {name!r}.", hint)

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
        for method in sorted(self.methods.values(), key=lambda each: not each.first_for_loras):
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
    found: dict[str, dict[str, Any]] = {kind.name: {} for kind in KINDS}
    found["base"] |= {home.name: home for home in HOMES.values()}
    owners = {("base", name): "stylecli itself" for name in found["base"]}
    for source in available:
        started = time.perf_counter()
        try:
            added = collect(_import(source.module))
            for kind, items in added.items():
                for name in items:
                    if (kind, name) in owners:
                        raise ValueError(
                            f"{source.package} offers the {kind} {name!r}, "
                            f"which {owners[kind, name]} offers too"
                        )
            symbols = {metric.symbol.casefold() for metric in found["metric"].values()}
            for metric in added["metric"].values():
                if metric.symbol.casefold() in symbols:
                    raise ValueError(
                        f"{source.package} offers a metric with the symbol {metric.symbol!r}, "
                        "which another has already"
                    )
        # A plugin is anybody's code: whatever it raises must not take the others down.
        except (Exception, SystemExit) as problem:
            failure = f"{type(problem).__name__}: {problem}"
            plugins.append(Plugin(source, seconds=time.perf_counter() - started, failure=failure))
            continue
        for kind, items in added.items():
            found[kind].update(items)
            owners.update(dict.fromkeys(((kind, name) for name in items), source.package))
        adds = {kind: tuple(items) for kind, items in added.items() if items}
        plugins.append(Plugin(source, adds, time.perf_counter() - started))
    return Registry(
        tuple(plugins), found["method"], found["base"], found["captioner"], found["metric"]
    )


def _import(module: str) -> ModuleType:
    name, _, attribute = module.partition(":")
    loaded: Any = importlib.import_module(name)
    for part in attribute.split(".") if attribute else ():
        loaded = getattr(loaded, part)
    return loaded  # type: ignore[no-any-return]


def broken_plugins_note(registry: Registry) -> str:
    """One line on the plugins that were left out, or ""."""
    broken = [plugin for plugin in registry.plugins if plugin.failure]
    if not broken:
        return ""
    listed = "; ".join(f"{plugin.source.name} ({plugin.failure})" for plugin in broken)
    return f"Plugins left out because they failed to load: {listed}."
