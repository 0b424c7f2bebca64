"""What can be told apart, in words."""

from __future__ import annotations

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.report.wording import (
    best_step_sentence,
    interval_text,
    number,
    prompts_of,
)
from stylecli.evaluation.result import Difference, Evaluation


def is_told(difference: Difference, digits: int) -> bool:
    """Whether a difference is beyond noise, and so large that its figures show it.

    Args:
        difference: The difference.
        digits: The decimals that it is shown with.
    """
    return difference.beyond_noise and not shows_nothing(difference.value, digits)


def shows_nothing(value: float, digits: int) -> bool:
    """Whether a number is zero when it is shown: "0.00"."""
    return float(f"{value:.{digits}f}") == 0


def verdict(difference: Difference, digits: int) -> str:
    """Whether a difference can be told from chance, and is worth telling; see `is_told`."""
    if difference.interval is None:
        return "too few pictures to tell"
    if not difference.beyond_noise:
        return "within noise"
    return "beyond noise" if is_told(difference, digits) else "too small to show"


def difference_sentence(difference: Difference, digits: int, what: str) -> str:
    """A difference in words: "a has 0.12 more style closure than b (0.05 to 0.19)".

    Args:
        difference: The difference.
        digits: Its decimals.
        what: The metric in words.
    """
    value, interval = difference.value, difference.interval
    first, second = difference.first, difference.second
    if value < 0:
        first, second, value = second, first, -value
        interval = interval and Interval(
            -interval.high, -interval.low, interval.how, interval.level
        )
    sure = f" ({interval_text(interval, digits)})" if interval else ""
    return f"{first} has {number(value, digits)} more {what} than {second}{sure}"


def best_checkpoint(evaluation: Evaluation) -> str:
    """Which checkpoint is best, and which cannot be told from it; "" where none is."""
    if evaluation.best_step is None:
        return ""
    few = "prompts" if prompts_of(evaluation) else "photos" if evaluation.content else "pictures"
    return best_step_sentence(evaluation.best_step, few)
