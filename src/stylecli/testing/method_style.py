"""Checks of the style that a method makes: its file, what it does, and what it is refused for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stylecli.errors import StylecliError, UsageError
from stylecli.styles.format import read_style, write_style
from stylecli.styles.style import ScaledStyle, Style
from stylecli.testing.bench import SUBJECTS, Workbench
from stylecli.testing.checks import Nonconformance
from stylecli.testing.comparing import (
    check_pictures,
    difference_of_tensors,
    same_pictures,
)
from stylecli.testing.miniature import FAMILIES


def file(bench: Workbench) -> None:
    """The style is the same, and paints the same, once written and read again."""
    style, path = bench.style, bench.place("library") / "monet.safetensors"
    write_style(style, path)
    again = read_style(path)
    problem = difference_of_tensors(style.tensors, again.tensors)
    for name in ("name", "method", "family", "prompt", "fingerprint"):
        if getattr(style, name) != getattr(again, name):
            problem = f"its {name} is {getattr(again, name)!r}, not {getattr(style, name)!r}"
    if problem:
        raise Nonconformance(
            f"The style is another one once it is written and read: {problem}.",
            "A style is what its file holds.",
        )
    painted = bench.painted.made
    with bench.memory.as_it_was():
        made = bench.paint([ScaledStyle(again)]).made
    if same_pictures(painted, made):
        return
    kept = bench.memory.changed()
    if kept and same_pictures(painted, bench.paint([ScaledStyle(again)]).made):
        raise Nonconformance(
            f"The style paints other pictures without what is kept in {', '.join(kept[:3])}.",
            "A style is what its file holds: another process paints with it, too.",
        )
    raise Nonconformance(
        "The style paints other pictures once it is written and read.",
        "All that painting needs of it is in tensors, prompt and name.",
    )


def stateless(bench: Workbench) -> None:
    """What was learnt is in the style, not in the method."""
    if bench.trained.left:
        raise Nonconformance(
            f"train() left {', '.join(bench.trained.left)} on the method.",
            "One method serves many runs and styles: what was learnt is in the style alone.",
        )


def effect(bench: Workbench) -> None:
    """What was learnt shows; with zeros in its place, or at scale 0, it does not."""
    painted = bench.painted.made
    zeroed = bench.altered(lambda value: value.new_zeros(value.shape))
    blank = bench.paint([ScaledStyle(zeroed)]).made
    if same_pictures(painted, blank):
        raise Nonconformance(
            "The pictures are the same with zeros in place of what was learnt.",
            "The style's tensors are what paints.",
        )
    without = bench.paint([ScaledStyle(bench.style, 0.0)]).made
    if same_pictures(painted, without):
        raise Nonconformance(
            "The pictures are the same at scale 0.", "A style at scale 0 does not act at all."
        )
    if not bench.style.is_lora:
        return
    if not same_pictures(blank, without, 1):
        raise Nonconformance(
            "A LoRA of zeros paints other pictures than the style at scale 0.",
            "A LoRA adds to the base's weights; neither adds anything.",
        )
    if bench.method.takes_loras:
        words = [bench.style.prompt.with_subject(subject) for subject in SUBJECTS]
        alone = bench.paint([], subjects=words).made
        if not same_pictures(blank, alone, 1):
            raise Nonconformance(
                "A LoRA of zeros paints other pictures than the base alone with the same words.",
                "A LoRA adds to the base's weights; nothing else changes.",
            )


def refusals(bench: Workbench) -> None:
    """A style of another family is refused, and one whose tensors do not fit."""
    other = next(family for family in FAMILIES if family != bench.family)
    _refused(
        bench, replace(bench.style, family=other), f"a style of the {other} family", UsageError
    )
    grown = bench.altered(
        lambda value: value.repeat(*(3 for _ in value.shape)) if value.ndim else value
    )
    _refused(bench, grown, "a style whose tensors are three times as large", StylecliError)


def _refused(bench: Workbench, style: Style, what: str, kind: type[StylecliError]) -> None:
    contract = f"What does not fit the base is refused as a `stylecli.{kind.__name__}`, before anything is painted."
    try:
        made: Any = bench.paint([ScaledStyle(style)]).made
    except kind:
        return
    except (Exception, SystemExit) as problem:
        raise Nonconformance(
            f"Given {what}, it raised {type(problem).__name__}: {problem}.", contract
        ) from problem
    check_pictures(made, len(SUBJECTS), "The stylizer")
    raise Nonconformance(f"It painted with {what}.", contract)


CHECKS = (
    ("file", "the style is the same once written and read", file),
    ("stateless", "what was learnt is in the style, not in the method", stateless),
    ("effect", "what was learnt shows, and not at scale 0", effect),
    ("refusals", "a style that does not fit is refused", refusals),
)
