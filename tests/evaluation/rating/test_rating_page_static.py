"""The page as a file of its own: what was answered stays in the browser, and is saved."""

import pytest
from made_pictures import CAMERA, ENTRIES
from rating_window import GREETED, THANKED, at, saved_as

import browser
from stylecli.evaluation.rating.asking.page.static import static_page
from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.questions import questions_for
from stylecli.evaluation.rating.reading import read_answers
from stylecli.progress import silent

pytestmark = pytest.mark.skipif(browser.found() is None, reason="there is no Chromium here")


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
    assert not any(secret in text for secret in (*ENTRIES, CAMERA, ".png", ".jpg"))
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
    assert isinstance(saved_as(saved), list)
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
    saved_as(saved)
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


def test_it_is_said_what_was_saved_and_what_to_do_with_it(chromium, static, tmp_path):
    path, _, text = static("Anna")
    assert "fetch(" not in text
    window = chromium.window()
    window.downloads_to(tmp_path)
    window.open(path.as_uri())
    at(window, 1)
    window.press("ArrowLeft")
    at(window, 2)
    window.click("#ask .save")
    words = window.run("document.querySelector('#ask .saved').innerText")
    assert "Saved as ratings-anna.json" in words
    assert "Send this file to whoever asked you. Save again once you have gone on." in words
    assert len(saved_as(tmp_path / "ratings-anna.json")) == 1
    window.press("ArrowLeft")
    for number in range(3, 7):
        at(window, number)
        assert window.run("document.querySelector('#ask .saved').innerText") == ""
        window.press("ArrowLeft")
    window.until(THANKED)
    lead = "document.querySelector('#thanks .lead').innerText"
    assert "Save them now, and send the file to whoever asked you." in window.run(lead)
    window.click("#thanks .save")
    assert "All 6 answers are kept in this browser. Saved as ratings-anna.json" in window.run(lead)
    assert "Save them now" not in window.run(lead)
    window.click("#thanks .undo")
    at(window, 6)
    window.press("ArrowLeft")
    window.until(THANKED)
    assert "Save them now" in window.run(lead)
    assert window.complaints() == []


def test_a_name_of_blanks_gets_a_hint_there_too(chromium, static):
    path, _, _ = static()
    window = chromium.window()
    window.open(path.as_uri())
    window.until(GREETED)
    window.type("   ")
    window.press("Enter")
    window.until("document.querySelector('.hint').textContent.startsWith('Give a name')")
