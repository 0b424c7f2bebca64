"""What people say, in plain words: the same on the page, as text and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.rating.choices import Group, Pair, Tally
from stylecli.evaluation.rating.correlations import Correlation
from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.rating.resampling import ENOUGH_ANSWERS, ENOUGH_PHOTOS
from stylecli.evaluation.rating.scores import Ranked
from stylecli.evaluation.rating.steadiness import Agreement
from stylecli.evaluation.report.people_figures import ASKED
from stylecli.evaluation.report.wording import (
    best_step_sentence,
    counted,
    interval_text,
    listed,
    number,
    plain_name,
)

_MOST_NAMES = 4
KINDS = {"choice": "choices", "score": "scores", "real": "real or fake"}


def opening(ratings: Ratings) -> str:
    """Who answered how much, and what does not count."""
    answers = [
        counted(count, what)
        for count, what in (
            (ratings.choices, "choice"),
            (ratings.scored, "score"),
            (ratings.verdicts, "verdict"),
        )
        if count
    ]
    left = ratings.left_out
    aside = [
        f"{counted(count, 'answer')} {what}"
        for count, what in (
            (left.withdrawn, "taken back or given anew"),
            (left.twice, "that the files hold twice"),
        )
        if count
    ]
    text = f"{_people(ratings.raters)} gave {listed(answers)}."
    return text + (f" Not counted: {listed(aside)}." if aside else "")


def _people(count: int) -> str:
    return "1 rater" if count == 1 else f"{count} raters"


def how_counted(ratings: Ratings) -> str:
    """How the intervals of people's figures were made."""
    text = (
        "Strengths, their differences and scores: intervals from raters drawn anew and from photos drawn "
        "anew, the wider of the two. Which score is best is read off the differences of all entries together, "
        "as wide as the largest of many that are equal may be; preferences pair by pair. Shares: Wilson’s, as "
        "if every answer were independent, so that they are too narrow where tastes differ."
    )
    if ratings.raters == 1:
        text = (
            "Strengths and scores: intervals from photos drawn anew, because one rater says nothing "
            "about others. Shares: Wilson’s."
        )
    return (
        text
        + f" Entries with fewer than {ENOUGH_ANSWERS} answers, or answers about fewer than {ENOUGH_PHOTOS} photos, "
        "have none; no interval is narrower than so many independent answers allow. A tie is half a win for "
        "each. Questions asked again count for the raters' steadiness alone."
    )


def group_title(ratings: Ratings, group: Group) -> str:
    """What a group of entries is called; where there are several, by who was compared with one another."""
    if len(ratings.groups) == 1:
        return "Preferred"
    style = f" as {group.target}" if group.target else ""
    return f"Preferred{style}: {_few([row.entry for row in group.entries])}"


def _few(names: Sequence[str]) -> str:
    """Names in a sentence, not more than four of them."""
    if len(names) <= _MOST_NAMES:
        return listed(names)
    return f"{', '.join(names[: _MOST_NAMES - 1])} and {len(names) - _MOST_NAMES + 1} more"


def group_sentence(group: Group) -> str:
    """Who is strongest, and who cannot be told from it."""
    if all(pair.tally.wins == pair.tally.losses == 0 for pair in group.pairs):
        return "Every choice was a tie: all are equal."
    most = [row.entry for row in group.entries if _even(row.strength, group.entries[0].strength)]
    others = [row.entry for row in group.entries if row.entry not in most]
    if not others:
        return "All are preferred alike: wins and losses are even."
    text = f"{listed(most)} {'is' if len(most) == 1 else 'are alike, and'} preferred most"
    pairs = [pair for pair in group.pairs if pair.first in most and pair.second in others]
    if all(pair.interval is None for pair in pairs):
        return f"{text}; the answers are too few to say how sure that is."
    doubtful = {pair.second for pair in pairs if not pair.beyond_noise}
    sure = [name for name in others if name in {pair.second for pair in pairs} - doubtful]
    if len(sure) == len(others):
        return f"{text}, beyond noise."
    if not sure:
        return f"{text}, but within noise of {'the other' if len(others) == 1 else 'others'}."
    rest = [name for name in others if name not in sure]
    return f"{text}: beyond noise to {listed(sure)}, not to {listed(rest)}."


def _even(one: float, other: float) -> bool:
    """Whether two figures are the same, but for the last digits of a sum."""
    return abs(one - other) < 1e-6


def pair_sentence(pair: Pair) -> str:
    """One pair: "a is preferred to b in 0.75 of 40 choices (0.60 to 0.86): beyond noise"."""
    if _even(pair.difference, 0):
        return f"{pair.first} and {pair.second} are preferred alike: {share_text(pair.tally)}"
    text = f"{pair.first} is preferred to {pair.second} in {share_text(pair.tally)}"
    return f"{text}: {pair_verdict(pair)}"


def pair_verdict(pair: Pair) -> str:
    """Whether two strengths can be told apart."""
    if pair.interval is None:
        return "too few answers to tell"
    return "beyond noise" if pair.beyond_noise else "within noise"


def share_text(tally: Tally) -> str:
    """A share with its interval and number: "0.75 of 40 (0.60 to 0.86)"."""
    sure = f" ({interval_text(tally.interval, 2)})" if tally.interval else ""
    return f"{number(tally.share, 2)} of {counted(tally.count, 'choice')}{sure}"


def tally_text(tally: Tally) -> str:
    """Wins, ties and losses: "30 – 2 – 8"."""
    return f"{tally.wins} – {tally.ties} – {tally.losses}"


def best_of_scores(ratings: Ratings) -> list[str]:
    """Which step, or entry, has the best score, and which cannot be told from it.

    A sentence for each two or more that can be compared: they aim at one style, and raters join them.
    """
    scores = ratings.scores
    compared = [each for each in scores.ranked if len(each.entries) > 1] if scores else []
    if scores is None or len(scores.ranked) == 1:
        return [_best_of(ratings, each) for each in compared]
    return [f"Of {_few(each.entries)}: {_best_of(ratings, each)}" for each in compared]


def _best_of(ratings: Ratings, found: Ranked) -> str:
    if found.best_step:
        return best_step_sentence(found.best_step, "answers")
    means = ratings.scores.means if ratings.scores else ()
    rows = [row for row in means if row.entry in found.entries]
    if all(_even(row.levelled, rows[0].levelled) for row in rows):
        return "All have the same score."
    others = [name for name in found.within_noise if name != found.best]
    known = {row.entry for row in rows if row.levelled_interval}
    if found.best not in known or known == {found.best}:
        return f"{found.best} has the best score; the answers are too few to say how sure that is."
    if not others:
        rest = "the other" if len(rows) == 2 else "every other"
        return f"{found.best} has the best score; {rest} is worse beyond noise."
    return f"{found.best} has the best score; within noise of it: {listed(others)}."


def agreement_sentence(found: Agreement) -> str:
    """How raters agree about one kind of question."""
    what = "pair" if found.kind == "choice" else "picture"
    if found.alpha is None:
        reason = (
            f"not known: no {what} was judged by two raters"
            if not found.shared
            else "not defined: all answers are the same"
        )
        text = f"Krippendorff’s α {reason}"
    else:
        text = f"Krippendorff’s α {number(found.alpha, 2)} over {counted(found.shared, what)}"
    if found.same is None:
        return text
    sure = f" ({interval_text(found.interval, 2)})" if found.interval else ""
    text += f"; asked again the same answer in {number(found.same, 2)} of {found.repeats}{sure}"
    return text + (f", {number(found.gap, 1)} apart" if found.gap is not None else "")


def sides_sentence(ratings: Ratings) -> str:
    """How often the left one was chosen; "" without choices."""
    drawn = ratings.sides
    if drawn is None:
        return ""
    sure = f" ({interval_text(drawn.interval, 2)})" if drawn.interval else ""
    share = f"{number(drawn.share, 2)} of {counted(drawn.count, 'choice')}{sure}"
    return f"The left picture was chosen in {share}; 0.50 is fair."


def correlation_name(found: Correlation) -> str:
    """What was correlated, of people's part: "Preferred, over pictures"."""
    return f"{plain_name(ASKED[found.asked])}, over {found.over}"
