"""Checks of a method's training: what it gives, reports, prints, writes and leaves behind."""

from __future__ import annotations

from typing import Any

from stylecli.errors import UsageError
from stylecli.options import as_record
from stylecli.styles.format import read_style
from stylecli.styles.header import SUFFIX
from stylecli.styles.style import Style
from stylecli.testing.bench import NAME, SEED, Workbench
from stylecli.testing.checks import Nonconformance, NotApplicable
from stylecli.testing.comparing import difference_of_tensors
from stylecli.testing.events import check_events
from stylecli.testing.traces import check_files, check_silence, check_writes
from stylecli.testing.untouched import check_untouched
from stylecli.training.cache import TensorCache
from stylecli.training.copies import STEPS
from stylecli.training.options import TrainingOptions
from stylecli.training.provenance import public_value


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
    _check_record(style, bench.train_options())


def progress(bench: Workbench) -> None:
    """See `check_events`."""
    check_events(bench.trained.events, "Training")


def quiet(bench: Workbench) -> None:
    """Nothing is printed in training."""
    check_silence(bench.trained, "Training")


def writes(bench: Workbench) -> None:
    """Files are written into the run's folder and the cache, and nowhere else."""
    check_writes(bench.trained, "Training")
    check_files(bench.trained.folder)


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


def _check_record(style: Style, options: Any) -> None:
    """The style says with what it was trained."""
    contract = (
        "Every option is recorded in the style's provenance as it was given: run.style() sees to it, "
        "of the run's own options."
    )
    kept = {**style.provenance.options, "seed": style.provenance.training.get("seed")}
    given = {name: public_value(value) for name, value in as_record(options).items()}
    lost = sorted(name for name in given if name not in kept)
    if lost:
        raise Nonconformance(
            f"The style does not say with which {', '.join(lost)} it was trained.", contract
        )
    for name, value in {**given, "seed": SEED}.items():
        if kept[name] != value:
            raise Nonconformance(
                f"The style says that {name} was {kept[name]!r}; it was given {value!r}.", contract
            )


def _check_values(style: Style) -> None:
    import torch

    for key, value in style.tensors.items():
        if not isinstance(value, torch.Tensor):
            raise Nonconformance(f"{key!r} is {type(value).__name__}.", "Tensors, by their keys.")
        if not torch.isfinite(value).all():
            raise Nonconformance(f"{key!r} is not finite.", "What is learnt are finite numbers.")


CHECKS = (
    ("training", "training gives a style that says what it is", training),
    ("progress", "training reports how far it is", progress),
    ("quiet", "training prints nothing", quiet),
    ("writes", "training writes into its run folder and the cache alone", writes),
    ("base", "the base is as it was once training is over", base_after_training),
    ("seeds", "the same seed gives the same style, another one another", seeds),
    ("copies", "copies on the way are styles of their step", copies),
    ("previews", "previews do not touch what is learnt", previews),
)
