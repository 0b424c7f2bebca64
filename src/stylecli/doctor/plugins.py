"""The plugins: which failed, and what is there without them."""

from __future__ import annotations

from collections.abc import Iterable

from stylecli.doctor.finding import Finding
from stylecli.errors import StylecliError
from stylecli.plugin import Plugin
from stylecli.registry import RESTRICTION, load_registry

TOPIC = "plugins"


def check_plugins() -> Iterable[Finding]:
    """Every plugin with what it adds."""
    try:
        registry = load_registry()
    except StylecliError as problem:
        text = f"{problem.message} {problem.hint or ''}".strip()
        yield Finding(TOPIC, RESTRICTION, text, "problem", f"unset {RESTRICTION}")
        return
    for plugin in registry.plugins:
        yield _of(plugin)
    if not registry.methods:
        text = "none, so nothing can be trained or repainted"
        yield Finding(TOPIC, "methods", text, "problem", "pip install --force-reinstall stylecli")


def _of(plugin: Plugin) -> Finding:
    source = plugin.source
    values = {
        "package": source.package,
        "module": source.module,
        "adds": {kind: list(names) for kind, names in plugin.adds.items()},
        "failure": plugin.failure,
        "milliseconds": round(1000 * plugin.seconds, 1),
    }
    if not plugin.failure:
        adds = "; ".join(f"{kind} {', '.join(names)}" for kind, names in plugin.adds.items())
        return Finding(TOPIC, source.name, f"{source.package}: {adds}", values=values)
    text = f"{source.package}: left out because it failed to load ({plugin.failure})"
    package = source.package.partition(" ")[0]
    if source.first_party:
        fix = "pip install --force-reinstall --no-deps stylecli"
        return Finding(TOPIC, source.name, text, "problem", fix, values)
    # Everything else works without it.
    fix = f"pip install --upgrade {package}, or pip uninstall {package}"
    return Finding(TOPIC, source.name, text, "note", fix, values)
