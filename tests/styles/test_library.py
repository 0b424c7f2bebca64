import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import torch

from stylecli.errors import StylecliError, UsageError
from stylecli.styles.format import write_style
from stylecli.styles.library import Library
from stylecli.styles.style import Style

MONET = Style("monet", "lora-sdedit", "sd15", {"lora_unet_a.alpha": torch.tensor(1.0)})


@pytest.fixture
def library(tmp_path):
    """Monet and Hokusai came with a base; the user has none yet."""
    ready = tmp_path / "ready"
    for name in ("monet", "hokusai"):
        write_style(replace(MONET, name=name, method="ready"), ready / f"{name}.safetensors")
    return Library(tmp_path / "mine", (ready,))


def names(library):
    return [(entry.name, entry.ready) for entry in library.entries()]


def test_ready_styles_are_there_and_nothing_is_made_by_looking(library):
    assert names(library) == [("hokusai", True), ("monet", True)]
    assert not library.folder.exists()


def test_a_saved_style_is_found_and_read(library):
    path = library.save(replace(MONET, name="manet"))
    assert path == library.path_for("manet") == library.find("manet").path
    assert library.read("manet").name == "manet"
    assert names(library) == [("hokusai", True), ("manet", False), ("monet", True)]


def test_the_users_style_hides_the_ready_one_of_the_same_name(library):
    library.save(MONET)
    assert names(library) == [("hokusai", True), ("monet", False)]
    assert library.read("monet").method == "lora-sdedit"


def test_removing_the_users_style_brings_the_ready_one_back(library):
    library.save(MONET)
    removed = library.remove("monet")
    assert not removed.exists()
    assert library.find("monet").ready
    assert library.read("monet").method == "ready"


def test_a_ready_style_cannot_be_removed(library):
    with pytest.raises(UsageError, match="'monet' came with stylecli and is read-only"):
        library.remove("monet")
    assert library.find("monet").path.exists()


def test_of_two_ready_styles_of_one_name_the_first_folders_is_taken(library, tmp_path):
    write_style(MONET, tmp_path / "later" / "monet.safetensors")
    both = Library(library.folder, (*library.ready_folders, tmp_path / "later"))
    assert both.read("monet").method == "ready"
    assert len(both.entries()) == 2


def test_a_taken_name_is_refused_unless_overwritten(library):
    library.save(replace(MONET, method="first"))
    with pytest.raises(UsageError, match="'monet' is already in your library") as caught:
        library.save(replace(MONET, method="second"))
    assert "--overwrite" in caught.value.hint
    assert library.read("monet").method == "first"
    library.save(replace(MONET, method="third"), overwrite=True)
    assert library.read("monet").method == "third"


def test_a_name_is_free_until_the_user_takes_it(library):
    library.check_free("monet")
    library.save(MONET)
    with pytest.raises(UsageError):
        library.check_free("monet")


def test_an_unknown_name_is_refused_with_the_nearest(library):
    for act in (library.find, library.read, library.remove):
        with pytest.raises(UsageError, match="No style named 'mone'") as caught:
            act("mone")
        assert "'monet'" in caught.value.hint


def test_where_no_name_is_near_all_are_listed(library):
    with pytest.raises(UsageError) as caught:
        library.find("zzz")
    assert caught.value.hint == "There are: hokusai, monet."


def test_an_empty_library_says_so(tmp_path):
    library = Library(tmp_path / "none")
    assert library.entries() == []
    with pytest.raises(UsageError) as caught:
        library.find("monet")
    assert "empty" in caught.value.hint


@pytest.mark.parametrize("name", ["../monet", "a/b", "..", "", "/etc/passwd", "a\0b"])
def test_no_name_leads_out_of_the_library(library, tmp_path, name):
    before = sorted(tmp_path.rglob("*"))
    for act in (library.find, library.read, library.remove, library.path_for, library.check_free):
        with pytest.raises(UsageError, match="cannot name a style"):
            act(name)
    with pytest.raises(UsageError, match="cannot name a style"):
        library.save(replace(MONET, name=name), overwrite=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_other_files_and_half_written_ones_are_no_styles(library):
    library.save(replace(MONET, name="manet"))
    for name in ("notes.txt", ".manet-x1.safetensors", "manet.pt"):
        (library.folder / name).write_text("")
    assert [name for name, ready in names(library) if not ready] == ["manet"]


def test_a_name_may_hold_dots(library):
    library.save(replace(MONET, name="monet.v1.5"))
    assert library.read("monet.v1.5").name == "monet.v1.5"


def test_a_damaged_style_is_listed_but_not_read(library):
    library.save(MONET)
    library.path_for("monet").write_bytes(b"damage")
    assert ("monet", False) in names(library)
    with pytest.raises(StylecliError, match=r"monet\.safetensors: not a safetensors file"):
        library.read("monet")


def test_a_library_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StylecliError, match="cannot be written"):
        Library(tmp_path / "file").save(MONET)


def test_a_style_that_cannot_be_removed_is_explained(library):
    library.path_for("manet").mkdir(parents=True)
    with pytest.raises(StylecliError, match="cannot be removed") as caught:
        library.remove("manet")
    assert not isinstance(caught.value, UsageError)
    assert library.path_for("manet").is_dir()


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
from stylecli.errors import StylecliError
from stylecli.styles.library import Library
from stylecli.styles.style import Style

library, mark = Library(Path(sys.argv[1])), sys.argv[2]
style = Style("monet", mark, "sd15", {"lora_unet_a.alpha": torch.tensor(float(mark))})
won = 0
for turn in range(40):
    try:
        library.save(style, overwrite=turn % 2 == 0)
        won += turn % 2
        if turn % 5 == 0:
            library.remove("monet")
    except StylecliError as problem:
        assert "already in your library" in problem.message or "No style" in problem.message or (
            "cannot be removed" in problem.message
        ), problem.message
    try:
        read = library.read("monet")
    except StylecliError as problem:
        assert "No style" in problem.message or "No such file" in problem.message, problem.message
    else:
        # One writer's style whole: its method and its tensor go together.
        assert float(read.tensors["lora_unet_a.alpha"]) == float(read.method)
"""


def test_processes_that_write_one_name_at_once_do_not_spoil_it(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "mine")]
    running = [
        subprocess.Popen([*command, str(mark)], stderr=subprocess.PIPE, text=True)
        for mark in range(3)
    ]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    library = Library(tmp_path / "mine")
    assert not [path for path in library.folder.iterdir() if path.name.startswith(".monet")]


def test_of_several_that_give_a_free_name_one_gets_it(tmp_path):
    barrier, outcomes = threading.Barrier(8), []

    def give(number):
        barrier.wait()
        try:
            Library(tmp_path / "mine").save(replace(MONET, method=str(number)))
            outcomes.append(number)
        except UsageError:
            pass

    threads = [threading.Thread(target=give, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert Library(tmp_path / "mine").read("monet").method == str(outcomes[0])


def test_it_knows_which_ready_styles_are_hidden(library):
    assert not library.hides("monet")
    library.save(MONET)
    library.save(replace(MONET, name="manet"))
    assert library.hides("monet")
    assert not library.hides("manet")
    library.remove("monet")
    assert not library.hides("monet")
