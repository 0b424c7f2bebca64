"""What a run leaves behind to look at: ``metrics.jsonl`` and a loss curve."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError
from stylecli.files import write_text_whole, write_whole

if TYPE_CHECKING:
    from PIL import Image

METRICS = "metrics.jsonl"
CURVE = "loss.png"


@dataclass(frozen=True)
class Metric:
    """One optimiser step.

    Attributes:
        step: Its number, from 1.
        loss: The batch's loss.
        learning_rate: What it was made with.
        seconds: Time from the start of the run, pauses left out.
    """

    step: int
    loss: float
    learning_rate: float
    seconds: float


def read_metrics(folder: Path, up_to: int) -> list[Metric]:
    """The metrics of a run's first `up_to` steps, as far as they were written.

    Raises:
        StylecliError: The file is damaged.
    """
    path = folder / METRICS
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        metrics = [Metric(**json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, TypeError) as problem:
        raise StylecliError(
            f"{path}: damaged ({problem}).", "Remove the file to go on without the steps so far."
        ) from problem
    return [metric for metric in metrics if metric.step <= up_to]


def write_metrics(folder: Path, metrics: Sequence[Metric]) -> None:
    """Write ``metrics.jsonl`` and the loss curve; nothing where there are none."""
    if not metrics:
        return
    write_text_whole(
        folder / METRICS, "".join(json.dumps(asdict(metric)) + "\n" for metric in metrics)
    )
    curve = loss_curve(metrics)
    write_whole(folder / CURVE, lambda temporary: curve.save(temporary, format="PNG"))


def loss_curve(metrics: Sequence[Metric], size: tuple[int, int] = (800, 400)) -> Image.Image:
    """Draw the loss over the steps: each step's in grey, a running mean in blue."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = size
    left, bottom, top, right = 64, 40, 16, 16
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=13)
    losses = [metric.loss for metric in metrics]
    low, high = min(losses), max(losses)
    span = (high - low) or 1.0
    last = max(metrics[-1].step, 2)

    def place(step: float, loss: float) -> tuple[float, float]:
        across = left + (step - 1) / (last - 1) * (width - left - right)
        return across, height - bottom - (loss - low) / span * (height - bottom - top)

    for share in (0.0, 0.5, 1.0):
        value = low + share * span
        y = place(1, value)[1]
        draw.line([(left, y), (width - right, y)], fill="#dddddd")
        draw.text((6, y - 8), f"{value:.3g}", fill="#444444", font=font)
    for share in (0.0, 0.5, 1.0):
        step = round(1 + share * (last - 1))
        draw.text(
            (place(step, low)[0] - 12, height - bottom + 8), str(step), fill="#444444", font=font
        )
    draw.text((width // 2 - 12, height - 18), "step", fill="#444444", font=font)
    window = max(1, len(losses) // 20)
    points = [place(metric.step, metric.loss) for metric in metrics]
    means = [
        sum(losses[max(0, i - window + 1) : i + 1]) / min(i + 1, window) for i in range(len(losses))
    ]
    smooth = [place(metric.step, mean) for metric, mean in zip(metrics, means, strict=True)]
    if len(points) == 1:
        x, y = points[0]
        draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill="#1f5fbf")
    else:
        draw.line(points, fill="#c8c8c8", width=1)
        draw.line(smooth, fill="#1f5fbf", width=3)
    return image
