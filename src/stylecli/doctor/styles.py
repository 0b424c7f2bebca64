"""The library's styles: how many, and which are damaged."""

from __future__ import annotations

from collections.abc import Iterable

from stylecli.doctor.finding import Finding
from stylecli.doctor.folders import known_places
from stylecli.errors import StylecliError, UsageError
from stylecli.registry import load_registry
from stylecli.styles.format import read_metadata
from stylecli.styles.library import Entry, Library
from stylecli.styles.style import check_name

TOPIC = "styles"


def check_styles() -> Iterable[Finding]:
    """The user's styles and the ready ones, by their headers."""
    places = known_places()
    if places is None:
        return
    try:
        bases = list(load_registry().bases.values())
    except StylecliError:
        # Told among the plugins.
        bases = []
    ready = [spec.ready_styles for spec in bases if spec.ready_styles is not None]
    entries = Library(places.styles, ready).entries()
    damaged = [found for entry in entries if (found := _damage(entry)) is not None]
    own = sum(not entry.ready for entry in entries)
    values = {"own": own, "ready": len(entries) - own, "damaged": len(damaged)}
    yield Finding(
        TOPIC, "library", f"{own} of your own, {len(entries) - own} that came along", values=values
    )
    yield from damaged


def _damage(entry: Entry) -> Finding | None:
    try:
        read_metadata(entry.path)
    except StylecliError as problem:
        text = f"{problem.message} {problem.hint or ''}".strip()
        return Finding(TOPIC, entry.name, text, "note", _fix(entry), {"path": str(entry.path)})
    return None


def _fix(entry: Entry) -> str:
    if entry.ready:
        return "pip install --force-reinstall --no-deps stylecli"
    if entry.path.is_dir():
        return f"move this folder elsewhere, or delete it: {entry.path}"
    try:
        check_name(entry.name)
    # The library cannot be asked for it.
    except UsageError:
        return f"delete this file: {entry.path}"
    return f"stylecli styles remove {entry.name}, then train or import it again"
