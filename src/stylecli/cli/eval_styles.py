"""Styles that ``stylecli eval`` compares: their settings made equal, their pictures painted."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stylecli.bases.base import load_base
from stylecli.bases.device import Precision
from stylecli.bases.locate import folder_of
from stylecli.bases.spec import BaseSpec
from stylecli.cli.eval_settings import Typed
from stylecli.cli.transfer import made_record, result_stems, spec_for
from stylecli.datasets.folder import DIGITS
from stylecli.errors import UsageError
from stylecli.evaluation.plan import EntryPlan
from stylecli.evaluation.result import OwnReport, Warned
from stylecli.evaluation.sets import target_of
from stylecli.method import Method
from stylecli.options import Layer, as_record, known_values, option_fields, resolve
from stylecli.progress import Event, Progress
from stylecli.registry import Registry
from stylecli.sampling.repaint import STAGE as PHOTOS
from stylecli.sampling.repaint import Job, Outcome, Variant, made_alike, repaint_files
from stylecli.styles.style import ScaledStyle

_OWN = ("batch_size", "precision")
"""Options that do not change what is painted, beyond rounding."""


@dataclass(frozen=True)
class Candidate:
    """A style at settled settings.

    Attributes:
        name: What it is called in the comparison.
        styled: The style and its scale.
        method: The method that paints with it.
        spec: The base.
        options: An instance of the method's `TransferOptions`.
        step: The training step, of a checkpoint.
    """

    name: str
    styled: ScaledStyle
    method: Method
    spec: BaseSpec
    options: Any
    step: int | None = None


@dataclass(frozen=True)
class Painted:
    """What came of a candidate.

    Attributes:
        targets: Its pictures that are there, by the index of the photo.
        seconds: Per picture, of those that were painted now; None where none was.
        failed: A sentence for each photo that could not be painted.
    """

    targets: Mapping[int, Path]
    seconds: float | None
    failed: tuple[str, ...]


def candidates(
    registry: Registry,
    styles: Sequence[ScaledStyle],
    names: Sequence[str],
    steps: Sequence[int | None],
    base: str | None,
    typed: Typed,
    own_settings: bool,
) -> tuple[list[Candidate], list[Warned], str]:
    """Settle the settings of every style, equal for all unless told otherwise.

    Returns:
        The candidates, one for every style and strength; what is not equal all the same; and which
        settings were taken from the first style, or "".

    Raises:
        UsageError: A setting that no method has, or a value out of its range.
    """
    methods = [
        registry.method_for(each.style.method, each.style.family, each.style.is_lora)
        for each in styles
    ]
    fields = [
        {field.name: field for field in option_fields(each.TransferOptions)} for each in methods
    ]
    typed.check(fields)
    shared = set.intersection(*(set(each) for each in fields)) if fields else set()
    found: list[Candidate] = []
    common: dict[str, Any] = {}
    moved: list[str] = []
    for index, (styled, method) in enumerate(zip(styles, methods, strict=True)):
        spec = spec_for(registry, [styled], base)
        layers = [
            Layer("command line", typed.values(fields[index])),
            Layer("the first style", common),
            Layer("style", known_values(method.TransferOptions, styled.style.transfer)),
            Layer(f"base {spec.name}", spec.recommended(method.name, "transfer")),
        ]
        options = resolve(method.TransferOptions, layers).options
        if not own_settings:
            alone = resolve(method.TransferOptions, [layers[0], *layers[2:]]).options
            moved += [name for name in common if getattr(alone, name) != common[name]]
            if index == 0:
                common = {
                    name: value for name, value in as_record(options).items() if name in shared
                }
        strengths = typed.strengths or (getattr(options, "strength", None),)
        for strength in strengths:
            several = len(strengths) > 1
            found.append(
                Candidate(
                    f"{names[index]} at {strength:g}" if several else names[index],
                    styled,
                    method,
                    spec,
                    options if strength is None else replace(options, strength=strength),
                    steps[index],
                )
            )
    told = ""
    if moved:
        listed = ", ".join(
            f"{name.replace('_', ' ')} {common[name]}" for name in dict.fromkeys(moved)
        )
        told = f"Settings of {names[0]} for all: {listed}. Each style's own: --own-settings."
    return found, _unequal(found, bool(typed.strengths)), told


def _unequal(found: Sequence[Candidate], sweep: bool) -> list[Warned]:
    """Settings in which entries differ, the strengths of a sweep aside."""
    ignored = {*_OWN, *(("strength",) if sweep else ())}
    records = [as_record(each.options) for each in found]
    differing = sorted(
        name
        for name in {name for record in records for name in record} - ignored
        if len({repr(record[name]) for record in records if name in record}) > 1
    )
    if not differing:
        return []
    listed = ", ".join(name.replace("_", " ") for name in differing)
    return [Warned("unequal-settings", f"the entries were painted at different settings: {listed}")]


def paint(
    every: Sequence[Candidate],
    photos: Sequence[Path],
    folder: Path,
    prompt: str,
    seed: int,
    overwrite: bool,
    progress: Progress,
) -> list[Painted]:
    """Repaint the photos with every candidate; what is there, made in the same way, is kept.

    Args:
        every: The candidates.
        photos: The content pictures, their names all different.
        folder: Every candidate gets a folder of its own in it.
        prompt: What the photos show; "".
        seed: The same for every photo.
        overwrite: Whether pictures that were made in another way are replaced.
        progress: Hears of every picture.

    Raises:
        UsageError: A picture is there that was made in another way.
    """
    loaded: dict[tuple[object, str], tuple[BaseSpec, Any]] = {}
    painted = []
    for candidate in every:
        precision: Precision = getattr(candidate.options, "precision", "auto")
        key = (candidate.spec.source, precision)
        if key not in loaded:
            # One base at a time: two of SDXL do not fit most cards.
            loaded.clear()
            spec, base_folder = folder_of(candidate.spec, progress)
            base = load_base(spec, base_folder, precision)
            # Loaded now, not while the first entry's time is taken.
            _ = (base.denoiser, base.vae, base.text_encoder)
            loaded[key] = (spec, base)
        spec, base = loaded[key]
        stylizer = candidate.method.stylizer(base, [candidate.styled], candidate.options)
        record = made_record(
            "eval", candidate.method, spec, [candidate.styled], candidate.options, prompt, seed
        )
        variant = Variant(candidate.name, stylizer, record)
        place = folder / file_name(candidate.name)
        jobs = [
            Job(photo, (place / f"{stem}.png",))
            for photo, stem in zip(photos, result_stems(photos, place), strict=True)
        ]
        if overwrite:
            _drop_others(jobs, record)

        def hear(event: Event, name: str = candidate.name) -> None:
            # Of the steps of every picture nothing is shown, but Ctrl+C must be heard.
            total = event.total if event.stage == PHOTOS else None
            progress(replace(event, stage=f"repainting in {name}", total=total))

        started = time.perf_counter()
        outcomes = repaint_files(
            jobs,
            [variant],
            prompt,
            seed,
            batch_size=getattr(candidate.options, "batch_size", 1),
            overwrite=False,
            progress=hear,
        )
        painted.append(_painted(outcomes, time.perf_counter() - started))
    return painted


def file_name(name: str) -> str:
    """A folder's name for an entry of any name."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "entry"


def _drop_others(jobs: Sequence[Job], record: Mapping[str, Any]) -> None:
    """Remove pictures that were made in another way, so that they are made anew."""
    for job in jobs:
        target = job.targets[0]
        if target.exists() and not made_alike(target, job.source, record):
            target.unlink()


def _painted(outcomes: Sequence[Outcome], seconds: float) -> Painted:
    there = {
        index: outcome.target
        for index, outcome in enumerate(outcomes)
        if outcome.status != "failed"
    }
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        if outcome.target.exists():
            raise UsageError(
                outcome.reason,
                "Replace such pictures with --overwrite, or choose another folder with --report.",
            )
    made = sum(outcome.status == "made" for outcome in outcomes)
    return Painted(
        there, seconds / made if made else None, tuple(outcome.reason for outcome in failed)
    )


def entry_of(candidate: Candidate, painted: Painted, references: Sequence[str]) -> EntryPlan:
    """The entry of a candidate; raises as `target_of` does."""
    style = candidate.styled.style
    settings = {
        name: value
        for name, value in as_record(candidate.options).items()
        if value is not None and name != "batch_size"
    }
    if candidate.styled.scale != 1:
        settings["scale"] = candidate.styled.scale
    digests = str(style.provenance.dataset.get("digests", ""))
    trained_on = frozenset(
        digests[start : start + DIGITS] for start in range(0, len(digests), DIGITS)
    )
    return EntryPlan(
        name=candidate.name,
        target=target_of(style.name if candidate.step is not None else candidate.name, references),
        outputs=tuple(painted.targets.values()),
        content=tuple(painted.targets),
        style=style.name,
        method=candidate.method.name,
        base=candidate.spec.public_name,
        settings=settings,
        seconds=painted.seconds,
        step=candidate.step,
        own=_own_report(candidate),
        trained_on=trained_on,
    )


def _own_report(candidate: Candidate) -> OwnReport | None:
    own = candidate.method.evaluation()
    if own is None:
        return None
    settings = {}
    for name, value in own.transfer.items():
        here = getattr(candidate.options, name, None)
        settings[name] = f"{value}" if here == value else f"{value} (here {here})"
    return OwnReport(own.summary, own.metrics, settings)
