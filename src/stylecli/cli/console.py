"""Progress, messages and errors on standard error; results on standard output."""

from __future__ import annotations

import json
import signal
import sys
import textwrap
import time
import unicodedata
from collections.abc import Mapping
from contextlib import redirect_stdout
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from stylecli.errors import Cancelled, StylecliError
from stylecli.progress import Event

if TYPE_CHECKING:
    from rich.console import Console


# Control and format characters, and halves of surrogate pairs.
_UNSHOWN = ("Cc", "Cf", "Cs")


def out() -> Console:
    """For results: standard output."""
    from rich.console import Console

    return Console(soft_wrap=True, highlight=False, emoji=False)


def err() -> Console:
    """For everything else: standard error."""
    from rich.console import Console

    # In "monet:x: no such style" Rich would see an emoji's name.
    return Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def escape(text: str) -> str:
    """Keep Rich from taking what stands in square brackets for its markup; see also `readable`."""
    from rich import markup

    return markup.escape(readable(text))


def readable(text: str) -> str:
    """Text from a file without what would steer the terminal, or what it cannot show."""
    return "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in _UNSHOWN else "\ufffd"
        for letter in text
    )


def print_json(value: Any) -> None:
    """Print a machine-readable result on standard output; raises as `print_text`."""
    print_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_text(text: str) -> None:
    """Print a result on standard output as it is.

    Raises:
        StylecliError: It cannot be written, as on a full disk.
        BrokenPipeError: Nobody reads on.
    """
    # Programs can be started with none.
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise StylecliError(
            f"What was printed cannot be written ({problem.strerror})."
        ) from problem


def human_size(size: int) -> str:
    """A number of bytes as people say it: "2.1 MB", "11.6 kB"."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def costs_of(training: Mapping[str, Any]) -> str:
    """Time and peak memory of each phase of a training: "encoding 12 s, 1.1 GB; training 61 s, 1.5 GB"."""
    return "; ".join(
        f"{phase['name']} {phase['seconds']:.0f} s, {phase['peak_mb'] / 1000:.1f} GB"
        for phase in training.get("phases", ())
    )


def note(text: str) -> None:
    """Tell the user something on standard error."""
    err().print(escape(text))


def warn(text: str) -> None:
    """Warn the user on standard error."""
    _warn(err(), text)


def print_error(problem: StylecliError) -> None:
    """Say what went wrong, and what to do about it."""
    console = err()
    label = "Stopped" if isinstance(problem, Cancelled) else "Error"
    console.print(f"[red]{label}:[/] {escape(problem.message)}")
    if problem.hint:
        console.print(f"  {escape(problem.hint)}")


class Reporter:
    """Shows events while it is entered: bars on a terminal, lines elsewhere.

    What is printed meanwhile, by a plugin's code, goes to standard error, too: it is no result.
    Ctrl+C makes the next event raise `Cancelled`, so that services stop where their state is whole;
    a second one stops at once.
    """

    def __init__(self, quiet: bool = False) -> None:
        from rich import progress

        self._console = err()
        self._live = self._console.is_terminal and not quiet
        self._bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=28),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[figures]}"),
            console=self._console,
            disable=not self._live,
        )
        self._tasks: dict[str, Any] = {}
        self._lines: dict[str, tuple[int, float]] = {}
        self._cancelled = False
        self._quiet = quiet
        self._before: Any = None

    def __enter__(self) -> Reporter:
        # Before the bars: they take what is printed themselves, and give back what they found.
        self._printed = redirect_stdout(sys.stderr)
        self._printed.__enter__()
        self._bars.start()
        try:
            self._before = signal.signal(signal.SIGINT, self._interrupt)
        except ValueError:
            # Only the main thread may set handlers; elsewhere Ctrl+C is somebody else's.
            self._before = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()
        self._printed.__exit__(kind, problem, trace)
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def __call__(self, event: Event) -> None:
        """Show one event; raises `Cancelled` after Ctrl+C."""
        if event.message:
            self._say(event)
        if event.picture:
            self._console.print(f"preview: {escape(str(event.picture))}")
        if event.total:
            if self._live:
                self._bar(event)
            elif not self._quiet:
                self._line(event)
        if self._cancelled:
            raise Cancelled("Stopped as you asked.")

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._cancelled:
            raise KeyboardInterrupt
        self._cancelled = True
        self._console.print("Stopping after this step … (Ctrl+C again stops at once)")

    def _say(self, event: Event) -> None:
        if event.level == "warning":
            _warn(self._console, event.message or "")
        else:
            self._console.print(escape(event.message or ""))

    def _bar(self, event: Event) -> None:
        figures = _figures(event.values)
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(
                event.stage, total=event.total, figures=figures
            )
        task = self._tasks[event.stage]
        if event.done < self._bars.tasks[task].completed:
            self._bars.reset(task, total=event.total, figures=figures)
        self._bars.update(task, completed=event.done, total=event.total, figures=figures)

    def _line(self, event: Event) -> None:
        # Without a terminal a log wants a line now and then, not one a step.
        tenth, when = self._lines.get(event.stage, (-1, 0.0))
        reached = 10 * event.done // (event.total or 1)
        now = time.monotonic()
        if event.done == 0 or reached == tenth or (now - when < 2.0 and event.done != event.total):
            return
        if event.done < (event.total or 0) and reached < tenth:
            self._lines.pop(event.stage)
        self._lines[event.stage] = (reached, now)
        figures = _figures(event.values)
        self._console.print(
            f"{event.stage}: {event.done}/{event.total}{'  ' + figures if figures else ''}"
        )


def _warn(console: Console, text: str) -> None:
    # On a terminal lines end between words, as those of results do; Rich would break a long path.
    # Notes and errors are left to the terminal: a command that was broken could not be copied.
    label = "Warning:"
    if console.is_terminal:
        lines = [
            textwrap.fill(line, console.width, break_long_words=False, break_on_hyphens=False)
            for line in f"{label} {text}".splitlines()
        ]
        text = "\n".join(lines).removeprefix(label).lstrip(" ")
    console.print(f"[yellow]{label}[/] {escape(text)}")


def _figures(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in values.items())
