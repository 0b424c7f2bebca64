"""What people say, whole: from the answers that count to figures."""

from __future__ import annotations

from dataclasses import dataclass

from stylecli.evaluation.rating.choices import Group, preferences
from stylecli.evaluation.rating.correlations import Correlation
from stylecli.evaluation.rating.doubts import LeftOut, doubts
from stylecli.evaluation.rating.observed import Observed
from stylecli.evaluation.rating.rated import RatedPicture, correlations_of, rated_pictures
from stylecli.evaluation.rating.raters import RaterRow, rater_rows
from stylecli.evaluation.rating.real_or_fake import Deception, deceptions
from stylecli.evaluation.rating.scores import Scores, score_means
from stylecli.evaluation.rating.steadiness import Agreement, Sides, agreements, sides
from stylecli.evaluation.result import Evaluation, Warned
from stylecli.version import version

SCHEMA = "stylecli-ratings/1"


@dataclass(frozen=True)
class Ratings:
    """What people say of the outputs of an evaluation, or of some pictures.

    Attributes:
        schema: Version of this layout.
        version: The stylecli version.
        raters: How many people.
        choices: How many choices count.
        scored: How many scores.
        verdicts: How many verdicts, "real" or "fake".
        left_out: Answers and lines that do not count.
        groups: Preferences.
        scores: Means of scores, or None.
        deceptions: How often outputs were taken for real pictures.
        agreements: Whether raters agree.
        sides: Whether the left one was chosen more often, or None.
        correlations: With the figures; () without an evaluation.
        pictures: The outputs that were judged.
        people: The raters by name; () unless names were asked for.
        warnings: What the reader must know.
    """

    schema: str
    version: str
    raters: int
    choices: int
    scored: int
    verdicts: int
    left_out: LeftOut
    groups: tuple[Group, ...]
    scores: Scores | None
    deceptions: tuple[Deception, ...]
    agreements: tuple[Agreement, ...]
    sides: Sides | None
    correlations: tuple[Correlation, ...]
    pictures: tuple[RatedPicture, ...]
    people: tuple[RaterRow, ...]
    warnings: tuple[Warned, ...]


def ratings_of(
    found: Observed, left_out: LeftOut, evaluation: Evaluation | None, names: bool = False
) -> Ratings:
    """Analyse what people say.

    Args:
        found: The answers that count.
        left_out: How many do not.
        evaluation: What the pictures were measured in, for correlations; or None.
        names: Whether raters are told by their names.
    """
    groups = preferences(found.choices)
    scores = score_means(found.scores)
    deceived = deceptions(found.verdicts)
    agreed, drawn = agreements(found), sides(found)
    pictures = rated_pictures(found)
    correlated: tuple[Correlation, ...] = ()
    if evaluation is not None:
        correlated = correlations_of(evaluation, pictures, groups, scores, deceived)
    return Ratings(
        schema=SCHEMA,
        version=version(),
        raters=len(found.raters),
        choices=len(found.choices),
        scored=len(found.scores),
        verdicts=len(found.verdicts),
        left_out=left_out,
        groups=groups,
        scores=scores,
        deceptions=deceived,
        agreements=agreed,
        sides=drawn,
        correlations=correlated,
        pictures=pictures,
        people=rater_rows(found) if names else (),
        warnings=doubts(found, left_out, groups, scores, deceived, agreed, drawn, correlated),
    )
