"""Libraries and the device, tried in a process of their own: one that kills it is named, too."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SECONDS = 180
"""So long a library may take before it counts as hanging."""

NEEDED = {
    "torch": "torch",
    "diffusers": "diffusers:UNet2DConditionModel",
    "transformers": "transformers:CLIPTextModel",
    "peft": "peft:LoraConfig",
    "accelerate": "accelerate:Accelerator",
    "huggingface_hub": "huggingface_hub:hf_hub_download",
    "safetensors": "safetensors:safe_open",
    "numpy": "numpy",
    "pillow": "PIL.Image",
    "opencv-python-headless": "cv2",
}
"""What is imported of each distribution that training and repainting need."""

EXTRAS = {
    "bitsandbytes": ("8bit", "bitsandbytes.optim", "train --optimizer adamw-8bit"),
    "onnxruntime": ("wd14", "onnxruntime", "caption --captioner wd14"),
    "datasets": ("datasets", "datasets", "data sets of the hub, train org/name"),
}
"""By distribution the extra that brings it, what is imported of it, and what it is for."""

DEVICE, EIGHT_BIT = "the device", "8-bit optimiser"


@dataclass(frozen=True)
class Tried:
    """How a try went.

    Attributes:
        error: Why it failed, or "".
        values: What was learnt.
    """

    error: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def try_libraries() -> dict[str, Tried]:
    """Try everything, by name; see `NEEDED`, `EXTRAS`, `DEVICE`, `EIGHT_BIT`."""
    left = [*NEEDED, DEVICE, *EXTRAS, EIGHT_BIT]
    tried: dict[str, Tried] = {}
    while left:
        done, end = _try(left)
        tried |= done
        left = [name for name in left if name not in tried]
        if left:
            # The one that it was at.
            tried[left.pop(0)] = Tried(end)
    return tried


def _try(names: Sequence[str]) -> tuple[dict[str, Tried], str]:
    """Try in a process; gives what it got through, and how it ended."""
    code = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    code += "from stylecli.doctor.tries import main; main(sys.argv[2:])"
    command = [sys.executable, "-c", code, json.dumps(sys.path), *names]
    try:
        result = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        text, end = result.stdout, f"ends the program (exit code {result.returncode})"
    except subprocess.TimeoutExpired as problem:
        text, end = problem.stdout or b"", f"does not come back within {SECONDS} s"
    done = {}
    for line in text.decode(errors="replace").splitlines():
        # A library may write what it likes.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            found = json.loads(line)
            done[found["tried"]] = Tried(found["error"], found["values"])
    return done, end
