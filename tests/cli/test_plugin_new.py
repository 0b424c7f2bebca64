"""``stylecli plugins new`` writes packages that install, are found, and pass their own tests."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stylecli.scaffold.package import KINDS, check_plugin_name, version_bounds


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# Classes are called after plugins: names of what a package could import are no special ones.
@pytest.mark.parametrize(
    ("kind", "name"),
    [("method", "iterator"), ("metric", "image"), ("captioner", "sequence"), ("base", "my-own")],
)
def test_a_package_installs_and_passes_its_own_tests(run_cli, here, kind, name):
    code, out, err = run_cli("plugins", "new", name, "--kind", kind)
    assert code == 0, err
    assert f"The {kind} {name} is in stylecli-{name}." in out
    site = here / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--no-index", "--target", site, here / f"stylecli-{name}"], check=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *sys.path])}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=f"stylecli-{name}",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    listed = subprocess.run(
        [sys.executable, "-m", "stylecli", "plugins", "list"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(rf"{name} +stylecli-{name} 0.1.0 +{kind} {name} .* ok", listed.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_to_fill_in(run_cli, here, kind):
    assert run_cli("plugins", "new", "my-own", "--kind", kind, "-o", "deep/inside")[0] == 0
    written = files_in(here / "deep" / "inside")
    assert {"pyproject.toml", "README.md", ".gitignore", "src/stylecli_my_own/py.typed"} <= written
    assert any(re.fullmatch(r"tests/test_\w+\.py", path) for path in written)
    for path in written:
        text = (here / "deep" / "inside" / path).read_text(encoding="utf-8")
        assert "$" not in text
        if path.endswith(".py"):
            compile(text, path, "exec")
    project = tomllib.loads((here / "deep" / "inside" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"stylecli": {"my-own": "stylecli_my_own"}}
    oldest, newest = version_bounds("0.1.0")
    assert project["dependencies"] == [f"stylecli>={oldest},<{newest}"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_package_imports_can_have_the_name_of_its_class(run_cli, here, kind):
    assert run_cli("plugins", "new", "seaside", "--kind", kind, "-o", "new")[0] == 0
    texts = [path.read_text(encoding="utf-8") for path in (here / "new").rglob("*.py")]
    imported = {
        alias.asname or alias.name
        for text in texts
        if re.search(r"\bSeaside\b", text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    like_classes = {each for each in imported if re.fullmatch(r"[A-Z]\w*[a-z]\w*", each)}
    assert [each for each in like_classes if not each.startswith("Seaside")] == []


@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_ruff_finds_nothing_in_a_package(run_cli, kind):
    assert run_cli("plugins", "new", "image", "--kind", kind, "-o", "new")[0] == 0
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--isolated"]
    result = subprocess.run(command, cwd="new", capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("installed", "bounds"),
    [("0.1.0", ("0.1", "0.2")), ("0.12.3.dev1", ("0.12", "0.13")), ("2.3.1", ("2.3", "3"))],
)
def test_a_package_is_for_versions_with_the_same_contract(installed, bounds):
    assert version_bounds(installed) == bounds


def test_what_is_there_is_not_overwritten(run_cli, here):
    Path("stylecli-palette").mkdir()
    assert run_cli("plugins", "new", "palette")[0] == 0
    before = files_in(here)
    Path("stylecli-palette/README.md").write_text("mine")
    code, _, err = run_cli("plugins", "new", "palette")
    assert code == 2
    assert "stylecli-palette: is already there" in err
    assert files_in(here) == before
    assert Path("stylecli-palette/README.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Palette"], "Perhaps 'palette'?"),
        (["my method"], "Perhaps 'my-method'?"),
        (["../x"], "cannot name a plugin"),
        (["a--b"], "Perhaps 'a-b'?"),
        (["x" * 41], "40 characters at most"),
        (["stylecli-x"], "stylecli plugins new x"),
        (["none"], "a word of Python's own"),
        (["lsast"], "There is a method 'lsast' already"),
        (["palette", "--kind", "metric"], "There is a metric 'palette' already"),
        (["sc", "--kind", "metric"], "is the sign of 'style-closure'"),
        (["sd15", "--kind", "base"], "There is a base 'sd15' already"),
        (["metrics"], "has a plugin 'metrics' already"),
        (["seaside", "--kind", "sculpture"], "sculpture"),
    ],
)
def test_a_name_that_cannot_be_is_refused(run_cli, here, words, said):
    code, out, err = run_cli("plugins", "new", *words)
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())
    assert files_in(here) == set()


def test_a_module_that_is_there_is_not_hidden(run_cli, here, monkeypatch):
    (here / "site").mkdir()
    (here / "site" / "stylecli_taken.py").write_text("")
    monkeypatch.syspath_prepend(str(here / "site"))
    code, _, err = run_cli("plugins", "new", "taken")
    assert code == 2
    assert "There is a module stylecli_taken already" in err


def test_names_follow_from_the_name():
    names = check_plugin_name("water-colour")
    assert (names.project, names.module, names.type, names.symbol) == (
        *("stylecli-water-colour", "stylecli_water_colour", "WaterColour", "WC"),
    )
