"""A LoRA in kohya's layout, as the most programs read it: what style files hold.

Rules keep it readable by all (docs: style files): one alpha for all modules of a part, because
diffusers mixes up files in which they differ; a text encoder's attention whole; nothing on the
modules that some programs pass over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Literal

from stylecli.loras.module import LoraModule, LoraModules, ModuleShapes
from stylecli.loras.names import kohya_names

if TYPE_CHECKING:
    import torch
    from torch import Tensor

TensorPrecision = Literal["fp16", "bf16", "fp32"]

UNREAD = ("conv_in", "conv_out", "time_embedding", "add_embedding")
"""Beginnings of UNet modules that no LoRA of ours is put on: several programs pass over them."""

_ATTENTION = ("q_proj", "k_proj", "v_proj", "out_proj")


def to_kohya(
    modules: LoraModules, family: str, shapes: ModuleShapes, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Lay out a LoRA as a style file's tensors, sorted by key.

    Where alphas differ within a part the up-matrices are scaled instead, which changes nothing.

    Args:
        modules: By part and path.
        family: "sd15" or "sdxl".
        shapes: Of all modules of the base, by part and path.
        dtype: float16, bfloat16 or float32.
    """
    import torch

    tensors: dict[str, Tensor] = {}
    for part, changes in modules.items():
        if not changes:
            continue
        if part.startswith("text_encoder"):
            changes = _whole_attention(changes, shapes[part])
        names = kohya_names(family, part, list(shapes[part]))
        alpha = _common_alpha(changes.values(), dtype)
        for path, module in changes.items():
            key = names[path]
            up = module.up.detach().to("cpu", torch.float32) * (module.alpha / alpha)
            tensors[f"{key}.alpha"] = torch.tensor(alpha, dtype=dtype)
            tensors[f"{key}.lora_down.weight"] = module.down.detach().to("cpu", dtype).contiguous()
            tensors[f"{key}.lora_up.weight"] = up.to(dtype).contiguous()
    return dict(sorted(tensors.items()))


def torch_dtype(precision: TensorPrecision) -> torch.dtype:
    """The number type of this name."""
    import torch

    return {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}[precision]


def _common_alpha(modules: Collection[LoraModule], dtype: torch.dtype) -> float:
    """One alpha for a part that the number type holds exactly, so that no effect is rounded twice."""
    import torch

    alphas = [module.alpha for module in modules if module.alpha > 0]
    written = float(torch.tensor(max(alphas, default=1.0), dtype=dtype))
    return written if 0 < written < float("inf") else 1.0


def _whole_attention(
    changes: Mapping[str, LoraModule], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, LoraModule]:
    """Add changes of nothing, so that no attention is adapted in part: some programs refuse that."""
    import torch

    whole = dict(changes)
    for path in changes:
        attention, _, name = path.rpartition(".")
        if name in _ATTENTION:
            for other in _ATTENTION:
                beside = f"{attention}.{other}"
                if beside in shapes and beside not in whole:
                    out, into = shapes[beside]
                    whole[beside] = LoraModule(torch.zeros(1, into), torch.zeros(out, 1), 1.0)
    return whole
