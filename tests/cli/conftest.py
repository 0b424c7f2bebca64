"""What tests of the command line share: the miniature base by name, and a style for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from judged_plugin import PLUGIN, SCALE, sha

from stylecli.cli.app import main

MINI_PLUGIN = """
from pathlib import Path

import stylecli

SETTINGS = {{"steps": 4, "guidance": 2.0, "strength": 0.5}}


@stylecli.hookimpl
def stylecli_bases():
    return [
        stylecli.BaseSpec(
            name="mini",
            family="sd15",
            source=Path({folder!r}),
            resolution=64,
            recommends={{"lora-sdedit": {{"train": {{"rank": 3}}, "transfer": SETTINGS}}}},
        )
    ]
"""
SHORT_RUN = ["--base=mini", "--steps=3", "--resolution=32", "--batch-size=2", "--preview-every=0"]
SHORT_RUN += ["--learning-rate=0.01"]


def install(folder: Path, package: str, code: str) -> None:
    """Put a package with one plugin module of the same name where Python finds it."""
    (folder / f"{package}.py").write_text(code, encoding="utf-8")
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[stylecli]\n{package} = {package}\n")


@pytest.fixture
def install_plugin(tmp_path, monkeypatch):
    """Installs a package with a plugin, for this process and those started from it."""

    def add(package: str, code: str) -> None:
        # Another test's of that name; and, when this one is over, this one's.
        monkeypatch.delitem(sys.modules, package, raising=False)
        added.append(package)
        folder = tmp_path / "site"
        folder.mkdir(exist_ok=True)
        install(folder, package, code)
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)

    added: list[str] = []
    yield add
    for package in added:
        sys.modules.pop(package, None)


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory, mini_folder):
    folder = tmp_path_factory.mktemp("plugins")
    install(folder, "mini_base_for_tests", MINI_PLUGIN.format(folder=str(mini_folder)))
    return folder


@pytest.fixture
def mini(plugin_folder, monkeypatch):
    """Makes ``--base mini`` the miniature base, in this process and in those started from it."""
    monkeypatch.syspath_prepend(str(plugin_folder))
    monkeypatch.setenv("PYTHONPATH", str(plugin_folder))
    return "mini"


@pytest.fixture(scope="module")
def style_file(tmp_path_factory, plugin_folder, mini_folder):
    """A style file trained for three steps on the miniature base by the program itself."""
    from PIL import Image

    home = tmp_path_factory.mktemp("training")
    pictures = home / "monet"
    pictures.mkdir()
    for number in range(2):
        Image.linear_gradient("L").rotate(90 * number).convert("RGB").save(
            pictures / f"{number}.png"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STYLECLI_HOME", str(home))
        patch.syspath_prepend(str(plugin_folder))
        assert main(["train", str(pictures), *SHORT_RUN]) == 0
    return home / "styles" / "monet.safetensors"


@pytest.fixture
def monet(style_file, home, mini):
    """A style in this test's library."""
    (home / "styles").mkdir()
    shutil.copy(style_file, home / "styles")
    return "monet"


@pytest.fixture
def program():
    """Starts the program as a user does: ``program("--help")``; more environment by keyword."""

    def run(*args, **environment):
        return subprocess.run(
            [sys.executable, "-m", "stylecli", *map(str, args)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, **environment},
            check=False,
        )

    return run


@pytest.fixture
def press():
    """Presses TAB in bash at the end of a line, in a process of its own: ``press("styles sh")`` gives the offers."""

    def run(line, code="from stylecli.cli.app import main; sys.exit(main())"):
        words = line.split(" ")
        result = subprocess.run(
            [sys.executable, "-c", f"import sys; {code}"],
            env={
                **os.environ,
                "_STYLECLI_COMPLETE": "complete_bash",
                "COMP_WORDS": "\n".join(["stylecli", *words]),
                "COMP_CWORD": str(len(words)),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout.split()

    return run


@pytest.fixture
def judged(install_plugin, monkeypatch):
    """Metrics that rest on networks, and no other plugin."""
    install_plugin("judged_metrics", PLUGIN.format(digest=sha(SCALE)))
    monkeypatch.setenv("STYLECLI_PLUGINS", "judged_metrics")


@pytest.fixture
def judge_file(home):
    """The published file of one of these networks, in its place."""
    path = home / "weights" / "judge" / "judge.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(SCALE)
    return path
