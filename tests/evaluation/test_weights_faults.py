"""Fetching networks where the web or the disk fails: which of them it was is told."""

import errno
import re
import shutil
import ssl

import pytest

from stylecli.errors import StylecliError
from stylecli.evaluation.weights import download


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("gone", "the server answered 404 Not Found"),
        ("closed", "cannot be reached"),
        ("page", "answered with a web page"),
        ("full", "3 MB are needed, 1 MB are free"),
    ],
)
def test_what_goes_wrong_is_explained(server, bring, monkeypatch, fault, words):
    address = server.address
    if fault == "gone":
        server.files.clear()
    elif fault == "closed":
        address = "http://127.0.0.1:9/"
    elif fault == "page":
        server.pages.add("judge.bin")
    else:
        room = shutil.disk_usage(bring.library.parent)._replace(free=1_000_000)
        monkeypatch.setattr("shutil.disk_usage", lambda folder: room)
    with pytest.raises(StylecliError, match=words) as caught:
        bring(source=address)
    assert caught.value.exit_code == 1
    assert caught.value.hint
    assert not bring.file.exists()


NETWORK = [
    ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]"),
    OSError(errno.EHOSTUNREACH, "No route to host"),
    TimeoutError("timed out"),
]


@pytest.mark.parametrize("problem", NETWORK, ids=lambda problem: type(problem).__name__)
def test_a_network_that_breaks_half_way_is_no_broken_disk(server, bring, monkeypatch, problem):
    real = download.urlopen

    def breaking(request, timeout):
        answer = real(request, timeout=timeout)
        first = answer.read(1_000_000)
        monkeypatch.setattr(answer, "read", lambda size: arriving.pop() if arriving else fail())
        arriving = [first]
        return answer

    def fail():
        raise problem

    monkeypatch.setattr(download, "urlopen", breaking)
    said = problem.strerror or str(problem)
    with pytest.raises(StylecliError, match=re.escape(f"the connection broke ({said})")) as caught:
        bring(source=server.address)
    assert caught.value.message.startswith(server.address)
    assert "go on from what has arrived" in caught.value.hint
    monkeypatch.setattr(download, "urlopen", real)
    assert bring(source=server.address).state == "present"
    assert server.asked[-1] == ("judge.bin", "bytes=1000000-")


@pytest.mark.parametrize("problem", NETWORK, ids=lambda problem: type(problem).__name__)
def test_a_network_that_breaks_before_the_answer_is_no_broken_disk(bring, monkeypatch, problem):
    def breaking(request, timeout):
        raise problem

    monkeypatch.setattr(download, "urlopen", breaking)
    with pytest.raises(StylecliError, match=r"https://example.org/judge\.bin: cannot be reached"):
        bring()


def test_a_disk_that_fails_is_no_broken_network(server, bring, monkeypatch):
    def failing(event):
        if event.done:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(StylecliError, match=r"\.part: cannot be written \(Input/output error\)"):
        bring(source=server.address, progress=failing)


@pytest.mark.parametrize("address", ["http://[::1/", "http://exa..mple/", f"http://{'x' * 70}/"])
def test_what_is_no_address_is_told(bring, address):
    with pytest.raises(StylecliError, match="cannot be reached") as caught:
        bring(source=address)
    assert caught.value.hint


def test_what_is_no_address_of_a_file_is_told(bring):
    with pytest.raises(StylecliError, match="no address"):
        bring(source="http://[::1/judge.bin")


def test_letters_that_addresses_do_not_have_are_written_as_they_have_them(server, bring):
    server.files["gr%C3%B6%C3%9Fe/judge.bin"] = server.files.pop("judge.bin")
    bring(source=server.address.replace("http", "HTTP") + "größe/")
    assert bring.file.exists()
