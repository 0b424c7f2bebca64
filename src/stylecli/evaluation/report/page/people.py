"""What people say of the outputs, beside the figures."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.report.page.curve import step_plot
from stylecli.evaluation.report.page.headline import warning_list
from stylecli.evaluation.report.page.marks import Mark
from stylecli.evaluation.report.page.markup import Markup, element, joined, scrolling, section
from stylecli.evaluation.report.page.people_tables import (
    agreement_table,
    correlation_table,
    deception_table,
    group_table,
    pair_table,
    rank_table,
    rater_table,
    score_table,
)
from stylecli.evaluation.report.page.scatter import scatter_plot
from stylecli.evaluation.report.page.whiskers import strengths_plot
from stylecli.evaluation.report.people_figures import PEOPLE, with_people
from stylecli.evaluation.report.people_wording import (
    best_of_scores,
    group_sentence,
    group_title,
    how_counted,
    opening,
    sides_sentence,
)
from stylecli.evaluation.report.wording import plain_name
from stylecli.evaluation.result import BestStep, Evaluation


def people(evaluation: Evaluation, ratings: Ratings | None, marks: dict[str, Mark]) -> Markup:
    """The section; empty without ratings."""
    if ratings is None:
        return Markup()
    told = with_people(evaluation, ratings)
    return section(
        "people",
        "What people say",
        element("p", opening(ratings), class_="lead"),
        _warned(ratings),
        _preferred(ratings, marks),
        _scores(told, ratings, marks),
        _real(ratings, marks),
        _beside_figures(told, ratings, marks),
        _warnings(evaluation, ratings),
        _how_sure(ratings),
    )


def _warned(ratings: Ratings) -> Markup:
    """What the answers are to be read with, in one line: the sentences stand below."""
    if not ratings.warnings:
        return Markup()
    codes = dict.fromkeys(warned.code.replace("-", " ") for warned in ratings.warnings)
    link = element("a", "Read with care", href="#people-care")
    return element("p", link, f": {', '.join(codes)}.", class_="care")


def _warnings(evaluation: Evaluation, ratings: Ratings) -> Markup:
    if not ratings.warnings:
        return Markup()
    return element(
        "aside",
        element("h3", "Read with care", id="people-care"),
        warning_list(evaluation, ratings.warnings),
        aria_label="What people say: read with care",
    )


def _preferred(ratings: Ratings, marks: dict[str, Mark]) -> Markup:
    parts: list[Markup] = []
    for group in ratings.groups:
        title = group_title(ratings, group)
        parts += [
            element("h3", title),
            element("p", group_sentence(group)),
            element(
                "figure",
                scrolling(f"{title}: strengths", strengths_plot(group, marks)),
                element(
                    "figcaption",
                    "Chance to be preferred to an entry of mean strength, with its interval.",
                ),
                class_="plot small",
            ),
            group_table(group, marks),
            pair_table(group, marks),
        ]
    return joined(parts)


def _scores(told: Evaluation, ratings: Ratings, marks: dict[str, Mark]) -> Markup:
    scores = ratings.scores
    if scores is None:
        return Markup()
    return joined(
        [
            element("h3", "Scores"),
            *(element("p", sentence) for sentence in best_of_scores(ratings)),
            *(_score_curve(told, each.best_step, each.entries, marks) for each in scores.ranked),
            score_table(scores, marks),
        ]
    )


def _score_curve(
    told: Evaluation, best: BestStep | None, entries: Sequence[str], marks: dict[str, Mark]
) -> Markup:
    """The scores of checkpoints that can be compared; empty for other entries."""
    metric = PEOPLE[1]
    stepped = [entry for entry in told.entries if entry.name in entries and entry.step is not None]
    stepped.sort(key=lambda entry: entry.step or 0)
    if len(stepped) < 2:
        return Markup()
    return element(
        "figure",
        scrolling("Score by step", step_plot(stepped, metric, best, marks)),
        element(
            "figcaption",
            "Band: interval of each step."
            + (" Shaded: steps within noise of the best." if best else ""),
        ),
        class_="plot small",
    )


def _real(ratings: Ratings, marks: dict[str, Mark]) -> Markup:
    if not ratings.deceptions:
        return Markup()
    words = (
        "How often outputs were said to be real pictures of the style, beside real ones. d′ says how well "
        "the two are told apart: 0 not at all, 1 in about 69 of 100 cases, 2 in 84."
    )
    return joined(
        [
            element("h3", "Real or fake"),
            element("p", words),
            deception_table(ratings.deceptions, marks),
        ]
    )


def _beside_figures(told: Evaluation, ratings: Ratings, marks: dict[str, Mark]) -> Markup:
    if not ratings.correlations:
        return Markup()
    headline = {metric.name for metric in told.metrics if metric.headline}
    shown = [each for each in ratings.correlations if each.metric in headline]
    every = ratings.correlations
    return joined(
        [
            element("h3", "Beside the figures"),
            element(
                "p",
                "A rank correlation near 1 means that a figure orders as people do, near 0 that it "
                "says nothing of what people say. Of twenty beyond noise, one is chance.",
            ),
            element("div", *_plots(told, marks), class_="plots"),
            rank_table(told, shown),
            element(
                "details",
                element("summary", f"All {len(every)} correlations, of values too"),
                correlation_table(told, every),
            ),
        ]
    )


def _plots(told: Evaluation, marks: dict[str, Mark]) -> Sequence[Markup]:
    """The first thing that people were asked, against each axis of the headline plot."""
    up = next(metric for metric in told.metrics if metric in PEOPLE)
    found = []
    for across in (metric for metric in told.metrics if metric.axis):
        shown = [
            entry
            for entry in told.entries
            if all(
                (figure := entry.figures.get(metric.name)) and figure.value is not None
                for metric in (across, up)
            )
        ]
        if len(shown) < 2:
            continue
        plot = scatter_plot(told, shown, across, up, marks, marked=False)
        words = f"{plain_name(up.name)} against {plain_name(across.name).lower()}."
        found.append(
            element("figure", scrolling(words, plot), element("figcaption", words), class_="plot")
        )
    return found


def _how_sure(ratings: Ratings) -> Markup:
    drawn = sides_sentence(ratings)
    return joined(
        [
            element("h3", "How far raters agree"),
            agreement_table(ratings.agreements),
            element("p", drawn) if drawn else Markup(),
            rater_table(ratings.people),
            element("p", how_counted(ratings), class_="note"),
        ]
    )
