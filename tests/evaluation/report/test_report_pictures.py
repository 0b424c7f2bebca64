import base64
import io
from dataclasses import replace

import pytest
from made_evaluation import entry, evaluation, everything, gallery
from PIL import Image
from read_page import read

from stylecli.evaluation.gallery import Gallery
from stylecli.evaluation.report.page import thumbnails
from stylecli.evaluation.report.page.document import page_of
from stylecli.evaluation.report.wording import number
from stylecli.images.reading import read_picture


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


def test_a_flag_stands_under_its_picture_unless_all_have_it(shown):
    made = entry("a", 3)
    rows = [replace(row, flags=("enlarged",)) for row in made.pictures]
    rows[1] = replace(rows[1], flags=("borders", "enlarged"))
    page = shown(evaluation([replace(made, pictures=tuple(rows))]))
    flags = page.one("section", id="pictures").all("span", class_="flag")
    assert [node.text for node in flags] == ["borders"]


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


@pytest.mark.parametrize(
    ("size", "shown_size"),
    [
        ((60, 40), (320, 213)),
        ((600, 400), (320, 213)),
        ((30, 90), (80, 240)),
        ((2000, 2), (320, 1)),
    ],
)
def test_pictures_of_one_shape_are_shown_in_one_size(tmp_path, size, shown_size):
    found = evaluation([entry("a", 1)])
    page = read(page_of(found, gallery(tmp_path, found, size)))
    images = page.all("img")
    assert {
        (int(image.attributes["width"]), int(image.attributes["height"])) for image in images
    } == {shown_size}
    source = images[0].attributes["src"].removeprefix("data:image/jpeg;base64,")
    with Image.open(io.BytesIO(base64.b64decode(source))) as inside:
        assert inside.format == "JPEG"
        assert max(inside.size) == min(320, max(size))


def test_every_file_is_read_once(tmp_path, monkeypatch):
    read_files = []
    monkeypatch.setattr(
        thumbnails, "read_picture", lambda path: read_files.append(path) or read_picture(path)
    )
    found = everything()
    page_of(found, gallery(tmp_path, found))
    assert len(read_files) == len(set(read_files)) > 60


def test_the_references_aimed_at_are_shown(shown):
    section = shown(everything()).one("section", id="references")
    said = [node.text for node in section.all("figcaption")]
    assert said == [
        "Reference monet – 10 of 130 pictures",
        "Reference van-gogh – all 8 pictures",
    ]
    assert [len(node.all("img")) for node in section.all("div", class_="strip")] == [10, 8]
