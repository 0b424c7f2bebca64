"""The machine's memory and processor."""

from __future__ import annotations

import os
from collections.abc import Iterable

from stylecli.doctor.finding import Finding
from stylecli.doctor.sizes import said_size

TOPIC = "machine"
LEAST = 2 * 10**9
"""With less memory free, training on the embedded base may fail."""


def check_machine() -> Iterable[Finding]:
    """Memory that is there and free, and processor cores."""
    try:
        import psutil
    except ImportError as problem:
        yield Finding(TOPIC, "memory", f"not known ({problem})", "problem", "pip install psutil")
    else:
        memory = psutil.virtual_memory()
        text = f"{said_size(memory.total)}, {said_size(memory.available)} free"
        little = memory.available < LEAST
        yield Finding(
            TOPIC,
            "memory",
            text + (": little" if little else ""),
            "note" if little else "ok",
            "close other programs, or give a smaller --batch-size" if little else "",
            {"memory": memory.total, "free": memory.available},
        )
    cores = os.cpu_count() or 1
    yield Finding(TOPIC, "processor", f"{cores} cores", values={"cores": cores})
