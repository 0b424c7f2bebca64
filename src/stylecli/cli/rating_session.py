"""The time in which people rate: from the address that is printed to what is said at the end."""

from __future__ import annotations

import glob
import os
import shlex
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from stylecli.cli.console import err, note, out, print_json, readable, warn
from stylecli.evaluation.rating.answers import RESULTS
from stylecli.evaluation.rating.asking.desk import Desk
from stylecli.evaluation.rating.asking.server import RatingServer
from stylecli.evaluation.report.wording import counted
from stylecli.progress import Event


def hear(event: Event) -> None:
    """Show what the server says; called from its threads."""
    if event.message:
        warn(event.message) if event.level == "warning" else note(event.message)


def serve(
    server: RatingServer,
    desk: Desk,
    results: Path,
    place: Path | None,
    measured: bool,
    rater: str,
    *,
    opening: bool,
    as_json: bool,
) -> None:
    """Serve until Ctrl+C, and say what was kept."""
    with _until_stopped() as stopped, server, ExitStack() as until_the_end:
        address = server.address(rater)
        console = err() if as_json else out()
        console.print(f"Rate at: {address}", markup=False)
        sys.stdout.flush()
        note(
            "Several people can rate at once, each under a name. Ctrl+C ends it; answers are kept at once."
        )
        if opening and _has_browser():
            # Where no file can be written, there is the address that was printed.
            with suppress(OSError), _results_apart():
                webbrowser.open(until_the_end.enter_context(_leading_to(address, results)))
        # A wait without an end is deaf to signals on Windows.
        while not stopped.wait(0.5):
            pass
    kept = desk.kept()
    if as_json:
        answers = {"answers": kept.given, "in_file": kept.in_file}
        print_json({"results": str(results), **answers})
        return
    if not kept.given:
        note("Nobody answered; nothing was written.")
        return
    given = kept.given.items()
    said = ", ".join(f"{counted(count, 'answer')} of {rater}" for rater, count in given)
    every = counted(kept.in_file, "answer")
    out().print(f"Kept in {results}: {readable(said)}. In the file: {every}.", markup=False)
    out().print(f"What they come to: {next_command(results, place, measured)}", markup=False)


def next_command(results: Path, place: Path | None, measured: bool) -> str:
    """The command that says what the answers come to.

    Args:
        results: The file of answers.
        place: The report or run that was rated, or None.
        measured: Whether it is a report, whose figures are put beside the answers.
    """
    inside = place is not None and results.resolve() == (place / RESULTS).resolve()
    places = [str(place)] if inside or (place is not None and measured) else []
    places += [] if inside else [str(results)]
    return f"stylecli eval ratings {shlex.join(places)}"


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """An event that Ctrl+C sets, or an end that is asked for from elsewhere; a second one stops at once."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    # Where there is such a thing, a terminal that is closed ends it likewise.
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {each: signal.signal(each, stop) for each in map(signal.Signals.__getitem__, names)}
    try:
        yield stopped
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _leading_to(address: str, results: Path) -> Iterator[str]:
    """The address of a page that leads there, which only its owner can read; it is taken away at the end.

    What a browser is told to open stands on its command line, which everybody on the machine can read.
    The page stands beside the answers: some browsers may read neither temporary nor hidden folders.
    """
    place = Path(os.path.realpath(results))
    beginning, folder = f"opening-{place.stem}-", place.parent
    # Nobody else adds to this file: they are of programs that were ended from outside.
    for stale in folder.glob(f"{glob.escape(beginning)}*.html"):
        stale.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=beginning, suffix=".html", dir=folder)
    page = Path(name)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">\n')
        yield page.as_uri()
    finally:
        with suppress(OSError):
            page.unlink()


@contextmanager
def _results_apart() -> Iterator[None]:
    """Let programs that are started inside print on standard error: what they say is no result."""
    results = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(results, 1)
        os.close(results)


def _has_browser() -> bool:
    """Whether there is one with a window: one in the terminal would cover what stands there."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
