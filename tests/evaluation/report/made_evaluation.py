"""Evaluations made up for the report's tests, with pictures where a test looks at them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from stylecli.evaluation.figures import Figure, Interval, MetricInfo, Stamp
from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.result import (
    SCHEMA,
    BestStep,
    Difference,
    Entry,
    Evaluation,
    MethodMean,
    OwnReport,
    PictureRow,
    SetInfo,
    Warned,
)

METRICS = (
    MetricInfo(
        "style-closure", "SC", "0 = still the photos, 1 = as near to the style as its own pictures are",
        "energy distance of phi-v1, centre square at 256 px", "more", "style", True,
    ),
    MetricInfo(
        "content-retention", "CR", "1 = the photo itself, 0 = no more like it than like the others",
        "HOG cells and self-similarity, 256 px", "more", "content", True,
    ),
    MetricInfo(
        "deception-lite", "DL", "share of outputs that a small judge of painters calls by the style's name",
        "kernel ridge on phi at 128 px after JPEG 75", "more", None, True,
        ("accuracy", "untouched_photos"),
    ),
    MetricInfo(
        "palette", "PAL", "distance of the colours from the style's, in L*a*b*; 0 = the same palette",
        "sliced W1, 24 directions", "less", None, False,
    ),
    MetricInfo(
        "ssim", "SSIM", "likeness of light and structure to the photo; 1 = identical",
        "Gaussian window 11, luminance", "more", None, False,
    ),
)  # fmt: skip
FIGURES = {"style-closure": 0.62, "content-retention": 0.48, "deception-lite": 0.75}
FIGURES |= {"palette": 6.31, "ssim": 0.552}


def stamp(metric: str, count: int) -> Stamp:
    variant = next(info.variant for info in METRICS if info.name == metric)
    return Stamp(metric, variant, "", "5be1d0c3a1f0", "9a77e01b2c44", "PNG", count)


def figure(metric: str, value: float | None, count: int = 12, spread: float = 0.09) -> Figure:
    how = "wilson" if metric == "deception-lite" else "half-samples"
    interval = None if value is None else Interval(value - spread, value + spread, how)
    details = {"accuracy": 0.91, "untouched_photos": 0.08} if metric == "deception-lite" else {}
    replicates = (
        () if value is None else tuple(round(value + spread * (at - 2) / 3, 5) for at in range(5))
    )
    return Figure(value, interval, stamp(metric, count), details, replicates)


def entry(name: str, count: int = 12, **changes: object) -> Entry:
    """An entry; `figures` maps metrics to values."""
    values = dict(FIGURES) | dict(changes.pop("figures", {}))  # type: ignore[call-overload]
    rng = random.Random(name.encode("utf-8", "surrogatepass"))
    rows = tuple(
        PictureRow(
            f"photo-{at:02}.{name}.png",
            f"{rng.getrandbits(256):064x}",
            f"photo-{at:02}.jpg",
            {
                metric: round(value + rng.gauss(0, 0.08), 4)
                for metric, value in values.items()
                if value is not None
            },
        )
        for at in range(count)
    )
    made = Entry(
        name,
        "monet",
        name,
        "lora-sdedit",
        "tiny",
        {"strength": 0.6, "seed": 0},
        1.84,
        None,
        {metric: figure(metric, value, count) for metric, value in values.items()},
        rows,
    )
    return replace(made, **changes)


def evaluation(entries: Sequence[Entry], **changes: object) -> Evaluation:
    """An evaluation of these entries, with the differences between neighbours."""
    pairs = list(itertools.pairwise(entries))
    differences = tuple(
        Difference(
            first.name,
            second.name,
            metric,
            gap,
            Interval(gap - 0.06, gap + 0.06, "half-samples"),
        )
        for first, second in pairs
        for metric in ("style-closure", "content-retention")
        if (one := first.figures[metric].value) is not None
        and (other := second.figures[metric].value) is not None
        for gap in [one - other]
    )
    count = len(entries[0].pictures) if entries else 0
    made = Evaluation(
        SCHEMA,
        "2026-11-25T02:50:00+00:00",
        "0.1.0",
        {"python": "3.11.7", "torch": "2.9.0", "processor": "x86_64, 2 cores"},
        "photos",
        0,
        SetInfo("holiday", count, "9a77e01b2c44" + "0" * 52, {"JPEG": count}),
        None,
        (SetInfo("monet", 130, "5be1d0c3a1f0" + "0" * 52, {"JPEG": 130}),),
        METRICS,
        tuple(entries),
        differences,
    )
    return replace(made, **changes)


def everything() -> Evaluation:
    """An evaluation that uses every part of the layout."""
    entries = [
        entry("monet at 0.3", style="monet", settings={"strength": 0.3, "seed": 0},
              figures={"style-closure": 0.21, "content-retention": 0.78, "deception-lite": 0.25}),
        entry("monet at 0.6", style="monet"),
        entry("van-gogh", target="van-gogh", method="lsast",
              figures={"style-closure": None, "content-retention": 0.35, "deception-lite": 0.5},
              own=OwnReport("Deception rate and preference of 20 people.", ("deception", "ssim"),
                            {"strength": "0.5 (here 0.6)"})),
        entry("elsewhere", style="", method="", base="", settings={}, seconds=None,
              figures={"style-closure": -0.04, "content-retention": 0.93, "deception-lite": 0.0}),
    ]  # fmt: skip
    warnings = (
        Warned("few-pictures", "12 pictures: intervals are wide and may be too narrow still."),
        Warned("not-separable", "These photos cannot be told from van-gogh (p = 0.31).",
               ("van-gogh",), ("style-closure",)),
        Warned("borders", "2 outputs have a plain border.", ("elsewhere",), ("ssim",)),
    )  # fmt: skip
    means = (
        MethodMean("lora-sdedit", ("monet at 0.3", "monet at 0.6"), "style-closure", 0.415,
                   Interval(0.31, 0.52, "half-samples and styles")),
        MethodMean("lsast", ("van-gogh",), "content-retention", 0.35, None),
    )  # fmt: skip
    flagged = replace(entries[3].pictures[0], flags=("borders", "constant"))
    entries[3] = replace(entries[3], pictures=(flagged, *entries[3].pictures[1:]))
    return evaluation(
        entries,
        methods=means,
        warnings=warnings,
        references=(
            SetInfo("monet", 130, "5be1d0c3a1f0" + "0" * 52, {"JPEG": 130}),
            SetInfo("van-gogh", 8, "77" * 32, {"JPEG": 7, "PNG": 1}),
        ),
    )


def checkpoints() -> Evaluation:
    """A training run's checkpoints, the best but one in the middle."""
    closures = {40: 0.18, 80: 0.44, 120: 0.58, 160: 0.61, 200: 0.47}
    entries = [
        entry(f"step {step}", style="monet", step=step, figures={"style-closure": value})
        for step, value in closures.items()
    ]
    best = BestStep("style-closure", "step 160", 160, (120, 160), 120)
    return evaluation(entries, best_step=best)


def gallery(folder: Path, found: Evaluation, size: tuple[int, int] = (60, 40)) -> Gallery:
    """Plain pictures for every file that an evaluation names."""
    numbers = itertools.count()

    def picture(place: str, shade: int) -> Path:
        path = folder / place.replace("\0", "") / f"{next(numbers)}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (shade % 256, 90, 160)).save(path)
        return path

    content = {
        row.content: picture("content", 20 * at)
        for item in found.entries
        for at, row in enumerate(item.pictures)
        if row.content is not None
    }
    return Gallery(
        {
            item.name: tuple(picture("outputs", 7 * at) for at, row in enumerate(item.pictures))
            for item in found.entries
        },
        {
            item.name: tuple(content[row.content] for row in item.pictures if row.content)
            for item in found.entries
        },
        {
            known.name: tuple(picture(known.name, at) for at in range(known.count))
            for known in found.references
        },
    )
