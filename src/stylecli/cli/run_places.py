"""Training runs by name, beside folders that may be called the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from stylecli.errors import UsageError
from stylecli.places import Places
from stylecli.styles.weights import is_place
from stylecli.training.run_folder import DESCRIPTION, read_description


def places_named(text: str) -> list[Path]:
    """What a text can mean: the folder that is there, then the newest run of that name.

    A run is called after its folder of pictures as long as nobody names it, so that both are often there.

    Raises:
        UsageError: Neither is there.
    """
    folder = Path(text).expanduser()
    # Unlike a path's own `is_dir` this is silent about names that are too long to be any.
    found = [folder] if os.path.isdir(folder) else []
    run = None if is_place(text) else _newest(text)
    # Inside the folder of all runs both are the same.
    if run is not None and not any(run.resolve() == each.resolve() for each in found):
        found.append(run)
    if not found:
        runs = Places.default().runs
        names = {read_description(path).get("name") for path in runs.glob("*")}
        known = sorted(name for name in names if name and isinstance(name, str))
        raise UsageError(
            f"No run named {text!r} and no such folder.",
            f"There are: {', '.join(known)}." if known else "There are no runs yet.",
        )
    return found


def place_with(text: str, holds: Callable[[Path], bool], what: str, hint: str) -> Path:
    """Of the folder there and the run of that name the first that holds what is looked for.

    Args:
        text: As it was typed.
        holds: Whether a folder does.
        what: What is missing: "neither a report (eval.json) nor previews".
        hint: What to give instead.

    Raises:
        UsageError: Neither is there, or none of them does.
    """
    places = places_named(text)
    for place in places:
        if holds(place):
            return place
    raise UsageError(f"{looked_at(text, places)}: {what} there.", hint)


def looked_at(text: str, places: Sequence[Path]) -> str:
    """Where a text was looked up: "The folder disney and the run of that name (…/runs/disney)"."""
    first = places[0]
    if len(places) > 1:
        return f"The folder {first} and the run of that name ({places[1]})"
    if first == Path(text).expanduser() and not is_place(text):
        return f"The folder {first} (no run is named so)"
    return str(first)


def _newest(name: str) -> Path | None:
    """The newest run of a name; a run is also found by its folder's: monet-2."""
    runs = Places.default().runs
    named = [path for path in runs.glob("*") if read_description(path).get("name") == name]
    if os.path.isfile(runs / name / DESCRIPTION) and runs / name not in named:
        named.append(runs / name)
    return max(named, key=lambda path: (path / DESCRIPTION).stat().st_mtime, default=None)
