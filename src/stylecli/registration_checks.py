"""What a thing must be for the program to show and use it; else its plugin is left out as a whole.

Every list, ``--help`` and TAB shows the things of all plugins: one that cannot be shown would break them
for everybody.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from stylecli.bases.spec import BaseSpec
from stylecli.captioner import Captioner
from stylecli.command import Command
from stylecli.method import Ablation, Method, Preset
from stylecli.metric import NEEDS, Metric, declared_weights
from stylecli.options import option_fields
from stylecli.styles.metadata import FAMILIES
from stylecli.weights import Weights

_TYPED = re.compile(r"\w[\w.-]*")
_BASE: Mapping[str, tuple[type, ...]] = {
    "source": (Path, str),
    "summary": (str,),
    "resolution": (int,),
    "revision": (str, NoneType),
    "neutral_prompt": (str,),
    "recommends": (Mapping,),
    "ready_styles": (Path, NoneType),
    "licence": (str,),
    "shared_parts": (Mapping,),
    "controlnets": (Mapping,),
    "ip_adapter": (Path, str, NoneType),
    "half_vae": (Path, str, NoneType),
}


def check_method(method: Method) -> None:
    """Raises TypeError or ValueError, as all of these do."""
    _check_described(method)
    _check_type(method, "families", set, frozenset, tuple, list)
    _check_known(method, "families", FAMILIES)
    if not method.families:
        raise ValueError(f"{type(method).__name__}.families names none")
    _check_type(method, "default_base", str)
    _check_named(method, "presets", Preset)
    _check_named(method, "ablations", Ablation)
    _check_options(method, "TrainOptions")
    _check_options(method, "TransferOptions")
    if method.GenerateOptions is not None:
        _check_options(method, "GenerateOptions")


def check_captioner(captioner: Captioner) -> None:
    """See `check_method`."""
    _check_described(captioner)
    if captioner.Options is not None:
        _check_options(captioner, "Options")


def check_metric(metric: Metric) -> None:
    """See `check_method`."""
    _check_described(metric)
    _check_typed(metric, "symbol")
    _check_type(metric, "variant", str)
    _check_type(metric, "needs", set, frozenset)
    _check_known(metric, "needs", NEEDS)
    for name in ("beside", "with_others", "weights"):
        _check_type(metric, name, tuple, list)
    for name in ("features", "pairs"):
        _check_type(metric, name, Mapping)
    for each in metric.weights:
        if not isinstance(each, Weights):
            raise TypeError(
                f"the metric {metric.name!r} has weights {each!r}, which are no Weights"
            )


def check_metrics_together(metrics: Iterable[Metric]) -> None:
    """Whether metrics can be told apart however they are typed, and mean the same by what they share.

    Raises:
        ValueError: The name or symbol of one is another's, or they mean different functions by one
            feature or different networks by one name.
    """
    words: dict[str, Metric] = {}
    functions: dict[str, object] = {}
    metrics = list(metrics)
    for metric in metrics:
        for word in (metric.name, metric.symbol):
            other = words.setdefault(word.casefold(), metric)
            if other is not metric:
                raise ValueError(
                    f"the metric {metric.name!r} is called {word!r}, "
                    f"which means the metric {other.name!r} already"
                )
        for name, function in {**metric.features, **metric.pairs}.items():
            if functions.setdefault(name, function) is not function:
                raise ValueError(
                    f"the metric {metric.name!r} means another function than another metric does by "
                    f"the feature {name!r}"
                )
    declared_weights(metrics)


def check_base(base: BaseSpec) -> None:
    """See `check_method`."""
    _check_described(base)
    if base.family not in FAMILIES:
        raise ValueError(
            f"the base {base.name!r} is of the family {base.family!r}; there are {', '.join(FAMILIES)}"
        )
    for name, kinds in _BASE.items():
        _check_type(base, name, *kinds)


def check_command(command: Command) -> None:
    """See `check_method`."""
    _check_described(command)
    if not callable(command.load):
        raise TypeError(f"the command {command.name!r} has no function that loads it")


def _check_described(item: Any) -> None:
    _check_typed(item, "name")
    _check_type(item, "summary", str)
    if len(item.summary.splitlines()) > 1:
        raise ValueError(f"{type(item).__name__}.summary is more than one line")


def _check_typed(item: Any, name: str) -> None:
    """Whether an attribute can be typed and stand in a list between commas."""
    _check_type(item, name, str)
    text = getattr(item, name)
    if not _TYPED.fullmatch(text):
        raise ValueError(
            f"{type(item).__name__}.{name} is {text!r}: what is typed has letters, digits, dots and dashes"
        )


def _check_known(item: Any, name: str, known: Collection[str]) -> None:
    for each in getattr(item, name):
        if each not in known:
            raise ValueError(
                f"{type(item).__name__}.{name} has {each!r}; there are {', '.join(known)}"
            )


def _check_named(item: Any, name: str, kind: type) -> None:
    _check_type(item, name, Mapping)
    for key, value in getattr(item, name).items():
        if not isinstance(key, str) or not isinstance(value, kind):
            raise TypeError(
                f"{type(item).__name__}.{name} has {key!r}: {value!r}, which is no {kind.__name__} by name"
            )


def _check_options(item: Any, name: str) -> None:
    options = _attribute(item, name)
    if not isinstance(options, type) or not dataclasses.is_dataclass(options):
        raise TypeError(f"{type(item).__name__}.{name} is {options!r}, which is no dataclass")
    option_fields(options)


def _check_type(item: Any, name: str, *kinds: type) -> None:
    value = _attribute(item, name)
    if not isinstance(value, kinds):
        wanted = " or ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
        raise TypeError(f"{type(item).__name__}.{name} is {value!r}, not {wanted}")


def _attribute(item: Any, name: str) -> Any:
    if not hasattr(item, name):
        raise TypeError(f"{type(item).__name__} lacks {name!r}")
    return getattr(item, name)
