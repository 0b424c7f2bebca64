"""Words from measurement: pictures made so that everybody knows what is to be said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import stylecli
from stylecli_captioners.describe import Describe, DescribeOptions, described
from stylecli_captioners.lab import lab_of
from stylecli_captioners.title import Title, TitleOptions


def halves(first: tuple[int, int, int], second: tuple[int, int, int], share: float = 0.5):
    image = Image.new("RGB", (200, 200), first)
    image.paste(second, (0, round(200 * (1 - share)), 200, 200))
    return image


def palette(image: Image.Image) -> str:
    """What is said before light, texture and format."""
    said = described(image)
    for word in ("dark", "bright", "soft", "strong", "cool", "warm", "smooth", "square"):
        said = said.split(f", {word}")[0]
    return said


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (Image.new("L", (90, 90), 120).convert("RGB"), "black and white"),
        (halves((200, 30, 30), (30, 60, 200)), "vivid blues and reds"),
        (halves((255, 200, 0), (40, 160, 40), 0.3), "vivid yellows and greens"),
        (halves((100, 112, 122), (230, 120, 20), 0.05), "muted blues with touches of orange"),
        (halves((90, 60, 30), (10, 10, 10), 0.4), "browns and blacks"),
        (halves((235, 225, 200), (120, 90, 60), 0.3), "creams and browns"),
        (halves((250, 250, 250), (240, 40, 120), 0.45), "whites and vivid pinks"),
        (halves((120, 60, 160), (60, 180, 170), 0.3), "vivid purples and turquoises"),
    ],
)
def test_colours_are_named_the_most_first(image, said):
    assert palette(image) == said


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (Image.new("RGB", (90, 90), (20, 25, 40)), "dark"),
        (Image.new("RGB", (90, 90), (235, 235, 245)), "bright"),
        (halves((0, 0, 0), (255, 255, 255)), "strong contrast"),
        (halves((100, 100, 120), (110, 110, 120)), "soft contrast"),
        (Image.new("RGB", (90, 90), (230, 180, 120)), "warm light"),
        (Image.new("RGB", (90, 90), (120, 140, 190)), "cool light"),
    ],
)
def test_light_is_named_where_it_stands_out(image, word):
    opposite = {"dark": "bright", "soft": "strong", "cool": "warm"}
    opposite |= {value: key for key, value in opposite.items()}
    said = described(image)
    assert word in said
    assert opposite[word.split()[0]] not in said


def test_a_red_dress_and_a_meadow_are_no_warm_light():
    for colour in ((200, 30, 60), (90, 160, 40)):
        assert "warm light" not in described(Image.new("RGB", (90, 90), colour))


@pytest.mark.parametrize(
    ("size", "word"),
    [((300, 200), "wide"), ((200, 300), "upright"), ((210, 200), "square"), ((1, 900), "upright")],
)
def test_the_format_is_named_and_never_a_subject(size, word):
    said = described(Image.new("RGB", size, (90, 90, 120)))
    assert said.endswith(f"{word} format")
    assert "landscape" not in said
    assert "portrait" not in said


def stripes(angle: float, width: float) -> Image.Image:
    """Soft stripes of this width in pixels that run at this angle to the horizontal."""
    down, right = np.mgrid[0:240, 0:240]
    turn = np.radians(angle)
    across = right * np.sin(turn) + down * np.cos(turn)
    values = 128 + 60 * np.sin(np.pi * across / width)
    return Image.fromarray(np.repeat(values[..., None], 3, axis=2).astype(np.uint8))


@pytest.mark.parametrize(
    ("angle", "word"),
    [(0, "horizontal"), (90, "vertical"), (45, "diagonal"), (135, "diagonal"), (10, "horizontal")],
)
def test_a_clear_direction_is_named(angle, word):
    assert f"{word} lines" in described(stripes(angle, 8))


def noise(cells: int) -> Image.Image:
    values = np.random.default_rng(0).integers(60, 200, (cells, cells), dtype=np.uint8)
    return Image.fromarray(values).resize((240, 240), Image.Resampling.BICUBIC).convert("RGB")


@pytest.mark.parametrize(
    ("cells", "word"), [(8, "smooth surface"), (24, "coarse texture"), (200, "fine texture")]
)
def test_texture_goes_from_smooth_to_fine(cells, word):
    said = described(noise(cells))
    assert word in said
    assert "lines" not in said


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 4, 60]),
)
def test_any_picture_gets_the_same_clean_words_each_time(width, height, seed, spread):
    middle = np.random.default_rng(seed).integers(0, 255 - spread, 3)
    pixels = middle + np.random.default_rng(seed).integers(0, spread, (height, width, 3))
    image = Image.fromarray(pixels.astype(np.uint8))
    before = image.tobytes()
    said = described(image)
    assert said == described(image)
    assert said == " ".join(said.split())
    assert image.tobytes() == before
    parts = said.split(", ")
    assert len(parts) == len(set(parts))


@pytest.mark.parametrize(
    ("colour", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_has_its_published_values(colour, lab):
    assert lab_of(Image.new("RGB", (3, 2), colour), 8)[1, 2] == pytest.approx(lab, abs=0.02)


def test_the_title_can_stand_before_the_description():
    subject = stylecli.Subject(
        Path("claude-monet_water-lilies-1914.jpg"), Image.new("RGB", (90, 90), (20, 25, 40))
    )
    unnamed = stylecli.Subject(Path("IMG_1.jpg"), subject.image)
    captions = Describe().load(DescribeOptions(with_title=True), stylecli.silent)
    said = captions([subject, unnamed])
    assert said == [f"water lilies, {described(subject.image)}", described(subject.image)]


def test_a_title_needs_no_picture():
    subject = stylecli.Subject(Path("claude-monet_water-lilies-1914(1).jpg"), None)
    assert Title().load(TitleOptions(), stylecli.silent)([subject]) == ["water lilies"]
    assert Title().load(TitleOptions(keep_year=True), stylecli.silent)([subject]) == [
        "water lilies 1914"
    ]
