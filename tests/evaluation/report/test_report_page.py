import base64
import hashlib
import re
from dataclasses import replace

import pytest
from made_evaluation import checkpoints, entry, evaluation, everything, figure
from read_page import addresses, read

from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.report.page.document import page_of
from stylecli.evaluation.report.wording import digits_of, interval_text, number
from stylecli.evaluation.result import Anchor, Warned

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</title></style></script><b>",
    "a & b &amp; &#60;",
    "\u202egnp.exe",
    "絵 ünïcode 🎨",
    "nul\x00 bell\x07",
    "caf\udce9",
]


@pytest.mark.parametrize("made", [everything, checkpoints])
def test_the_page_is_well_formed(shown, made):
    page = shown(made())
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids)) > 8
    for node in page.all(None):
        for name in ("aria-labelledby", "aria-describedby"):
            assert node.attributes.get(name, ids[0]) in ids
    for section in page.all("section"):
        assert "aria-label" in section.attributes or "aria-labelledby" in section.attributes
    assert page.one("html").attributes["lang"] == "en"
    assert all(image.attributes["alt"] for image in page.all("img"))


@pytest.mark.parametrize("made", [everything, checkpoints])
def test_the_page_loads_nothing_from_outside(shown, made):
    page = shown(made())
    found = addresses(page)
    assert sum(address.startswith("data:image/jpeg;base64,") for address in found) > 50
    elsewhere = [address for address in found if not address.startswith("data:")]
    assert set(elsewhere) <= {"#care"}
    assert not page.all("iframe") + page.all("object") + page.all("embed")
    assert [
        node for node in page.all() if any(name.startswith("on") for name in node.attributes)
    ] == []
    assert not re.search(
        r"fetch\(|XMLHttpRequest|import\(|eval\(|innerHTML", page.one("script").text
    )


def test_the_policy_lets_in_this_style_sheet_and_script_alone(shown):
    page = shown(everything())
    policy = page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for rule, name in (("style-src", "style"), ("script-src", "script")):
        digest = hashlib.sha256(page.one(name).text.encode()).digest()
        assert rules[rule] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert [node.name for node in page.all() if "style" in node.attributes] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_nothing_else(shown, name):
    made = entry(name, 2, style=name, method=name, base=name, settings={name: name})
    rows = tuple(replace(row, output=name + str(at)) for at, row in enumerate(made.pictures))
    found = evaluation(
        [replace(made, pictures=rows), entry("plain", 2)],
        warnings=(Warned(name, name, (name,)),),
        anchors=(Anchor(name, "ssim", 0.5, name),),
        environment={name: name},
    )
    page = shown(found)
    assert len(page.all("script")) == 1
    assert (
        len(
            page.all(
                "title",
            )
        )
        == len(page.all("svg", role="img")) + 2 + 1
    )
    assert all("onerror" not in node.attributes for node in page.all())
    seen = (
        name.encode("utf-8", "replace").decode().replace("\x00", "\ufffd").replace("\x07", "\ufffd")
    )
    seen = seen.replace("?", "\ufffd") if "\udce9" in name else seen
    assert sum(node.text == seen for node in page.all("bdi")) > 6


def test_every_figure_of_the_evaluation_is_on_the_page(shown):
    found = replace(everything(), anchors=(Anchor("AdaIN", "ssim", 0.259, "a paper"),))
    page = shown(found)
    digits = digits_of(found)
    for section, headline in (("headline", True), ("metrics", None)):
        metrics = [metric for metric in found.metrics if headline is None or metric.headline]
        lines = page.one("section", id=section).one("tbody").all("tr")
        for item, line in zip(found.entries, lines, strict=True):
            cells = line.all("td")
            assert line.one("bdi").text == item.name
            for metric, cell in zip(metrics, cells, strict=True):
                value = item.figures[metric.name]
                if value.value is None:
                    assert cell.text == "undefined not separable"
                else:
                    said = number(value.value, digits[metric.name])
                    assert (
                        cell.text == f"{said} {interval_text(value.interval, digits[metric.name])}"
                    )
    text = page.one("main").text
    for words in (
        "+0.30 +0.24 to +0.36 beyond noise", "4 of 4 differences are beyond noise",
        "0.41 0.31 to 0.52", "0.259", "a paper", "strength0.5 (here 0.6)", "not measured here",
        "accuracy 0.91, untouched photos 0.08", "strength 0.3, seed 0", "5be1d0c3a1f0", "2.9.0",
        "energy distance of phi-v1, centre square at 256 px", "1.84", "holiday: 12 pictures (12 JPEG)",
        "borders, constant", "2 outputs have a plain border.",
    ):  # fmt: skip
        assert words in text, words
    lines = page.one("section", id="outputs").one("tbody").all("tr")
    outputs = [row for item in found.entries for row in item.pictures]
    for row, line in zip(outputs, lines, strict=True):
        cells = [cell.text for cell in line.all("td")]
        assert cells[1:3] == [row.output, row.content]
        values = [number(row.values[name], 2) if name in row.values else "–" for name in digits]
        assert cells[3:-1] == values


def test_what_is_undefined_has_its_reason_below_and_a_link_to_it_above(shown):
    page = shown(everything())
    headline = page.one("section", id="headline")
    care = page.one("aside").text
    assert "These photos cannot be told from van-gogh (p = 0.31)." in care
    assert "2 outputs have a plain border." not in care
    (link,) = headline.all("a")
    assert link.attributes["href"] == f"#{page.one('h2', id='care').attributes['id']}"
    assert "not separable" in headline.text
    assert "2 outputs have a plain border." in page.one("section", id="warnings").text
    assert "Not shown, because undefined: van-gogh." in page.one("section", id="trade-off").text


def test_an_undefined_figure_without_a_warning_says_so(shown):
    page = shown(evaluation([entry("a", figures={"style-closure": None})]))
    assert "undefined no reason given" in page.one("section", id="headline").text
    assert page.all("section", id="trade-off") == []


def test_without_entries_the_page_is_still_a_page(shown):
    assert "nothing" in shown(evaluation([])).one("h1").text


def test_tables_that_sort_have_numbers_to_sort_by(shown):
    page = shown(everything())
    for table in page.all("table", class_="sortable"):
        heads = table.one("thead").all("th")
        for row in table.one("tbody").all("tr"):
            cells = [cell for cell in row.children if cell.name in ("td", "th")]
            assert len(cells) == len(heads)
            for head, cell in zip(heads, cells, strict=True):
                numeric = "number" in head.attributes.get("class", "")
                undefined = cell.text.startswith(("undefined", "–"))
                assert ("data-sort" in cell.attributes) == (numeric and not undefined)


def test_a_long_table_of_pictures_is_folded_up(shown):
    assert shown(everything()).one("section", id="outputs").all("details")
    assert not shown(evaluation([entry("a", 12)])).one("section", id="outputs").all("details")


def test_without_published_figures_nothing_is_said_of_them(shown):
    assert shown(everything()).all("section", id="published") == []


def test_details_of_a_figure_are_told():
    made = entry("a")
    told = replace(figure("ssim", 0.5), details={"judge": {"p": 0.031234}, "names": ["x", "y"]})
    found = evaluation([replace(made, figures={**made.figures, "ssim": told})])
    page = read(page_of(found, Gallery({}, {}, {})))
    assert "judge.p 0.03123; names x, y" in page.one("section", id="details").text
