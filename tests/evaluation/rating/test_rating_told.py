"""What a question tells: the words, the prompt, and nothing of whose the pictures are."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_pictures import make_pictures, material_in

from stylecli.evaluation.rating.asking.from_run import material_of_run
from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.questions import questions_for
from stylecli.evaluation.rating.asking.shown import shown
from stylecli.training.previews import Preview, PreviewFolder


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Pictures of two entries, and a reference."""
    root = make_pictures(tmp_path_factory.mktemp("rated"), ("one", "two"), photos=3)
    return material_in(root, ("one", "two"))


def told(material, kind):
    book = PictureBook(material, 64)
    return [shown(book, each) for each in questions_for(material, (kind,), 6, 0, "anna")]


def test_real_or_fake_says_whose_hand_is_meant(own):
    assert {each["words"] for each in told(own, "real")} == {
        "Is this by the artist (painter), or made by a machine?"
    }
    second = tuple(replace(each, target="Van Gogh") for each in own.pictures[3:])
    real = tuple(replace(each, target="Van Gogh") for each in own.references)
    both = replace(own, pictures=own.pictures[:3] + second, references=(*own.references[:1], *real))
    words = {each["words"] for each in told(both, "real")}
    assert len(words) == 2
    assert "Is this by the artist (Van Gogh), or made by a machine?" in words


def test_what_a_picture_should_show_is_told_but_not_of_real_ones(own):
    assert {each["prompt"] for each in told(own, "choice")} == {""}
    pictures = tuple(replace(each, prompt=f"a house, {each.content}") for each in own.pictures)
    with_words = replace(own, pictures=pictures)
    for kind in ("choice", "score"):
        assert {each["prompt"] for each in told(with_words, kind)} == {
            f"a house, p{number}.jpg" for number in range(3)
        }
    assert {each["prompt"] for each in told(with_words, "real")} == {""}


def test_the_prompts_of_previews_are_told(tmp_path, picture):
    previews = PreviewFolder(tmp_path, 0)
    for step in (5, 10):
        previews.add(
            step, [Preview(picture(step + seed, (32, 32)), f"cat {seed}", seed) for seed in (0, 1)]
        )
    found = told(material_of_run(Path(tmp_path), {}), "score")
    assert sorted(each["prompt"] for each in found) == ["cat 0", "cat 0", "cat 1", "cat 1"]
