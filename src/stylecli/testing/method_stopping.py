"""Checks of a training that is stopped: it goes on where it was, and leaves nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from stylecli.progress import Event, Progress
from stylecli.testing.bench import Workbench
from stylecli.testing.checks import Nonconformance, NotApplicable
from stylecli.testing.comparing import difference_of_tensors
from stylecli.testing.events import check_events
from stylecli.testing.session import Session
from stylecli.testing.stops import Place, check_stops
from stylecli.testing.traces import check_files
from stylecli.testing.untouched import check_untouched
from stylecli.training.cache import TensorCache
from stylecli.training.loop import STAGE


def resume(bench: Workbench) -> None:
    """A run that was stopped in the middle goes on and gives what an unbroken one gives."""
    middle = middle_of(bench.trained)
    folder = bench.place("run")
    check_stops(lambda heard: bench.train(folder=folder, progress=heard), "Training", Place(middle))
    session = bench.train(folder=folder, resume=True)
    problem = difference_of_tensors(bench.style.tensors, session.made.tensors)
    if problem:
        raise Nonconformance(
            f"A run that was stopped at {middle.done} of {middle.total} and resumed gives another style: {problem}.",
            "Resuming is exact; run.fit() sees to it, for what is in its `parameters`.",
        )
    first = next(
        (each.done for each in session.events if each.stage == middle.stage and each.total), None
    )
    if first is not None and first <= middle.done and first > 0:
        raise Nonconformance(
            f"A run that was stopped at {middle.done} of {middle.total} began again at {first}.",
            "With run.resume it goes on from the checkpoint in run.folder.",
        )


def stopping(bench: Workbench) -> None:
    """Ctrl+C gets through at the first report and at the last, leaves no half a file, and the base as it was."""
    events = bench.trained.events
    check_events(events, "Training")
    for at in (None, Place.last_of(events)):
        folder, cache, base = bench.place("run"), bench.place("cache"), bench.new_base()
        train = partial(bench.train, folder=folder, base=base, cache=TensorCache(cache))
        check_stops(partial(_heard_by, train), "Training", at)
        check_files(folder)
        check_files(cache)
        check_untouched(base, bench.new_base(), "When training was stopped,")


def _heard_by(train: Callable[..., Session], progress: Progress) -> Session:
    return train(progress=progress)


def middle_of(session: Session) -> Event:
    """The report at which a training that had several steps is stopped.

    Raises:
        NotApplicable: It had not.
    """
    stages: dict[str, list[Event]] = {}
    for event in session.events:
        if event.total and 0 < event.done < event.total:
            stages.setdefault(event.stage, []).append(event)
    if not stages:
        raise NotApplicable("Training is over in one step; there is nothing to resume.")
    events = stages.get(STAGE) or stages[list(stages)[-1]]
    return events[(len(events) - 1) // 2]


CHECKS = (
    ("resume", "a stopped run goes on and gives what an unbroken one gives", resume),
    ("stopping", "Ctrl+C stops training, with no half a file left", stopping),
)
