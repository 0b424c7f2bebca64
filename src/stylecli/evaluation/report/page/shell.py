"""What every page of ours is in: its head, and a policy that forbids the browser to load anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from stylecli.evaluation.report.page.markup import Markup, element


def html_page(title: str, body: Sequence[str], style: Markup, script: Markup, own: str = "") -> str:
    """A page as HTML, with nothing from elsewhere.

    Args:
        title: Of the window.
        body: Its elements, in the order in which they stand.
        style: The style sheet.
        script: The script; it runs once the page is there.
        own: More sources for the policy, where the page comes from a server of its own:
            "img-src 'self'".
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script, own)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        # Without an icon of its own, a page from a server asks that for one.
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", style),
    )
    page = element("html", head, element("body", *body, element("script", script)), lang="en")
    return f"<!doctype html>\n{page}\n"


def packaged(package: str, *names: str) -> Markup:
    """Files of a package, one after the other, as they are."""
    return Markup(
        "\n".join(files(package).joinpath(name).read_text(encoding="utf-8") for name in names)
    )


def _policy(style: str, script: str, own: str) -> str:
    """Nothing but pictures inside the page, and the one style sheet and script that are in it."""
    return (
        f"default-src 'none'; {own or 'img-src data:'}; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
