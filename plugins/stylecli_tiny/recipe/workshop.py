"""The work folder of a run, and what every stage asks of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stylecli_tiny.recipe.files import write_atomically
from stylecli_tiny.recipe.machine import pick_device
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.settings import Settings

Report = Callable[[str], None]


class Workshop:
    """Settings, device, and the things that earlier stages left behind."""

    def __init__(self, settings: Settings, report: Report = print) -> None:
        self.settings = settings
        self.report = report
        self.device = pick_device()

    def place(self, name: str) -> Path:
        """Where the run keeps something, made or not."""
        return self.settings.work / name

    def pack(self, name: str) -> Pack:
        """A finished pack."""
        if not Pack.exists(self.place(name)):
            raise self._missing(name)
        return Pack(self.place(name))

    def part(self, name: str) -> Path:
        """A part of the pipeline: what this run made, else what it began with."""
        for parent in (self.settings.work, self.settings.init):
            if parent and (parent / name).is_dir():
                return parent / name
        raise self._missing(name)

    def load(self, kind: Any, name: str) -> Any:
        """A network among the parts, in float32."""
        return load(kind, self.part(name))

    def claim(self) -> None:
        """Refuse a work folder that other settings began; budgets may change."""
        settings = self.settings
        mine: dict[str, Any] = {
            "seed": settings.seed,
            "init": str(settings.init.resolve()) if settings.init else None,
            "vae_rate": settings.vae_rate,
            "unet_rate": settings.unet_rate,
            "xl_rate": settings.xl_rate,
            "extras_rate": settings.extras_rate,
            "adapter_rate": settings.adapter_rate,
            "sizes": asdict(settings.sizes),
        }
        mine = json.loads(json.dumps(mine))
        file = self.place("settings.json")
        if not file.is_file():
            write_atomically(file, json.dumps(mine, indent=2).encode())
            return
        theirs = json.loads(file.read_text(encoding="utf-8"))
        different = sorted(key for key in mine if mine[key] != theirs.get(key))
        if different:
            raise SystemExit(
                f"{settings.work} was begun with another {', '.join(different)}. "
                "Use the same settings to continue, or another --work."
            )

    def _missing(self, name: str) -> SystemExit:
        return SystemExit(f"{self.settings.work} has no {name} yet: run the earlier stages first.")


def load(kind: Any, folder: Path) -> Any:
    """A network in float32, whatever it was saved in."""
    return kind.from_pretrained(folder, local_files_only=True).float()
