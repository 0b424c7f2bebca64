"""The page in a real browser: keyboard, mouse; reload, two raters, taking back."""

import pytest
from made_pictures import ENTRIES, lines_of, served
from rating_window import GREETED, THANKED, at, page_of, said

import browser
from stylecli.evaluation.rating.reading import read_answers

pytestmark = pytest.mark.skipif(browser.found() is None, reason="there is no Chromium here")


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


def test_a_name_of_blanks_gets_a_hint(chromium, material, results):
    with page_of(chromium, material, results, rater="") as (window, _):
        assert window.run("document.querySelector('.hint').textContent") == ""
        for name in ("", "   "):
            window.type(name)
            window.press("Enter")
            window.until("document.querySelector('.hint').textContent.startsWith('Give a name')")
            window.until(GREETED)
        window.type("Anna")
        window.press("Enter")
        at(window, 1)


def test_the_page_from_the_server_keeps_nothing_in_the_browser(chromium, material, results):
    with page_of(chromium, material, results) as (window, _):
        window.press("ArrowLeft")
        at(window, 2)
        assert window.run("localStorage.length + sessionStorage.length") == 0
        assert "localStorage" not in window.run("document.documentElement.outerHTML")
        assert window.run("[...document.querySelectorAll('.save')].every((one) => one.hidden)")
