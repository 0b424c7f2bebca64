"""Which device computes, and in which precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "fp32", "bf16", "fp16"]


def pick_device() -> torch.device:
    """The accelerator where there is one, else the CPU."""
    import torch

    if torch.accelerator.is_available():
        found = torch.accelerator.current_accelerator()
        if found is not None:
            return found
    return torch.device("cpu")


def pick_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """The type that convolutions and attention compute in.

    "auto" is bf16 where the hardware computes in it, fp16 on other accelerators, fp32 elsewhere.
    Of CPUs only those with AMX do: with AVX-512 BF16 alone, most convolutions and matrix products
    took longer in bf16 than in fp32, up to twice as long (benchmarks/precision.py).
    """
    import torch

    if precision != "auto":
        return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    if device.type == "cuda":
        return (
            torch.bfloat16
            if torch.cuda.is_bf16_supported(including_emulation=False)
            else torch.float16
        )
    if device.type == "cpu":
        return torch.bfloat16 if _cpu_has_amx() else torch.float32
    return torch.float16


def precision_of(dtype: torch.dtype) -> str:
    """What the user calls a type: "fp32", "bf16" or "fp16"."""
    name = str(dtype).removeprefix("torch.")
    return {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}[name]


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """Compute in `dtype` inside, keeping weights as they are; nothing to do for fp32."""
    import torch

    if dtype == torch.float32:
        return nullcontext()
    context: AbstractContextManager[object] = torch.autocast(device.type, dtype)
    return context


@contextmanager
def matrix_products(device: torch.device, tf32: bool) -> Iterator[None]:
    """Multiply fp32 matrices in TF32 inside, where the device is an NVIDIA GPU and that is wanted."""
    import torch

    before = torch.get_float32_matmul_precision()
    if tf32 and device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _cpu_has_amx() -> bool:
    import torch

    # torch names no public question for this before 2.10; the older private ones have no stable name.
    ask = getattr(torch.cpu, "get_capabilities", None)
    if ask is not None:
        return bool(ask().get("amx_bf16"))
    old = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(old()) if old is not None else False
