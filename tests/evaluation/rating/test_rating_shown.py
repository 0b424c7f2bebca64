"""The pictures that raters see: they tell nothing, and are the ones that answers are kept for."""

import io

from made_pictures import (
    CAMERA,
    ENTRIES,
    Visitor,
    files_in,
    fitting,
    make_pictures,
    material_in,
    served,
)
from PIL import Image

from stylecli.evaluation.rating.asking.material import Material, Picture
from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.questions import questions_for
from stylecli.evaluation.rating.asking.report_page import small_copies
from stylecli.evaluation.report.page.thumbnails import Thumbnails


def test_the_page_and_what_it_is_told_name_no_entry(visitor, material):
    told = [visitor.ask()[2].decode()]
    for _ in range(30):
        state = visitor.state("anna")
        told.append(str(state))
        if state["question"] is None:
            break
        visitor.answer("anna", state["question"]["id"], fitting(state["question"]))
    assert state["question"] is None
    everything = "".join(told).casefold()
    for secret in (
        *ENTRIES,
        ".png",
        ".jpg",
        *(each.digest for each in material.pictures),
    ):
        assert secret not in everything


def test_pictures_say_nothing_about_themselves(visitor):
    state = visitor.state("anna")
    seen = set()
    while state["question"]:
        question = state["question"]
        leaves = [*question["pictures"], *question["references"]]
        leaves += [question["photo"]] if question["photo"] else []
        for leaf in leaves:
            status, headers, content = visitor.ask(f"picture/{leaf['id']}")
            assert (status, headers["Content-Type"]) == (200, "image/jpeg")
            assert not any(
                secret.encode() in content for secret in (*ENTRIES, CAMERA, "Exif", "stylecli")
            )
            with Image.open(io.BytesIO(content)) as image:
                assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
                assert image.width * leaf["height"] == image.height * leaf["width"]
                if question["kind"] == "real":
                    assert image.size == (64, 64)
            seen.add((question["kind"], leaf["id"]))
        state = visitor.answer("anna", question["id"], fitting(question))
    real = {leaf for kind, leaf in seen if kind == "real"}
    assert real.isdisjoint({leaf for kind, leaf in seen if kind != "real"})
    assert visitor.ask("picture/00000000000000000000")[0] == 404


def test_a_picture_that_breaks_is_asked_about_no_more(tmp_path, results):
    root = make_pictures(tmp_path / "rated", ENTRIES[:2])
    heard = []
    with served(material_in(root, ENTRIES[:2]), results, progress=heard.append) as (server, _):
        visitor = Visitor(server.address())
        state = visitor.state("anna")
        (root / ENTRIES[0] / "p0.png").write_bytes(b"gone")
        (root / ENTRIES[0] / "p1.png").write_bytes(b"gone")
        for _ in range(10):
            question = visitor.state("anna")["question"]
            if question is None:
                break
            codes = [visitor.ask(f"picture/{leaf['id']}")[0] for leaf in question["pictures"]]
            if codes == [200, 200]:
                visitor.answer("anna", question["id"], "tie")
            else:
                assert sorted(codes) == [200, 404]
        after = visitor.state("anna")
    assert state["total"] == 7
    assert after["question"] is None
    assert after["done"] == after["total"] in (4, 5)
    assert len(heard) == 2
    assert "Nobody is asked about it any more" in heard[0].message


def test_a_picture_that_was_painted_anew_is_not_shown_under_its_old_name(tmp_path, results):
    root = make_pictures(tmp_path / "rated", ENTRIES[:2])
    heard = []
    with served(material_in(root, ENTRIES[:2]), results, progress=heard.append) as (server, _):
        visitor = Visitor(server.address())
        left, right = visitor.state("anna")["question"]["pictures"]
        before = visitor.ask(f"picture/{left['id']}")
        for entry in ENTRIES[:2]:
            for file in files_in(root / entry):
                Image.new("RGB", (96, 72), "red").save(file)
        assert visitor.ask(f"picture/{left['id']}")[2] == before[2]
        assert visitor.ask(f"picture/{right['id']}")[0] == 404
        assert visitor.state("anna")["total"] == 5
    (told,) = heard
    assert "was painted anew" in told.message


def test_pictures_that_are_away_are_asked_about_when_they_are_back(tmp_path, results):
    root = make_pictures(tmp_path / "rated", ENTRIES[:2])
    heard = []
    material = material_in(root, ENTRIES[:2])
    with served(material, results, progress=heard.append) as (server, _):
        visitor = Visitor(server.address())
        state = visitor.state("anna")
        root.rename(tmp_path / "away")
        for rater in ("ben", "carl"):
            status, _, content = visitor.ask(f"question?rater={rater}")
            assert (status, b"cannot be reached just now" in content) == (503, True)
        assert str(tmp_path).encode() not in content
        given = {"rater": "anna", "question": state["question"]["id"], "answer": "left"}
        for leaf in state["question"]["pictures"]:
            assert visitor.ask(f"picture/{leaf['id']}")[0] == 404
        assert visitor.ask("answer", given)[0] == 503
        (tmp_path / "away").rename(root)
        asked = questions_for(material, ("choice",), 20, 0, "ben")
        assert visitor.state("ben")["total"] == len(asked) > 5
        assert visitor.state("anna")["done"] == 1
    assert {"none of its pictures is there" in each.message for each in heard} == {True}
    assert len(heard) <= 4


def test_many_pictures_that_break_are_left_out_and_said_to_be(tmp_path, results):
    pictures = tuple(
        Picture(entry, "", f"p{number}", f"p{number}.png", "0", tmp_path / entry / f"p{number}.png")
        for entry in "ab"
        for number in range(600)
    )
    for entry in "ab":
        (tmp_path / entry).mkdir()
        (tmp_path / entry / "p0.png").write_bytes(b"damaged")
    heard = []
    material = Material(pictures, {}, {})
    with served(material, results, ("score",), 10_000, heard.append) as (server, _):
        status, _, content = Visitor(server.address()).ask("question?rater=anna")
    assert (status, content[:26]) == (400, b"No picture is left that ca")
    assert len(heard) == 1200


def test_ids_are_others_in_each_book(material):
    (question,) = questions_for(material, ("choice",), 1, 0, "anna")
    ids = []
    for _ in range(2):
        book = PictureBook(material, 64)
        photo, references = book.beside(question)
        ids += [leaf.id for leaf in (*book.judged(question), photo, *references)]
        ids.append(book.hidden(question.id))
        assert book.hidden(question.id) == ids[-1]
    assert len(set(ids)) == len(ids) == 14


def test_an_id_of_a_question_does_not_tell_its_sides(visitor, material):
    seen = []
    state = visitor.state("anna")
    while state["question"]:
        seen.append(state["question"]["id"])
        state = visitor.answer("anna", seen[-1], fitting(state["question"]))
    asked = questions_for(material, ("real", "choice", "score"), 20, 0, "anna")
    assert len(set(seen)) == len(asked)
    assert not any(question.id[-6:] in told for question in asked for told in seen)


def thumbnail(folder, name):
    """A picture as the page of a report holds it."""
    Image.new("RGB", (9, 9)).save(folder / f"{name}.png")
    return Thumbnails().of(folder / f"{name}.png").source


def test_a_damaged_copy_on_a_report_page_is_left_out(tmp_path):
    photos = {name: thumbnail(tmp_path, name) for name in ("good", "bad")}
    photos["bad"] = photos["bad"].rstrip("=")[:-3]
    page = "".join(
        f'<img src="{source}" width="9" height="9" alt="x" data-photo="{name}">'
        for name, source in photos.items()
    )
    strip = "".join(
        f'<img src="{source}" width="9" height="9" alt="{name}">' for name, source in photos.items()
    )
    strip = f'<section id="references"><figure><bdi>monet</bdi>{strip}</figure></section>'
    (tmp_path / "report.html").write_text(page + strip, encoding="utf-8")
    found = small_copies(tmp_path / "report.html")
    assert list(found.photos) == ["good"]
    assert len(found.references["monet"]) == 1
