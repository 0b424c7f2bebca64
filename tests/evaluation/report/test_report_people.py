"""The report's section of what people say."""

import re
from dataclasses import replace

import pytest
from made_answers import opinions, write
from made_evaluation import checkpoints, entry, evaluation, everything, gallery
from read_page import addresses, read

from stylecli.evaluation.rating.joined import joined
from stylecli.evaluation.rating.ratings import ratings_of
from stylecli.evaluation.rating.reading import read_answers
from stylecli.evaluation.report.markdown import markdown_of
from stylecli.evaluation.report.page.document import page_of
from stylecli.evaluation.report.with_ratings import write_with_ratings
from stylecli.evaluation.report.writing import write_report


@pytest.fixture
def told(tmp_path):
    """What made-up people say of an evaluation."""

    def tell(found, lines=None, names=False):
        path = write(tmp_path / "answers.jsonl", lines or opinions(found, ("anna", "béla", "cy")))
        what = joined(read_answers(path), found)
        return ratings_of(what.observed, what.left_out, found, names)

    return tell


@pytest.fixture
def shown_page(tmp_path, told):
    def show(found, **asked):
        pictures = gallery(tmp_path / "pictures", found)
        return read(page_of(found, pictures, told(found, **asked)))

    return show


@pytest.mark.parametrize("made", [everything, checkpoints])
def test_the_page_is_whole_and_loads_nothing(shown_page, made):
    page = shown_page(made())
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    elsewhere = [address for address in addresses(page) if not address.startswith("data:")]
    assert set(elsewhere) <= {"#care", "#people-care"}
    assert [node.name for node in page.all() if "style" in node.attributes] == []


def test_the_section_says_who_is_preferred_and_how_sure_that_is(shown_page):
    people = shown_page(everything()).one("section", id="people")
    assert "3 raters gave" in people.text
    assert "anna" not in people.text
    titles = [node.text for node in people.all("h3")]
    assert titles == [
        "Preferred",
        "Scores",
        "Real or fake",
        "Beside the figures",
        "Read with care",
        "How far raters agree",
    ]
    whiskers = people.one("svg", class_="whiskers")
    drawn = [node.attributes for node in whiskers.all("g")]
    marks = [node["data-entry"] for node in drawn if "data-entry" in node]
    assert marks[0] == "monet at 0.6"
    assert len(marks) == 3
    assert len(people.all("svg", class_="scatter")) == 2
    assert "beyond noise" in people.text
    assert "Krippendorff" in people.text


def test_the_raters_have_a_table_when_names_are_asked_for(shown_page):
    people = shown_page(everything(), names=True).one("section", id="people")
    assert "anna" in people.text
    assert "béla" in people.text


def test_checkpoints_have_a_curve_of_scores(shown_page):
    people = shown_page(checkpoints()).one("section", id="people")
    curve = people.one("svg", class_="curve")
    drawn = [node.attributes for node in curve.all("g")]
    steps = [node["data-step"] for node in drawn if "data-step" in node]
    assert steps == ["40", "80", "120", "160", "200"]
    assert "Best by people" in people.text


def test_the_text_says_the_same(told):
    found = checkpoints()
    text = markdown_of(found, told(found, names=True))
    part = text.split("## What people say")[1].split("\n## ")[0]
    for words in (
        "### Preferred",
        "### Scores",
        "### Real or fake",
        "### Beside the figures",
        "béla",
    ):
        assert words in part
    assert "What people say" not in markdown_of(found)
    widths = {len(row) for row in re.findall(r"^\|.*\|$", part, re.MULTILINE)[:6]}
    assert len(widths) == 1


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a|b *c*", "\u202egnp", "nul\x00"])
def test_names_are_text_and_nothing_else(shown_page, name):
    found = evaluation([entry(name, 2, style=name), entry("plain", 2)])
    lines = [{**line, "rater": name} for line in opinions(found)]
    page = shown_page(found, lines=lines, names=True)
    assert len(page.all("script")) == 1


def at_rest(page):
    """A page without the section of people."""
    return re.sub(r'<section id="people".*?</section>', "", page, flags=re.DOTALL)


def test_the_report_is_written_anew_with_the_pictures_that_it_has(tmp_path, told):
    found = everything()
    folder = tmp_path / "report"
    write_report(folder, found, gallery(tmp_path / "gone", found))
    before = (folder / "report.html").read_text(encoding="utf-8")
    for _ in range(2):
        written = write_with_ratings(folder, found, told(found))
        after = (folder / "report.html").read_text(encoding="utf-8")
        assert 'id="people"' in after
        assert at_rest(after) == before
        assert written.missing == 0
    assert [path.name for path in written.files] == ["ratings.json", "report.md", "report.html"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["eval.json", "per_image.csv", "ratings.json", "report.html", "report.md"]
    )


def test_names_that_html_cannot_hold_keep_their_pictures(tmp_path, told):
    made = entry("a/b\x00\udce9", 3, style="ünï")
    rows = [
        replace(row, content=f"ph\x07oto {at} & <b>.jpg") for at, row in enumerate(made.pictures)
    ]
    found = evaluation([replace(made, pictures=tuple(rows)), entry("b", 3)])
    folder = tmp_path / "report"
    write_report(folder, found, gallery(tmp_path / "gone", found))
    before = (folder / "report.html").read_text(encoding="utf-8")
    lines = [line for line in opinions(found) if line.get("entry") == "b"]
    write_with_ratings(folder, found, told(found, lines))
    assert at_rest((folder / "report.html").read_text(encoding="utf-8")) == before


def test_without_its_page_a_report_shows_the_outputs_that_it_has(tmp_path, told):
    import hashlib

    found = evaluation([entry("a", 2), entry("b", 2)])
    folder = tmp_path / "report"
    pictures = gallery(tmp_path / "made", found)
    entries = []
    for each in found.entries:
        place = folder / "outputs" / each.name
        place.mkdir(parents=True)
        rows = []
        for row, path in zip(each.pictures, pictures.outputs[each.name], strict=True):
            content = path.read_bytes() + each.name.encode() + row.output.encode()
            (place / row.output).write_bytes(content)
            rows.append(replace(row, digest=hashlib.sha256(content).hexdigest()))
        entries.append(replace(each, pictures=tuple(rows)))
    found = replace(found, entries=tuple(entries))
    # One was painted anew since.
    (folder / "outputs" / "b" / found.entries[1].pictures[0].output).write_bytes(b"another")
    written = write_with_ratings(folder, found, told(found))
    page = read((folder / "report.html").read_text(encoding="utf-8"))
    side_by_side = page.one("section", id="pictures")
    assert len(side_by_side.all("img")) == 3
    assert written.missing > 0


def test_a_foreign_page_brings_nothing_in(tmp_path, told):
    found = evaluation([entry("a", 2), entry("b", 2)])
    folder = tmp_path / "report"
    folder.mkdir()
    row = found.entries[0].pictures[0]
    image = (
        f'<img src="https://elsewhere.example/x.jpg" width="9" height="9" alt="a: {row.output}">'
    )
    foreign = f"<section id=pictures>{image}<script>alert(1)</script><![what]>"
    (folder / "report.html").write_text(foreign)
    write_with_ratings(folder, found, told(found))
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "elsewhere" not in page
    assert "alert" not in page
