"""What training and transfer cost at SD 1.5's or SDXL's true size: speed, memory, beside the stock loops.

    python benchmarks/full_size.py [--family sdxl] [--rows dreambooth,plain-dreambooth] [--limit 330] [--out FILE.json]

The base has the true architecture and random weights: what they hold changes neither time nor memory. Every
row stands for itself: one that fails says so and the others go on; those that no longer fit into --limit
read "not run: out of time". FILE is written anew after every row. The share of a step that the denoiser takes is
measured forwards and backwards, without loss, optimiser and encoders. ``--tiny`` tries all rows on the embedded
base of the family with small pictures, on a CPU in some minutes: whether they run, not what they cost.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import json
import os
import platform
import tempfile
import time
import traceback
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from full_size_rows import Row, rows
from full_size_sdxl import sdxl_rows
from full_size_setting import Setting
from random_base import write_random_base
from step_timer import OutOfTime
from stylecli.bases.device import pick_device
from stylecli.bases.locate import folder_of
from stylecli.progress import silent
from stylecli.registry import load_registry

LIBRARIES = ("torch", "diffusers", "transformers", "peft", "accelerate", "bitsandbytes", "stylecli")
PLAIN = "plain-"
ROWS = {"sd15": rows, "sdxl": sdxl_rows}
SIDES = {"sd15": 512, "sdxl": 1024}
PHOTOS = {"sd15": (1, 8, 64), "sdxl": (1, 4, 8)}
EMBEDDED = {"sd15": "tiny", "sdxl": "tiny-xl"}
SHOWN = {
    "steps_per_second": "{:.2f} steps/s",
    "photos_per_second": "{:.2f} photos/s",
    "tflop_per_second": "{:.3g} TFLOP/s",
    "share_of_matmul": "{:.2f} of the matmul rate",
    "denoiser_share": "{:.2f} of it in the denoiser",
    "peak_mb": "peak {:.0f} MB",
    "peak_with_encoding_mb": "{:.0f} MB with the encoding",
    "training_seconds": "training {:.1f} s",
    "seconds_in_all": "{:.1f} s in all",
}


def main() -> None:
    """Measure the rows that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=list(ROWS), default="sd15")
    parser.add_argument("--rows", default="", help="groups, with commas between; default: all")
    parser.add_argument("--limit", type=float, default=3600, help="seconds in all")
    parser.add_argument("--out", type=Path, help="a JSON file")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--steps", type=int, default=15, help="timed, after 3 to warm up")
    args = parser.parse_args()
    deadline = time.perf_counter() + args.limit
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["STYLECLI_HOME"] = str(folder / "home")
        measure(_setting(folder, deadline, args), args)


def _setting(folder: Path, deadline: float, args: argparse.Namespace) -> Setting:
    device, family = pick_device(), args.family
    if args.tiny:
        _, base = folder_of(load_registry().bases[EMBEDDED[family]], silent)
        return Setting(folder, base, device, 128, 2, 1, 2, (1, 2, 4), deadline)
    base = folder / "base"
    started = time.perf_counter()
    write_random_base(base, family)
    print(f"random base: written in {time.perf_counter() - started:.0f} s", flush=True)
    side, photos = SIDES[family], PHOTOS[family]
    return Setting(folder, base, device, side, 4, 3, args.steps, photos, deadline)


def measure(setting: Setting, args: argparse.Namespace) -> None:
    """Print a line a row, and keep all of them."""
    wanted = {name for name in args.rows.split(",") if name}
    chosen = [row for row in ROWS[args.family](setting) if not wanted or row.group in wanted]
    unknown = wanted - {row.group for row in chosen}
    if unknown:
        raise SystemExit(f"There are no rows {', '.join(sorted(unknown))}.")
    about = machine(setting.device)
    print(", ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    results: list[dict[str, Any]] = []
    for row in chosen:
        result = {"row": row.group, "label": row.label, **measured(row, setting)}
        compare(result, results)
        results.append(result)
        print(line(result), flush=True)
        if args.out:
            args.out.write_text(json.dumps({"machine": about, "rows": results}, indent=2) + "\n")


def machine(device: torch.device) -> dict[str, str]:
    """Where and when, and with what."""
    cuda = device.type == "cuda"
    about = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "device": torch.cuda.get_device_name() if cuda else platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "cuda": str(torch.version.cuda),
    }
    for name in LIBRARIES:
        try:
            about[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            about[name] = "missing"
    return about


def measured(row: Row, setting: Setting) -> dict[str, Any]:
    """A row's figures, or why there are none."""
    if time.perf_counter() > setting.deadline:
        return {"problem": "not run: out of time"}
    gc.collect()
    held = 0.0
    if setting.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated() / 1e6
    started = time.perf_counter()
    try:
        figures: dict[str, Any] = dict(row.measure())
    except OutOfTime:
        figures = {"problem": "not finished: out of time"}
    # Whatever a row runs into, the next one may do better.
    except (Exception, SystemExit) as problem:
        traceback.print_exc()
        said = (str(problem).strip().splitlines() or [""])[0][:300]
        figures = {"problem": f"failed: {type(problem).__name__}: {said}"}
    return {**figures, "held_before_mb": held, "row_seconds": time.perf_counter() - started}


def compare(result: dict[str, Any], others: list[dict[str, Any]]) -> None:
    """Add to a result its share of the matmul rate, and to ours or the plain one's how they compare."""
    rate = next((one for one in others if one["row"] == "matmul"), {}).get("tflop_per_second")
    if rate and "tflop_per_step" in result:
        result["tflop_per_second"] = result["tflop_per_step"] * result["steps_per_second"]
        result["share_of_matmul"] = result["tflop_per_second"] / rate
    if not result["row"].startswith(PLAIN):
        return
    for one in others:
        if one["row"] == result["row"].removeprefix(PLAIN) and one["label"] == result["label"]:
            for figure in ("steps_per_second", "photos_per_second", "peak_mb"):
                if figure in one and figure in result:
                    result[f"ours_by_plain_{figure}"] = one[figure] / result[figure]


def line(result: dict[str, Any]) -> str:
    """One row for people."""
    said = [form.format(result[name]) for name, form in SHOWN.items() if name in result]
    said += [
        f"ours {value:.2f} x its {name.removeprefix('ours_by_plain_')}"
        for name, value in result.items()
        if name.startswith("ours_by_plain_")
    ]
    said += [result["problem"]] if "problem" in result else []
    took = f" [{result['row_seconds']:.0f} s]" if "row_seconds" in result else ""
    return f"{result['row']}, {result['label']}: {', '.join(said)}{took}"


if __name__ == "__main__":
    main()
