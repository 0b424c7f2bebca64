"""What a step of one of our methods costs: its own loop, stopped when enough steps are timed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from step_timer import EnoughSteps, StepTimer
from stylecli.bases.base import load_base
from stylecli.bases.locate import find_spec, folder_of
from stylecli.datasets.folder import read_dataset
from stylecli.options import Layer, resolve
from stylecli.places import Places
from stylecli.progress import Event, silent
from stylecli.registry import load_registry
from stylecli.training.cache import TensorCache
from stylecli.training.loop import STAGE
from stylecli.training.run import TrainRun
from stylecli.training.run_folder import new_run_folder


def timed_training(
    method_name: str,
    base: Path,
    pictures: Path,
    values: Mapping[str, Any],
    timer: StepTimer,
    preset: str = "",
    *,
    encode: bool = False,
) -> dict[str, float]:
    """Train a style as ``stylecli train`` does, as far as the timer lets it.

    What comes after the loop is left out: the checkpoint, the style file.

    Args:
        method_name: How.
        base: A diffusers folder.
        pictures: A folder.
        values: Training options by name; a length is set where they name none.
        timer: Called after every step.
        preset: A preset of the method, or "".
        encode: Whether the pictures are encoded anew, and not taken from the cache of an earlier run.

    Returns:
        The timer's figures, and of what came before the loop "encoding_seconds"; on CUDA, where pictures
        were encoded anew, "peak_with_encoding_mb", too: the most that any phase held.
    """
    registry = load_registry()
    method = registry.method(method_name)
    spec, folder = folder_of(find_spec(str(base), list(registry.bases.values())), silent)
    length = {} if {"steps", "epochs"} & set(values) or preset else {"steps": timer.steps}
    layers = [Layer("benchmark", {**values, **length, "preview_every": 0, "checkpoint_every": 0})]
    if preset:
        layers.append(Layer("preset", method.presets[preset].train))
    options = resolve(method.TrainOptions, layers).options
    places = Places.default()
    run_folder = new_run_folder(places.runs, "cost")

    def hear(event: Event) -> None:
        # A message of the same stage is no step.
        if event.stage == STAGE and event.done and event.message is None:
            timer.watch(run.base.denoiser)
            timer.step()
        else:
            timer.check_time()

    run = TrainRun(
        name="cost",
        method=method.name,
        base=load_base(spec, folder, options.precision),
        dataset=read_dataset(pictures),
        prompt=method.prompt("cost", None),
        options=options,
        transfer={},
        seed=0,
        folder=run_folder,
        cache=TensorCache(run_folder / "cache" if encode else places.cache),
        resume=False,
        progress=hear,
    )
    try:
        method.train(run)
    except EnoughSteps:
        pass
    except Exception:
        # What was timed is told also where only the counting of operations failed.
        if not timer.figures:
            raise
    phases = run.costs.phases.values()
    figures = dict(timer.figures)
    figures["encoding_seconds"] = sum(one.seconds for one in phases if one.name != STAGE)
    if encode and run.base.device.type == "cuda":
        figures["peak_with_encoding_mb"] = max(one.peak for one in phases) / 1e6
    return figures
