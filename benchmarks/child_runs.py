"""Commands in processes of their own, with what each took: from launch to end, and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_KIBI = 1024 if sys.platform != "darwin" else 1
"""What the peak is counted in: KiB, and on macOS bytes."""


@dataclass(frozen=True)
class Cost:
    """What a process took.

    Attributes:
        seconds: From launch to end.
        peak_mb: The most memory that it held, in MB of 10^6 bytes.
    """

    seconds: float
    peak_mb: float


def run_stylecli(words: Sequence[object], home: Path, log: Path) -> Cost:
    """Run a command of stylecli.

    Args:
        words: The command, without the program's name.
        home: What `STYLECLI_HOME` is set to.
        log: A file that all it says is added to.

    Raises:
        SystemExit: It failed; the last of what it said.
    """
    command = [sys.executable, "-m", "stylecli", *map(str, words)]
    return run(command, log, {**os.environ, "STYLECLI_HOME": str(home)})


def run(command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> Cost:
    """Run a command; see `run_stylecli`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(command)}\nfailed:\n{said}")
    return Cost(seconds, usage.ru_maxrss * _KIBI / 1e6)
