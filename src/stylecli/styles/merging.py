"""Styles merged into a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stylecli.errors import UsageError
from stylecli.loras.kohya import to_kohya
from stylecli.loras.merge import MergeOptions, merge
from stylecli.loras.module import ModuleShapes
from stylecli.loras.reading import fit, gather
from stylecli.progress import Progress, silent
from stylecli.styles.style import ANY_LORA, Prompt, Provenance, ScaledStyle, Style
from stylecli.version import version

if TYPE_CHECKING:
    import torch


def merge_loras(
    parts: Sequence[ScaledStyle],
    name: str,
    modules: ModuleShapes,
    options: MergeOptions,
    progress: Progress = silent,
) -> tuple[Style, float]:
    """Merge LoRA styles of one base.

    The words of all of them stand before the prompt, in their order, as when they are mixed.

    Args:
        parts: The styles, each with how much of it goes in.
        name: Of the new style.
        modules: Shapes of the base's modules.
        options: How.
        progress: Hears of every module.

    Returns:
        The new style, and the share of the merged change that low rank could not keep, 0 to 1.

    Raises:
        UsageError: One is no LoRA, is of another family or prediction type, or does not fit the
            modules.
    """
    first = parts[0].style
    loras = []
    for part in parts:
        style = part.style
        if not style.is_lora:
            raise UsageError(f"{style.name!r} ({style.method}) is no LoRA, so it cannot be merged.")
        if style.family != first.family:
            raise UsageError(
                f"{first.name!r} is of the {first.family} family, {style.name!r} of {style.family}; "
                "they cannot be merged."
            )
        if style.provenance.embedded != first.provenance.embedded:
            raise UsageError(
                f"{first.name!r} is for base {first.provenance.base!r}, {style.name!r} for "
                f"{style.provenance.base!r}; they cannot be merged."
            )
        kind = style.provenance.prediction_type
        if kind != first.provenance.prediction_type:
            raise UsageError(
                f"{first.name!r} is for a base that predicts {first.provenance.prediction_type}, "
                f"{style.name!r} for one that predicts {kind}; they cannot be merged."
            )
        fitted = fit(gather(style.tensors, style.name), modules, f"style {style.name!r}")
        if fitted.strangers:
            raise UsageError(
                f"style {style.name!r} does not fit the base of {first.name!r}: "
                f"{fitted.strangers[0]} is not there.",
                f"It was trained on {style.provenance.base!r}.",
            )
        loras.append((fitted.modules, part.scale))
    merged = merge(loras, options, progress)
    words = dict.fromkeys(part.style.prompt.prefix for part in parts)
    used = asdict(options)
    if options.combination == "linear":
        del used["density"]
    if options.combination != "dare_linear":
        del used["seed"]
    style = Style(
        name=name,
        method=first.method if len({part.style.method for part in parts}) == 1 else ANY_LORA,
        family=first.family,
        tensors=to_kohya(merged.modules, first.family, modules, _number_type(parts)),
        prompt=Prompt(" ".join(word for word in words if word)),
        transfer=first.transfer,
        provenance=Provenance(
            base=first.provenance.base,
            base_hash=first.provenance.base_hash,
            options=used,
            resolution=first.provenance.resolution,
            prediction_type=first.provenance.prediction_type,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            version=version(),
            embedded=first.provenance.embedded,
            source={
                "combination": options.combination,
                "merged": [
                    {
                        "name": part.style.name,
                        "scale": part.scale,
                        "fingerprint": part.style.fingerprint,
                    }
                    for part in parts
                ],
            },
        ),
        thumbnail=b"",
    )
    return style, merged.lost


def _number_type(parts: Sequence[ScaledStyle]) -> torch.dtype:
    """The one that all the styles have, else float32."""
    import torch

    types = {tensor.dtype for part in parts for tensor in part.style.tensors.values()}
    return types.pop() if len(types) == 1 else torch.float32
