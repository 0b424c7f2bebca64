"""The page: the same for the server and for a file of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stylecli.evaluation.report.page import __name__ as look
from stylecli.evaluation.report.page.markup import Markup, element, joined
from stylecli.evaluation.report.page.shell import html_page, packaged

_SERVED = "img-src 'self' data:; connect-src 'self'"


def rating_page(setup: Mapping[str, Any], served: bool) -> str:
    """The page as HTML.

    Args:
        setup: For its script: `rater`, the name to begin with or ""; `total`, how many questions;
            for a file of its own also `page`, an id for its answers, `questions` and `pictures`.
        served: Whether it comes from the server of ratings.
    """
    keeper = "on_server.js" if served else "in_browser.js"
    # In a script of data nothing is escaped but what would end it.
    data = Markup(json.dumps(setup, ensure_ascii=True).replace("<", "\\u003c"))
    return html_page(
        "Judging pictures",
        [
            element("main", _hello(), _ask(), _thanks(), _trouble()),
            _enlarged(),
            element("script", data, type="application/json", id="setup"),
        ],
        style=joined([packaged(look, "look.css"), packaged(__package__, "rate.css")]),
        script=packaged(__package__, keeper, "question.js", "rate.js"),
        own=_SERVED if served else "",
    )


def _hello() -> Markup:
    return element(
        "section",
        element("h1", "Judging pictures"),
        element(
            "p",
            "You see pictures and say what you think of them. The first impression is a good one.",
            class_="lead",
        ),
        element("p", class_="much"),
        element(
            "form",
            element("label", "Your name, or any name you like", for_="name"),
            element(
                "input",
                id="name",
                name="name",
                maxlength=60,
                autocomplete="off",
                autocapitalize="words",
                spellcheck="false",
            ),
            element("button", "Begin", type="submit", class_="main"),
            element("p", class_="hint", role="alert"),
            element(
                "p",
                "Every answer is kept at once. Stop when you like: with the same name you go on where you were.",
                class_="note",
            ),
        ),
        id="hello",
        hidden=True,
    )


def _ask() -> Markup:
    return element(
        "section",
        element(
            "header",
            element("p", class_="progress", aria_live="polite"),
            element("div", element("div"), class_="track", aria_hidden="true"),
            _undo(),
        ),
        element("h1", class_="words", tabindex=-1),
        element("p", class_="prompt", dir="auto", hidden=True),
        element("div", class_="beside"),
        element("div", class_="pictures"),
        element("div", class_="answers", role="group", aria_label="Answers"),
        element(
            "div",
            _who(),
            _save("Save answers so far"),
            element("p", class_="saved", role="status"),
            class_="foot",
        ),
        id="ask",
        hidden=True,
    )


def _thanks() -> Markup:
    return element(
        "section",
        element("h1", tabindex=-1),
        element("p", class_="lead", aria_live="polite"),
        element("p", _save("Save answers", "main"), _undo(), class_="after"),
        element("p", _who(), class_="foot"),
        id="thanks",
        hidden=True,
    )


def _trouble() -> Markup:
    return element(
        "div",
        element("p"),
        element("button", "Try again", type="button"),
        id="trouble",
        role="alert",
        hidden=True,
    )


def _enlarged() -> Markup:
    """The box in which the photo or a picture of the style is looked at."""
    return element(
        "dialog",
        element("button", "×", type="button", aria_label="Close"),
        id="large",
        aria_label="Picture",
    )


def _undo() -> Markup:
    words = element("span", "Undo")
    key = element("kbd", "⌫", aria_hidden="true")
    return element(
        "button", words, key, type="button", class_="undo", aria_keyshortcuts="Backspace"
    )


def _who() -> Markup:
    return element("button", type="button", class_="other plain")


def _save(words: str, kind: str = "plain") -> Markup:
    return element("button", words, type="button", class_=f"save {kind}", hidden=True)
