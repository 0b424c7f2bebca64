"""Alphas that stand beside the tensors instead of among them: peft's configuration, diffusers' metadata.

Source: `huggingface/peft` LoraConfig and `huggingface/diffusers` loaders/lora_base.py, which writes
the same configuration under ``lora_adapter_metadata``, its keys prefixed with the part's name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stylecli.errors import UsageError

DIFFUSERS_METADATA = "lora_adapter_metadata"
_PARTS = ("unet", "text_encoder", "text_encoder_2")
_PREFIXED = re.compile(rf"({'|'.join(_PARTS)})\.(.+)")
_PATH = re.compile(r"\^?[\w.-]+")
_RESIDUAL = ("pissa", "olora", "corda", "loftq", "lora_ga")
_MORE_THAN_A_LORA = (
    "use_qalora",
    "use_bdlora",
    "alora_invocation_tokens",
    "layer_replication",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
    "velora_config",
)


@dataclass(frozen=True)
class Scales:
    """How one part's modules are scaled.

    Attributes:
        alpha: Of modules that no pattern names; None for "as the rank".
        patterns: Alphas by the end of a module's path; with ``^`` before it by the whole path.
        rank_stabilised: Whether the scale is alpha / sqrt(rank) (Kalajdzievski 2023).
    """

    alpha: float | None = None
    patterns: Mapping[str, float] = field(default_factory=dict)
    rank_stabilised: bool = False

    def alpha_of(self, path: str, rank: int) -> float:
        """The alpha with which alpha / rank is the scale of the module at `path`."""
        alpha = self.alpha
        for pattern, value in self.patterns.items():
            whole = pattern.removeprefix("^")
            if path == whole or (whole == pattern and path.endswith(f".{whole}")):
                alpha = value
                break
        if alpha is None:
            return float(rank)
        return alpha * math.sqrt(rank) if self.rank_stabilised else alpha


def diffusers_scales(metadata: Mapping[str, str], name: str) -> dict[str, Scales]:
    """Read what diffusers' `save_lora_weights` keeps in a file's metadata, by part.

    Raises:
        UsageError: It is damaged, or asks for what is more than a LoRA.
    """
    if DIFFUSERS_METADATA not in metadata:
        return {}
    try:
        whole = json.loads(metadata[DIFFUSERS_METADATA])
        configs: dict[str, dict[str, Any]] = {}
        for key, value in whole.items():
            match = _PREFIXED.fullmatch(key)
            if match:
                configs.setdefault(match[1], {})[match[2]] = value
        if not configs:
            # A model's own `save_lora_adapter` saves one part and does not name it.
            configs = {part: dict(whole) for part in _PARTS}
    except (ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise UsageError(f"{name}: damaged metadata ({DIFFUSERS_METADATA}).") from problem
    return {part: peft_scales(config, name) for part, config in configs.items()}


def peft_scales(config: Mapping[str, Any], name: str) -> Scales:
    """Read a peft configuration, such as an ``adapter_config.json``.

    Raises:
        UsageError: It is damaged, or of an adapter that is more than a LoRA.
    """
    kind = str(config.get("peft_type") or "LORA").upper().rpartition(".")[2]
    if kind != "LORA":
        raise UsageError(f"{name}: is of the kind {kind}; stylecli applies LoRAs alone.")
    if config.get("use_dora"):
        raise UsageError(f"{name}: is a DoRA, which stylecli does not apply.")
    more = [key for key in _MORE_THAN_A_LORA if config.get(key)]
    if more:
        raise UsageError(f"{name}: is more than a LoRA ({more[0]}), which stylecli does not apply.")
    start = config.get("init_lora_weights")
    if isinstance(start, str) and start.lower().startswith(_RESIDUAL):
        raise UsageError(
            f"{name}: was trained from a {start} start and fits only a base that was changed by it.",
            "Convert it to a plain LoRA with peft first.",
        )
    try:
        alpha = config.get("lora_alpha")
        patterns = {
            _pattern(key): _number(value)
            for key, value in dict(config.get("alpha_pattern") or {}).items()
        }
        stabilised = config.get("use_rslora") or False
        if not isinstance(stabilised, bool):
            raise ValueError(f"use_rslora is {stabilised!r}")
        return Scales(None if alpha is None else _number(alpha), patterns, stabilised)
    except (ValueError, TypeError, OverflowError, RecursionError) as problem:
        raise UsageError(f"{name}: damaged adapter configuration ({problem}).") from problem


def _pattern(text: Any) -> str:
    """A peft pattern as the path that it is: regular expressions from a file are not run."""
    path = str(text).removesuffix("$").replace(r"\.", ".")
    if not _PATH.fullmatch(path):
        raise ValueError(f"alpha_pattern {str(text)[:60]!r} is no path")
    return path


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"an alpha of {number}")
    return number
