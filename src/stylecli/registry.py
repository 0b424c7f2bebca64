"""Finding plugins and what they add. One that is broken is named and left out; the rest works.

Entry points of the group "stylecli" are loaded one by one instead of through pluggy's own loader,
in which one broken plugin ends the program.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from stylecli.bases.spec import HOMES, BaseSpec
from stylecli.captioner import Captioner
from stylecli.command import RESERVED, Command
from stylecli.errors import UsageError, did_you_mean, told
from stylecli.method import Method
from stylecli.metric import Metric
from stylecli.plugin import (
    HEAVY,
    Plugin,
    PluginSource,
    import_plugin,
    installed_sources,
    overheard,
)
from stylecli.registration import KINDS, collect, implemented
from stylecli.registration_checks import check_metrics_together
from stylecli.styles.style import ANY_LORA

RESTRICTION = "STYLECLI_PLUGINS"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Registry:
    """What is there to use.

    Attributes:
        plugins: Every plugin that was found, the broken ones too.
        methods: Methods by name, first-party ones first.
        bases: Bases by name: the core's, then the plugins'.
        captioners: Captioners by name.
        metrics: Metrics by name.
        commands: Sub-commands that plugins add, by name.
    """

    plugins: tuple[Plugin, ...]
    methods: Mapping[str, Method]
    bases: Mapping[str, BaseSpec] = field(default_factory=dict)
    captioners: Mapping[str, Captioner] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)

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
            if metric.symbol.casefold() == name.casefold():
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
    owners |= {("command", name): "stylecli itself" for name in RESERVED}
    for source in available:
        started, before = time.perf_counter(), set(sys.modules)
        with overheard() as heard:
            plugin, added = _loaded(source, owners, found["metric"].values())
        heavy = tuple(name for name in HEAVY if name in sys.modules and name not in before)
        seconds = time.perf_counter() - started
        plugins.append(replace(plugin, seconds=seconds, heavy=heavy, printed=heard.text.strip()))
        for kind, items in added.items():
            found[kind].update(items)
            owners.update(dict.fromkeys(((kind, name) for name in items), source.package))
    return Registry(
        tuple(plugins),
        found["method"],
        found["base"],
        found["captioner"],
        found["metric"],
        found["command"],
    )


def with_package(kind: str, name: str) -> str:
    """What a plugin added, as messages name it: "method mine (mine-package 1.0)"."""
    for plugin in load_registry().plugins:
        if name in plugin.adds.get(kind, ()):
            return f"{kind} {name} ({plugin.source.package})"
    return f"{kind} {name}"


def _loaded(
    source: PluginSource, owners: Mapping[tuple[str, str], str], metrics: Iterable[Metric]
) -> tuple[Plugin, dict[str, dict[str, Any]]]:
    """Load a plugin; gives what it adds by kind and name, or nothing and why it is left out.

    Args:
        source: The plugin.
        owners: Which package offers what is there already, by kind and name.
        metrics: Those that are there already.
    """
    try:
        module = import_plugin(source)
        added = collect(module)
        for kind, items in added.items():
            for name in items:
                if (kind, name) in owners:
                    raise ValueError(
                        f"{source.package} offers the {kind} {name!r}, "
                        f"which {owners[kind, name]} offers too"
                    )
        check_metrics_together([*metrics, *added["metric"].values()])
        hooks = implemented(module)
    # Ctrl+C is the user's.
    except KeyboardInterrupt:
        raise
    # A plugin is anybody's code: whatever it raises must not take the others down.
    except BaseException as problem:
        return Plugin(source, failure=told(problem)), {}
    adds = {kind: tuple(items) for kind, items in added.items() if items}
    loaded_from = sys.modules.get(source.module.partition(":")[0])
    file = getattr(loaded_from, "__file__", None) or ""
    return Plugin(source, adds, hooks=hooks, file=file), added
