"""A training step without numbers: the memory that it takes, counted on tensors that hold nothing.

Only to be imported where it is used: it needs torch at once.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

_ATTENTION = functional.scaled_dot_product_attention
_LOW = (functional.linear, functional.conv2d, torch.matmul, torch.bmm, torch.baddbmm)
"""What autocast computes in the lower precision, of what the models call."""
_FULL_ON_CUDA = (functional.group_norm, functional.layer_norm, functional.softmax)
"""What it computes in fp32 on CUDA; on a CPU these take what they are given."""


class Rehearsal:
    """Goes through one step of training on "meta": shapes, types and lifetimes are the true ones.

    Counted is what the forward pass keeps for the backward pass, weights that are cast included; what
    checkpointed blocks compute again; and the gradients that are there by then. What kernels take for
    themselves, cuDNN's workspaces say, is not. Attention counts as the kernels do it that never hold
    the whole matrix (Dao et al. 2022).

    Args:
        unet: On "meta", with `requires_grad` as it is trained.
        text_encoder: Likewise where it is trained; the UNet's context is then its own.
        compute: What the UNet computes in; the text encoder computes in fp32.
        cuda: Whether it is autocast as on CUDA, or as on a CPU.
        checkpointing: Whether both have checkpointed gradients.
    """

    def __init__(
        self,
        unet: nn.Module,
        text_encoder: nn.Module | None,
        compute: torch.dtype,
        cuda: bool,
        checkpointing: bool,
    ) -> None:
        self._unet = unet
        self._text_encoder = text_encoder
        self._computing = _Computing(compute, cuda)
        self._plain = _Computing(torch.float32, cuda)
        if checkpointing:
            _checkpoint(unet, self._computing)
            if text_encoder is not None:
                _checkpoint(text_encoder, self._plain)

    def peak(self, pictures: int, cells: int, passes: int = 1) -> int:
        """The most bytes that are held at once beside the weights.

        Args:
            pictures: In one pass.
            cells: Side of the latents.
            passes: Before the optimiser's step; behind the first the gradients are there.
        """
        models = [model for model in (self._unet, self._text_encoder) if model is not None]
        weights = [value for model in models for value in (*model.parameters(), *model.buffers())]
        with _Watch(weights) as watch:
            for _ in range(min(passes, 2)):
                loss = self._loss(pictures, cells)
                torch.autograd.backward(loss)
                del loss
        for value in weights:
            value.grad = None
        return int(watch.peak)

    def _loss(self, pictures: int, cells: int) -> Tensor:
        config: Any = self._unet.config
        own = next(self._unet.parameters()).dtype
        latents = _empty(pictures, config.in_channels, cells, cells)
        if self._text_encoder is not None:
            ids = torch.zeros((pictures, 77), dtype=torch.long, device="meta")
            with self._plain:
                context = self._text_encoder(ids)[0]
        else:
            context = _empty(pictures, 77, config.cross_attention_dim)
        timesteps = torch.zeros(pictures, dtype=torch.long, device="meta")
        sample = latents.to(own).contiguous(memory_format=torch.channels_last)
        with self._computing:
            prediction = self._unet(sample, timesteps, context.to(own), return_dict=False)[0]
        return (prediction.float() - latents).pow(2).mean()


class _Watch(TorchDispatchMode):  # type: ignore[misc]
    """Counts what tensors hold: of each storage that is made inside, from its making to its end."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()
        self.peak = 0
        self._held = 0
        self._storages: dict[int, weakref.ref[Any]] = {}
        for value in known:
            self._note(value, counted=False)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for value in tree_leaves(made):
            if isinstance(value, Tensor):
                self._note(value)
        return made

    def _note(self, value: Tensor, counted: bool = True) -> None:
        storage = value.untyped_storage()
        key = storage._cdata
        if key in self._storages:
            return
        size = storage.nbytes() if counted else 0

        def ended(_: object) -> None:
            self._held -= size
            del self._storages[key]

        self._storages[key] = weakref.ref(storage, ended)
        self._held += size
        self.peak = max(self.peak, self._held)


class _Computing(TorchFunctionMode):  # type: ignore[misc]
    """Autocast for "meta", which torch has none for, and attention that keeps no matrix."""

    def __init__(self, compute: torch.dtype, cuda: bool) -> None:
        super().__init__()
        self._compute = compute
        self._full = _FULL_ON_CUDA if cuda else ()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        wanted = None
        if self._compute != torch.float32:
            if func in _LOW or func is _ATTENTION:
                wanted = self._compute
            elif func in self._full:
                wanted = torch.float32
        if wanted is not None:
            args = [_cast(value, wanted) for value in args]
            given = {name: _cast(value, wanted) for name, value in given.items()}
        if func is _ATTENTION:
            named = [given[name] for name in ("query", "key", "value") if name in given]
            return _Attention.apply(*[*args, *named][:3])
        return func(*args, **given)


class _Attention(torch.autograd.Function):  # type: ignore[misc]
    """What attention kernels keep: their inputs, what comes out, and a sum for each row."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """``(B, heads, n, width)`` each, and likewise what comes out, laid out as ``(B, n, heads, width)``."""
        batch, heads, count, _ = query.shape
        out = query.new_empty(batch, count, heads, value.shape[-1]).transpose(1, 2)
        sums = query.new_empty(batch, heads, count, dtype=torch.float32)
        ctx.save_for_backward(query, key, value, out, sums)
        return out

    @staticmethod
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor, ...]:
        """Gradients of the three inputs."""
        return tuple(torch.empty_like(given) for given in ctx.saved_tensors[:3])


def _checkpoint(model: Any, computing: _Computing) -> None:
    """Switch checkpointed gradients on; what is computed again goes through the same cast as before."""
    settings = {
        "use_reentrant": False,
        "preserve_rng_state": False,
        "context_fn": lambda: (nullcontext(), computing),
    }
    model.train()
    if hasattr(model, "enable_gradient_checkpointing"):
        model.enable_gradient_checkpointing(partial(checkpoint, **settings))
    elif hasattr(model, "activation_checkpointing_enable"):
        model.activation_checkpointing_enable(settings)
    else:
        model.gradient_checkpointing_enable(settings)


def _cast(value: Any, to: torch.dtype) -> Any:
    floating = isinstance(value, Tensor) and value.is_floating_point()
    return value.to(to) if floating else value


def _empty(*shape: int) -> Tensor:
    return torch.empty(shape, device="meta")
