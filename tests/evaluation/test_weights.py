"""Networks' files on this machine: which are here, and whether they are the right ones."""

import hashlib
import os
from dataclasses import replace

import pytest

from stylecli import Weights
from stylecli.errors import StylecliError
from stylecli.evaluation.weights.digests import Digests
from stylecli.evaluation.weights.looking import look

CONTENT = b"a network of three layers"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
JUDGE = Weights(
    name="judge",
    summary="a judge",
    files={"judge.bin": DIGEST},
    source="https://example.org/{file}",
    megabytes=1,
    licence="MIT",
)


@pytest.fixture
def digests(tmp_path):
    return Digests(tmp_path / "weights.json")


@pytest.fixture
def library(tmp_path):
    (tmp_path / "weights" / "judge").mkdir(parents=True)
    return tmp_path / "weights"


def test_the_published_file_is_known(library, digests):
    (library / "judge" / "judge.bin").write_bytes(CONTENT)
    found = look(JUDGE, library, digests)
    assert found.state == "present"
    local = found.local()
    assert (local.digest, local.known) == (DIGEST, True)
    assert local.paths == {"judge.bin": library / "judge" / "judge.bin"}


@pytest.mark.parametrize(("published", "known"), [(DIGEST[:8], True), ("", False)])
def test_of_a_published_hash_less_may_be_known(library, digests, published, known):
    (library / "judge" / "judge.bin").write_bytes(CONTENT)
    found = look(replace(JUDGE, files={"judge.bin": published}), library, digests)
    assert found.local().known == known
    assert found.local().digest == DIGEST


def test_another_file_is_never_used(library, digests):
    (library / "judge" / "judge.bin").write_bytes(b"something else")
    found = look(JUDGE, library, digests)
    assert found.state == "wrong"
    with pytest.raises(StylecliError) as caught:
        found.local()
    assert caught.value.exit_code == 1
    assert DIGEST in caught.value.message
    assert hashlib.sha256(b"something else").hexdigest() in caught.value.message
    begun = replace(JUDGE, files={"judge.bin": "0" * 8})
    assert look(begun, library, digests).state == "wrong"


def test_a_missing_file_says_where_it_belongs(library, digests):
    found = look(JUDGE, library, digests)
    assert found.state == "missing"
    with pytest.raises(StylecliError, match=r"judge\.bin: not there") as caught:
        found.local()
    assert "stylecli eval weights fetch judge" in caught.value.hint
    # A folder in its place is not "missing": nothing could be put there.
    (library / "judge" / "judge.bin").mkdir()
    assert look(JUDGE, library, digests).state == "wrong"


def test_several_files_have_one_digest_in_the_order_of_their_names(library, digests):
    other = hashlib.sha256(b"other").hexdigest()
    (library / "judge" / "judge.bin").write_bytes(CONTENT)
    (library / "judge" / "a.bin").write_bytes(b"other")
    both = replace(JUDGE, files={"judge.bin": DIGEST, "a.bin": other})
    expected = hashlib.sha256(f"{other}{DIGEST}".encode()).hexdigest()
    assert look(both, library, digests).local().digest == expected
    (library / "judge" / "a.bin").unlink()
    assert look(both, library, digests).state == "missing"


def test_a_file_is_hashed_again_only_when_it_changed_or_is_verified(library, digests):
    path = library / "judge" / "judge.bin"
    path.write_bytes(CONTENT)
    assert look(JUDGE, library, digests).state == "present"
    before = path.stat()
    # The same size and time, as damage on the disk leaves them: only hashing sees it.
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert look(JUDGE, library, digests).state == "present"
    assert look(JUDGE, library, digests, anew=True).state == "wrong"
    # And what was seen is remembered.
    assert look(JUDGE, library, digests).state == "wrong"
    path.write_bytes(CONTENT)
    os.utime(path, ns=(0, 0))
    assert look(JUDGE, library, digests).state == "present"


def test_what_is_remembered_may_be_damaged(library, digests, tmp_path):
    (library / "judge" / "judge.bin").write_bytes(CONTENT)
    for damaged in ("{", "[]", '{"judge.bin": 1}'):
        (tmp_path / "weights.json").write_text(damaged)
        assert look(JUDGE, library, digests).state == "present"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../judge"},
        {"name": "Judge"},
        {"files": {}},
        {"files": {"../x": DIGEST}},
        {"files": {"/x": DIGEST}},
        {"files": {".x": DIGEST}},
        {"files": {"x": "abc"}},
        {"files": {"x": "Z" * 64}},
        {"source": "http://example.org/{file}"},
        {"source": "https://example.org/judge"},
        {"source": "somewhere"},
    ],
)
def test_weights_that_cannot_be_are_refused(changes):
    with pytest.raises(ValueError, match=r"weights|judge"):
        replace(JUDGE, **changes)
