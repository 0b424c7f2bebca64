"""How many choices and raters it takes until a preference is told from chance.

    python benchmarks/how_many_answers.py [--runs 300]

Simulates raters who prefer one of two entries in 50, 60, 70 and 80 % of choices on the average, each
rater by an own taste (logit spread 0 or 0.5), and prints in how many of the runs Wilson's interval of the
share leaves out one half, and in how many the interval of the Bradley-Terry strength leaves out zero. At
50 % both should be about 5 %: what is more is false alarm. Then, what few answers and few photos say of two
that are equals, where tastes and photos differ.
"""

from __future__ import annotations

import argparse

import numpy as np

from stylecli.evaluation.rating.choices import preferences
from stylecli.evaluation.rating.observed import Choice, Shown

PHOTOS = 20


def choices(
    share: float,
    spread: float,
    raters: int,
    each: int,
    rng: np.random.Generator,
    photos: int = PHOTOS,
    photo_spread: float = 0.0,
) -> list[Choice]:
    """What raters with tastes of their own choose, of photos that differ in whom they suit."""
    # Averaging over tastes pulls a share towards one half; this logit gives about the share wanted.
    logit = np.log(share / (1 - share)) * np.sqrt(1 + spread**2 / 2.89)
    found = []
    suits = rng.normal(0, photo_spread, photos) if photo_spread else np.zeros(photos)
    for rater in range(raters):
        taste = logit + rng.normal(0, spread)
        for question in range(each):
            place = (rater * each + question) % photos
            chance = 1 / (1 + np.exp(-(taste + suits[place])))
            photo = f"photo {place}"
            left, right = (Shown(name, "t", f"{name} {photo}", photo) for name in ("a", "b"))
            found.append(Choice(str(rater), left, right, float(rng.random() < chance)))
    return found


def told(share: float, spread: float, raters: int, each: int, runs: int) -> tuple[float, float]:
    """In which part of the runs Wilson's interval, and the strength's, leaves chance out."""
    wilson = strength = 0
    for run in range(runs):
        rng = np.random.default_rng([run, raters, each])
        (group,) = preferences(choices(share, spread, raters, each, rng))
        (pair,) = group.pairs
        sure = pair.tally.interval
        wilson += sure is not None and not sure.low <= 0.5 <= sure.high
        strength += pair.beyond_noise
    return wilson / runs, strength / runs


def few(runs: int) -> None:
    """Print what is said of equals after few answers, and after answers about few photos."""
    print(
        f"\nequals, tastes and photos apart by 0.5; part of {runs} runs with an interval / that tell"
    )
    print("raters  each  photos  choices  interval / told")
    for raters, each, photos in (
        (2, 1, 20),
        (2, 2, 20),
        (2, 4, 20),
        (4, 2, 20),
        (8, 1, 20),
        (2, 8, 20),
        (8, 2, 20),
        (10, 8, 2),
        (10, 8, 3),
        (10, 8, 4),
        (10, 8, 6),
        (10, 8, 8),
    ):
        known = false = 0
        for run in range(runs):
            rng = np.random.default_rng([run, raters, each, photos])
            (group,) = preferences(choices(0.5, 0.5, raters, each, rng, photos, 0.5))
            known += group.pairs[0].interval is not None
            false += group.pairs[0].beyond_noise
        cell = f"{known / runs:8.2f} / {false / runs:.2f}"
        print(f"{raters:6d}  {each:4d}  {photos:6d}  {raters * each:7d}  {cell}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    shares = (0.5, 0.6, 0.7, 0.8)
    for spread in (0.0, 0.5):
        print(
            f"\ntastes apart by {spread} (logit); part of {runs} runs that tell: Wilson / strength"
        )
        print("raters  each  choices  " + "  ".join(f"{share:>11.0%}" for share in shares))
        for raters, each in (
            (1, 50),
            (1, 100),
            (1, 200),
            (3, 33),
            (3, 67),
            (5, 20),
            (5, 40),
            (10, 10),
            (10, 20),
            (10, 40),
        ):
            cells = [told(share, spread, raters, each, runs) for share in shares]
            shown = "  ".join(f"{wilson:5.2f}/{strength:5.2f}" for wilson, strength in cells)
            print(f"{raters:6d}  {each:4d}  {raters * each:7d}  {shown}", flush=True)
    few(runs)


if __name__ == "__main__":
    main()
