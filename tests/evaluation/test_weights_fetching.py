"""Fetching networks: nothing stands in its place that is not the published file."""

import hashlib
import os
import shutil
from dataclasses import replace

import pytest
from made_weights import CONTENT, DIGEST, JUDGE, UNKNOWN, names

from stylecli.errors import Cancelled, StylecliError, UsageError
from stylecli.evaluation.weights.digests import Digests
from stylecli.evaluation.weights.fetching import fetch
from stylecli.progress import silent


def test_a_file_is_fetched_checked_and_put_in_its_place(server, bring):
    events = []
    found = bring(source=server.address, progress=events.append)
    assert found.state == "present"
    assert bring.file.read_bytes() == CONTENT
    assert names(bring.file.parent) == ["judge.bin"]
    assert bring.told == [f"judge: judge.bin from {server.address}, 3 MB, licence: MIT."]
    assert [event.done for event in events if event.total] == [1, 2, 3]
    assert bring.file.stat().st_mode & 0o777 == 0o666 & ~_mask()


def _mask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_good_file_is_never_fetched_again(server, bring):
    bring(source=server.address)
    for overwrite in (False, True):
        assert bring(source=server.address, overwrite=overwrite).state == "present"
    assert len(server.asked) == 1
    assert "is there already" in bring.told[-1]


def test_another_file_is_not_kept(server, bring):
    server.files["judge.bin"] = b"something else"
    with pytest.raises(StylecliError, match="is not the published file") as caught:
        bring(source=server.address)
    assert DIGEST in caught.value.message
    assert hashlib.sha256(b"something else").hexdigest() in caught.value.message
    assert names(bring.file.parent) == []


def test_a_download_goes_on_where_it_ended(server, bring):
    server.cut.add("judge.bin")
    with pytest.raises(StylecliError, match="1500000 of 3000000 bytes") as caught:
        bring(source=server.address)
    assert "Run the command again to go on" in caught.value.hint
    assert not bring.file.exists()
    server.cut.clear()
    assert bring(source=server.address).state == "present"
    assert server.asked == [("judge.bin", ""), ("judge.bin", "bytes=1500000-")]


def test_a_server_without_pieces_sends_all_of_it(server, bring):
    server.cut.add("judge.bin")
    with pytest.raises(StylecliError):
        bring(source=server.address)
    server.cut.clear()
    server.whole.add("judge.bin")
    assert bring(source=server.address).state == "present"


def test_what_has_arrived_of_another_file_is_no_beginning(server, bring):
    bring.file.parent.mkdir(parents=True)
    (bring.file.parent / ".judge.bin.part").write_bytes(b"x" * 4_000_000)
    assert bring(source=server.address).state == "present"
    assert server.asked == [("judge.bin", "bytes=4000000-"), ("judge.bin", "")]


def test_without_a_published_hash_nothing_is_put_together_from_halves(server, bring):
    server.cut.add("judge.bin")
    with pytest.raises(StylecliError) as caught:
        bring(UNKNOWN, source=server.address)
    assert "Try again" in caught.value.hint
    assert names(bring.file.parent) == []
    server.cut.clear()
    assert bring(UNKNOWN, source=server.address).state == "unknown"
    assert f"SHA-256 {DIGEST}; the published hash is not known" in bring.told[-1]


def test_what_has_arrived_whole_is_not_fetched_again(server, bring):
    bring.file.parent.mkdir(parents=True)
    (bring.file.parent / ".judge.bin.part").write_bytes(CONTENT)
    assert bring(source=server.address).state == "present"
    assert server.asked == []
    assert names(bring.file.parent) == ["judge.bin"]


@pytest.mark.parametrize("weights", [JUDGE, UNKNOWN], ids=["known", "unknown"])
def test_two_do_not_fetch_one_network_at_once(server, bring, tmp_path, weights):
    refused = []

    def meanwhile(event):
        if event.done and not refused:
            with pytest.raises(StylecliError, match="another stylecli is fetching it") as caught:
                fetch(weights, bring.library, Digests(None), silent, server.address)
            refused.append(caught.value.hint)

    found = bring(weights, source=server.address, progress=meanwhile)
    assert refused
    assert found.state in ("present", "unknown")
    assert bring.file.read_bytes() == CONTENT
    assert [name for name, _ in server.asked] == ["judge.bin"]


def test_stopping_keeps_what_has_arrived(server, bring):
    def stop(event):
        if event.done:
            raise Cancelled("Stopped as you asked.")

    with pytest.raises(Cancelled) as caught:
        bring(source=server.address, progress=stop)
    assert "go on from what has arrived" in caught.value.hint
    assert names(bring.file.parent) == [".judge.bin.part"]
    assert bring(source=server.address).state == "present"


def test_a_wrong_file_is_replaced_only_when_asked(server, bring):
    bring.file.parent.mkdir(parents=True)
    bring.file.write_bytes(b"mine")
    with pytest.raises(StylecliError, match="not the published file") as caught:
        bring(source=server.address)
    # Nothing is wrong with what was typed.
    assert caught.value.exit_code == 1
    assert "--overwrite" in caught.value.hint
    assert bring.file.read_bytes() == b"mine"
    assert bring(source=server.address, overwrite=True).state == "present"


def test_a_file_that_nobody_knows_is_replaced_only_when_asked(server, bring):
    bring.file.parent.mkdir(parents=True)
    bring.file.write_bytes(b"mine")
    assert bring(UNKNOWN, source=server.address).state == "unknown"
    assert "Replace it with --overwrite" in bring.told[-1]
    assert server.asked == []
    bring(UNKNOWN, source=server.address, overwrite=True)
    assert bring.file.read_bytes() == CONTENT


def test_a_copy_from_this_machine_is_checked_too(tmp_path, bring):
    copy = tmp_path / "downloads"
    copy.mkdir()
    (copy / "renamed").write_bytes(CONTENT)
    assert bring(source=str(copy / "renamed")).state == "present"
    shutil.rmtree(bring.library)
    with pytest.raises(UsageError, match=r"holds none of judge's files: judge\.bin"):
        bring(source=str(copy))
    with pytest.raises(UsageError, match="no such folder or file"):
        bring(source=str(tmp_path / "gone"))
    (copy / "judge.bin").write_bytes(b"something else")
    with pytest.raises(StylecliError, match="is not the published file"):
        bring(source=str(copy))
    assert not bring.file.exists()
    assert (copy / "judge.bin").read_bytes() == b"something else"


def test_what_is_published_nowhere_is_brought_by_the_user(tmp_path, bring):
    own = replace(UNKNOWN, source="", megabytes=350)
    with pytest.raises(UsageError, match="it is published nowhere") as caught:
        bring(own)
    assert "stylecli eval weights fetch judge --from FOLDER|hub:owner/name" in caught.value.hint
    (tmp_path / "judge.bin").write_bytes(CONTENT)
    assert bring(own, source=str(tmp_path)).state == "unknown"
    # It may be of any size.
    assert bring.told[0] == f"judge: judge.bin from {tmp_path}, licence: MIT."


def test_of_several_files_one_may_be_brought_after_the_other(tmp_path, server, bring):
    other = hashlib.sha256(b"other").hexdigest()
    both = replace(JUDGE, files={"judge.bin": DIGEST, "inner/other.bin": other})
    (tmp_path / "other.bin").write_bytes(b"other")
    for told in (1, 2):
        assert bring(both, source=str(tmp_path / "other.bin")).state == "missing"
        # What is there is said to be there; what is not brought is not announced.
        assert sum("other.bin from" in each for each in bring.told) == 1
        assert len(bring.told) == told
    with pytest.raises(UsageError, match=r"'nothing\.bin' is none of judge's files"):
        bring(both, source=f"{server.address}nothing.bin")
    found = bring(both, source=f"{server.address}{{file}}")
    assert found.state == "present"
    assert [name for name, _ in server.asked] == ["judge.bin"]
    assert f"judge.bin from {server.address}judge.bin, 3 MB" in bring.told[-1]


def test_a_library_that_is_in_the_way_is_explained(server, bring):
    bring.library.write_text("a file")
    with pytest.raises(StylecliError, match=r"judge\.bin: cannot be"):
        bring(source=server.address)
