import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.errors import UsageError
from stylecli.styles.style import (
    Prompt,
    check_name,
    suggested_name,
    suggested_prefix,
    words_of_style,
)

any_text = st.text(st.characters(exclude_categories=[]))


@pytest.mark.parametrize("name", ["monet", "M", "7", "van-gogh_2.1", "a" * 64])
def test_good_names_are_good(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a..b",
        "a/b",
        "../a",
        "/a",
        "a\\b",
        "-a",
        ".a",
        "_a",
        "a b",
        "a.safetensors",
        "a.PT",
        "a.ckpt",
        "a:0.5",
        "é",
        "a\n",
        "a\0",
        "a" * 65,
    ],
)
def test_bad_names_are_refused_and_told_what_would_do(name):
    with pytest.raises(UsageError) as caught:
        check_name(name)
    assert repr(name) in caught.value.message
    assert "letter or digit" in caught.value.hint


@given(any_text | st.from_regex(r"[A-Za-z0-9._/-]{1,70}"))
def test_a_name_that_is_allowed_stays_in_its_folder(name):
    try:
        check_name(name)
    except UsageError:
        return
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name)
    assert ".." not in name


@given(any_text | st.text("aB.-_ /é", max_size=100))
def test_any_folder_gets_a_name_that_is_allowed(text):
    name = suggested_name(text)
    assert check_name(name) == name


@given(
    st.from_regex(r"\A[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?\Z").filter(lambda name: ".." not in name)
)
def test_a_good_name_is_suggested_as_it_is(name):
    assert suggested_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Van Gogh!", "van-gogh"),
        ("monet", "monet"),
        ("..", "style"),
        ("睡蓮", "style"),
        ("foo.pt.safetensors", "foo"),
        ("Ünï", "uni"),
        ("a...b", "a.b"),
    ],
)
def test_known_suggestions(text, name):
    assert suggested_name(text) == name


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("monet", "A Monet painting,"),
        ("van-gogh", "A Van Gogh painting,"),
        ("a_b.c", "A A B C painting,"),
    ],
)
def test_a_prefix_is_made_of_the_name(name, prefix):
    assert suggested_prefix(name) == prefix


@pytest.mark.parametrize(
    ("prefix", "subject", "text"),
    [
        ("A Monet painting,", "water lilies", "A Monet painting, water lilies"),
        ("A Monet painting,", "  ", "A Monet painting"),
        ("", "water lilies", "water lilies"),
        ("", "", ""),
        ("A Monet painting,", "A Monet painting, water lilies", "A Monet painting, water lilies"),
        ("A Monet painting,", "a Monet painting of a bridge", "a Monet painting of a bridge"),
        ("A Monet", "A Monetary crisis", "A Monet A Monetary crisis"),
    ],
)
def test_the_prefix_stands_before_the_subject(prefix, subject, text):
    assert Prompt(prefix).with_subject(subject) == text


def test_a_token_makes_a_sentence_in_which_it_stands_alone():
    prompt = words_of_style("monet", None, "**")
    assert prompt == Prompt("A painting in the style of **", "**")
    assert prompt.with_subject("") == "A painting in the style of **"
    assert prompt.with_subject("water lilies") == "A painting in the style of ** water lilies"
    assert words_of_style("monet", "oil, ** ,", "**").prefix == "oil, ** ,"
    assert words_of_style("van-gogh", None).prefix == "A Van Gogh painting,"


@pytest.mark.parametrize(
    ("subject", "whole"),
    [
        ("A photo of a car in the style of **", "A photo of a car in the style of **"),
        ("** car", "** car"),
        ("a car**", "A painting in the style of ** a car**"),
        ("***", "A painting in the style of ** ***"),
    ],
)
def test_a_prompt_with_the_token_as_a_word_stays_as_it_is(subject: str, whole: str):
    assert words_of_style("x", None, "**").with_subject(subject) == whole


@pytest.mark.parametrize(
    ("prefix", "token", "said"),
    [
        (None, "", "--token '': not a single word"),
        (None, "a b", "not a single word"),
        (None, " **", "not a single word"),
        ("In the style of **,", "**", "must be a word of its own"),
        ("A Monet painting,", "**", "must be a word of its own"),
    ],
)
def test_a_token_that_would_not_stand_alone_is_refused(prefix, token: str, said: str):
    with pytest.raises(UsageError) as caught:
        words_of_style("x", prefix, token)
    assert said in caught.value.message
