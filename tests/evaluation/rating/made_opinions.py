"""Made-up opinions: answers that count, of raters with a taste of their own."""

import numpy as np

from stylecli.evaluation.rating.observed import Choice, Observed, Score, Shown, Verdict


def shown(entry, photo, target="monet"):
    return Shown(entry, target, f"{entry}-{photo}", f"photo {photo}")


def choice(rater, first, second, won, photo=0, target="monet"):
    return Choice(rater, shown(first, photo, target), shown(second, photo, target), won)


def score(rater, entry, value, photo=0, step=None):
    return Score(rater, shown(entry, photo), step, value)


def verdict(rater, entry, real, photo=0, target="monet"):
    return Verdict(rater, shown(entry, photo, target), real)


def observed(*answers):
    """These answers; none repeats another."""
    return Observed(
        tuple(one for one in answers if isinstance(one, Choice)),
        tuple(one for one in answers if isinstance(one, Score)),
        tuple(one for one in answers if isinstance(one, Verdict)),
    )


def tastes(strengths, raters, photos, seed, spread=0.0):
    """Choices between entries e0, e1 … of these strengths, each rater's own a little different."""
    rng = np.random.default_rng(seed)
    own = np.asarray(strengths) + rng.normal(0, spread, (raters, len(strengths)))
    found = []
    for rater in range(raters):
        for photo in range(photos):
            one, other = rng.permutation(len(strengths))[:2]
            chance = 1 / (1 + np.exp(own[rater, other] - own[rater, one]))
            won = float(rng.random() < chance)
            found.append(choice(f"rater {rater}", f"e{one}", f"e{other}", won, photo))
    return found
