from __future__ import annotations

from pathlib import Path

import pytest

from stylecli.training.copies import copy_path, drop_older


@pytest.mark.parametrize(
    ("step", "limit", "left"),
    [(30, 1, [30]), (30, 2, [20, 30]), (30, 9, [10, 20, 30]), (20, 1, [20, 30])],
)
def test_the_newest_copies_stay_and_those_that_are_to_come(
    tmp_path: Path, step: int, limit: int, left: list[int]
):
    (tmp_path / "checkpoints").mkdir()
    for number in (10, 20, 30):
        copy_path(tmp_path, "monet", number).touch()
    drop_older(tmp_path, "monet", step, limit)
    assert sorted((tmp_path / "checkpoints").iterdir()) == [
        copy_path(tmp_path, "monet", number) for number in left
    ]


def test_files_of_others_are_left_alone(tmp_path: Path):
    others = ["monet-000001.json", "monet-1.safetensors", "a.b-000001.safetensors", "x.png"]
    others += ["monet-2-000001.safetensors", "amonet-000001.safetensors"]
    mine = [copy_path(tmp_path, name, 1).name for name in ("a+b", "monet")]
    (tmp_path / "checkpoints").mkdir()
    for name in [*others, *mine]:
        (tmp_path / "checkpoints" / name).touch()
    for name in ("a+b", "a?b", "monet"):
        copy_path(tmp_path, name, 1_234_567).touch()
        drop_older(tmp_path, name, 1_234_567, 1)
    left = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    kept = {copy_path(tmp_path, name, 1_234_567).name for name in ("a+b", "a?b", "monet")}
    assert left == {*others, *kept}
