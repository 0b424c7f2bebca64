"""How often `--caption-simplify` keeps what a person keeps, on a hundred captions marked by hand.

    python benchmarks/simple_captions.py [--list]

The captions and what was kept of each stand in `tests/stylecli_sdxl_lora/marked_captions.tsv`. The
rules were worked out on the first fifty; the other fifty were run once, when the rules stood. The
same hand wrote captions and rules, so captions from elsewhere will agree less.

Marked as kept: nouns and what stands before them as a noun (stone wall), names, numbers from two
on, prepositions with their noun, and conjunctions between two nouns that stay; a comma stands where
a verb between two nouns has gone. Words of tags and titles follow the same rule; words on quality
and on the medium (a painting of) go.

Printed are the share of captions that came out exactly as marked, marks included, and precision,
recall and F1 of the words that were kept, all captions together.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from stylecli_sdxl_lora.simple_captions import simplified
from stylecli_sdxl_lora.word_lists import words

MARKED = Path(__file__).parents[1] / "tests" / "stylecli_sdxl_lora" / "marked_captions.tsv"
SEEN = 50
STOPPED = ("determiner", "pronoun", "auxiliary", "adverb", "negation")


def main() -> None:
    """Print the agreement of the rules and of two simpler ways."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="show what came out otherwise")
    options = parser.parse_args()
    ways: dict[str, Callable[[str], str]] = {
        "simplified": simplified,
        "as it is": str,
        "without stop words": without_stop_words,
    }
    marked = read_marked()
    for name, part in (("seen", marked[:SEEN]), ("held out", marked[SEEN:])):
        for way, shorten in ways.items():
            exact, precision, recall, f1 = agreement(part, shorten)
            print(
                f"{name}, {way}: {exact:.0%} exactly as marked, words: precision {precision:.3f}, "
                f"recall {recall:.3f}, F1 {f1:.3f}"
            )
        if options.list:
            for caption, kept in part:
                if (simple := simplified(caption)) != kept:
                    print(f"  {caption}\n    marked: {kept}\n    ours:   {simple}")


def read_marked() -> list[tuple[str, str]]:
    """The captions, each with what was kept of it by hand."""
    rows = (line.split("\t") for line in MARKED.read_text(encoding="utf-8").splitlines())
    return [(caption, kept) for caption, kept in rows]


def agreement(
    marked: list[tuple[str, str]], shorten: Callable[[str], str]
) -> tuple[float, float, float, float]:
    """The share of captions exactly as marked; precision, recall and F1 of the words kept."""
    exact = both = ours = theirs = 0
    for caption, kept in marked:
        short = shorten(caption)
        exact += short == kept
        one, other = (Counter(words_of(text)) for text in (short, kept))
        both += (one & other).total()
        ours += one.total()
        theirs += other.total()
    return exact / len(marked), both / ours, both / theirs, 2 * both / (ours + theirs)


def without_stop_words(caption: str) -> str:
    """A caption without articles, pronouns, auxiliaries and small adverbs."""
    stopped = {word for heading in STOPPED for word in words("closed", heading)}
    return " ".join(word for word in caption.split() if word.lower().strip(",.") not in stopped)


def words_of(text: str) -> list[str]:
    """The words of a text, small."""
    return re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", text.lower())


if __name__ == "__main__":
    main()
