"""What the parts of `methods_compared.py` share: the methods, and where everything of a run is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from child_runs import Cost

BASES = {"lora-sdedit": "tiny", "dreambooth": "tiny", "lsast": "tiny", "sdxl-lora": "tiny-xl"}
FEWER = {"dreambooth": 20}
"""Methods that learn from so many pictures only."""

LADDER = (0.45, 0.6, 0.7, 0.85)
FEW, MANY = 4, 12
"""Photographs of the two commands whose difference is what one takes: starting and loading fall out."""


@dataclass(frozen=True)
class Bench:
    """Where everything is.

    Attributes:
        out: The output folder.
        quick: Whether only the script is tried: a few steps, a few photographs.
        methods: The methods, the first one the measure of costs.
    """

    out: Path
    quick: bool
    methods: tuple[str, ...]

    def style(self, method: str, painter: str) -> Path:
        """The style file."""
        return self.out / painter / method / "home" / "styles" / f"{painter}.safetensors"

    def figures(self, method: str, painter: str) -> Path:
        """What the evaluation found."""
        return self.out / painter / method / "eval" / "eval.json"

    def fast(self, option: str) -> list[str]:
        """Fewer steps, where the script is only tried."""
        return [option, "steps=4"] if self.quick else []

    def measured(self, name: str, measure: Callable[[], Cost]) -> Cost:
        """A cost: from its file, else measured and kept."""
        file = self.out / "costs" / f"{name}.json"
        if not file.exists():
            found = measure()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(asdict(found)))
            print(f"{name}: {found.seconds:.1f} s, {found.peak_mb:.0f} MB", flush=True)
        return Cost(**json.loads(file.read_text()))

    def costs(self) -> dict[str, Cost]:
        """All that was measured so far."""
        files = sorted((self.out / "costs").glob("*.json"))
        return {file.stem: Cost(**json.loads(file.read_text())) for file in files}
