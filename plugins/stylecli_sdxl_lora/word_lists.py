"""The word lists of simple captions: ``words/*.txt``, words under headings in square brackets."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib import resources

PACKAGE = "stylecli_sdxl_lora"


@cache
def sections(name: str) -> dict[str, list[str]]:
    """The lines of ``words/NAME.txt`` by heading; those before any heading are under ``""``."""
    file = resources.files(PACKAGE) / "words" / f"{name}.txt"
    found: dict[str, list[str]] = defaultdict(list)
    heading = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        else:
            found[heading].append(line)
    return dict(found)


@cache
def words(name: str, heading: str | None = None) -> frozenset[str]:
    """The words under a heading of ``words/NAME.txt``, or all of the file."""
    headings = [heading] if heading is not None else list(sections(name))
    return frozenset(
        word for one in headings for line in sections(name)[one] for word in line.split()
    )


@cache
def phrases() -> dict[tuple[str, ...], str]:
    """Phrases of several words, or of one that names a medium, with what they are."""
    return {
        tuple(line.split()): heading
        for heading, lines in sections("phrases").items()
        for line in lines
    }


@cache
def third_persons() -> frozenset[str]:
    """The verbs' forms with an s: ``holds``, ``carries``, ``watches``."""
    return frozenset(third_person(verb) for verb in words("verbs", "verb"))


def third_person(verb: str) -> str:
    """A verb, or a noun's plural, with its s."""
    if verb.endswith("y") and verb[-2:-1] not in tuple("aeiou"):
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z")) else "s")


def singulars(word: str) -> tuple[str, ...]:
    """A word and what it may be the plural of."""
    endings = (("ies", "y"), ("es", ""), ("s", ""))
    return (word, *(word[: -len(end)] + new for end, new in endings if word.endswith(end)))
