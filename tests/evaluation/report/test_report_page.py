import base64
import hashlib
import re
from dataclasses import replace

import pytest
from made_evaluation import checkpoints, entry, evaluation, everything, figure, gallery
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
    assert [address for address in found if not address.startswith("data:")] == []
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


def test_what_is_undefined_has_its_reason_near_the_headline(shown):
    page = shown(everything())
    headline = page.one("section", id="headline")
    assert "These photos cannot be told from van-gogh (p = 0.31)." in headline.text
    assert "2 outputs have a plain border." not in headline.text
    assert "2 outputs have a plain border." in page.one("section", id="warnings").text
    assert "Not shown, because undefined: van-gogh." in page.one("section", id="trade-off").text


def test_an_undefined_figure_without_a_warning_says_so(shown):
    page = shown(evaluation([entry("a", figures={"style-closure": None})]))
    assert "undefined no reason given" in page.one("section", id="headline").text
    assert page.all("section", id="trade-off") == []


def test_the_same_photo_stands_beside_every_output_of_it(shown):
    found = everything()
    rows = shown(found).one("section", id="pictures").one("tbody").all("tr")
    assert len(rows) == 12
    for at, row in enumerate(rows):
        photo, *outputs = row.all("img")
        assert photo.attributes["data-photo"] == f"photo-{at:02}.jpg"
        assert [image.attributes["alt"] for image in outputs] == [
            f"{item.name}: photo-{at:02}.{item.name}.png" for item in found.entries
        ]
        assert {image.attributes["data-beside"] for image in outputs} == {f"photo-{at:02}.jpg"}
    assert "CR " in outputs[0].attributes["data-values"]


def test_many_photos_are_cut_to_the_first_twelve_and_it_is_said(shown):
    page = shown(evaluation([entry("a", 40), entry("b", 40)]))
    section = page.one("section", id="pictures")
    assert len(section.one("tbody").all("tr")) == 12
    assert "12 of 40 content pictures shown." in section.text


def test_best_median_and_worst_are_those_of_the_style_metric(shown):
    found = everything()
    rows = shown(found).one("section", id="picks").all("div", class_="picks")
    ranked = sorted(found.entries[1].pictures, key=lambda row: -row.values["style-closure"])
    wanted = [ranked[0], ranked[5], ranked[-1]]
    picks = rows[1].all("figure")
    assert [pick.one("b").text for pick in picks] == ["best", "median", "worst"]
    for pick, row in zip(picks, wanted, strict=True):
        photo, output = pick.all("img")
        assert photo.attributes["data-photo"] == row.content
        assert output.attributes["alt"] == f"monet at 0.6: {row.output}"
        assert pick.one("figcaption").text.endswith(number(row.values["style-closure"], 2))
    # The entry without style closure of its pictures has none.
    assert len(rows) == 3


def test_where_less_is_better_the_smallest_is_best(shown):
    found = evaluation([entry("a")])
    metrics = tuple(
        replace(metric, better="less") if metric.axis == "style" else metric
        for metric in found.metrics
    )
    page = shown(replace(found, metrics=metrics))
    first = page.one("section", id="picks").all("figure")[0]
    smallest = min(found.entries[0].pictures, key=lambda row: row.values["style-closure"])
    assert first.all("img")[1].attributes["alt"] == f"a: {smallest.output}"


@pytest.mark.parametrize("count", [1, 2])
def test_one_entry_of_a_picture_or_two(shown, count):
    made = entry("only", count)
    figures = {
        name: replace(found, interval=None, replicates=()) for name, found in made.figures.items()
    }
    page = shown(evaluation([replace(made, figures=figures)]))
    assert page.all("section", id="differences") == []
    words = [node.text for node in page.one("section", id="picks").all("b")]
    assert words == [["the only one"], ["best", "worst"]][count - 1]
    assert "too few to say how sure a figure is" in page.one("header").text
    kind = "The 1 content picture." if count == 1 else "All 2 content pictures."
    assert kind in page.one("section", id="pictures").text


def test_pictures_from_text_have_no_photo_beside_them(shown):
    made = entry("words", 15)
    made = replace(made, pictures=tuple(replace(row, content=None) for row in made.pictures))
    page = shown(evaluation([made, replace(made, name="other")], content=None))
    section = page.one("section", id="pictures")
    assert [cell.text.strip() for cell in section.one("thead").all("th")] == ["words", "other"]
    assert "12 of 15 outputs shown." in section.text
    assert not [image for image in page.all("img") if "data-beside" in image.attributes]
    assert "made from text" in page.one("header").text


def test_without_entries_the_page_is_still_a_page(shown):
    assert "nothing" in shown(evaluation([])).one("h1").text


def test_a_picture_that_is_gone_is_named(tmp_path):
    found = evaluation([entry("a", 3)])
    files = gallery(tmp_path, found)
    gone, damaged = files.outputs["a"][:2]
    gone.unlink()
    damaged.write_bytes(b"no picture")
    page = read(page_of(found, files))
    cells = page.one("section", id="pictures").one("tbody").all("td")
    assert [cell.text for cell in cells[:2]] == [
        f"{gone.name} cannot be read",
        f"{damaged.name} cannot be read",
    ]


def test_a_gallery_without_files_leaves_the_figures(shown):
    page = read(page_of(everything(), Gallery({}, {}, {})))
    assert page.all("img") == []
    assert "0.62" in page.one("section", id="headline").text


def test_a_page_of_many_pictures_stays_light(tmp_path):
    found = evaluation([entry(f"style {at}", 40) for at in range(4)])
    files = gallery(tmp_path, found, size=(480, 320))
    page = read(page_of(found, files))
    sizes = {(image.attributes["width"], image.attributes["height"]) for image in page.all("img")}
    assert sizes == {("320", "213")}
    assert len(page.all("img")) <= 12 * 5 + 4 * 6 + 10


def test_the_references_aimed_at_are_shown(shown):
    section = shown(everything()).one("section", id="references")
    said = [node.text for node in section.all("figcaption")]
    assert said == ["monet – 10 of 130 pictures", "van-gogh – all 8 pictures"]
    assert [len(node.all("img")) for node in section.all("div", class_="strip")] == [10, 8]


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


def test_without_published_figures_one_sentence_says_so(shown):
    section = shown(everything()).one("section", id="published")
    assert section.one("p").text.startswith("None: no published figure has this protocol")


def test_details_of_a_figure_are_told():
    made = entry("a")
    told = replace(figure("ssim", 0.5), details={"judge": {"p": 0.031234}, "names": ["x", "y"]})
    found = evaluation([replace(made, figures={**made.figures, "ssim": told})])
    page = read(page_of(found, Gallery({}, {}, {})))
    assert "judge.p 0.03123; names x, y" in page.one("section", id="details").text
