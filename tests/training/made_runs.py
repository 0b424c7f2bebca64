"""Small training runs: on a single number, and of a LoRA on the miniature base."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from stylecli.bases.base import Base
from stylecli.bases.conditions import Conditions
from stylecli.bases.lora import LoraShape, add_lora
from stylecli.errors import Cancelled
from stylecli.progress import Event, Progress, silent
from stylecli.training.examples import Batch, Examples
from stylecli.training.loop import Fitted, fit
from stylecli.training.loss import Loss, denoising_loss
from stylecli.training.options import TrainingOptions
from stylecli.training.previews import Preview


def options_for(**changes: object) -> TrainingOptions:
    chosen: dict[str, object] = {
        "steps": 6,
        "batch_size": 2,
        "learning_rate": 0.01,
        "precision": "fp32",
        "preview_every": 0,
        "checkpoint_every": 0,
    }
    return TrainingOptions(**{**chosen, **changes})


class Watched:
    """A single number that is pulled towards 3, and a record of the batches that pulled."""

    def __init__(self) -> None:
        self.parameters = {"x": torch.nn.Parameter(torch.zeros(1))}
        self.batches: list[list[float]] = []

    def loss(self, batch: Batch, random: torch.Generator) -> torch.Tensor:
        self.batches.append(batch.conditions.context[:, 0, 0].tolist())
        return (self.parameters["x"] - 3.0).pow(2).mean()


class NumberedExamples:
    """Examples whose context is their own number."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def batch(self, indices: Sequence[int], random: np.random.Generator) -> Batch:
        numbers = torch.tensor(indices).float().view(-1, 1, 1)
        return Batch(torch.zeros(len(indices), 4, 2, 2), Conditions(numbers))


def run(
    parameters: dict[str, torch.Tensor],
    loss: Loss,
    examples: Examples | NumberedExamples,
    options: TrainingOptions,
    folder: Path,
    *,
    seed: int = 0,
    resume: bool = False,
    progress: Progress = silent,
    preview: Callable[[], Sequence[Preview]] | None = None,
    snapshot: Callable[[Fitted], None] | None = None,
) -> Fitted:
    return fit(
        parameters,
        loss,
        examples,  # type: ignore[arg-type]
        options,
        seed=seed,
        folder=folder,
        dtype=torch.float32,
        resume=resume,
        progress=progress,
        preview=preview,
        snapshot=snapshot,
    )


def stop_at(step: int) -> Progress:
    def listen(event: Event) -> None:
        if event.stage == "training" and event.done == step:
            raise Cancelled("enough")

    return listen


def metrics(folder: Path) -> list[tuple[int, float, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [(entry["step"], entry["loss"], entry["learning_rate"]) for entry in entries]


def trained(
    base: Base,
    make_examples: Callable[..., Examples],
    folder: Path,
    *,
    stops: Sequence[int] = (),
    seed: int = 0,
    **changes: object,
) -> dict[str, torch.Tensor]:
    """Train a LoRA with dropout, stopping and going on where asked; gives its weights."""
    options = options_for(accumulation=2, lr_schedule="cosine", warmup=2, **changes)
    examples = make_examples(5, options)
    for attempt, stop in enumerate([*stops, None]):
        # Every process starts anew: its own LoRA, and whatever torch's random state is.
        torch.manual_seed(100 + attempt)
        lora = add_lora(base, LoraShape(2, 2.0, 0.4, ("to_q", "to_k", "conv1")), seed)
        base.denoiser.train()
        parameters = lora.named_parameters()
        arguments = (parameters, denoising_loss(base, options), examples, options, folder)
        if stop is None:
            run(*arguments, seed=seed, resume=attempt > 0)
        else:
            with pytest.raises(Cancelled):
                run(*arguments, seed=seed, resume=attempt > 0, progress=stop_at(stop))
    return {name: value.detach().clone() for name, value in parameters.items()}


def folders(tmp_path: Path, *names: str) -> list[Path]:
    made = [tmp_path / name for name in names]
    for folder in made:
        folder.mkdir()
    return made
