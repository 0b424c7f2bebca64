"""What comes with stylecli keeps the contracts that docs/plugins/ states for anybody's plugins."""

from __future__ import annotations

import pytest

from stylecli.registry import load_registry
from stylecli.testing import (
    Check,
    base_checks,
    captioner_checks,
    method_checks,
    metric_checks,
)

REGISTRY = load_registry()
OPTIONS = {
    # The class pictures and previews of a real run would take most of the time.
    "dreambooth": {
        "class_pictures": 2,
        "class_steps": 2,
        "validation_pictures": 1,
        "validation_steps": 2,
    },
    "sdxl-lora": {"rank": 2},
}
# Their models must be fetched; tests/stylecli_captioners has small ones.
OFFLINE = {"title", "describe"}


def named(checks: list[Check], name: str) -> list[object]:
    return [pytest.param(check, id=f"{name}: {check}") for check in checks]


@pytest.mark.parametrize(
    "check",
    [
        param
        for name, method in REGISTRY.methods.items()
        for param in named(method_checks(method, OPTIONS.get(name)), name)
    ],
)
def test_a_method_keeps_its_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize(
    "check",
    [
        param
        for name, metric in REGISTRY.metrics.items()
        for param in named(metric_checks(metric), name)
    ],
)
def test_a_metric_keeps_its_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize(
    "check",
    [
        param
        for name, captioner in REGISTRY.captioners.items()
        for param in named(captioner_checks(captioner), name)
        if name in OFFLINE or param.values[0].name == "described"
    ],
)
def test_a_captioner_keeps_its_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize(
    "check",
    [
        param
        for name, base in REGISTRY.bases.items()
        for param in named(base_checks(base, REGISTRY.methods), name)
        if base.embedded or param.values[0].name in ("described", "recommends")
    ],
)
def test_a_base_keeps_its_contract(check: Check) -> None:
    check()
