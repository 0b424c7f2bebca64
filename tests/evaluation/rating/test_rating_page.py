"""The page in a real browser: keyboard, mouse, touch; reload, two raters, phone, one file by itself."""

import json
import time
from contextlib import contextmanager

import pytest
from made_pictures import CAMERA, ENTRIES, lines_of, make_pictures, material_in, served

import browser
from stylecli.evaluation.rating.asking.page.static import static_page
from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.questions import questions_for
from stylecli.evaluation.rating.reading import read_answers
from stylecli.progress import silent

pytestmark = pytest.mark.skipif(browser.found() is None, reason="there is no Chromium here")

ASKED = "!document.querySelector('#ask').hidden && !document.querySelector('#ask.waiting')"
THANKED = "!document.querySelector('#thanks').hidden"
GREETED = "!document.querySelector('#hello').hidden && document.activeElement.id === 'name'"
PROGRESS = "document.querySelector('.progress').textContent"
PHONE = (390, 844, True)
SMALL_PHONE = (320, 568, True)


@pytest.fixture(scope="module")
def chromium():
    started = browser.Browser(browser.found())
    yield started
    started.close()


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    root = make_pictures(tmp_path_factory.mktemp("rated"), photos=4)
    return material_in(root)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "ratings.jsonl"


@contextmanager
def page_of(
    chromium, material, results, kinds=("choice",), count=6, size=(1280, 800), rater="anna"
):
    with served(material, results, kinds, count) as (server, _):
        window = chromium.window(*size)
        window.open(server.address(rater))
        window.until(ASKED if rater else GREETED)
        yield window, server
        assert window.complaints() == []


def at(window, number, total=6):
    window.until(f"{ASKED} && {PROGRESS} === '{number} of {total}'")


def said(results):
    keys = ("chosen", "score", "said")
    return [line[key] for line in lines_of(results) for key in keys if key in line]


def test_choices_by_keyboard(chromium, material, results):
    with page_of(chromium, material, results, rater="") as (window, _):
        window.type("  Anna   B ")
        window.press("Enter")
        for number, key in enumerate(["ArrowLeft", "ArrowRight", "ArrowDown", " ", "ArrowLeft"], 1):
            at(window, number)
            window.press(key)
        at(window, 6)
        # A key that means nothing here changes nothing.
        window.press("7")
        window.press("ArrowRight")
        window.until(THANKED)
        assert "Thank you, Anna B." in window.run("document.body.innerText")
    assert said(results) == ["left", "right", "tie", "tie", "left", "right"]
    assert {line["rater"] for line in lines_of(results)} == {"Anna B"}
    assert all(0 <= line["seconds"] < 20 for line in lines_of(results) if "seconds" in line)


def test_what_is_left_is_left(chromium, material, results):
    """The key, the button and the picture of one side mean the entry that is recorded for that side."""
    with page_of(chromium, material, results, count=3) as (window, _):
        for number, choose in enumerate(
            [
                lambda: window.click(".picture", 1),
                lambda: window.click(".answers button", 0),
                lambda: window.press("ArrowRight"),
            ],
            1,
        ):
            at(window, number, 3)
            boxes = window.run(
                "[...document.querySelectorAll('.picture')].map((one) => one.getBoundingClientRect().x)"
            )
            assert boxes[0] < boxes[1]
            choose()
        window.until(THANKED)
    assert said(results) == ["right", "left", "right"]


def test_scores_and_real_or_fake_by_keyboard_and_mouse(chromium, material, results):
    with page_of(chromium, material, results, ("real", "score"), 8) as (window, _):
        for number, key in enumerate(["ArrowLeft", "ArrowRight"], 1):
            at(window, number, 8)
            window.press(key)
        at(window, 3, 8)
        window.click(".answers button", 1)
        at(window, 4, 8)
        window.click(".answers button", 0)
        for number, key in enumerate(["1", "9", "0"], 5):
            at(window, number, 8)
            assert window.run("document.querySelectorAll('.answers button').length") == 10
            window.press(key)
        at(window, 8, 8)
        window.click(".answers button", 9)
        window.until(THANKED)
    assert said(results) == ["real", "fake", "fake", "real", 1, 9, 10, 10]


def test_the_keys_are_shown(chromium, material, results):
    with page_of(chromium, material, results) as (window, _):
        words = window.run("document.querySelector('.answers').innerText")
        assert words.split() == ["A", "←", "No", "difference", "↓", "or", "space", "B", "→"]
    with page_of(chromium, material, results, ("score",)) as (window, _):
        assert "keys 1 to 9, and 0 for 10" in window.run(
            "document.querySelector('.answers').innerText"
        )


def test_a_reload_keeps_the_place(chromium, material, results):
    with page_of(chromium, material, results) as (window, server):
        window.press("ArrowLeft")
        at(window, 2)
        window.press("ArrowLeft")
        at(window, 3)
        question = window.run("document.querySelector('.picture img').src")
        window.reload()
        at(window, 3)
        assert window.run("document.querySelector('.picture img').src") == question
        # Another window, as after the browser was closed: the name is enough.
        other = chromium.window()
        other.open(server.address())
        other.until(GREETED)
        other.type("ANNA")
        other.press("Enter")
        at(other, 3)
        other.reload()
        at(other, 3)
    assert len(said(results)) == 2


def test_the_last_answer_can_be_taken_back(chromium, material, results):
    with page_of(chromium, material, results, count=2) as (window, _):
        assert (
            window.run("getComputedStyle(document.querySelector('#ask .undo')).display") == "none"
        )
        window.press("ArrowLeft")
        at(window, 2, 2)
        window.press("Backspace")
        at(window, 1, 2)
        window.press("ArrowRight")
        at(window, 2, 2)
        window.press("ArrowDown")
        window.until(THANKED)
        window.click("#thanks .undo")
        at(window, 2, 2)
        window.click("#ask .undo")
        at(window, 1, 2)
    assert said(results) == ["left", "right", "tie"]
    assert [line["kind"] for line in lines_of(results)].count("withdraw") == 3
    assert read_answers(results).standing == ()


def test_two_raters_at_once(chromium, material, results):
    with page_of(chromium, material, results, count=3, rater="") as (first, server):
        second = chromium.window()
        second.open(server.address())
        second.until(GREETED)
        for window, name in ((first, "Anna"), (second, "Ben")):
            window.type(name)
            window.press("Enter")
        for number in (1, 2, 3):
            at(first, number, 3)
            at(second, number, 3)
            first.press("ArrowLeft")
            second.press("ArrowRight")
        first.until(THANKED)
        second.until(THANKED)
    by_rater = {name: [] for name in ("Anna", "Ben")}
    for answer in read_answers(results).standing:
        by_rater[answer.rater].append(answer.chosen)
    assert by_rater == {"Anna": ["left"] * 3, "Ben": ["right"] * 3}


def test_another_name_can_be_given_on_one_screen(chromium, material, results):
    with page_of(chromium, material, results) as (window, _):
        window.press("ArrowLeft")
        at(window, 2)
        window.click("#ask .other")
        window.until(GREETED)
        window.press("ArrowLeft")
        window.type("Ben")
        window.press("Enter")
        at(window, 1)
    assert len(said(results)) == 1


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE])
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


def test_the_photo_can_be_looked_at_and_keys_wait(chromium, material, results):
    with page_of(chromium, material, results) as (window, _):
        window.click(".photo button")
        window.until(
            "document.querySelector('#large').open && document.querySelector('#large img').complete"
        )
        window.press("ArrowLeft")
        window.click("#large img")
        window.until("!document.querySelector('#large').open")
        at(window, 1)
    assert not results.exists()


def test_everything_comes_from_the_address(chromium, material, results):
    with page_of(chromium, material, results) as (window, server):
        window.press("ArrowLeft")
        at(window, 2)
        loaded = window.requests()
        assert any("/picture/" in address for address in loaded)
        assert all(address.startswith((server.address(), "data:")) for address in loaded)
        source = window.run("document.documentElement.outerHTML").casefold()
        assert not any(name in source for name in ENTRIES)


def test_when_the_server_has_ended_it_is_said(chromium, material, results):
    window = chromium.window()
    with served(material, results, count=6) as (server, _):
        window.open(server.address("anna"))
        at(window, 1)
        window.press("ArrowLeft")
        at(window, 2)
    for _ in range(2):
        # The first may still be heard over the connection that is open, the second is not.
        window.press("ArrowLeft")
        window.until("!document.querySelector('#trouble').hidden")
        words = window.run("document.querySelector('#trouble').innerText")
        assert "stylecli has ended. What you answered so far is kept" in words
        window.run("document.querySelector('#trouble').hidden = true")
    assert len(said(results)) == 1


@pytest.fixture
def static(material, tmp_path):
    """The page as a file, and its questions."""

    def make(rater=""):
        asked = questions_for(material, ("real", "choice"), 6, 0, rater)
        text = static_page(asked, PictureBook(material, 64, 400, 85), rater, silent)
        path = tmp_path / "rate.html"
        path.write_text(text, encoding="utf-8")
        return path, asked, text

    return make


def test_a_page_by_itself_exports_what_was_answered(chromium, static, tmp_path):
    path, asked, text = static()
    assert not any(secret in text for secret in (*ENTRIES, "painter", CAMERA, ".png", ".jpg"))
    window = chromium.window()
    window.downloads_to(tmp_path)
    window.open(path.as_uri())
    window.until(GREETED)
    window.type("Zoë")
    window.press("Enter")
    for number, key in enumerate(["ArrowLeft", "ArrowRight", "ArrowLeft", "ArrowLeft"], 1):
        at(window, number)
        window.press(key)
    at(window, 5)
    window.press("Backspace")
    at(window, 4)
    window.reload()
    at(window, 4)
    for number, key in enumerate(["ArrowDown", "ArrowLeft", "ArrowRight"], 4):
        at(window, number)
        window.press(key)
    window.until(THANKED)
    window.click("#thanks .save")
    saved = tmp_path / "ratings-zoë.json"
    end = time.monotonic() + 20
    while not saved.exists() and time.monotonic() < end:
        time.sleep(0.05)
    found = read_answers(saved)
    assert [answer.question for answer in found.standing] == [question.id for question in asked]
    values = [getattr(answer, "said", None) or answer.chosen for answer in found.standing]
    assert values == ["real", "fake", "real", "tie", "left", "right"]
    assert (found.withdrawn, found.unreadable) == (1, 0)
    assert {answer.rater for answer in found.standing} == {"Zoë"}
    for answer, question in zip(found.standing, asked, strict=True):
        assert answer.target == "painter"
        if question.kind == "choice":
            sides = [(side.entry, side.digest) for side in (answer.left, answer.right)]
            assert sides == [(each.entry, each.digest) for each in question.pictures]
            assert answer.content == question.content
        else:
            assert (answer.entry, answer.digest) == (
                question.pictures[0].entry,
                question.pictures[0].digest,
            )
    assert isinstance(json.loads(saved.read_text(encoding="utf-8")), list)
    assert [
        address
        for address in window.requests()
        if not address.startswith(("data:", "file:", "blob:"))
    ] == []
    assert window.complaints() == []


REFUSING = (
    "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
)


def test_a_browser_that_keeps_nothing_more_loses_nothing(chromium, static, tmp_path):
    path, asked, _ = static("Anna")
    window = chromium.window()
    window.downloads_to(tmp_path)
    window.open(path.as_uri())
    at(window, 1)
    window.press("ArrowLeft")
    at(window, 2)
    window.run(REFUSING)
    for number, key in enumerate(["ArrowLeft", "Backspace", *["ArrowLeft"] * 4]):
        at(window, (2, 3, 2, 3, 4, 5)[number])
        window.press(key)
        window.until("!document.querySelector('#trouble').hidden")
    at(window, 6)
    assert "keeps nothing for this page" in window.run("document.body.innerText")
    window.press("ArrowLeft")
    window.until(THANKED)
    assert "kept until this page is closed. Save them now" in window.run("document.body.innerText")
    window.click("#thanks .save")
    saved = tmp_path / "ratings-anna.json"
    end = time.monotonic() + 20
    while not saved.exists() and time.monotonic() < end:
        time.sleep(0.05)
    found = read_answers(saved)
    assert {answer.question for answer in found.standing} == {question.id for question in asked}
    assert (found.withdrawn, found.unreadable) == (1, 0)


def test_a_page_by_itself_can_be_for_one_rater_and_for_several(chromium, static):
    path, _, _ = static("Anna")
    window = chromium.window()
    window.open(path.as_uri())
    at(window, 1)
    window.press("ArrowLeft")
    at(window, 2)
    window.click("#ask .other")
    window.until(GREETED)
    window.type("Ben")
    window.press("Enter")
    at(window, 1)
    window.reload()
    at(window, 1)
    assert "Not Ben?" in window.run("document.body.innerText")
