"""The rows of `full_size.py`: what is measured, in the order of worth."""

from __future__ import annotations

import contextlib
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

import plain_dreambooth
import plain_lora
import timed_transfer
from full_size_setting import Setting
from step_timer import EnoughSteps, StepTimer
from timed_training import timed_training

Figures = dict[str, float]
ATTENTION = ",".join(timed_transfer.ATTENTION)
MONET_PICTURES, MONET_BATCH = 1000, 2


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        group: What ``--rows`` calls it.
        label: What sets it apart in its group; rows of "x" and "plain-x" with one label are compared.
        measure: Gives its figures.
    """

    group: str
    label: str
    measure: Callable[[], Figures]


def rows(setting: Setting) -> Iterator[Row]:
    """All rows."""
    yield Row("matmul", "bf16", partial(matmul, setting))
    for precision, more in (
        ("bf16", {}),
        ("bf16", {"gradient_checkpointing": True}),
        ("fp16", {}),
        ("fp16", {"gradient_checkpointing": True}),
        ("bf16", {"optimizer": "adamw-8bit"}),
    ):
        label = ", ".join([precision, *(_named(*pair) for pair in more.items())])
        yield Row("dreambooth", label, partial(dreambooth, setting, precision, more))
        yield Row("plain-dreambooth", label, partial(plain_whole, setting, precision, more))
    alone = {"train_text_encoder": False}
    yield Row("dreambooth", "bf16, denoiser alone", partial(dreambooth, setting, "bf16", alone))
    for batch in sorted({1, 2, setting.batch}):
        yield Row("lora", f"batch {batch}", partial(lora, setting, batch))
    label = f"batch {setting.batch}"
    yield Row("plain-lora", label, partial(plain, setting))
    for parts in ("unet", "unet,text-encoder"):
        values = {"train_modules": parts, "gradient_checkpointing": True}
        name = f"batch {setting.batch}, {parts}, gradient checkpointing"
        yield Row("three-parts", name, partial(parts_trained, setting, values))
    yield Row("lsast", "batch 1", partial(lsast, setting))
    one, some, many = setting.photos
    for count, batch in ((one, 1), (some, 1), (some, some), (many, some), (many, min(many, 32))):
        label = f"{count} photos, {batch} at once"
        yield Row("transfer", label, partial(ours, setting, count, batch))
    for batch in (1, some):
        label = f"{some} photos, {batch} at once"
        yield Row("plain-transfer", label, partial(stock, setting, some, batch))
    yield Row(
        "transfer-files", f"{many} files, {some} at once", partial(files, setting, many, some)
    )
    yield Row("monet", "published run, one epoch", partial(monet, setting))
    yield Row("whole", "dreambooth, launch to file", partial(whole, setting))


def matmul(setting: Setting) -> Figures:
    """The rate of a large bf16 matrix product on random numbers."""
    cuda = setting.device.type == "cuda"
    side, turns = (8192, 20) if cuda else (512, 3)
    left, right = (torch.randn(side, side, device=setting.device).bfloat16() for _ in range(2))
    for _ in range(3):
        left @ right
    if cuda:
        torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(turns):
        left @ right
    if cuda:
        torch.cuda.synchronize()
    return {"tflop_per_second": 2 * side**3 * turns / (time.perf_counter() - started) / 1e12}


def dreambooth(setting: Setting, precision: str, more: dict[str, Any]) -> Figures:
    """The whole denoiser and text encoder, instance and class pictures in one batch."""
    _need(more)
    values = {
        "class_folder": str(_class_pictures(setting)),
        "batch_size": setting.batch,
        "resolution": setting.side,
        "precision": precision,
        "optimizer": "adamw",
        **more,
    }
    timer = setting.timer(precision, operations=True)
    return timed_training("dreambooth", setting.base, style_pictures(setting), values, timer)


def plain_whole(setting: Setting, precision: str, more: dict[str, Any]) -> Figures:
    """The same by the plain loop."""
    _need(more)
    timer = setting.timer(precision)
    given = ["--base", setting.base, "--pictures", style_pictures(setting)]
    given += ["--class-pictures", _class_pictures(setting), "--out", setting.folder / "unused"]
    given += ["--steps", timer.steps, "--batch-size", setting.batch, "--resolution", setting.side]
    given += ["--precision", precision, "--optimizer", more.get("optimizer", "adamw")]
    given += ["--gradient-checkpointing"] if "gradient_checkpointing" in more else []
    return looped(plain_dreambooth, given, timer)


def lora(setting: Setting, batch: int) -> Figures:
    """LoRAs of rank 16 on the attention."""
    values = {"resolution": setting.side, "batch_size": batch, "precision": "bf16", "rank": 16}
    timer = setting.timer(operations=True)
    return timed_training("lora-sdedit", setting.base, style_pictures(setting), values, timer)


def parts_trained(setting: Setting, values: dict[str, Any]) -> Figures:
    """The same as a whole run, encoding included, and without counting operations."""
    shared = {"resolution": setting.side, "batch_size": setting.batch, "precision": "bf16"}
    timer = setting.timer()
    values = {**shared, "rank": 16, **values}
    return timed_training(
        "lora-sdedit", setting.base, style_pictures(setting), values, timer, encode=True
    )


def plain(setting: Setting) -> Figures:
    """The same by the plain loop."""
    timer = setting.timer()
    given = ["--base", setting.base, "--pictures", style_pictures(setting)]
    given += ["--out", setting.folder / "unused", "--steps", timer.steps]
    given += ["--batch-size", setting.batch, "--crop-size", setting.side]
    given += ["--rank", 16, "--targets", ATTENTION, "--precision", "bf16"]
    return looped(plain_lora, given, timer)


def lsast(setting: Setting) -> Figures:
    """Prompts for stages and layers, as published but for the number type."""
    values = {"resolution": setting.side, "batch_size": 1, "precision": "bf16"}
    timer = setting.timer(operations=True)
    return timed_training("lsast", setting.base, style_pictures(setting), values, timer)


def monet(setting: Setting) -> Figures:
    """The whole published run on Monet."""
    count = MONET_PICTURES if setting.device.type == "cuda" else 8
    pictures = setting.pictures("monet", count, (320, 256))
    steps = count // MONET_BATCH
    timer = StepTimer(setting.device, 1, steps - 1, setting.deadline, False)
    figures = timed_training("lora-sdedit", setting.base, pictures, {}, timer, preset="monet-a")
    return {**figures, "training_seconds": steps * figures["seconds_per_step"]}


def ours(setting: Setting, count: int, batch: int) -> Figures:
    """Photos repainted, so many at once."""
    shared = (setting.base, setting.side, count, batch, "bf16")
    return timed_transfer.ours(*shared, setting.deadline)


def stock(setting: Setting, count: int, batch: int) -> Figures:
    """The same by the stock pipeline."""
    shared = (setting.base, setting.side, count, batch, "bf16")
    return timed_transfer.stock(*shared, setting.deadline)


def files(setting: Setting, count: int, batch: int) -> Figures:
    """From photo files to PNG files."""
    shared = (setting.base, setting.side, count, batch, "bf16")
    return timed_transfer.our_files(*shared, setting.folder / "photos")


def whole(setting: Setting) -> Figures:
    """A run of ten steps by the command line: what the style file costs besides."""
    command = [sys.executable, "-m", "stylecli", "train", style_pictures(setting), "--method"]
    command += ["dreambooth", "--base", setting.base, "--class-folder", _class_pictures(setting)]
    command += ["--steps", 10, "--batch-size", setting.batch, "--resolution", setting.side]
    command += ["--precision", "bf16", "--optimizer", "adamw"]
    command += ["--preview-every", 0, "--checkpoint-every", 0]
    # Repainting photos to tell what the file loses takes minutes on a CPU.
    command += [] if setting.device.type == "cuda" else ["--compare", 0]
    started = time.perf_counter()
    finished = subprocess.run(
        [*map(str, command), "--name", "whole", "--json"],
        capture_output=True,
        text=True,
        timeout=max(1.0, setting.deadline - started),
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr.strip()[-400:])
    phases = json.loads(finished.stdout)["training"]["phases"]
    return {
        "seconds_in_all": time.perf_counter() - started,
        **{f"{phase['name']}_seconds": phase["seconds"] for phase in phases},
        "peak_mb": max(phase["peak_mb"] for phase in phases),
    }


def looped(loop: Any, given: list[Any], timer: StepTimer) -> Figures:
    """The figures of a plain loop."""
    with contextlib.suppress(EnoughSteps):
        loop.train(loop.arguments(list(map(str, given))), timer.step, timer.watch)
    return timer.figures


def style_pictures(setting: Setting) -> Path:
    """What is trained on: a little wider than what a step sees."""
    return setting.pictures("pictures", 12, (setting.side + 64, setting.side))


def _class_pictures(setting: Setting) -> Path:
    return setting.pictures("class-pictures", 24, (setting.side, setting.side))


def _need(values: dict[str, Any]) -> None:
    """Where the library is missing our method uses another optimiser, which would be measured instead."""
    if values.get("optimizer") == "adamw-8bit":
        importlib.import_module("bitsandbytes")


def _named(name: str, value: object) -> str:
    return name.replace("_", " ") if value is True else str(value)
