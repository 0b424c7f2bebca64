"""The page in windows of every size: phones, and a phone on its side."""

from dataclasses import replace

import pytest
from rating_window import at, page_of, said

import browser

pytestmark = pytest.mark.skipif(browser.found() is None, reason="there is no Chromium here")

PHONE = (390, 844, True)
SMALL_PHONE = (320, 568, True)
ON_ITS_SIDE = (800, 390, True)
SEEN = """(() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect());
  const pictures = boxes(".picture"), answers = boxes(".answers button");
  const whole = (box) => box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  return {
    whole: [...pictures, ...answers].every(whole),
    apart: pictures.every((one) => answers.every((other) => one.bottom <= other.top)),
    least: Math.min(...pictures.map((box) => Math.min(box.width, box.height))),
  };
})()"""


@pytest.fixture(scope="module")
def with_prompts(material):
    """The same pictures, made from words."""
    words = "a fishing harbour at dawn, seen from a hill, with a long pier and three small boats"
    pictures = tuple(replace(each, prompt=words) for each in material.pictures)
    return replace(material, pictures=pictures)


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE, ON_ITS_SIDE, (640, 360, True)])
@pytest.mark.parametrize("kind", ["choice", "score", "real"])
def test_pictures_and_answers_are_in_view(chromium, with_prompts, results, size, kind):
    with page_of(chromium, with_prompts, results, (kind,), 4, size) as (window, _):
        for number in (1, 2):
            at(window, number, 4)
            seen = window.run(SEEN)
            words = window.run("document.querySelector('#ask').innerText")
            assert ("What it should show: a fishing harbour" in words) == (kind != "real")
            assert seen["whole"]
            assert seen["apart"]
            assert seen["least"] >= 90
            assert window.run("document.documentElement.scrollWidth") <= size[0]
            window.tap(".answers button", 1)


def test_answers_stay_in_view_where_the_pictures_are_not(chromium, material, results):
    with page_of(chromium, material, results, size=(280, 320, True)) as (window, _):
        assert window.run("document.documentElement.scrollHeight > innerHeight")
        for place in (0, 40):
            window.run(f"scrollTo(0, {place})")
            bottom = window.run(
                "document.querySelector('.answers').getBoundingClientRect().bottom - innerHeight"
            )
            assert bottom <= 0


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE, ON_ITS_SIDE])
@pytest.mark.parametrize("kind", ["choice", "score", "real"])
def test_a_phone(chromium, material, results, size, kind):
    with page_of(chromium, material, results, (kind,), 4, size) as (window, _):
        window.tap(".answers button", 1)
        at(window, 2, 4)
        assert window.run("document.documentElement.scrollWidth") <= size[0]
        assert window.run("innerWidth") == size[0]
        sizes = window.run(
            "[...document.querySelectorAll('.answers button, .undo')].filter((one) => one.offsetParent)"
            ".map((one) => [one.offsetWidth, one.offsetHeight])"
        )
        assert sizes
        assert all(width >= 44 and height >= 44 for width, height in sizes)
        assert window.run("getComputedStyle(document.querySelector('kbd')).display") == "none"
        if size == PHONE:
            # All of a question is to be seen at once.
            assert window.run("document.documentElement.scrollHeight <= innerHeight")
    assert said(results) == [{"choice": "tie", "score": 2, "real": "fake"}[kind]]


def test_a_question_fits_its_window(chromium, material, results):
    for size in ((1280, 800), (1920, 1080), (1024, 700)):
        with page_of(chromium, material, results, size=size) as (window, _):
            assert window.run("document.documentElement.scrollHeight <= innerHeight"), size
            assert window.run("document.documentElement.scrollWidth <= innerWidth"), size
