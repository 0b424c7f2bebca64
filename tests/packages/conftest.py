"""Third-party packages, installed by pip into a fresh virtual environment beside this program."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def environment(tmp_path, home) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python in a new environment that sees this one's packages: ``environment("-m", "stylecli", …)``."""
    place = tmp_path / "environment"
    venv.create(place, symlinks=os.name != "nt")
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = sysconfig.get_path("purelib")
    # Not just a path: of a folder added so, `.pth` files count, and editable installs with them.
    line = f"import site; site.addsitedir({packages!r})\n"
    (Path(found.stdout.strip()) / "beside.pth").write_text(line, encoding="utf-8")
    # This program may be used from its own tree.
    paths = [path for path in sys.path if (Path(path) / "stylecli").is_dir()]
    paths += [path for path in sys.path if (Path(path) / "stylecli_tiny").is_dir()]

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, *map(str, words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))},
            cwd=tmp_path,
            check=False,
        )

    return run


@pytest.fixture
def installed(environment, tmp_path) -> Callable[[str, str], None]:
    """Writes a package of one module with a plugin and installs it, offline: ``installed(name, code)``."""

    def install(name: str, code: str) -> None:
        folder = tmp_path / name
        folder.mkdir()
        module = name.replace("-", "_")
        (folder / f"{module}.py").write_text(code, encoding="utf-8")
        (folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
            f'[project]\nname = "{name}"\nversion = "1.2"\ndependencies = ["stylecli"]\n\n'
            f'[project.entry-points.stylecli]\n{name} = "{module}"\n\n'
            f'[tool.hatch.build.targets.wheel]\ninclude = ["{module}.py"]\n'
        )
        flags = ("--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check")
        done = environment("-m", "pip", "install", *flags, folder)
        assert done.returncode == 0, done.stderr
        assert f"Successfully installed {name}-1.2" in done.stdout

    return install
