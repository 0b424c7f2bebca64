"""What stands around captions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.captioning.wording import Wording
from stylecli.errors import StylecliError
from stylecli.method import Method
from stylecli.registry import load_registry

MONET = "A Monet painting,"


@pytest.mark.parametrize(
    ("prefix", "suffix", "said", "caption"),
    [
        ("", "", "water  lilies\n", "water lilies"),
        (MONET, "", "water lilies", "A Monet painting, water lilies"),
        (MONET, "", "A Monet painting, water lilies", "A Monet painting, water lilies"),
        ("", ", oil on canvas", "water lilies", "water lilies, oil on canvas"),
        ("", "on canvas", "water lilies", "water lilies on canvas"),
        ("", "on canvas", "lilies on Canvas", "lilies on Canvas"),
        (MONET, ".", "water lilies", "A Monet painting, water lilies."),
        (MONET, ".", "", ""),
    ],
)
def test_prefix_and_suffix_stand_around_what_is_said(prefix, suffix, said, caption):
    assert Wording(prefix, suffix)([said]) == [caption]


def test_a_method_has_its_own_words_and_also_where_nothing_is_said():
    wording = Wording(MONET, "", load_registry().method("lora-sdedit"))
    assert wording(["water lilies", ""]) == ["A Monet painting, water lilies", "A Monet painting"]


class OneWord(Method):
    name, summary, families = "one-word", "", frozenset()

    def train(self, run): ...

    def stylizer(self, base, styles, options): ...

    def captions(self, captions, prompt):
        return ["*"] * min(len(captions), 2)


def test_a_method_may_leave_out_what_is_said():
    assert Wording("", "", OneWord())(["a boat", ""]) == ["*", "*"]
    with pytest.raises(StylecliError, match="one-word gave 2 captions for 3 pictures"):
        Wording("", "", OneWord())(["a", "b", "c"])


@given(
    st.text(max_size=20), st.text(st.characters(codec="utf-8"), max_size=9), st.text(max_size=20)
)
def test_worded_twice_is_worded_once(prefix, suffix, said):
    wording = Wording(" ".join(prefix.split()), suffix)
    once = wording([said])
    assert once == [" ".join(once[0].split())]
    assert once[0].lower().endswith(" ".join(suffix.split()).lower()) or not once[0]
    if not suffix.strip():
        assert wording(once) == once
