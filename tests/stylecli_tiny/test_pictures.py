"""Captions, the excluded painters, the split."""

import numpy as np
import pytest

from stylecli_tiny.recipe.captions import (
    PAINTING,
    PHOTO,
    artist_and_title,
    names_excluded_painter,
    painting_caption,
    photo_caption,
)
from stylecli_tiny.recipe.pack import Pack, write_pack
from stylecli_tiny.recipe.prepare import is_held_out, prepare
from stylecli_tiny.recipe.views import Views, choose_caption


@pytest.mark.parametrize(
    ("name", "artist", "title"),
    [
        ("claude-monet_water-lilies-1914(1).jpg", "claude monet", "water lilies"),
        ("caravaggio_bacchus(1).jpg", "caravaggio", "bacchus"),
        ("aelbert-cuyp_sunset-over-the-river-1655.jpg", "aelbert cuyp", "sunset over the river"),
        ("a-b_the-year-900.jpg", "a b", "the year 900"),
        ("sketch.png", "", "sketch"),
    ],
)
def test_artist_and_title_from_a_file_name(name, artist, title):
    assert artist_and_title(name) == (artist, title)


def test_painting_captions():
    assert painting_caption("Aelbert Cuyp", "Sunset") == "sunset, a painting by aelbert cuyp"
    assert painting_caption("", "Sunset") == "sunset, a painting"
    assert painting_caption("Aelbert Cuyp", "") == "a painting by aelbert cuyp"


def test_a_title_that_names_an_excluded_painter_is_left_out():
    assert painting_caption("Renoir", "Claude Monet, the reader") == "a painting by renoir"


def test_photo_captions_keep_the_first_sentence_up_to_80_characters():
    assert photo_caption("Pears on a shelf. In a shop") == "a photo of Pears on a shelf"
    assert photo_caption("") == "a photo"
    assert photo_caption("x" * 200) == "a photo of " + "x" * 80


@pytest.mark.parametrize("name", ["Claude Monet", "vincent van gogh", "Paul Cézanne", "MORISOT"])
def test_excluded_painters_are_known_in_any_spelling(name):
    assert names_excluded_painter(name)


@pytest.mark.parametrize("name", ["Edouard Manet", "Camille Pissarro", "monetary"])
def test_other_painters_are_not_excluded(name):
    assert not names_excluded_painter(name)


def test_excluded_painters_are_never_packed(pictures, tmp_path):
    prepare(pictures[0], [pictures[1]], tmp_path / "pack")
    pack = Pack(tmp_path / "pack")
    assert [facts["kind"] for facts in pack.facts].count(PAINTING) == 6
    assert {facts["artist"] for facts in pack.facts} == {"camille pissarro", ""}
    assert not any(names_excluded_painter(facts["caption"]) for facts in pack.facts)


def test_a_table_is_believed_before_the_file_name(pictures, tmp_path):
    paintings, photos = pictures
    file = "camille-pissarro_the-road-0-1880(1).png"
    rows = f"file,artist,title\n{file},Berthe Morisot,the cradle\n"
    (tmp_path / "paintings.csv").write_text(rows, encoding="utf-8")
    prepare(paintings, [photos], tmp_path / "pack")
    captions = [f["caption"] for f in Pack(tmp_path / "pack").facts if f["kind"] == PAINTING]
    assert len(captions) == 5


def test_a_photo_and_its_crops_are_on_one_side_of_the_split(pictures, tmp_path):
    prepare(pictures[0], [pictures[1]], tmp_path / "pack")
    photos = [facts for facts in Pack(tmp_path / "pack").facts if facts["kind"] == PHOTO]
    groups = [facts["group"] for facts in photos]
    assert sorted(groups) == ["p0", "p0", "p1", "p1", "p2", "p2", "p3", "p3"]
    assert len({(facts["group"], facts["held_out"]) for facts in photos}) == 4


def test_about_one_group_in_twenty_is_held_out():
    held_out = sum(is_held_out(f"picture {number}") for number in range(4000))
    assert 140 < held_out < 260


def test_pictures_are_packed_unchanged_when_small_enough(pictures, tmp_path):
    prepare(pictures[0], [pictures[1]], tmp_path / "pack", short_side=64, smallest_side=64)
    pack = Pack(tmp_path / "pack")
    assert all(min(pack[index].shape[:2]) == 64 for index in range(len(pack)))
    assert pack[0].dtype == np.uint8


def test_what_is_shown_hangs_on_the_generator_alone(latents):
    views = Views(latents, ((8, 8, 0.5), (8, 16, 0.5)), batch=4)
    first = [views.draw(np.random.default_rng([1, step])) for step in range(8)]
    again = [views.draw(np.random.default_rng([1, step])) for step in range(8)]
    for a, b in zip(first, again, strict=True):
        assert a.latents.equal(b.latents)
        assert (a.captions, a.places) == (b.captions, b.places)
    assert {tuple(view.latents.shape[2:]) for view in first} <= {(8, 8), (8, 16), (16, 8)}


@pytest.mark.parametrize(
    ("chance", "caption"),
    [(0.05, ""), (0.2, PAINTING), (0.4, "a painting by renoir"), (0.5, "trees, a painting")],
)
def test_captions_are_sometimes_shortened(chance, caption):
    assert choose_caption("trees, a painting", "renoir", PAINTING, chance) == caption


@pytest.fixture
def latents(tmp_path):
    random = np.random.default_rng(0)
    shapes = [(4, 10, 20), (4, 20, 10), (4, 12, 12)]
    items = [
        (random.normal(size=shape), {"kind": kind, "caption": kind, "artist": ""})
        for shape in shapes
        for kind in (PAINTING, PHOTO)
    ]
    write_pack(tmp_path / "latents", "float16", items)
    return Pack(tmp_path / "latents")
