"""The tutorial is true: its package is made, added to, installed by pip, tested, and used as it says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from stylecli.styles.format import read_style

PAGE = (Path(__file__).parents[2] / "docs" / "writing-plugins.md").read_text(encoding="utf-8")
SNIPPET = re.compile(
    r"```(?:python|toml)\n# (\S+?\.(?:py|toml))(?:, ([^\n]+))?\n(.*?)```", re.DOTALL
)
# Done by the fixture and by the test of the package's own tests, or not offline.
ELSEWHERE = ("plugins new", "plugins check")
BASED = ("train", "transfer", "generate")
# Few steps are enough to see that it works.
SEASIDE = """
from pathlib import Path

import stylecli

@stylecli.hookimpl
def stylecli_bases():
    few = {{"steps": 4}}
    return [
        stylecli.BaseSpec(
            name="seaside",
            family="sd15",
            source=Path({folder!r}),
            resolution=64,
            recommends={{"palette": {{"transfer": few, "generate": few}}}},
        )
    ]
"""


def added_to(text, where, addition):
    """A file's text with what the page adds, at the place that it names."""
    if where == "at the end":
        return text + addition
    relation, _, mark = where.partition(": ")
    lines = text.splitlines(keepends=True)
    (row,) = [number for number, line in enumerate(lines) if mark in line]
    start, end = {
        "above": (row, row),
        "below": (row + 1, row + 1),
        "instead of": (row, row + 1),
    }[relation]
    return "".join([*lines[:start], addition, *lines[end:]])


@pytest.fixture
def package(tmp_path, monkeypatch, run_cli):
    """The package as the page leaves it, in its folder."""
    monkeypatch.chdir(tmp_path)
    assert run_cli("plugins", "new", "palette")[0] == 0
    folder = tmp_path / "stylecli-palette"
    for path, where, text in SNIPPET.findall(PAGE):
        file = folder / path
        if where:
            text = added_to(file.read_text(encoding="utf-8"), where, text)
            file.write_text(text, encoding="utf-8")
        else:
            assert text == file.read_text(encoding="utf-8"), f"{path}: the page shows another"
    return folder


@pytest.fixture
def site(package, tmp_path, monkeypatch, mini_folder):
    """A folder of installed packages: the page's, and a miniature base."""
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--no-index", "--target", str(site), str(package)], check=True)
    (site / "stylecli_seaside.py").write_text(SEASIDE.format(folder=str(mini_folder)))
    info = site / "stylecli_seaside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stylecli-seaside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[stylecli]\nseaside = stylecli_seaside\n")
    monkeypatch.syspath_prepend(str(site))
    yield site
    for name in [
        name for name in sys.modules if name.startswith(("stylecli_palette", "stylecli_sea"))
    ]:
        del sys.modules[name]


def commands():
    lines = [
        line
        for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
        for line in block.splitlines()
    ]
    ours = [line.removeprefix("$ stylecli ") for line in lines if line.startswith("$ stylecli ")]
    return [command for command in ours if not command.startswith(ELSEWHERE)]


def test_the_method_is_used_as_the_page_says(site, run_cli, picture, paintings, home, monkeypatch):
    picture(9, (96, 64)).save("photo.png")
    Path("photos").mkdir()
    for number in range(4):
        picture(20 + number, (96, 64)).save(f"photos/{number}.png")
    said = {}
    for command in commands():
        words = shlex.split(command)
        # Metrics take a minute, and are tested elsewhere.
        plugins = "palette,seaside,tiny" if "--ablate" in words else "palette,seaside,tiny,metrics"
        monkeypatch.setenv("STYLECLI_PLUGINS", plugins)
        code, out, err = run_cli(*words, *(["--base=seaside"] if words[0] in BASED else []))
        assert code == 0, (command, err)
        said[command] = out
    assert re.search(r"palette +stylecli-palette 0.1.0 +method palette", said["plugins list"])
    (help_text,) = [out for command, out in said.items() if "--help" in command]
    panel = help_text.split("─ palette ─")[1]
    assert "--side" in panel
    assert "--learning-rate" not in help_text
    assert "Preset fine" in help_text
    style = read_style(home / "styles" / "monet.safetensors")
    assert sorted(style.tensors) == ["stylecli.palette.covariance", "stylecli.palette.mean"]
    assert (style.method, style.provenance.options) == ("palette", {"side": 128})
    assert read_style(home / "styles" / "fine.safetensors").provenance.options == {"side": 2048}
    pictures = [Path(f"photo.monet-{strength}.png").read_bytes() for strength in (0.3, 0.5)]
    assert len({*pictures, Path("paler.png").read_bytes()}) == 3
    assert Image.open("paler.png").size == (96, 64)
    assert Image.open("water-lilies.monet-0.png").size == (64, 64)
    assert "no-colours" in said[next(command for command in said if "--ablate" in command)]


def test_photos_take_the_colours_of_the_paintings(site, run_cli, picture):
    Path("red").mkdir()
    for number in range(3):
        red = Image.blend(picture(number), Image.new("RGB", (80, 64), "red"), 0.7)
        red.save(f"red/{number}.png")
    picture(9).save("photo.png")
    assert run_cli("train", "red", "--method=palette", "--base=tiny")[0] == 0
    redness = []
    for scale in (0, 0.5, 1):
        words = ["--base=tiny", "--strength=0.3", "--steps=4", "--size=64", "-o", f"{scale}.png"]
        assert run_cli("transfer", "photo.png", f"--style=red:{scale}", *words)[0] == 0
        red, green, _ = Image.open(f"{scale}.png").convert("RGB").resize((1, 1)).getpixel((0, 0))
        redness.append(red - green)
    assert redness[1] - redness[0] > 20
    assert redness[2] - redness[1] > 20


def test_the_packages_own_tests_pass(site, package):
    places = os.pathsep.join([str(site), *sys.path])
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-k",
            "colours or generator",
        ],
        cwd=package,
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert re.search(r"\d passed", result.stdout)
