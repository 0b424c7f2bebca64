"""The pages for authors of plugins are true: their plugin is installed, and its commands are run."""

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

import stylecli.testing
from stylecli.registry import load_registry
from stylecli.styles.format import read_style
from stylecli.testing import method_checks

PAGES = sorted((Path(__file__).parents[2] / "docs" / "plugins").glob("*.md"))
PAGE = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
# Enough to see that it works: the last of an option given twice counts.
SHORT = {
    "train": ["--steps=3", "--resolution=32", "--learning-rate=0.05"],
    "generate": ["--steps=2"],
}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def plugin(tmp_path, monkeypatch, mini_folder):
    """Installs the page's plugin; its base is the miniature one."""
    site = tmp_path / "site"
    site.mkdir()
    modules = []
    for code in blocks("python"):
        name = re.match(r"# (\w+)\.py\n", code)[1]
        (site / f"{name}.py").write_text(code, encoding="utf-8")
        modules.append(name)
    (site / "pipeline").symlink_to(mini_folder, target_is_directory=True)
    project = tomllib.loads(blocks("toml")[0])["project"]
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = [f"{key} = {value}" for key, value in project["entry-points"]["stylecli"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[stylecli]", *points, ""]))
    monkeypatch.syspath_prepend(str(site))
    yield
    for name in modules:
        sys.modules.pop(name, None)


def commands():
    lines = [line for block in blocks("console") for line in block.splitlines()]
    return [line.removeprefix("$ stylecli ") for line in lines if line.startswith("$ stylecli ")]


def test_the_pages_plugin_trains_repaints_and_generates(
    plugin, run_cli, picture, paintings, home, monkeypatch
):
    here = paintings.parent
    monkeypatch.chdir(here)
    picture(9, (96, 64)).save("photo.png")
    Path("photos").mkdir()
    for number in range(4):
        picture(20 + number, (96, 64)).save(f"photos/{number}.png")
    said = {}
    for command in commands():
        words = shlex.split(command)
        code, out, err = run_cli(*words, *([] if "--help" in words else SHORT.get(words[0], [])))
        assert code == 0, (command, err)
        said[command] = out
    assert re.search(r"key-value +stylecli-key-value 1.0 +method key-value", said["plugins list"])
    assert re.search(r"seaside +stylecli-key-value 1.0 +base seaside", said["plugins list"])
    assert {path.read_text() for path in paintings.glob("*.txt")} <= {"gloomy\n", "bright\n"}
    assert len(list(paintings.glob("*.txt"))) == 6
    (panel,) = [
        out.split("─ key-value ─")[1] for command, out in said.items() if "--help" in command
    ]
    assert "--rank" in panel
    assert "Preset careful" in "".join(said.values())
    style = read_style(home / "styles" / "monet.safetensors")
    assert (style.method, style.provenance.options["rank"]) == ("key-value", 4)
    assert style.provenance.options["batch_size"] == 2
    assert all(re.search(r"attn2_to_[kv]\.", key) for key in style.tensors)
    for name in ("photo.monet-0.3.png", "photo.monet-0.6.png"):
        assert Image.open(name).size == (96, 64)
    assert Image.open("a-boat.monet-0.png").size == (64, 64)
    assert re.fullmatch(r"photo\.png #[0-9a-f]{6}\n", said["average photo.png"])
    (table,) = [out for command, out in said.items() if command.startswith("eval ")]
    assert re.search(r"^ +COL +SC$", table, re.MULTILINE)


def test_the_style_that_it_learns_shows(plugin, run_cli, picture, paintings, monkeypatch):
    monkeypatch.chdir(paintings.parent)
    picture(9).save("photo.png")
    words = ["train", "monet", "--method=key-value", "--base=seaside", *SHORT["train"]]
    assert run_cli(*words)[0] == 0
    for scale in (0, 1):
        words = [
            "transfer",
            "photo.png",
            f"--style=monet:{scale}",
            "--base=seaside",
            "-o",
            f"{scale}.png",
        ]
        assert run_cli(*words)[0] == 0
    assert Image.open("0.png").tobytes() != Image.open("1.png").tobytes()


def test_the_page_names_every_check_of_a_method():
    section = (PAGES[0].parent / "testing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w-]+)`", section))
    method = load_registry().method("lora-sdedit")
    assert {check.name for check in method_checks(method)} <= named
    names = {name for name in stylecli.testing.__all__ if name.endswith("_checks")}
    shown = set(re.findall(r"\b(\w+_checks)\b", section))
    assert shown == names - {"command_checks", "plugin_checks", "run_checks"}


def test_the_guide_of_the_page_nudges_the_picture(plugin, mini_folder, picture):
    """Towards a style of twice the spread and brighter latents; without a nudge it stays."""
    from stylecli_nudged import nudged

    from stylecli.bases.base import load_base
    from stylecli.images.tensors import to_tensor

    spec = stylecli.BaseSpec("mini", "sd15", mini_folder, resolution=32)
    base = load_base(spec, mini_folder, "fp32")
    options = stylecli.SdeditOptions(steps=8, strength=0.6, scheduler="ddim", guidance=1.0)
    photo = picture(3, (32, 32))

    def latents_of(image):
        return base.encode(to_tensor([image]))[0]

    wanted = latents_of(picture(9, (32, 32)))
    mean, std = wanted.mean(dim=(2, 3), keepdim=True), wanted.std(dim=(2, 3), keepdim=True)
    plain = stylecli.Sdedit(base, (), options)([photo], [""], [0])
    drawn = nudged(base, (), options, mean, std)([photo], [""], [0])

    def away(image):
        return float((latents_of(image).mean(dim=(2, 3), keepdim=True) - mean).abs().mean())

    assert away(drawn[0]) < away(plain[0])
