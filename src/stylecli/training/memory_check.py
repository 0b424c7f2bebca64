"""Whether a training of whole parts fits into memory, and what to switch on where it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec

from stylecli.bases.base import Base
from stylecli.errors import UsageError
from stylecli.progress import Event, Progress
from stylecli.training.memory import MemoryNeed, WholeTraining, memory_free, memory_needed

STAGE = "checking the memory"
NARROW = 0.1
"""So near to what is free, as a share of it, an estimate decides nothing: then there is a warning."""

Way = Callable[[Base, WholeTraining], tuple[str, WholeTraining] | None]
"""A way to need less: the flags that the user gives and what the training is then; None where it is
gone already, or there is none."""

_SMALLEST = 64
_NAMES = {"unet": "denoiser", "text_encoder": "text encoder"}


def _checkpointing(base: Base, training: WholeTraining) -> tuple[str, WholeTraining] | None:
    if training.checkpointing:
        return None
    return "--gradient-checkpointing", replace(training, checkpointing=True)


def _eight_bit(base: Base, training: WholeTraining) -> tuple[str, WholeTraining] | None:
    if training.eight_bit or base.device.type == "cpu":
        return None
    there = "" if find_spec("bitsandbytes") else " with bitsandbytes"
    return f"--optimizer adamw-8bit{there}", replace(training, eight_bit=True)


def _no_text_encoder(base: Base, training: WholeTraining) -> tuple[str, WholeTraining] | None:
    rest = tuple(part for part in training.parts if part != "text_encoder")
    if rest in ((), training.parts):
        return None
    return "--no-train-text-encoder", replace(training, parts=rest)


def _one_picture(base: Base, training: WholeTraining) -> tuple[str, WholeTraining] | None:
    if training.batch_size == 1:
        return None
    each = -(-training.pictures // training.batch_size)
    return "--batch-size 1", replace(training, batch_size=1, pictures=each)


def _smaller(base: Base, training: WholeTraining) -> tuple[str, WholeTraining] | None:
    side = training.side // 2 // base.size_multiple * base.size_multiple
    if side < _SMALLEST:
        return None
    return f"{training.side_flag} {side}", replace(training, side=side)


WAYS: Mapping[str, Way] = {
    "gradient-checkpointing": _checkpointing,
    "optimizer": _eight_bit,
    "train-text-encoder": _no_text_encoder,
    "batch-size": _one_picture,
    "resolution": _smaller,
}
"""The ways that the core knows, by the option that they are about; what costs least comes first."""


def check_memory(
    base: Base,
    training: WholeTraining,
    progress: Progress,
    ways: Mapping[str, Way] = WAYS,
    last: str = "",
    free: int | None = None,
) -> MemoryNeed | None:
    """Refuse a training that cannot fit into memory, before anything of it is loaded.

    Args:
        base: Whose parts are trained; they are not loaded yet.
        training: What is trained, and how.
        progress: Hears of a training that just fits, or just does not.
        ways: Ways to need less that the method has, in the order in which they are named.
        last: What needs far less whatever the others bring, "--variant lora" say; named last.
        free: Bytes that are free; default: what the base's device has. Where that is not known
            nothing is refused.

    Returns:
        What the training needs, or None where it is not known what is free.

    Raises:
        UsageError: It needs more than is free, by more than a tenth.
        StylecliError: As `memory_needed`.
    """
    if free is None:
        free = memory_free(base.device)
    if free is None:
        return None
    need = memory_needed(base, training)
    if need.total <= (1 - NARROW) * free:
        return need
    where = "in memory" if base.device.type == "cpu" else "on the GPU"
    trained = " and ".join(_NAMES[part] for part in training.parts)
    message = f"Fine-tuning the whole {trained} needs about {_size(need.total)}; {_size(free)} are free {where}."
    if need.total <= (1 + NARROW) * free:
        progress(Event(STAGE, message=f"{message} It may be too little.", level="warning"))
        return need
    raise UsageError(message, _hint(base, training, need.total, ways, last, free))


def _hint(
    base: Base,
    training: WholeTraining,
    needed: int,
    ways: Mapping[str, Way],
    last: str,
    free: int,
) -> str | None:
    """The ways one after the other, each on top of those before it, until the training fits."""
    named = []
    for way in ways.values():
        changed = way(base, training)
        total = needed if changed is None else memory_needed(base, changed[1]).total
        if changed is None or total >= needed:
            continue
        flag, training = changed
        needed = total
        named.append(f"{flag} ({_size(total)})")
        if total <= (1 - NARROW) * free:
            break
    enough = needed <= (1 - NARROW) * free
    listed = ", then also ".join(named)
    sentences = []
    if named:
        sentences.append(f"Try {listed}." if enough else f"All of these are not enough: {listed}.")
    if last:
        sentences.append(f"{last} needs far less.")
    return " ".join(sentences) or None


def _size(count: int) -> str:
    """Bytes as a user reads them: "21 GB", "1.4 GB", "180 MB"."""
    if count >= 9.95e9:
        return f"{count / 1e9:.0f} GB"
    if count >= 0.9995e9:
        return f"{count / 1e9:.1f} GB"
    return f"{max(1, round(count / 1e6))} MB"
