"""Figures, metrics and verdicts in plain words, the same in every form of the report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stylecli.evaluation.figures import Figure, Interval, MetricInfo
from stylecli.evaluation.result import BestStep, Entry, Evaluation, SetInfo, Warned

OWN_REFERENCES = (
    "Rows of different styles are no ranking: each is measured against pictures of its own style, and one "
    "style may be nearer to photographs than another."
)
# Longer numbers are written with an exponent.
_LONG = 1e7
_NOTHING = "none"
_HOW = {
    "half-samples": "over random halves of the pictures",
    "wilson": "of a share (Wilson)",
    "half-samples and styles": "over random halves of the pictures and over the styles",
    "spread": "a spread at equal N, which says nothing of other numbers of pictures",
    "raters": "over raters drawn anew",
    "photos": "over photos drawn anew",
    "entries": "over entries drawn anew",
    "raters or photos": "over raters and over photos drawn anew, the wider of the two",
}


def encodable(text: str) -> str:
    """Text that UTF-8 can hold: a file name that is no UTF-8 reaches us with lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def digits_for(values: Iterable[float | None]) -> int:
    """How many decimals a column needs, so that its largest number has about three digits."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if largest == 0 or not math.isfinite(largest):
        return 2
    if largest >= 10:
        return 1 if largest < 1000 else 0
    return min(8, max(2, 1 - math.floor(math.log10(largest))))


def digits_of(evaluation: Evaluation) -> dict[str, int]:
    """The decimals of each metric's figures."""
    found: dict[str, int] = {}
    for metric in evaluation.metrics:
        figures = [
            entry.figures[metric.name]
            for entry in evaluation.entries
            if metric.name in entry.figures
        ]
        ends = [
            end
            for figure in figures
            if figure.interval
            for end in (figure.interval.low, figure.interval.high)
        ]
        found[metric.name] = digits_for([*(figure.value for figure in figures), *ends])
    return found


def number(value: float, digits: int, signed: bool = False) -> str:
    """A number with a true minus sign, and without a minus before zero."""
    rounded = round(value, digits)
    text = f"{abs(rounded):.{digits}f}" if abs(value) < _LONG else f"{abs(value):.3g}"
    if rounded < 0:
        return "−" + text
    return "+" + text if signed and rounded > 0 else text


def interval_text(interval: Interval, digits: int, signed: bool = False) -> str:
    """Both ends: "0.51 to 0.70"."""
    low, high = (number(end, digits, signed) for end in (interval.low, interval.high))
    return f"{low} to {high}"


def figure_text(evaluation: Evaluation, entry: Entry, metric: MetricInfo, strong: str = "") -> str:
    """A figure with its interval: "0.62 (0.53 to 0.71)", "undefined", or "–" where it was not measured.

    One that moves with the number of pictures has that behind it: "18.1 (17.7 to 18.6), N 800".

    Args:
        evaluation: Says how many decimals its figures have.
        entry: Whose.
        metric: Which.
        strong: What stands on both sides of the value.
    """
    figure = entry.figures.get(metric.name)
    if figure is None:
        return "–"
    if figure.value is None:
        return "undefined"
    digits = digits_of(evaluation)[metric.name]
    sure = f" ({interval_text(figure.interval, digits)})" if figure.interval else ""
    of = number_of_pictures(figure, metric)
    return f"{strong}{number(figure.value, digits)}{strong}{sure}{', ' if of else ''}{of}"


def number_of_pictures(figure: Figure, metric: MetricInfo) -> str:
    """How many pictures, where a figure must not be read without it: "N 800"; else ""."""
    return f"N {figure.stamp.n}" if metric.kind == "biased" else ""


def plain_name(name: str) -> str:
    """A metric's name in plain words: "Style closure"."""
    words = name.replace("-", " ").replace("_", " ").strip() or name
    return words[:1].upper() + words[1:]


def spelled_out(metric: MetricInfo) -> str:
    """A metric's name to stand after its symbol: "style closure"; "" where it would only repeat it."""
    name = plain_name(metric.name)
    return "" if name.lower() == metric.symbol.lower() else name.lower()


def words_for(evaluation: Evaluation, name: str) -> str:
    """A metric's name to stand alone: "Style closure", "SSIM"."""
    known = next((metric for metric in evaluation.metrics if metric.name == name), None)
    return known.symbol if known and not spelled_out(known) else plain_name(name)


def direction(metric: MetricInfo) -> str:
    """Which end is the good one."""
    return f"{metric.better} is better" if metric.better else "neither more nor less is better"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def counted(count: int, thing: str) -> str:
    """A number of things: "1 photo", "12 photos"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def title_of(evaluation: Evaluation) -> str:
    """What was evaluated: the styles, or the outputs' names."""
    names = list(dict.fromkeys(entry.style or entry.name for entry in evaluation.entries))
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return listed(names) or "nothing"


def common_settings(evaluation: Evaluation) -> list[str]:
    """Base and strength, where all entries that were painted have the same."""
    painted = [entry for entry in evaluation.entries if entry.style]
    bases = {entry.base for entry in painted}
    strengths = {entry.settings.get("strength") for entry in painted}
    found = [f"on {base}" for base in bases if base and len(bases) == 1]
    return found + [
        f"strength {strength:g}"
        for strength in strengths
        if isinstance(strength, (int, float)) and len(strengths) == 1
    ]


def prompts_of(evaluation: Evaluation) -> list[str]:
    """The different prompts that the outputs were made from; none where they were not, or are not known."""
    found = (row.prompt for entry in evaluation.entries for row in entry.pictures)
    return list(dict.fromkeys(prompt for prompt in found if prompt is not None))


def reading_guide(evaluation: Evaluation) -> str:
    """How the figures are read, in one sentence."""
    prompts = prompts_of(evaluation)
    if evaluation.content:
        pictures = f"on the same {counted(evaluation.content.count, 'content picture')}"
    elif prompts:
        pictures = f"by the pictures that it made of the same {counted(len(prompts), 'prompt')}"
    else:
        pictures = "by the pictures that it made from text"
    intervals = [
        figure.interval
        for entry in evaluation.entries
        for figure in entry.figures.values()
        if figure.interval
    ]
    if not intervals:
        return f"Each row is judged {pictures}; they are too few to say how sure a figure is."
    level = 100 * intervals[0].level
    return (
        f"Each row is judged {pictures}; the small numbers are a {level:.0f} % interval, and a "
        "difference called within noise is too small for these pictures to tell."
    )


def how_sure(evaluation: Evaluation) -> str:
    """How the intervals were made, in one sentence; "" where there are none."""
    found: dict[str, list[str]] = {}
    for metric in evaluation.metrics:
        for entry in evaluation.entries:
            figure = entry.figures.get(metric.name)
            if figure and figure.interval:
                names = found.setdefault(_HOW[figure.interval.how], [])
                names += [metric.symbol] * (metric.symbol not in names)
    parts = [f"{', '.join(symbols)} {how}" for how, symbols in found.items()]
    return f"Intervals: {'; '.join(parts)}." if parts else ""


def why_undefined(evaluation: Evaluation, entry: Entry, metric: str) -> Warned | None:
    """Why an entry has no figure: the warning that names most closely this metric and this entry."""
    about = [
        warned
        for warned in evaluation.warnings_of(entry)
        if not warned.metrics or metric in warned.metrics
    ]
    return min(about, key=lambda warned: (not warned.metrics, not warned.entries), default=None)


def beside(evaluation: Evaluation, metric: MetricInfo) -> str:
    """The details that a figure is read with, over all entries: "accuracy 0.88 to 0.93"."""
    parts = []
    for key in metric.beside:
        values = [
            value
            for entry in evaluation.entries
            if metric.name in entry.figures
            and isinstance(value := entry.figures[metric.name].details.get(key), (int, float))
        ]
        if values:
            # Of shares two are enough; a KID has only zeros there.
            digits = 2 if max(map(abs, values)) >= 0.05 else digits_for(values)
            low, high = number(min(values), digits), number(max(values), digits)
            parts.append(f"{key.replace('_', ' ')} {low}" + (f" to {high}" if high != low else ""))
    return ", ".join(parts)


def best_step_sentence(best: BestStep, few: str = "photos") -> str:
    """Which checkpoint is best, and which cannot be told from it; `few` are what may be too few."""
    text = f"Best by {plain_name(best.metric).lower()}: step {best.step}"
    others = [str(step) for step in best.within_noise if step != best.step]
    if not others:
        return f"{text}; every other step is worse beyond noise."
    steps = f"step{'' if len(others) == 1 else 's'} {listed(others)}"
    if best.undecided:
        return f"{text}, but the {few} are too few to tell it from {steps}."
    text += f"; within noise of it {'is' if len(others) == 1 else 'are'} {steps}."
    if best.earliest != best.step:
        text += f" Step {best.earliest} is the earliest of these: more training did not visibly improve it."
    return text


def set_text(pictures: SetInfo) -> str:
    """A folder of pictures: "photos: 12 pictures (12 JPEG), fingerprint 0123abcd4567"."""
    formats = ", ".join(f"{count} {kind}" for kind, count in sorted(pictures.formats.items()))
    return (
        f"{pictures.name}: {counted(pictures.count, 'picture')}"
        + (f" ({formats})" if formats else "")
        + f", fingerprint {pictures.fingerprint[:12]}"
    )


def flat(details: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Details as lines of (name, value); names of inner values are joined by dots."""
    lines: list[tuple[str, str]] = []
    for key, value in details.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            lines += flat(value, f"{name}.")
        elif isinstance(value, (list, tuple)):
            lines.append((name, ", ".join(_shown(item) for item in value) or _NOTHING))
        else:
            lines.append((name, _shown(value)))
    return lines


def settings_text(settings: Mapping[str, Any]) -> str:
    """Settings in one line: "steps 20, negative_prompt none"; "–" where there are none."""
    return (
        ", ".join(f"{key} {_NOTHING if value == '' else value}" for key, value in settings.items())
        or "–"
    )


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "−", 1) if value < 0 else f"{value:.4g}"
    return str(value) or _NOTHING
