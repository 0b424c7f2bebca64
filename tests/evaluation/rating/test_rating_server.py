"""The server: for this machine and whoever has the address; nothing lost, nothing told."""

import http.client
import io
import json
import socket
import threading
from dataclasses import replace
from urllib.parse import quote

import pytest
from made_pictures import CAMERA, ENTRIES, Visitor, lines_of, make_pictures, material_in, served
from PIL import Image

from stylecli.errors import StylecliError
from stylecli.evaluation.rating.asking.server import RatingServer
from stylecli.evaluation.rating.reading import read_answers


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return material_in(make_pictures(tmp_path_factory.mktemp("rated")))


@pytest.fixture
def results(tmp_path):
    return tmp_path / "ratings.jsonl"


@pytest.fixture
def visitor(material, results):
    with served(material, results, ("real", "choice", "score")) as (server, _):
        yield Visitor(server.address())


def fitting(question, kind=0):
    return {"choice": ("left", "tie"), "score": (7, 1), "real": ("real", "fake")}[question["kind"]][
        kind
    ]


def test_only_this_machine_hears_it(material, results):
    with served(material, results) as (server, _):
        address = server.address("Zoë B")
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/?rater=Zo%C3%AB%20B")
        port = Visitor(address).place.port
        own = [
            found[4][0]
            for found in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)
            if not found[4][0].startswith("127.")
        ]
        for other in own:
            with socket.socket() as asking:
                asking.settimeout(0.5)
                assert asking.connect_ex((other, port)) != 0


@pytest.mark.parametrize(
    ("path", "root"),
    [("", "/"), ("", "/wrong-token/"), ("question?rater=a", "/"), ("", ""), ("picture/x", "/é/")],
)
def test_without_the_token_nothing_is_told(visitor, path, root):
    status, headers, content = visitor.ask(path.encode().decode(), root=root.replace("é", "%C3%A9"))
    assert status == 403
    assert b"The address is not whole" in content
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "origin", ["https://example.org", "null", "http://127.0.0.1:1", "http://evil.localhost"]
)
def test_a_foreign_page_is_refused(visitor, results, origin):
    question = visitor.state("anna")["question"]
    given = {"rater": "anna", "question": question["id"], "answer": fitting(question)}
    assert visitor.ask("answer", given, Origin=origin)[0] == 403
    assert visitor.ask("question?rater=anna", Origin=origin)[0] == 403
    assert results.read_bytes() == b""
    assert visitor.state("anna")["done"] == 0


def test_its_own_page_is_not_refused(visitor):
    own = f"http://{visitor.place.netloc}"
    assert visitor.ask("question?rater=anna", Origin=own)[0] == 200


def test_a_foreign_name_that_points_here_is_refused(visitor):
    port = visitor.place.port
    assert visitor.ask(Host=f"evil.example:{port}")[0] == 403
    assert visitor.ask(Host=f"127.0.0.1.evil.example:{port}")[0] == 403
    assert visitor.ask(Host=f"localhost:{port}")[0] == 200


def test_what_is_no_answer_is_refused_and_not_kept(visitor, results):
    question = visitor.state("anna")["question"]
    good = {"rater": "anna", "question": question["id"], "answer": fitting(question)}
    for change in ({"answer": "both"}, {"answer": 0}, {"answer": True}, {"question": "c-9"}, {"rater": " "},
                   {"rater": "x" * 61}, {"rater": "a\u202eb"}):  # fmt: skip
        assert visitor.ask("answer", {**good, **change})[0] == 400
    assert visitor.ask("answer", good, Content_Type="text/plain")[0] == 400
    assert visitor.ask("answer", [good])[0] == 400
    assert visitor.ask("answer", {**good, "more": "x" * 20_000})[0] == 400
    assert visitor.ask("elsewhere", good)[0] == 404
    assert visitor.ask("elsewhere")[0] == 404
    assert visitor.ask(method="DELETE")[0] == 501
    assert results.read_bytes() == b""


def test_a_length_that_is_no_number_is_answered(visitor, results):
    given = {"rater": "anna", "question": "x", "answer": "left"}
    for length in ("9" * 5000, "-1", "1e3"):
        status, _, content = visitor.ask("answer", given, Content_Length=length)
        assert (status, content) == (400, b"This is no answer.")
    assert results.read_bytes() == b""


# Persian, Malayalam, and a family: letters that are joined, or kept apart, by what is not seen.
@pytest.mark.parametrize("name", ["علی\u200cرضا", "അവൻ\u200d", "\U0001f469\u200d\U0001f467"])
def test_names_are_written_as_people_write_them(visitor, results, name):
    question = visitor.state(quote(name))["question"]
    visitor.answer(name, question["id"], fitting(question))
    bare = name.replace("\u200c", "").replace("\u200d", "")
    assert visitor.state(quote(bare))["done"] == 1
    assert {line["rater"] for line in lines_of(results)} == {name.strip("\u200d")}


def test_a_name_of_nothing_that_is_seen_is_none(visitor):
    for name in ("\u200d", "\u200c \u200d"):
        assert visitor.ask(f"question?rater={quote(name)}")[0] == 400


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


def test_a_page_loads_nothing_from_elsewhere(visitor):
    status, headers, content = visitor.ask()
    assert status == 200
    assert b"http" not in content.replace(b"http-equiv", b"")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Server"].strip() == "stylecli"


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


def test_every_answer_is_a_line_at_once(visitor, results):
    state = visitor.state("Anna")
    total = state["total"]
    asked = []
    while state["question"]:
        question = state["question"]
        asked.append(question)
        assert state["done"] == len(asked) - 1
        state = visitor.answer("Anna", question["id"], fitting(question), seconds=2.04)
        assert len(lines_of(results)) == 1 + len(asked)
    assert len(asked) == total == 20
    start, *lines = lines_of(results)
    assert (start["kind"], start["report"]) == ("start", "")
    for question, line in zip(asked, lines, strict=True):
        assert line["schema"] == "stylecli-rating/1"
        assert line["question"] == question["id"]
        assert line["seconds"] == 2.0
        assert line["target"] == "painter"
    assert read_answers(results).unreadable == 0
    kinds = [line["kind"] for line in lines]
    assert [kinds.count(kind) for kind in ("real", "choice", "score")] == [7, 7, 6]


def test_who_comes_back_goes_on_where_they_were(material, results):
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        for _ in range(3):
            question = visitor.state("Anna")["question"]
            after = visitor.answer("Anna", question["id"], "left")
        assert visitor.state("Anna") == after
    with served(material, results) as (server, _):
        visitor = Visitor(server.address())
        state = visitor.state(" anna ".replace(" ", "%20"))
        assert state["rater"] == "Anna"
        assert state["done"] == 3
        assert state["question"]["id"] == after["question"]["id"]
        assert visitor.state("ben")["done"] == 0


def test_an_answer_that_is_sent_twice_counts_once(visitor, results):
    question = visitor.state("anna")["question"]
    first = visitor.answer("anna", question["id"], fitting(question))
    assert visitor.answer("anna", question["id"], fitting(question, 1)) == first
    assert len(lines_of(results)) == 2


def test_the_last_answer_can_be_taken_back_and_the_one_before(visitor, results):
    first = visitor.state("anna")["question"]
    assert visitor.undo("anna")["done"] == 0
    second = visitor.answer("anna", first["id"], fitting(first))["question"]
    visitor.answer("anna", second["id"], fitting(second))
    assert visitor.undo("anna")["question"]["id"] == second["id"]
    assert visitor.undo("anna")["question"]["id"] == first["id"]
    visitor.answer("anna", first["id"], fitting(first, 1))
    kinds = [line["kind"] for line in lines_of(results)]
    assert kinds.count("withdraw") == 2
    assert len(kinds) == 6
    (stands,) = read_answers(results).standing
    assert fitting(first, 1) in (stands.said,)


def test_many_raters_at_once_lose_nothing(visitor, results):
    problems = []

    def rate(name):
        try:
            state = visitor.state(name)
            while state["question"]:
                state = visitor.answer(name, state["question"]["id"], fitting(state["question"]))
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=rate, args=(f"rater{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    found = read_answers(results)
    assert len(found.standing) == 120
    assert found.unreadable == found.replaced == 0


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


def test_what_comes_after_the_end_is_not_kept(material, results):
    with served(material, results) as (server, desk):
        visitor = Visitor(server.address())
        connection = http.client.HTTPConnection(visitor.place.netloc, timeout=20)
        connection.request("GET", f"{visitor.place.path}question?rater=anna")
        question = json.loads(connection.getresponse().read())["question"]
    given = {"rater": "anna", "question": question["id"], "answer": "left"}
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"{visitor.place.path}answer", json.dumps(given), headers)
    response = connection.getresponse()
    assert response.status == 503
    assert b"stylecli has ended" in response.read()
    connection.close()
    with pytest.raises(StylecliError, match="after the end"):
        desk.answer("anna", question["id"], "left", 1)
    assert not results.exists()


def test_a_port_that_is_taken_is_said(material, results):
    with served(material, results) as (server, desk):
        port = Visitor(server.address()).place.port
        with pytest.raises(StylecliError, match=f"Port {port} is taken") as told:
            RatingServer(desk, None, "", port, print)
        assert "--port 0" in told.value.hint


def test_answers_about_other_pictures_are_counted(material, results, tmp_path):
    with served(material, results) as (server, desk):
        visitor = Visitor(server.address())
        visitor.answer("anna", visitor.state("anna")["question"]["id"], "left")
        assert desk.strange() == 0
    other = material_in(make_pictures(tmp_path / "other", photos=5, size=(64, 64)))
    with served(other, results) as (server, desk):
        assert desk.strange() == 1
        assert Visitor(server.address()).state("anna")["done"] == 0


def test_real_pictures_of_a_reference_that_is_not_given_are_not_strange(results, tmp_path):
    root = make_pictures(tmp_path / "rated")
    with served(material_in(root), results, ("real",)) as (server, _):
        visitor = Visitor(server.address())
        state = visitor.state("anna")
        while state["question"]:
            state = visitor.answer("anna", state["question"]["id"], "real")
    bare = replace(material_in(root), references=())
    with served(bare, results) as (_, desk):
        assert desk.strange() == 0
    pictures = tuple(replace(each, target="another") for each in bare.pictures)
    with served(replace(bare, pictures=pictures), results) as (_, desk):
        assert desk.strange() == 6
