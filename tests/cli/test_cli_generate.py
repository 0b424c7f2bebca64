import json

import pytest
from PIL import Image

from stylecli.images.writing import read_record

FAST = ["--steps=2", "--guidance=1"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Pictures go into the current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_picture_is_named_after_prompt_style_and_seed(run_cli, monet, here):
    code, out, err = run_cli("generate", "Water lilies, at dawn!", "--style", monet, *FAST)
    assert (code, out) == (0, "water-lilies-at-dawn.monet-0.png\n"), err
    path = here / "water-lilies-at-dawn.monet-0.png"
    assert Image.open(path).size == (64, 64)
    record = read_record(path)
    assert (record["prompt"], record["seed"]) == ("Water lilies, at dawn!", 0)


def test_each_of_several_pictures_has_a_seed_of_its_own(run_cli, monet, here):
    code, out, err = run_cli("generate", "a", "--style", monet, "-n", 3, "--seed", 5, *FAST)
    assert code == 0, err
    names = [f"a.monet-{seed}.png" for seed in (5, 6, 7)]
    assert out.split() == names
    assert [read_record(here / name)["seed"] for name in names] == [5, 6, 7]
    assert len({Image.open(name).tobytes() for name in names}) == 3
    code, _, err = run_cli("generate", "a", "--style", monet, "--seed", 6, "-o", "alone.png", *FAST)
    assert code == 0, err
    assert Image.open("alone.png").tobytes() == Image.open(names[1]).tobytes()


def test_json_is_all_there_is_on_standard_output(run_cli, monet):
    code, out, _ = run_cli("generate", "a", "--style", monet, "-n", 2, "--json", *FAST)
    assert code == 0
    assert json.loads(out) == [
        {"result": "a.monet-0.png", "seed": 0, "status": "made"},
        {"result": "a.monet-1.png", "seed": 1, "status": "made"},
    ]


def test_a_command_given_again_goes_on_where_it_was_stopped(run_cli, monet, here):
    run_cli("generate", "a", "--style", monet, "-n", 2, *FAST)
    before = (here / "a.monet-0.png").stat().st_mtime_ns
    code, out, err = run_cli("generate", "a", "--style", monet, "-n", 3, *FAST)
    assert (code, out) == (0, "a.monet-2.png\n")
    assert "2 of 3 were already there" in err
    assert (here / "a.monet-0.png").stat().st_mtime_ns == before
    code, _, err = run_cli("generate", "a", "--style", monet, "--steps=3")
    assert code == 2
    assert "a.monet-0.png: is already there, made in another way" in err


def test_what_is_there_is_replaced_only_when_asked(run_cli, monet, here):
    path = here / "a.monet-0.png"
    path.write_bytes(b"precious")
    code, _, err = run_cli("generate", "a", "--style", monet, *FAST)
    assert code == 2
    assert "a.monet-0.png: is already there" in err
    assert path.read_bytes() == b"precious"
    assert run_cli("generate", "a", "--style", monet, "--overwrite", *FAST)[0] == 0
    assert Image.open(path).size == (64, 64)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "x.jpg"], "results are written as PNG"),
        (["-o", "x.png", "-n", "2"], "one file cannot hold 2 pictures"),
        (["-n", "0"], "--count"),
    ],
)
def test_what_cannot_be_meant_is_refused(run_cli, monet, here, words, said):
    code, _, err = run_cli("generate", "a", "--style", monet, *words)
    assert code == 2
    assert said in err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("prompt", ["", "../../x", "!!!", "x" * 300])
def test_no_prompt_leads_out_of_the_folder_or_to_a_name_too_long(run_cli, monet, here, prompt):
    code, out, err = run_cli("generate", prompt, "--style", monet, *FAST)
    assert code == 0, err
    (path,) = here.iterdir()
    assert out.strip() == path.name
    assert len(path.name) < 100
