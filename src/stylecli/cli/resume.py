"""Going on with a training run: it must be the same run."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stylecli.bases.locate import find_spec
from stylecli.bases.spec import BaseSpec
from stylecli.datasets.folder import Dataset
from stylecli.datasets.hub_set import HubSet
from stylecli.errors import Cancelled, UsageError
from stylecli.method import Method
from stylecli.options import Layer, Resolved, as_record, resolve
from stylecli.registry import Registry
from stylecli.training.run_folder import drop_empty_run, has_checkpoint

HUB_FLAGS = {
    "config": "--data-config",
    "split": "--split",
    "image_column": "--image-column",
    "caption_column": "--caption-column",
    "most": "--max-pictures",
}
"""The options that say what is taken of a data set of the hub, by `HubSet`'s names."""


def check_same_run(
    described: Mapping[str, Any], method: Method, dataset: Dataset, typed: Mapping[str, Any]
) -> None:
    """Refuse to go on with a run of another method, other pictures, or another setting.

    Raises:
        UsageError: What differs, by name.
    """
    if described.get("method") != method.name:
        raise UsageError(
            f"The run was started with --method {described.get('method')}, not {method.name}."
        )
    if described.get("dataset") != dataset.fingerprint:
        raise UsageError(
            f"{dataset.place}: its pictures or captions have changed since the run was started.",
            "Start a new run without --resume.",
        )
    for key, value in typed.items():
        if value is not None and described.get(key) != value:
            raise _other_run(f"--{key}", described.get(key), value)


def check_same_base(registry: Registry, described: str, typed: str | None) -> None:
    """Refuse to go on with a run on another base; see `check_same_run`."""
    if typed is None:
        return
    known = list(registry.bases.values())
    there, here = find_spec(described, known), find_spec(typed, known)
    if (there.source, there.revision) != (here.source, here.revision):
        raise _other_run("--base", described, typed)


def resumed_options(
    method: Method, layers: Sequence[Layer], recorded: Mapping[str, Any]
) -> Resolved:
    """The options that the run was started with.

    Args:
        method: The run's method.
        layers: What the user gave this time.
        recorded: What was recorded when it was started.

    Raises:
        UsageError: An option was given that differs and touches what is learnt.
    """
    # An exclusive pair is recorded with both members; None must not count as given.
    free: Collection[str] = getattr(method.TrainOptions, "free_on_resume", ())
    values = {name: value for name, value in recorded.items() if value is not None}
    resolved = resolve(method.TrainOptions, [*layers, Layer("the run", values)])
    for name, value in as_record(resolved.options).items():
        flag = "--" + name.replace("_", "-")
        # An option that there was not yet when the run was started.
        if name not in recorded and resolved.sources[name] == "default":
            continue
        if name not in free and value is not None and recorded.get(name) != value:
            raise _other_run(flag, recorded.get(name), value)
    return resolved


def resumed_set(typed: HubSet, recorded: Mapping[str, Any] | None) -> HubSet:
    """The data set of the hub that the run was started with, at the same commit.

    Args:
        typed: What the user gave this time.
        recorded: What was recorded when it was started; None of a run on a folder.

    Raises:
        UsageError: Another part of the same data set was given.
    """
    if recorded is None or recorded["repository"] != typed.repository:
        # Whether the pictures are the same is seen when they are read.
        return typed
    started = HubSet.of_record(recorded)
    for name, flag in HUB_FLAGS.items():
        value = getattr(typed, name)
        if value is not None and value != getattr(started, name):
            raise _other_run(flag, getattr(started, name), value)
    if typed.revision not in (None, started.revision):
        return replace(started, revision=typed.revision, commit=None)
    return started


def explain_stop(
    run_folder: Path, pictures: str, name: str, method: str, overwrite: bool
) -> Cancelled:
    """Say what is kept of a run that was stopped, and how to go on; an empty one is dropped."""
    if not has_checkpoint(run_folder):
        drop_empty_run(run_folder)
        return Cancelled(
            f"Training of {name!r} stopped before its first step.",
            "Give the same command to start it again; pictures encoded so far are kept.",
        )
    again = ["train", pictures, "--method", method, "--name", name, "--resume"]
    again += ["--overwrite"] if overwrite else []
    return Cancelled(
        f"Training of {name!r} stopped; its state is in {run_folder}.",
        f"Go on with: stylecli {shlex.join(again)}",
    )


def lasting_name(registry: Registry, spec: BaseSpec) -> str:
    """What finds the same base again, from whatever folder."""
    known = registry.bases.get(spec.name)
    if known is not None and known.source == spec.source:
        return spec.name
    if isinstance(spec.source, Path):
        return str(spec.source)
    return f"{spec.name}@{spec.revision}" if spec.revision else spec.name


def _other_run(flag: str, there: Any, here: Any) -> UsageError:
    return UsageError(
        f"{flag} is {'not set' if there is None else repr(there)} in the run that is resumed, not {here!r}.",
        "Leave it out to go on with that run, or start a new one without --resume.",
    )
