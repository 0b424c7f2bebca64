"""``report.html``: the whole page, in one file."""

from __future__ import annotations

from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.rating.ratings import Ratings
from stylecli.evaluation.report.page.comparisons import (
    differences,
    methods,
    own_evaluations,
    published,
)
from stylecli.evaluation.report.page.curve import checkpoints
from stylecli.evaluation.report.page.headline import beware, headline
from stylecli.evaluation.report.page.marks import marks_of
from stylecli.evaluation.report.page.markup import Markup, element, given
from stylecli.evaluation.report.page.notes import (
    details,
    environment,
    other_warnings,
    protocol,
    what_was_run,
)
from stylecli.evaluation.report.page.people import people
from stylecli.evaluation.report.page.picks import picks
from stylecli.evaluation.report.page.pictures import Pictures, references
from stylecli.evaluation.report.page.scatter import trade_off
from stylecli.evaluation.report.page.shell import html_page, packaged
from stylecli.evaluation.report.page.side_by_side import side_by_side
from stylecli.evaluation.report.page.tables import all_metrics, every_picture
from stylecli.evaluation.report.page.thumbnails import Thumbnails
from stylecli.evaluation.report.verdicts import best_checkpoint
from stylecli.evaluation.report.wording import (
    common_settings,
    counted,
    prompts_of,
    reading_guide,
    title_of,
)
from stylecli.evaluation.result import Evaluation


def page_of(
    evaluation: Evaluation,
    gallery: Gallery,
    ratings: Ratings | None = None,
    thumbnails: Thumbnails | None = None,
) -> str:
    """The page as HTML; it loads nothing, and its policy forbids the browser to try.

    Args:
        evaluation: What was found.
        gallery: Where its picture files are.
        ratings: What people say of it, or None.
        thumbnails: Small pictures that are there already.
    """
    marks = marks_of(evaluation)
    pictures = Pictures(evaluation, thumbnails)
    body = element(
        "main",
        _opening(evaluation),
        headline(evaluation, marks),
        side_by_side(evaluation, gallery, pictures, marks),
        beware(evaluation),
        people(evaluation, ratings, marks),
        trade_off(evaluation, marks),
        checkpoints(evaluation, marks),
        differences(evaluation, marks),
        picks(evaluation, gallery, pictures, marks),
        references(evaluation, gallery.references, pictures),
        all_metrics(evaluation, marks),
        methods(evaluation),
        own_evaluations(evaluation, marks),
        published(evaluation),
        other_warnings(evaluation),
        every_picture(evaluation, marks),
        what_was_run(evaluation, marks),
        details(evaluation, marks),
        protocol(evaluation),
        environment(evaluation),
    )
    return html_page(
        f"Style evaluation: {title_of(evaluation)}",
        [body, _viewer()],
        style=packaged(__package__, "look.css", "page.css"),
        script=packaged(__package__, "page.js"),
    )


def _opening(evaluation: Evaluation) -> Markup:
    facts = [counted(evaluation.content.count, "content picture")] if evaluation.content else []
    prompts = prompts_of(evaluation)
    facts += [counted(len(prompts), "prompt")] if prompts else []
    facts += [*common_settings(evaluation), evaluation.created[:10]]
    best = best_checkpoint(evaluation)
    return element(
        "header",
        element("p", " · ".join(facts), class_="eyebrow"),
        element("h1", "Style evaluation: ", given(title_of(evaluation))),
        element("p", best, class_="lead") if best else "",
        element("p", reading_guide(evaluation), class_="lead"),
    )


def _viewer() -> Markup:
    """The box that pictures are enlarged in; the script fills and opens it."""

    def shown(kind: str) -> Markup:
        return element("figure", element("figcaption"), class_=kind)

    def button(kind: str, words: str, sign: str) -> Markup:
        return element("button", sign, type="button", class_=kind, aria_label=words)

    return element(
        "dialog",
        # It takes the focus, so that no button looks chosen when a picture opens.
        element(
            "div", shown("photo"), shown("output"), class_="shown", tabindex=-1, autofocus=True
        ),
        element("p", class_="where", aria_live="polite"),
        button("before", "Previous picture", "‹"),
        button("after", "Next picture", "›"),
        button("close", "Close", "×"),
        id="viewer",
        aria_label="Picture",
    )
