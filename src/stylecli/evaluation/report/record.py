"""``eval.json``: an evaluation as a file, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.errors import UsageError
from stylecli.evaluation.report.wording import encodable
from stylecli.evaluation.result import SCHEMA, Evaluation

if TYPE_CHECKING:
    from pydantic import ValidationError

_FAMILY = SCHEMA.partition("/")[0]
_REPLICATE_DIGITS = 6
# Differences of larger ones overflow.
_MOST = 1e150


def json_of(evaluation: Evaluation) -> str:
    """An evaluation as indented JSON without NaN or infinity.

    A value that is not finite becomes null. Where only numbers may stand it is left out: an interval
    with such an end, the replicates of a figure of which one is such, a per-picture value, a difference.
    """
    from pydantic import TypeAdapter

    plain = _plain(TypeAdapter(Evaluation).dump_python(evaluation))
    for entry in plain["entries"]:
        for figure in entry["figures"].values():
            _tidy(figure)
            if None in figure["replicates"]:
                figure["replicates"] = []
            figure["replicates"] = [
                float(f"{value:.{_REPLICATE_DIGITS}g}") for value in figure["replicates"]
            ]
        for row in entry["pictures"]:
            row["values"] = {
                name: value for name, value in row["values"].items() if value is not None
            }
    for key in ("differences", "methods", "anchors"):
        plain[key] = [found for found in plain[key] if found["value"] is not None]
        for found in plain[key]:
            _tidy(found)
    return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_evaluation(path: Path) -> Evaluation:
    """Read an ``eval.json``.

    Raises:
        UsageError: No such file, not an evaluation, of another schema, damaged, or at odds with itself.
    """
    from pydantic import TypeAdapter, ValidationError
    from pydantic_core import from_json

    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read ({problem.strerror}).") from problem
    try:
        plain = from_json(content)
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"{path}: damaged, or not JSON ({problem}).") from problem
    schema = plain.get("schema") if isinstance(plain, dict) else None
    if not isinstance(schema, str) or schema.partition("/")[0] != _FAMILY:
        raise UsageError(f"{path}: not an evaluation by stylecli.")
    if schema != SCHEMA:
        raise UsageError(
            f"{path}: its schema is {schema[:40]!r}; this stylecli reads {SCHEMA!r}.",
            "Read it with the stylecli that wrote it.",
        )
    try:
        evaluation = TypeAdapter(Evaluation).validate_json(content, strict=True)
    except ValidationError as problem:
        raise UsageError(f"{path}: {_first_of(problem)}.") from problem
    fault = _not_finite(plain) or _at_odds(evaluation)
    if fault:
        raise UsageError(f"{path}: {fault}.")
    return evaluation


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {encodable(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    return encodable(str(value))


def _tidy(found: dict[str, Any]) -> None:
    interval = found.get("interval")
    if interval and (interval["low"] is None or interval["high"] is None):
        found["interval"] = None


def _first_of(problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])[:120]
    more = problem.error_count() - 1
    text = f"{place}: {first['msg']}" if place else first["msg"]
    return text + (f" (and {more} more)" if more else "")


def _not_finite(value: Any, place: str = "") -> str:
    # The reader takes NaN, and 1e999 for infinity.
    if isinstance(value, float) and not math.isfinite(value):
        return f"{place[1:]}: a number beyond all bounds"
    if isinstance(value, dict):
        pairs = list(value.items())
    else:
        pairs = list(enumerate(value)) if isinstance(value, list) else []
    return next(
        (fault for key, item in pairs if (fault := _not_finite(item, f"{place}.{key}"))), ""
    )


def _at_odds(evaluation: Evaluation) -> str:
    entries = [entry.name for entry in evaluation.entries]
    metrics = [metric.name for metric in evaluation.metrics]
    for what, names in (("entries", entries), ("metrics", metrics)):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            return f"two {what} are called {twice[0]!r}"
    named = [name for found in evaluation.differences for name in (found.first, found.second)]
    named += [name for mean in evaluation.methods for name in mean.entries]
    named += [evaluation.best_step.entry] if evaluation.best_step else []
    strangers = sorted(set(named) - set(entries))
    if strangers:
        return f"it compares {strangers[0]!r}, which is not among its entries"
    figures = [figure for entry in evaluation.entries for figure in entry.figures.values()]
    intervals = [figure.interval for figure in figures]
    intervals += [found.interval for found in evaluation.differences]
    intervals += [found.interval for found in evaluation.methods]
    if any(interval is not None and interval.low > interval.high for interval in intervals):
        return "an interval ends before it begins"
    if any(abs(value) > _MOST for figure in figures for value in figure.replicates):
        return "it has replicates beyond all bounds"
    measured = {name for entry in evaluation.entries for name in entry.figures}
    unknown = sorted(measured - set(metrics))
    return f"it has figures of {unknown[0]!r}, which is not among its metrics" if unknown else ""
