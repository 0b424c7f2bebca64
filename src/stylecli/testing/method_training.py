"""Checks of a method's training: what it gives, reports, prints, writes and leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stylecli.errors import Cancelled, UsageError
from stylecli.options import as_record
from stylecli.progress import Event
from stylecli.styles.format import read_style
from stylecli.styles.header import SUFFIX
from stylecli.styles.style import Style
from stylecli.testing.bench import NAME, SEED, Workbench
from stylecli.testing.checks import Nonconformance, NotApplicable
from stylecli.testing.comparing import check_untouched, difference_of_tensors
from stylecli.testing.events import check_events
from stylecli.testing.session import Session
from stylecli.training.cache import TensorCache
from stylecli.training.copies import STEPS
from stylecli.training.loop import STAGE
from stylecli.training.options import TrainingOptions

_TEMPORARY = (".tmp", ".part", ".partial", ".incomplete")


def training(bench: Workbench) -> None:
    """A style comes out that says what it is."""
    style = bench.trained.made
    if not isinstance(style, Style):
        raise Nonconformance(f"train() gave {style!r}.", "A `stylecli.Style`; see run.style().")
    method = bench.method
    wanted = {"name": NAME, "method": method.name, "family": bench.family}
    for name, value in wanted.items():
        if getattr(style, name) != value:
            raise Nonconformance(
                f"The style's {name} is {getattr(style, name)!r}, not {value!r}.",
                "It is what the run says: run.style() sees to it.",
            )
    if not style.tensors:
        raise Nonconformance("The style has no tensors.", "All that was learnt is in its tensors.")
    _check_values(style)
    kept, own = dict(style.provenance.options), as_record(bench.train_options())
    lost = sorted(name for name in own if name not in kept)
    if lost:
        raise Nonconformance(
            f"The style does not say with which {', '.join(lost)} it was trained.",
            "Every option is recorded in the style's provenance: run.style() sees to it.",
        )


def progress(bench: Workbench) -> None:
    """See `check_events`."""
    check_events(bench.trained.events, "Training")


def quiet(bench: Workbench) -> None:
    """Nothing is printed in training."""
    check_silence(bench.trained, "Training")


def writes(bench: Workbench) -> None:
    """Files are written into the run's folder and the cache, and nowhere else."""
    check_writes(bench.trained, "Training")
    _check_files(bench.trained.folder)


def base_after_training(bench: Workbench) -> None:
    """The base is as it was before."""
    check_untouched(bench.trained.base, bench.new_base(), "After training")


def seeds(bench: Workbench) -> None:
    """The same seed gives the same style, another one another."""
    first = bench.trained.made.tensors
    again = bench.train(cache=TensorCache(bench.place("cache"))).made.tensors
    problem = difference_of_tensors(first, again)
    if problem:
        raise Nonconformance(
            f"Two trainings with one seed give two styles: {problem}.",
            "All randomness comes from run.seed, also through the generator that a loss is given.",
        )
    if not issubclass(bench.method.TrainOptions, TrainingOptions):
        # What is not fitted may have nothing random in it.
        return
    other = bench.train(seed=SEED + 1).made.tensors
    if not difference_of_tensors(first, other):
        raise Nonconformance(
            "Trainings with two seeds give one style.",
            "All randomness comes from run.seed; none of it from a seed of the method's own.",
        )


def resume(bench: Workbench) -> None:
    """A run that was stopped in the middle goes on and gives what an unbroken one gives."""
    middle = middle_of(bench.trained)
    folder = bench.place("run")
    try:
        bench.train(folder=folder, progress=_stopping_at(middle.stage, middle.done))
    except Cancelled:
        pass
    else:
        raise _swallowed("Training")
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
    """Ctrl+C at the first report gets through, leaves no half a file behind, and the base as it was."""
    check_events(bench.trained.events, "Training")
    folder, base = bench.place("run"), bench.new_base()
    cache = bench.place("cache")
    try:
        bench.train(folder=folder, base=base, cache=TensorCache(cache), progress=_stop)
    except Cancelled:
        pass
    else:
        raise _swallowed("Training")
    _check_files(folder)
    _check_files(cache)
    check_untouched(base, bench.new_base(), "When training was stopped,")


def previews(bench: Workbench) -> None:
    """Looking at it on the way changes nothing of what is learnt."""
    if not issubclass(bench.method.TrainOptions, TrainingOptions):
        raise NotApplicable("The method does not train in the core's loop.")
    style = bench.style
    session = bench.train(preview_every=2)
    check_silence(session, "Painting previews")
    problem = difference_of_tensors(style.tensors, session.made.tensors)
    if problem:
        raise Nonconformance(
            f"With previews another style is learnt: {problem}.",
            "Previews do not touch what is learnt, nor the random numbers of training.",
        )


def copies(bench: Workbench) -> None:
    """Copies on the way are whole styles of their step."""
    if not issubclass(bench.method.TrainOptions, TrainingOptions):
        raise NotApplicable("The method does not train in the core's loop.")
    _ = bench.style
    try:
        session = bench.train(save_every=2)
    except UsageError as problem:
        raise Nonconformance(
            f"With --save-every 2 it refuses: {problem.message}",
            "What users may choose works: give run.fit() `tensors`, a function of what was learnt so far.",
        ) from problem
    found = sorted((session.folder / STEPS).glob(f"{NAME}-*{SUFFIX}"))
    if not found:
        raise Nonconformance(
            "With --save-every 2 there are no copies in run.folder.",
            "run.fit() writes them where it is given `tensors`.",
        )
    for path in found:
        _check_values(read_style(path))


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


def check_silence(session: Session, what: str) -> None:
    """Nothing was printed."""
    if session.printed.strip():
        said = session.printed.strip().splitlines()
        raise Nonconformance(
            f"{what} printed {said[0][:120]!r}"
            + (f" and {len(said) - 1} more lines." if said[1:] else "."),
            "Print nothing: progress(stylecli.Event(stage, message=…)) tells the user.",
        )


def check_writes(session: Session, what: str) -> None:
    """Nothing was written where it does not belong."""
    if session.strays:
        listed = ", ".join(session.strays[:3]) + (" …" if session.strays[3:] else "")
        raise Nonconformance(
            f"{what} wrote {listed}.",
            "Files go into run.folder and run.cache; temporary ones are taken away again.",
        )


def _check_values(style: Style) -> None:
    import torch

    for key, value in style.tensors.items():
        if not isinstance(value, torch.Tensor):
            raise Nonconformance(f"{key!r} is {type(value).__name__}.", "Tensors, by their keys.")
        if not torch.isfinite(value).all():
            raise Nonconformance(f"{key!r} is not finite.", "What is learnt are finite numbers.")


def _check_files(folder: Path) -> None:
    """Every file is whole."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(".") or path.suffix in _TEMPORARY:
            problem = "is left over from writing"
        else:
            problem = _damage(path)
        if problem:
            raise Nonconformance(
                f"{name} {problem}.",
                "Files are there whole or not at all, also when a run is stopped.",
            )


def _damage(path: Path) -> str:
    try:
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                json.loads(line)
        elif path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(str(path), framework="pt") as file:
                file.keys()
        elif path.suffix in (".png", ".jpg"):
            from PIL import Image

            with Image.open(path) as image:
                image.load()
    except Exception as problem:
        return f"cannot be read ({type(problem).__name__})"
    return ""


def _stop(event: Event) -> None:
    raise Cancelled("Stopped by a check.")


def _stopping_at(stage: str, done: int) -> Any:
    def listen(event: Event) -> None:
        if (event.stage, event.done) == (stage, done):
            _stop(event)

    return listen


def _swallowed(what: str) -> Nonconformance:
    return Nonconformance(
        f"{what} went on although progress raised Cancelled.",
        "Let `stylecli.Cancelled` through: it is how Ctrl+C stops the work.",
    )


CHECKS = (
    ("training", "training gives a style that says what it is", training),
    ("progress", "training reports how far it is", progress),
    ("quiet", "training prints nothing", quiet),
    ("writes", "training writes into its run folder and the cache alone", writes),
    ("base", "the base is as it was once training is over", base_after_training),
    ("seeds", "the same seed gives the same style, another one another", seeds),
    ("resume", "a stopped run goes on and gives what an unbroken one gives", resume),
    ("stopping", "Ctrl+C stops training, with no half a file left", stopping),
    ("copies", "copies on the way are styles of their step", copies),
    ("previews", "previews do not touch what is learnt", previews),
)
