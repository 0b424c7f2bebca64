"""One fine-tuning loop for every method: what is trained and its loss are the method's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.errors import Cancelled, StylecliError
from stylecli.progress import Event, Progress
from stylecli.training.averaging import Average
from stylecli.training.checkpoint import FILE_NAME, Position, load_checkpoint, save_checkpoint
from stylecli.training.feed import BatchSource, Feed
from stylecli.training.loss import Loss
from stylecli.training.optimizers import make_optimizer
from stylecli.training.options import TrainingOptions
from stylecli.training.previews import Preview, PreviewFolder, is_shown
from stylecli.training.record import Metric, read_metrics, write_metrics

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image
    from torch import Tensor

STAGE = "training"


@dataclass(frozen=True)
class Fitted:
    """What a finished loop has to say.

    Attributes:
        steps: Optimiser steps in all.
        epochs: Passes over the pictures that these were.
        seconds: Time spent in the loop, pauses left out.
        final_loss: Mean loss of the last twentieth of the steps.
        pictures: Previews after the last step; none where none were asked for.
    """

    steps: int
    epochs: float
    seconds: float
    final_loss: float
    pictures: tuple[Preview, ...] = ()

    @property
    def thumbnail(self) -> Image | None:
        """The first picture that shows something, or None."""
        return next((each.image for each in self.pictures if not each.hidden), None)


def fit(
    parameters: Mapping[str, Tensor],
    loss: Loss,
    examples: BatchSource,
    options: TrainingOptions,
    *,
    seed: int,
    folder: Path,
    dtype: torch.dtype,
    resume: bool,
    progress: Progress,
    preview: Callable[[], Sequence[Preview]] | None = None,
    snapshot: Callable[[Fitted], None] | None = None,
    rates: Mapping[str, float] | None = None,
    stage: str = STAGE,
) -> Fitted:
    """Train parameters with AdamW until the asked-for number of steps.

    Everything random in a step comes from the seed and the step's number: a resumed run goes on
    exactly as it would have. A checkpoint is written every so often and when `progress` raises
    `Cancelled`. Under accelerate's launcher each process takes its share of every batch and
    gradients are averaged.

    With `options.ema_decay` previews and snapshots see the moving average of the parameters, and
    this is what the parameters hold at the end.

    Args:
        parameters: What is trained, by name; fp32.
        loss: Gives the loss of a batch.
        examples: What batches are drawn from.
        options: Length, batch, learning rate and the rest.
        seed: Of everything random.
        folder: Where metrics, previews and the checkpoint go.
        dtype: What the denoiser computes in; fp16 scales the gradients.
        resume: Whether to go on from the folder's checkpoint.
        progress: Called after every step.
        preview: Makes pictures to look at, as often as the options say and at the end.
        snapshot: Keeps what was learnt so far, every `options.save_every` steps and at the end.
        rates: Peak learning rates by parameter, where they are not `options.learning_rate`.
        stage: What the events say is being done.

    Raises:
        Cancelled: From `progress`, after the checkpoint is written.
        StylecliError: The loss is not finite, or the folder cannot be written.
    """
    import torch
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=next(iter(parameters.values())).device.type == "cpu")
    optimizer = make_optimizer(parameters, rates or {}, options, progress, stage)
    average = Average(parameters, options.ema_decay)
    scaler = torch.amp.GradScaler(accelerator.device.type, enabled=dtype == torch.float16)
    feed = Feed(examples, options, seed, accelerator.process_index, accelerator.num_processes)
    share = feed.batches_an_epoch / accelerator.num_processes
    total = total_steps(options, share)
    if options.warmup >= total:
        message = (
            f"The warm-up of {options.warmup} steps is as long as the run of {total}, or longer: the learning "
            "rate never reaches its peak."
        )
        progress(Event(stage, message=message, level="warning"))
    checkpoint = folder / FILE_NAME
    position = Position(0, 0.0, {})
    if resume and checkpoint.exists():
        position = load_checkpoint(checkpoint, parameters, optimizer, average.tensors)
        average.go_on_from(position.step)
        if position.scaler:
            scaler.load_state_dict(dict(position.scaler))
    metrics = read_metrics(folder, position.step)
    previews = PreviewFolder(folder, position.step)
    started = time.perf_counter() - position.seconds

    def keep(step: int) -> None:
        if accelerator.is_main_process:
            state = Position(
                step,
                time.perf_counter() - started,
                scaler.state_dict() if scaler.is_enabled() else {},
            )
            save_checkpoint(checkpoint, parameters, optimizer, state, average.tensors)
            write_metrics(folder, metrics)

    def fitted(steps: int) -> Fitted:
        window = max(1, len(metrics) // 20)
        return Fitted(
            steps=steps,
            epochs=steps * options.accumulation / share,
            seconds=time.perf_counter() - started,
            final_loss=_mean_loss(metrics[-window:]) if metrics else math.nan,
        )

    def show(step: int) -> tuple[Preview, ...]:
        if not (options.previews and preview and accelerator.is_main_process):
            return ()
        painted = tuple(preview())
        for path in previews.add(step, painted):
            progress(Event(stage, step, total, picture=path))
        return painted

    with torch.random.fork_rng():
        for step in range(position.step, total):
            # LoRA's dropout draws from torch's own generator.
            torch.manual_seed(_mixed(seed, step, accelerator.process_index))
            factor = learning_rate_factor(step, total, options)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
            rate = optimizer.param_groups[0]["lr"]
            value = _step(
                loss, feed, seed, step, parameters, optimizer, scaler, options, accelerator
            )
            if not math.isfinite(value):
                raise StylecliError(
                    f"The loss is {value} at step {step + 1}: training has diverged.",
                    "Use a smaller --learning-rate, or --precision fp32.",
                )
            average.update()
            metrics.append(Metric(step + 1, value, rate, time.perf_counter() - started))
            done = step + 1
            try:
                # Before anything else can stop the run: a resumed one begins with the step after this.
                if (
                    snapshot
                    and accelerator.is_main_process
                    and (done % options.save_every == 0 or done == total)
                ):
                    with average.in_use():
                        snapshot(fitted(done))
                figures = {"loss": _mean_loss(metrics[-25:]), "learning rate": rate}
                progress(Event(stage, done, total, figures))
                # The last ones follow the last checkpoint.
                if done < total and is_shown(done, options, share):
                    with average.in_use():
                        show(done)
                if (
                    options.checkpoint_every
                    and done % options.checkpoint_every == 0
                    and done < total
                ):
                    keep(done)
            except Cancelled:
                keep(step + 1)
                raise
        keep(total)
        average.swap()
        return replace(fitted(total), pictures=show(total))


def total_steps(options: TrainingOptions, batches: float) -> int:
    """Optimiser steps of a run: as asked for, or as many as the epochs make.

    Args:
        options: Steps or epochs, and accumulation.
        batches: Of one pass over the pictures, those of this process.
    """
    if options.epochs is not None:
        return max(1, round(options.epochs * batches / options.accumulation))
    return options.steps or 1


def learning_rate_factor(step: int, total: int, options: TrainingOptions) -> float:
    """The learning rate's share of its peak at a step, 0 to 1; warm-up comes before every schedule.

    Args:
        step: From 0.
        total: Steps in all.
        options: Steps of linear rise, and what follows them: constant, down to 0 linearly or along
            a cosine, or lower from a share of all steps on.
    """
    if step < options.warmup:
        return (step + 1) / (options.warmup + 1)
    done = (step - options.warmup) / max(1, total - options.warmup)
    if options.lr_schedule == "linear":
        return 1.0 - done
    if options.lr_schedule == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * done))
    if options.lr_schedule == "step" and done >= options.lr_drop_at:
        return options.lr_drop_factor
    return 1.0


def _step(
    loss: Loss,
    feed: Feed,
    seed: int,
    step: int,
    parameters: Mapping[str, Tensor],
    optimizer: Any,
    scaler: Any,
    options: TrainingOptions,
    accelerator: Any,
) -> float:
    import torch

    losses = []
    for part in range(options.accumulation):
        generator = torch.Generator().manual_seed(
            _mixed(seed, step, accelerator.process_index, part)
        )
        value = loss(feed.batch(step, part), generator) / options.accumulation
        scaler.scale(value).backward()
        losses.append(value.detach())
    if accelerator.num_processes > 1:
        for parameter in parameters.values():
            # Of SDXL's first text encoder the last layer is never read.
            if parameter.grad is not None:
                parameter.grad = accelerator.reduce(parameter.grad, "mean")
    scaler.unscale_(optimizer)
    if options.clip_norm:
        torch.nn.utils.clip_grad_norm_(list(parameters.values()), options.clip_norm)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad(set_to_none=True)
    # Read at the end: the device would have to finish before it is given the optimiser's work.
    return math.fsum(map(float, losses))


def _mixed(*numbers: int) -> int:
    """One seed out of several numbers."""
    import numpy as np

    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def _mean_loss(metrics: Sequence[Metric]) -> float:
    return math.fsum(metric.loss for metric in metrics) / len(metrics)
