"""The report on a phone, in a real browser."""

import pytest
from made_answers import opinions, write
from made_evaluation import checkpoints, everything, gallery

import browser
from stylecli.evaluation.rating.joined import joined
from stylecli.evaluation.rating.ratings import ratings_of
from stylecli.evaluation.rating.reading import read_answers
from stylecli.evaluation.report.page.document import page_of

pytestmark = pytest.mark.skipif(browser.found() is None, reason="there is no Chromium here")

# Words of drawings that reach beyond them, and boxes of what people say with more than they show.
_BEYOND = """[...document.querySelectorAll('figure.plot svg')].flatMap((svg) => {
  const all = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter((words) => {
    const box = words.getBoundingClientRect();
    return box.left < all.left - 1 || box.right > all.right + 1;
  }).map((words) => words.textContent);
})"""
_CUT = """[...document.querySelectorAll('#people .scroll, .plot .scroll')]
  .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.ariaLabel)"""


@pytest.fixture(scope="module")
def chromium():
    started = browser.Browser(browser.found())
    yield started
    started.close()


@pytest.mark.parametrize("made", [everything, checkpoints])
def test_a_phone_shows_all_of_what_people_say(chromium, tmp_path, made):
    found = made()
    what = joined(read_answers(write(tmp_path / "a.jsonl", opinions(found, "abcd"))), found)
    told = ratings_of(what.observed, what.left_out, found, names=True)
    page = tmp_path / "report.html"
    page.write_text(page_of(found, gallery(tmp_path / "pictures", found), told), "utf-8")
    window = chromium.window(390, 844)
    window.open(page.as_uri())
    assert window.run("document.documentElement.scrollWidth <= innerWidth")
    window.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert window.run(_CUT) == []
    assert window.run(_BEYOND) == []
    # A table that is wider than the phone says so at its edge, with a shade.
    shaded = "getComputedStyle(document.querySelector('#metrics .scroll')).backgroundAttachment"
    assert "local" in window.run(shaded)
