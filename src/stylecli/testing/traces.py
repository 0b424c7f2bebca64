"""What a piece of work leaves behind: words on the terminal, and files."""

from __future__ import annotations

import json
from pathlib import Path

from stylecli.testing.checks import Nonconformance
from stylecli.testing.session import Session

_TEMPORARY = (".tmp", ".part", ".partial", ".incomplete")


def check_silence(session: Session, what: str) -> None:
    """Nothing was printed."""
    if session.printed.strip():
        said = session.printed.strip().splitlines()
        raise Nonconformance(
            f"{what} printed {said[0][:120]!r}"
            + (f" and {len(said) - 1} more lines." if said[1:] else "."),
            "Print nothing: progress(stylecli.Event(stage, message=…)) tells the user.",
        )


def check_writes(session: Session, what: str) -> None:
    """Nothing was written where it does not belong."""
    if session.strays:
        listed = ", ".join(session.strays[:3]) + (" …" if session.strays[3:] else "")
        raise Nonconformance(
            f"{what} wrote {listed}.",
            "Files go into run.folder and run.cache; temporary ones are taken away again.",
        )


def check_files(folder: Path) -> None:
    """Every file is whole."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(".") or path.suffix in _TEMPORARY:
            problem = "is left over from writing"
        else:
            problem = _damage(path)
        if problem:
            raise Nonconformance(
                f"{name} {problem}.",
                "Files are there whole or not at all, also when a run is stopped.",
            )


def _damage(path: Path) -> str:
    try:
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                json.loads(line)
        elif path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(str(path), framework="pt") as file:
                file.keys()
        elif path.suffix in (".png", ".jpg"):
            from PIL import Image

            with Image.open(path) as image:
                image.load()
    except Exception as problem:
        return f"cannot be read ({type(problem).__name__})"
    return ""
