"""Options for trainings and pictures of seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stylecli.options import Layer, known_values, option_fields, resolve
from stylecli.testing.miniature import RESOLUTION

QUICK_TRAINING: Mapping[str, Any] = {
    "steps": 4,
    "batch_size": 2,
    "resolution": 32,
    "learning_rate": 0.01,
    "optimizer": "adamw",
    "warmup": 0,
    "precision": "fp32",
    "save_precision": "fp32",
    "checkpoint_every": 0,
    "preview_every": 0,
}
"""The core's options for a training of seconds."""
QUICK_PAINTING: Mapping[str, Any] = {
    "steps": 4,
    "guidance": 2.0,
    "strength": 0.75,
    "size": RESOLUTION,
    "batch_size": 4,
    "precision": "fp32",
}
"""Likewise for transfer and for pictures from text."""


def within(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, those that are out of the range which the class declares at its nearer end."""
    found = {}
    for field in option_fields(kind):
        if field.name in values:
            value = values[field.name]
            if isinstance(value, int | float):
                low, high = field.info.min, field.info.max
                value = value if low is None else max(value, field.type(low))
                value = value if high is None else min(value, field.type(high))
            found[field.name] = value
    return found


def resolved(
    kind: Any, quick: Mapping[str, Any], own: Mapping[str, Any], changes: Mapping[str, Any]
) -> Any:
    """An instance of a class of options.

    Args:
        kind: The class.
        quick: Values as far as it has them.
        own: The author's, over these.
        changes: What a check wants otherwise, over both, as far as it has them.

    Raises:
        UsageError: An option of the author's that there is not.
    """
    layers = [
        Layer("the check", known_values(kind, changes)),
        Layer("options=", own),
        Layer("the check", within(kind, known_values(kind, quick))),
    ]
    return resolve(kind, layers).options
