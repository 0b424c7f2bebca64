"""The checks of a method, all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from stylecli.method import Method
from stylecli.testing import (
    method_declared,
    method_pictures,
    method_stopping,
    method_style,
    method_texts,
    method_training,
)
from stylecli.testing.bench import Workbench
from stylecli.testing.checks import Check, demand
from stylecli.testing.miniature import FAMILIES

_ON_A_BASE = (method_training, method_stopping, method_style, method_pictures, method_texts)


def check_method(
    method: Method,
    options: Mapping[str, Any] | None = None,
    family: str | None = None,
    transfer: Mapping[str, Any] | None = None,
) -> None:
    """Run all checks of a method; see `method_checks`.

    Raises:
        Nonconformance: With everything that is wrong.
    """
    demand(method_checks(method, options, family, transfer), f"Method {method.name!r}")


def method_checks(
    method: Method,
    options: Mapping[str, Any] | None = None,
    family: str | None = None,
    transfer: Mapping[str, Any] | None = None,
) -> list[Check]:
    """The checks of a method. They share a training, and nothing is done before the first is run.

    Args:
        method: The method.
        options: Training options that make it quick or that it needs, by name. The core's own (steps, batch,
            resolution, …) are chosen already.
        family: The family of the base that it is tried on; default: every one of its families that
            there is a miniature base of, one after the other.
        transfer: Likewise for transfer; pictures from text take those that they have.
    """
    wanted = [family] if family else [each for each in FAMILIES if each in method.families]
    checks = [Check(name, says, partial(run, method)) for name, says, run in method_declared.CHECKS]
    for each in wanted or FAMILIES[:1]:
        bench = Workbench(method, each, options, transfer)
        suffix = f"-{each}" if len(wanted) > 1 else ""
        for module in _ON_A_BASE:
            listed: Sequence[tuple[str, str, Any]] = module.CHECKS
            checks += [
                Check(name + suffix, says, partial(run, bench)) for name, says, run in listed
            ]
    return checks
