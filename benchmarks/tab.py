"""How long a TAB takes, beside ``import typer``: whole processes, one after the other, several times.

    python benchmarks/tab.py [--runs 15]

Prints milliseconds of processor time and of waiting (medians), and how many times those of
``python -c "import typer"`` they are. The menu is kept by a first TAB, whose own time stands in the
last row: it is taken once after an installation or an update.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINES = {
    "stylecli <TAB>": "stylecli ",
    "transfer --style <TAB>": "stylecli transfer --style ",
    "train --method <TAB>": "stylecli train --method ",
    "train --method lsast --<TAB>": "stylecli train --method lsast --",
    "transfer --style monet --<TAB>": "stylecli transfer --style monet --",
}
PROGRAM = ["-c", "import sys; from stylecli.cli.app import main; sys.exit(main())"]


def timed(words: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Processor seconds and seconds that one process takes."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *words], env=environment, stdout=subprocess.DEVNULL, check=True)
    waited, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, waited


def tab(home: str, line: str) -> tuple[float, float]:
    """What bash's script makes of a TAB at the end of a line."""
    words = line.split(" ")
    # The user's usual folders, which take longer to find than STYLECLI_HOME does.
    usual = {name: value for name, value in os.environ.items() if name != "STYLECLI_HOME"}
    return timed(
        PROGRAM,
        {
            **usual,
            "XDG_DATA_HOME": home,
            "XDG_CACHE_HOME": home,
            "_STYLECLI_COMPLETE": "complete_bash",
            "COMP_WORDS": "\n".join(words),
            "COMP_CWORD": str(len(words) - 1),
        },
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    taken: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="stylecli-tab-") as home:
        tab(home, LINES["stylecli <TAB>"])
        for number in range(runs):
            taken.setdefault("python -c 'import typer'", []).append(
                timed(["-c", "import typer"], dict(os.environ))
            )
            for name, line in LINES.items():
                taken.setdefault(name, []).append(tab(home, line))
            first = taken.setdefault("the first TAB", [])
            first.append(tab(str(Path(home) / str(number)), LINES["stylecli <TAB>"]))
    base = [
        statistics.median(each) for each in zip(*taken["python -c 'import typer'"], strict=True)
    ]
    print(f"{'':34}{'processor':>18}{'waiting':>18}")
    for name, times in taken.items():
        row = [statistics.median(each) for each in zip(*times, strict=True)]
        cells = [f"{1000 * at:.0f} ms x{at / of:.2f}" for at, of in zip(row, base, strict=True)]
        print(f"{name:34}{cells[0]:>18}{cells[1]:>18}")


if __name__ == "__main__":
    main()
