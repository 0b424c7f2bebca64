"""``stylecli caption`` as a user types it."""

from __future__ import annotations

import json

import pytest

SHOUTING = """
import dataclasses
from typing import Annotated

import typer

import stylecli


@dataclasses.dataclass(frozen=True)
class Options:
    loudness: Annotated[int, typer.Option(min=1, max=9, help="How loud.")] = 1


class Shouting(stylecli.Captioner):
    name = "shouting"
    summary = "shouts the name"
    Options = Options

    def load(self, options, progress):
        return lambda subjects: [s.path.stem.upper() + "!" * options.loudness for s in subjects]


@stylecli.hookimpl
def stylecli_captioners():
    return [Shouting()]
"""


def texts(folder):
    return {path.stem: path.read_text() for path in folder.glob("*.txt")}


def test_titles_are_written_beside_the_pictures(run_cli, paintings):
    code, out, err = run_cli("caption", paintings)
    assert code == 0, err
    assert set(texts(paintings).values()) == {"water lilies\n"}
    assert "6 pictures: 6 written." in out
    assert out.count("water lilies") == 6
    code, out, _ = run_cli("caption", paintings, "--prefix", "A Monet painting,")
    assert (code, "6 pictures: 6 kept." in out) == (0, True)
    assert set(texts(paintings).values()) == {"water lilies\n"}


def test_prefix_suffix_year_and_overwrite(run_cli, paintings):
    words = ["--prefix", "A Monet painting,", "--suffix", ", oil on canvas", "--keep-year"]
    assert run_cli("caption", paintings)[0] == 0
    code, _, err = run_cli("caption", paintings, *words, "--overwrite")
    assert code == 0, err
    first = texts(paintings)["claude-monet_water-lilies-1900"]
    assert first == "A Monet painting, water lilies 1900, oil on canvas\n"


def test_training_and_captioning_agree(run_cli, paintings, mini_folder, home):
    """``caption --method`` writes what training without it would have used, and training adds no more."""
    from stylecli.datasets.folder import read_dataset
    from stylecli.styles.style import Prompt

    prompt = Prompt("A Monet painting,")
    before = [prompt.with_subject(item.caption) for item in read_dataset(paintings).items]
    assert run_cli("caption", paintings, "--method", "lora-sdedit")[0] == 0
    items = read_dataset(paintings).items
    assert [item.caption for item in items] == before
    assert [prompt.with_subject(item.caption) for item in items] == before
    assert before[0] == "A Monet painting, water lilies"


def test_a_dry_run_writes_nothing(run_cli, paintings):
    before = sorted(paintings.iterdir())
    code, out, _ = run_cli("caption", paintings, "--dry-run", "--format", "metadata.jsonl")
    assert code == 0
    assert "6 pictures: 6 would be written." in out
    assert sorted(paintings.iterdir()) == before


def test_json_has_every_picture_and_nothing_else_is_on_standard_output(run_cli, tmp_path, picture):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(22):
        picture(number, (12, 10)).save(folder / f"boat-no-{number:02}.png")
    (folder / "broken.png").write_bytes(b"x")
    picture().save(folder / "IMG_1.png")
    (folder / "boat-no-03.txt").write_text("mine")
    code, out, err = run_cli("caption", folder, "--format", "metadata.jsonl", "--json")
    assert code == 1
    rows = {row["picture"].rpartition("/")[2]: row for row in json.loads(out)}
    assert len(rows) == 24
    assert rows["boat-no-07.png"]["caption"] == "boat no 07"
    assert rows["boat-no-07.png"]["state"] == "written"
    assert (rows["boat-no-03.png"]["state"], rows["boat-no-03.png"]["caption"]) == ("kept", "mine")
    assert rows["IMG_1.png"]["state"] == "nothing to say"
    assert "not a picture" in rows["broken.png"]["reason"]
    assert "--captioner describe" in err
    assert "broken.png: not a picture" in err
    assert len((folder / "metadata.jsonl").read_text().splitlines()) == 21

    code, out, _ = run_cli("caption", folder)
    assert "boat no 18" in out
    assert "boat no 19" not in out
    assert "… and 4 more; --json shows all." in out
    assert "24 pictures: 22 kept, 1 nothing to say, 1 failed." in out


def test_names_of_files_do_not_steer_the_table(run_cli, tmp_path, picture):
    folder = tmp_path / "odd"
    folder.mkdir()
    picture().save(folder / "[red]boat :cat:.png")
    code, out, _ = run_cli("caption", folder)
    assert code == 0
    assert "[red]boat :cat:.png" in out


def test_a_captioner_of_a_plugin_is_used_with_its_own_options(run_cli, paintings, install_plugin):
    install_plugin("shouting_plugin", SHOUTING)
    code, out, err = run_cli("caption", paintings, "-c", "shouting", "--loudness", 3)
    assert code == 0, err
    assert texts(paintings)["claude-monet_water-lilies-1900"] == (
        "CLAUDE-MONET_WATER-LILIES-1900!!!\n"
    )
    _, out, _ = run_cli("caption", "--captioner=shouting", "--help")
    assert "─ shouting ─" in out
    assert "--keep-year" not in out
    code, _, err = run_cli("caption", paintings, "-c", "shouting", "--loudness", 10)
    assert (code, "--loudness" in err) == (2, True)
    code, _, err = run_cli("caption", paintings, "--loudness", 3)
    assert (code, "No such option: --loudness" in err) == (2, True)


def test_a_config_file_names_captioner_and_options(run_cli, paintings, install_plugin, tmp_path):
    install_plugin("shouting_plugin", SHOUTING)
    config = tmp_path / "captions.toml"
    config.write_text(
        '[caption]\ncaptioner = "shouting"\nloudness = 2\nformat = "metadata.jsonl"\n'
        '[train]\nmethod = "lora-sdedit"\n'
    )
    code, _, err = run_cli("caption", paintings, "--config", config)
    assert code == 0, err
    line = json.loads((paintings / "metadata.jsonl").read_text().splitlines()[0])
    assert line["text"] == "CLAUDE-MONET_WATER-LILIES-1900!!"
    config.write_text("[caption]\nloudnes = 2\n")
    code, _, err = run_cli("caption", paintings, "--captioner", "shouting", "--config", config)
    assert (code, "no such option: loudnes" in err) == (2, True)
    config.write_text('[caption]\nformat = "csv"\n')
    code, _, err = run_cli("caption", paintings, "--config", config)
    assert (code, "'csv' is not one of txt, metadata.jsonl" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--captioner", "titel"], "No captioner named 'titel'.\n  Did you mean 'title'?"),
        (["--method", "lora"], "No method named 'lora'"),
        (["--format", "csv"], "--format"),
        (["--captioner", "blip", "--model", "no model"], "'no model' is no folder here"),
    ],
)
def test_wrong_words_are_the_users_mistake(run_cli, paintings, words, part):
    code, out, err = run_cli("caption", paintings, *words)
    assert code == 2
    assert part in err
    assert out == ""
    assert not list(paintings.glob("*.txt"))


def test_an_empty_folder_and_none_are_told(run_cli, tmp_path):
    code, _, err = run_cli("caption", tmp_path)
    assert (code, "no pictures in this folder; it is empty" in err) == (2, True)
    code, _, err = run_cli("caption", tmp_path / "gone")
    assert (code, "no such folder" in err) == (2, True)


def test_a_broken_list_stops_before_anything_is_written(run_cli, paintings):
    (paintings / "metadata.jsonl").write_text("{broken")
    code, _, err = run_cli("caption", paintings)
    assert (code, "metadata.jsonl, line 1: " in err) == (2, True)
    assert texts(paintings) == {}


def test_describing_looks_at_the_pictures(run_cli, paintings):
    code, _, err = run_cli("caption", paintings, "--captioner", "describe")
    assert code == 0, err
    captions = texts(paintings)
    assert len(set(captions.values())) > 1
    assert all(caption.endswith("format\n") for caption in captions.values())


def test_captioners_are_listed_with_what_they_do(run_cli):
    _, out, _ = run_cli("plugins", "list")
    for name in ("title", "describe", "blip", "florence2", "wd14"):
        assert f"  {name}: " in out
