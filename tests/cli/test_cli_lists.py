import json

import pytest


def test_a_style_is_listed_and_shown_with_how_it_came_to_be(run_cli, monet, home):
    code, out, _ = run_cli("styles", "list")
    assert code == 0
    (row,) = [line.split() for line in out.splitlines() if line.startswith("monet ")]
    assert row[:4] == ["monet", "lora-sdedit", "mini", "2"]
    assert row[-1] == "you"
    code, out, _ = run_cli("styles", "show", "monet")
    assert code == 0
    assert str(home / "styles" / "monet.safetensors") in out
    for words in ("A Monet painting,", "mini (sd15 family)", "steps 3", "rank 3"):
        assert words in out


def test_styles_are_given_as_json(run_cli, monet, home):
    code, out, err = run_cli("styles", "list", "--json")
    assert (code, err) == (0, "")
    (row,) = [row for row in json.loads(out) if row["name"] == "monet"]
    assert (row["method"], row["pictures"], row["problem"]) == ("lora-sdedit", "2", "")
    code, out, err = run_cli("styles", "show", "monet", "--json")
    assert (code, err) == (0, "")
    shown = json.loads(out)
    assert shown["path"] == str(home / "styles" / "monet.safetensors")
    assert json.loads(shown["metadata"]["stylecli.training"])["steps"] == 3


def test_a_damaged_style_is_listed_with_what_is_wrong(run_cli, monet, home):
    (home / "styles" / "torn.safetensors").write_bytes(b"torn")
    code, out, err = run_cli("styles", "list")
    assert code == 0
    assert "torn.safetensors: not a safetensors file" in err
    assert {"monet", "torn"} <= {line.split()[0] for line in out.splitlines()}
    code, out, _ = run_cli("styles", "list", "--json")
    problems = {row["name"]: row["problem"] for row in json.loads(out)}
    assert "not a safetensors file" in problems["torn"]
    code, _, err = run_cli("styles", "show", "torn")
    assert code == 1
    assert "torn.safetensors: not a safetensors file" in err


def test_a_removed_style_is_gone(run_cli, monet, home):
    path = home / "styles" / "monet.safetensors"
    code, out, _ = run_cli("styles", "remove", "monet")
    assert (code, out) == (0, f"Removed {path}\n")
    assert not path.exists()


@pytest.mark.parametrize("action", ["show", "remove"])
@pytest.mark.parametrize(
    ("name", "words"),
    [("monte", "Did you mean 'monet'"), ("../monet", "cannot name a style")],
)
def test_a_style_that_cannot_be_meant_is_refused(run_cli, monet, home, action, name, words):
    code, out, err = run_cli("styles", action, name)
    assert (code, out) == (2, "")
    assert words in err
    assert (home / "styles" / "monet.safetensors").exists()


def test_bases_are_listed_with_whether_they_are_here(run_cli, mini):
    code, out, _ = run_cli("bases", "list")
    assert code == 0
    rows = {line.split()[0]: line.split()[1:4] for line in out.splitlines()}
    assert rows["tiny"] == ["sd15", "256", "yes"]
    assert rows["mini"] == ["sd15", "64", "yes"]
    assert rows["sd15"][:2] == ["sd15", "512"]
    assert rows["sdxl"][:2] == ["sdxl", "1024"]
    code, out, err = run_cli("bases", "list", "--json")
    assert (code, err) == (0, "")
    assert {row["name"] for row in json.loads(out)} >= {"tiny", "mini", "sd15"}


def test_a_base_is_shown_with_what_it_recommends(run_cli, mini, mini_folder):
    code, out, _ = run_cli("bases", "show", "mini")
    assert code == 0
    assert str(mini_folder) in out.replace("\n", "")
    assert "--rank 3" in out
    code, out, err = run_cli("bases", "show", "mini", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["recommends"]["lora-sdedit"]["train"] == {"rank": 3}


def test_the_autoencoder_for_half_precision_is_shown(run_cli):
    code, out, _ = run_cli("bases", "show", "sdxl", "--json")
    assert code == 0
    assert json.loads(out)["autoencoder for half precision"] == "madebyollin/sdxl-vae-fp16-fix"


def test_a_folder_is_shown_with_the_resolution_that_it_is_configured_for(run_cli, mini_folder):
    code, out, _ = run_cli("bases", "show", mini_folder)
    assert code == 0
    assert "32 px on the short side" in out


def test_the_path_of_a_base_is_all_that_is_printed(run_cli, mini, mini_folder):
    assert run_cli("bases", "path", "mini") == (0, f"{mini_folder}\n", "")
    assert run_cli("bases", "path", mini_folder) == (0, f"{mini_folder}\n", "")


@pytest.mark.parametrize("action", ["show", "path"])
def test_a_base_that_is_not_known_is_answered_with_the_nearest(run_cli, action):
    code, out, err = run_cli("bases", action, "tinny")
    assert (code, out) == (2, "")
    assert "No base named 'tinny'" in err
    assert "'tiny'" in err


def test_a_base_that_is_not_here_has_no_path(run_cli, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    code, out, err = run_cli("bases", "path", "nobody/nothing-like-this")
    assert (code, out) == (1, "")
    assert "not on this machine yet" in err


def test_plugins_are_listed_with_what_they_add_and_what_is_wrong(run_cli, install_plugin, mini):
    install_plugin("broken_for_tests", "raise ImportError('needs a [moon]')")
    code, out, _ = run_cli("plugins", "list")
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert "method lora-sdedit" in rows["lora-sdedit"]
    assert "base mini" in rows["mini_base_for_tests"]
    assert "left out: ImportError: needs a [moon]" in rows["broken_for_tests"]
    code, out, err = run_cli("plugins", "list", "--json")
    assert (code, err) == (0, "")
    plugins = {row["name"]: row for row in json.loads(out)}
    assert plugins["lora-sdedit"]["methods"] == ["lora-sdedit"]
    assert plugins["broken_for_tests"]["package"] == "broken_for_tests 1.0"
    assert plugins["broken_for_tests"]["failure"] == "ImportError: needs a [moon]"
