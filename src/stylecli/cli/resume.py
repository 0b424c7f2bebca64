"""Going on with a training run: it must be the same run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stylecli.bases.locate import find_spec
from stylecli.bases.spec import BaseSpec
from stylecli.datasets.folder import Dataset
from stylecli.errors import Cancelled, UsageError
from stylecli.method import Method
from stylecli.options import Layer, Resolved, as_record, resolve
from stylecli.registry import Registry
from stylecli.training.run_folder import drop_empty_run, has_checkpoint

FREE_ON_RESUME = ("preview_every", "checkpoint_every", "save_every", "save_limit")
"""Options that may differ when a run goes on: they do not touch what is learnt."""


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
            f"{dataset.folder}: its pictures or captions have changed since the run was started.",
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
    values = {name: value for name, value in recorded.items() if value is not None}
    resolved = resolve(method.TrainOptions, [*layers, Layer("the run", values)])
    for name, value in as_record(resolved.options).items():
        flag = "--" + name.replace("_", "-")
        if name not in FREE_ON_RESUME and value is not None and recorded.get(name) != value:
            raise _other_run(flag, recorded.get(name), value)
    return resolved


def explain_stop(
    run_folder: Path, pictures: Path, name: str, method: str, overwrite: bool
) -> Cancelled:
    """Say what is kept of a run that was stopped, and how to go on; an empty one is dropped."""
    if not has_checkpoint(run_folder):
        drop_empty_run(run_folder)
        return Cancelled(
            f"Training of {name!r} stopped before its first step.",
            "Give the same command to start it again; pictures encoded so far are kept.",
        )
    again = ["train", str(pictures), "--method", method, "--name", name, "--resume"]
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
