"""How sure the best checkpoint is, and whether correlations with figures hold what their intervals say.

    python benchmarks/how_many_scores.py [--runs 300]

Simulates raters who give 1 to 10 for checkpoints that are equal: in how many runs some are called worse
than the best, by intervals that hold all at once (as ``stylecli eval ratings`` has them), and by each step's
own 95 % interval. Then what that caution costs: of eight checkpoints one is better by 1.5 points; how many of
the others are told to be worse. At last, how often the intervals of rank correlations hold the truth.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from stylecli.evaluation.rating.correlations import Point, correlation
from stylecli.evaluation.rating.levelling import levels_of
from stylecli.evaluation.rating.observed import Score, Shown
from stylecli.evaluation.rating.scores import score_means

PHOTOS = 12


def scores(
    means: NDArray[np.float64], spread: float, raters: int, rng: np.random.Generator
) -> list[Score]:
    """What raters with tastes of their own give, for photos of which some are harder."""
    tastes = rng.normal(0, spread, (raters, len(means)))
    photos = rng.normal(0, 0.5, PHOTOS)
    found = []
    for rater in range(raters):
        for place, mean in enumerate(means):
            for photo in range(PHOTOS):
                felt = mean + tastes[rater, place] + photos[photo] + rng.normal()
                value = float(np.clip(round(felt), 1, 10))
                name = f"step {place + 1:02d}"
                shown = Shown(name, "t", f"{name} {photo}", f"photo {photo}")
                found.append(Score(str(rater), shown, place + 1, value))
    return found


def worse(given: list[Score]) -> tuple[int, int]:
    """How many steps are told to be worse than the best: all at once, and each by itself."""
    found = score_means(given)
    if found is None:
        raise ValueError("no scores")
    (ranked,) = found.ranked
    levels = levels_of(given)
    best = int(np.argmax(levels.levelled))
    alone = 0
    for place in range(len(levels.levelled)):
        gap = levels.draws.of(lambda each, place=place: each[:, 1, place] - each[:, 1, best])
        interval = gap.interval(float(levels.levelled[place] - levels.levelled[best]), 0.0)
        alone += place != best and interval is not None and interval.high < 0
    return len(ranked.entries) - len(ranked.within_noise), alone


def checkpoints(runs: int) -> None:
    """Print how often equals are called worse, and how often worse ones are found."""
    print(f"equal checkpoints; part of {runs} runs in which some are called worse")
    print("raters  tastes  steps  all at once  each by itself")
    for raters, spread, steps in (
        (5, 0.0, 2),
        (5, 0.7, 2),
        (5, 0.0, 10),
        (5, 0.7, 10),
        (10, 0.0, 10),
        (10, 0.7, 10),
    ):
        told = [
            worse(scores(np.full(steps, 5.0), spread, raters, np.random.default_rng([run, raters])))
            for run in range(runs)
        ]
        once, alone = (np.mean([each[which] > 0 for each in told]) for which in (0, 1))
        print(f"{raters:6d}  {spread:6.1f}  {steps:5d}  {once:11.2f}  {alone:14.2f}", flush=True)
    print("\none of 8 is better by 1.5, tastes 0.7; part of the other 7 told to be worse")
    print("raters  all at once  each by itself")
    means = np.append(np.full(7, 5.0), 6.5)
    for raters in (5, 10):
        told = [
            worse(scores(means, 0.7, raters, np.random.default_rng([run, raters])))
            for run in range(runs)
        ]
        once, alone = np.mean(told, axis=0) / 7
        print(f"{raters:6d}  {once:11.2f}  {alone:14.2f}", flush=True)


def correlations(runs: int) -> None:
    """Print how often the interval of Spearman's correlation holds the true one."""
    print(f"\nrank correlations; part of {runs} runs whose 95 % interval holds the truth")
    print("points  " + "  ".join(f"rho {rho:.1f}" for rho in (0.0, 0.5, 0.9)))
    for count in (8, 10, 15, 30):
        cells = []
        for rho in (0.0, 0.5, 0.9):
            truth = 6 / np.pi * np.arcsin(rho / 2)
            held = 0
            for run in range(runs):
                rng = np.random.default_rng([run, count])
                ratings = rng.normal(size=count)
                values = rho * ratings + np.sqrt(1 - rho**2) * rng.normal(size=count)
                points = [
                    Point("t", f"photo {place}", *map(float, pair))
                    for place, pair in enumerate(zip(ratings, values, strict=True))
                ]
                sure = correlation("score", "m", "pictures", points).spearman_interval
                held += sure is not None and sure.low <= truth <= sure.high
            cells.append(f"{held / runs:7.2f}")
        print(f"{count:6d}  " + "  ".join(cells), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    checkpoints(runs)
    correlations(runs)


if __name__ == "__main__":
    main()
