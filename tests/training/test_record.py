from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylecli.errors import StylecliError
from stylecli.training.record import Metric, loss_curve, read_metrics, write_metrics

BLUE = (31, 95, 191)


def metrics(*losses: float) -> list[Metric]:
    return [Metric(step, loss, 0.01, step / 2) for step, loss in enumerate(losses, 1)]


def blue_rows(image: Image.Image) -> list[float]:
    """The height of the blue line, from the top, for every column in which it is."""
    mask = (np.asarray(image) == BLUE).all(axis=2)
    return [float(np.nonzero(column)[0].mean()) for column in mask.T if column.any()]


def test_what_was_written_is_read(tmp_path: Path):
    written = metrics(3.0, 2.0, 1.0)
    write_metrics(tmp_path, written)
    assert read_metrics(tmp_path, up_to=3) == written
    assert read_metrics(tmp_path, up_to=2) == written[:2]
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[0]) == {"step": 1, "loss": 3.0, "learning_rate": 0.01, "seconds": 0.5}


def test_without_steps_nothing_is_written(tmp_path: Path):
    write_metrics(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
    assert read_metrics(tmp_path, up_to=5) == []


@pytest.mark.parametrize("line", ["{", "[]", '{"step": 1}', '{"step": 1, "other": 2}'])
def test_damaged_metrics_are_named(tmp_path: Path, line: str):
    write_metrics(tmp_path, metrics(1.0))
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write(line)
    with pytest.raises(StylecliError, match=r"metrics\.jsonl"):
        read_metrics(tmp_path, up_to=5)


def test_a_falling_loss_is_a_falling_line():
    rows = blue_rows(loss_curve(metrics(*np.linspace(2, 1, 50))))
    assert rows[-1] - rows[0] > 250
    assert (np.diff(rows) > -2).all()


def test_a_level_loss_is_a_level_line():
    rows = blue_rows(loss_curve(metrics(*[0.5] * 30)))
    assert max(rows) - min(rows) < 2


def test_one_step_is_a_dot():
    image = loss_curve(metrics(0.5), (300, 200))
    assert image.size == (300, 200)
    assert 0 < len(blue_rows(image)) < 10
