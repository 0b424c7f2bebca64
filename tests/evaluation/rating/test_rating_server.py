"""The server: for this machine and whoever has the address."""

import http.client
import json
import socket
import struct

import pytest
from made_pictures import (
    Visitor,
    fitting,
    served,
)

from stylecli.errors import StylecliError
from stylecli.evaluation.rating.asking.page.document import rating_page
from stylecli.evaluation.rating.asking.server import RatingServer


def test_only_this_machine_hears_it(material, results):
    with served(material, results) as (server, _):
        address = server.address("Zoë B")
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/?rater=Zo%C3%AB%20B")
        # What listens at every address of the machine hears this one, too.
        with socket.socket() as asking:
            asking.settimeout(2)
            assert asking.connect_ex(("127.0.0.2", Visitor(address).place.port)) != 0


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


def test_a_length_that_is_no_number_is_answered(visitor, results):
    given = {"rater": "anna", "question": "x", "answer": "left"}
    for length in ("9" * 5000, "-1", "1e3"):
        status, _, content = visitor.ask("answer", given, Content_Length=length)
        assert (status, content) == (400, b"This is no answer.")
    assert results.read_bytes() == b""


def test_a_page_loads_nothing_from_elsewhere(visitor):
    status, headers, content = visitor.ask()
    assert status == 200
    assert b"http" not in content.replace(b"http-equiv", b"")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Server"].strip() == "stylecli"


def sent(visitor, content: bytes) -> bytes:
    """What comes back until the server hangs up."""
    with socket.create_connection((visitor.place.hostname, visitor.place.port), 20) as connection:
        connection.sendall(content)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def test_what_comes_with_a_refused_request_is_no_request(visitor):
    root = visitor.place.path
    within = f"GET {root}question?rater=anna HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for head in (
        f"POST {root}answer HTTP/1.1\r\nHost: evil.example",
        f"POST {root}x HTTP/1.1\r\nHost: localhost",
    ):
        length = f"Content-Length: {len(within)}"
        back = sent(visitor, f"{head}\r\n{length}\r\n\r\n{within}".encode())
        assert back.count(b"HTTP/1.1") == 1
        assert b"rater" not in back


def test_an_address_that_is_none_is_refused_and_not_told(material, results):
    heard = []
    with served(material, results, progress=heard.append) as (server, _):
        visitor = Visitor(server.address())
        back = sent(visitor, b"GET http://[ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert back.startswith(b"HTTP/1.1 403 ")
    assert heard == []


def test_a_fault_of_ours_is_told_here_and_there(material, results, monkeypatch):
    heard = []
    with served(material, results, progress=heard.append) as (server, desk):
        visitor = Visitor(server.address())

        def broken(rater):
            raise KeyError("a fault")

        monkeypatch.setattr(desk, "state", broken)
        for _ in range(2):
            status, _, content = visitor.ask("question?rater=anna")
            assert (status, b"Something failed" in content) == (500, True)
        assert b"a fault" not in content
    (told,) = heard
    assert told.level == "warning"
    assert "unexpected" in told.message
    assert "KeyError: 'a fault'" in told.message


def test_a_browser_that_hangs_up_is_no_matter(material, results, capfd):
    heard = []
    with served(material, results, progress=heard.append) as (server, _):
        visitor = Visitor(server.address())
        for _ in range(3):
            with socket.create_connection((visitor.place.hostname, visitor.place.port)) as asking:
                asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                asking.sendall(
                    f"GET {visitor.place.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
                )
        assert visitor.ask()[0] == 200
    assert heard == []
    assert capfd.readouterr().err == ""


def test_a_name_does_not_end_the_script_of_its_page():
    name = "</script><img src=x>"
    page = rating_page({"rater": name, "total": 3}, served=True)
    data = page.partition('id="setup">')[2].partition("</script>")[0]
    assert json.loads(data) == {"rater": name, "total": 3}


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
