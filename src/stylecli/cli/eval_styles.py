"""Styles that ``stylecli eval`` compares: their settings made equal, and what the report says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from stylecli.bases.spec import BaseSpec
from stylecli.cli.eval_settings import Typed
from stylecli.cli.transfer import spec_for
from stylecli.datasets.folder import DIGITS
from stylecli.errors import UsageError
from stylecli.evaluation.plan import EntryPlan
from stylecli.evaluation.result import OwnReport, Warned
from stylecli.evaluation.sets import target_of
from stylecli.method import Method
from stylecli.options import Layer, as_record, known_values, option_fields, resolve
from stylecli.recommended import recommended_for
from stylecli.registry import Registry
from stylecli.styles.style import ScaledStyle

Task = Literal["transfer", "generate"]
"""Whether photos are repainted, or pictures made from text."""

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
        options: An instance of the method's `TransferOptions`, or of its `GenerateOptions`.
        step: The training step, of a checkpoint.
    """

    name: str
    styled: ScaledStyle
    method: Method
    spec: BaseSpec
    options: Any
    step: int | None = None


def bases_alone(styles: Sequence[ScaledStyle]) -> dict[str, ScaledStyle]:
    """For each of the styles the base without it, by what that is called: the same words, no weights."""
    return {f"{each.style.name}, base alone": replace(each, scale=0.0) for each in styles}


def candidates(
    registry: Registry,
    styles: Sequence[ScaledStyle],
    names: Sequence[str],
    steps: Sequence[int | None],
    base: str | None,
    typed: Typed,
    own_settings: bool,
    task: Task = "transfer",
) -> tuple[list[Candidate], list[Warned], str]:
    """Settle the settings of every style, equal for all unless told otherwise.

    Returns:
        The candidates, one for every style and strength; what is not equal all the same; and which
        settings were taken from the first style, or "".

    Raises:
        UsageError: A setting that no method has, a value out of its range, or a method that cannot
            make pictures from text.
    """
    methods = [
        registry.method_for(each.style.method, each.style.family, each.style.is_lora)
        for each in styles
    ]
    classes = [_options_class(each, task) for each in methods]
    fields = [{field.name: field for field in option_fields(each)} for each in classes]
    typed.check(fields)
    shared = set.intersection(*(set(each) for each in fields)) if fields else set()
    found: list[Candidate] = []
    common: dict[str, Any] = {}
    moved: list[str] = []
    for index, (styled, method) in enumerate(zip(styles, methods, strict=True)):
        spec = spec_for(registry, [styled], base)
        recommended = [
            Layer("style", known_values(classes[index], styled.style.transfer)),
            Layer(f"base {spec.name}", recommended_for(method, spec, task)),
        ]
        if task == "generate":
            # As `stylecli generate` does: what a style's file recommends is meant for photos.
            recommended.reverse()
        layers = [
            Layer("command line", typed.values(fields[index])),
            Layer("the first style", common),
            *recommended,
        ]
        options = resolve(classes[index], layers).options
        if not own_settings:
            alone = resolve(classes[index], [layers[0], *recommended]).options
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


def _options_class(method: Method, task: Task) -> type[Any]:
    found = method.TransferOptions if task == "transfer" else method.GenerateOptions
    if found is None:
        raise UsageError(
            f"The method {method.name} cannot make pictures from text.",
            "Give photos with --content instead of --prompts.",
        )
    return found


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


def entry_of(
    candidate: Candidate,
    painted: Mapping[int, Path],
    seconds: float | None,
    references: Sequence[str],
) -> EntryPlan:
    """The entry of a candidate.

    Args:
        candidate: The candidate.
        painted: Its pictures, by the index of the photo.
        seconds: A picture, of those that were painted now; None where none was.
        references: Names of the known styles.

    Raises:
        UsageError: As `target_of`.
    """
    style = candidate.styled.style
    settings = {
        name: value
        for name, value in as_record(candidate.options).items()
        if value is not None and name != "batch_size"
    }
    if candidate.styled.scale != 1:
        settings["scale"] = candidate.styled.scale
    return EntryPlan(
        name=candidate.name,
        target=target_of(style.name if candidate.step is not None else candidate.name, references),
        outputs=tuple(painted.values()),
        content=tuple(painted),
        style=style.name,
        method=candidate.method.name,
        base=candidate.spec.public_name,
        settings=settings,
        seconds=seconds,
        step=candidate.step,
        own=_own_report(candidate),
        trained_on=trained_on(candidate),
    )


def trained_on(candidate: Candidate) -> frozenset[str]:
    """The first digits of the hashes of what a style was trained on; none where its file does not say."""
    if candidate.styled.scale == 0:
        return frozenset()
    digests = str(candidate.styled.style.provenance.dataset.get("digests", ""))
    return frozenset(digests[start : start + DIGITS] for start in range(0, len(digests), DIGITS))


def _own_report(candidate: Candidate) -> OwnReport | None:
    own = candidate.method.evaluation()
    if own is None:
        return None
    settings = {}
    for name, value in own.transfer.items():
        # Of pictures made from text some settings for photos mean nothing.
        if hasattr(candidate.options, name):
            here = getattr(candidate.options, name)
            settings[name] = f"{value}" if here == value else f"{value} (here {here})"
    return OwnReport(own.summary, own.metrics, settings)
