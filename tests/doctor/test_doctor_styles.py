"""What the doctor says of the library, and that it mends it."""

import os
import shlex

import pytest

from stylecli.doctor.styles import check_styles


def by_name(findings):
    return {finding.name: finding for finding in findings}


def test_a_damaged_style_is_named_and_what_is_said_mends_it(home, run_cli):
    (home / "styles").mkdir()
    (home / "styles" / "seaside.safetensors").write_bytes(b"no style at all")
    found = by_name(check_styles())
    assert found["library"].values == {"own": 1, "ready": 3, "damaged": 1}
    assert found["seaside"].state == "note"
    command = found["seaside"].fix.split(",")[0]
    assert command == "stylecli styles remove seaside"
    assert run_cli(*shlex.split(command)[1:])[0] == 0
    assert set(by_name(check_styles())) == {"library"}


@pytest.mark.parametrize("name", ["sp ace'x", "-x", "a..b", "x.safetensors"])
def test_a_damaged_file_that_cannot_be_removed_by_name_is_named_with_its_path(home, name):
    (home / "styles").mkdir()
    path = home / "styles" / f"{name}.safetensors"
    path.write_bytes(b"no style at all")
    found = by_name(check_styles())[name]
    assert (found.state, found.fix) == ("note", f"delete this file: {path}")


def test_folders_and_pipes_among_the_styles_are_named_and_not_opened(home, run_cli):
    (home / "styles" / "inside.safetensors").mkdir(parents=True)
    os.mkfifo(home / "styles" / "pipe.safetensors")
    found = by_name(check_styles())
    path = home / "styles" / "inside.safetensors"
    assert found["inside"].text == f"{path}: cannot be read (a folder, not a file)."
    assert found["inside"].fix == f"move this folder elsewhere, or delete it: {path}"
    assert "pipe.safetensors: cannot be read (a pipe or a device" in found["pipe"].text
    assert found["pipe"].fix.startswith("stylecli styles remove pipe,")
    assert run_cli("styles", "list")[0] == 0
    assert run_cli("styles", "remove", "pipe")[0] == 0
    assert set(by_name(check_styles())) == {"library", "inside"}
