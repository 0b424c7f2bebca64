"""What computes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from stylecli.doctor.finding import Finding
from stylecli.doctor.sizes import said_size
from stylecli.doctor.trying import DEVICE, Tried

TOPIC = "device"
FULL_SIZE = 6 * 10**9
"""Less memory than this is little for a base of SD 1.5's size."""


def check_device(tried: Mapping[str, Tried]) -> Iterable[Finding]:
    """The device that torch offers, its memory and number type."""
    found = tried.get(DEVICE, Tried("was not tried"))
    if tried.get("torch", found).error:
        yield Finding(TOPIC, "device", "not known without torch", "note")
        return
    if found.error or not found.values.get("works"):
        why = found.error or "it miscalculates"
        text = f"cannot be computed on ({why})"
        fix = "CUDA_VISIBLE_DEVICES= stylecli … goes on without the GPU; a driver that fits torch mends it"
        yield Finding(TOPIC, "device", text, "problem", fix, dict(found.values))
        return
    facts = found.values
    yield _cpu(facts) if facts["type"] == "cpu" else _accelerator(facts)


def _cpu(facts: Mapping[str, Any]) -> Finding:
    text = f"CPU, {facts['threads']} thread{'s' * (facts['threads'] > 1)}, {facts['precision']}"
    if not shutil.which("nvidia-smi"):
        return Finding(TOPIC, "device", text, values=dict(facts))
    text += "; there is an NVIDIA driver, but torch sees no GPU"
    fix = "pip install --force-reinstall torch"
    return Finding(TOPIC, "device", text, "note", fix, dict(facts))


def _accelerator(facts: Mapping[str, Any]) -> Finding:
    parts = [f"{facts['name']} ({facts['type']})"]
    if facts["count"] > 1:
        parts.append(f"the first of {facts['count']}")
    if facts["memory"]:
        parts.append(said_size(facts["memory"]))
    if facts["free"] is not None:
        parts.append(f"{said_size(facts['free'])} free")
    text = ", ".join([*parts, facts["precision"]])
    if facts["free"] is None or facts["free"] >= FULL_SIZE:
        return Finding(TOPIC, "device", text, values=dict(facts))
    text += ": little for a base of SD 1.5's size"
    fix = "close what else computes on it, or work with --base tiny"
    return Finding(TOPIC, "device", text, "note", fix, dict(facts))
