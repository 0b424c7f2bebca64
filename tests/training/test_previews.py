from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from stylecli.errors import StylecliError
from stylecli.images.writing import read_record
from stylecli.training.options import TrainingOptions
from stylecli.training.previews import Preview, PreviewFolder, is_shown, read_previews

ENTRY = {"file": "step-000001-1.png", "prompt": "p", "seed": 1, "hidden": False}


def preview(color: str = "red", hidden: bool = False, prompt: str = "a boat, Größe") -> Preview:
    return Preview(Image.new("RGB", (8, 8), color), prompt, 7, hidden)


def test_previews_are_kept_with_what_made_them(tmp_path: Path):
    paths = PreviewFolder(tmp_path, 0).add(500, [preview(), preview("black", hidden=True)])
    assert [path.name for path in paths] == ["step-000500-1.png", "step-000500-2.png"]
    record = read_record(tmp_path / "previews" / "step-000500-2.png")
    expected = {"step": 500, "prompt": "a boat, Größe", "seed": 7, "hidden": True}
    assert record == {"command": "train", **expected}
    content = json.loads((tmp_path / "previews" / "previews.json").read_text("utf-8"))
    assert content["version"] == 1
    assert [step["step"] for step in content["steps"]] == [500]
    assert [list(found) for found in content["steps"][0]["pictures"]] == [list(ENTRY)] * 2
    found = read_previews(tmp_path)[500]
    assert [(each.path, each.seed, each.hidden) for each in found] == [
        (paths[0], 7, False),
        (paths[1], 7, True),
    ]


def test_a_run_that_goes_on_adds_to_them_and_has_no_step_twice(tmp_path: Path):
    first = PreviewFolder(tmp_path, 0)
    for step in (2, 4, 6):
        first.add(step, [preview("red")])
    again = PreviewFolder(tmp_path, 4)
    again.add(4, [preview("blue"), preview("blue")])
    assert list(read_previews(tmp_path)) == [2, 4]
    again.add(1000, [preview("blue")])
    found = read_previews(tmp_path)
    assert {step: len(each) for step, each in found.items()} == {2: 1, 4: 2, 1000: 1}
    with Image.open(found[4][0].path) as image:
        assert image.getpixel((0, 0)) == (0, 0, 255)


def test_a_run_from_the_start_has_none_of_an_earlier_one(tmp_path: Path):
    PreviewFolder(tmp_path, 0).add(3, [preview()])
    PreviewFolder(tmp_path, 0).add(5, [preview()])
    assert list(read_previews(tmp_path)) == [5]


def test_without_previews_there_are_none(tmp_path: Path):
    assert read_previews(tmp_path) == {}
    PreviewFolder(tmp_path, 3)
    assert list(tmp_path.iterdir()) == []


def test_a_prompt_that_is_no_unicode_is_kept(tmp_path: Path):
    PreviewFolder(tmp_path, 0).add(1, [preview(prompt="caf\udce9")])
    assert read_previews(tmp_path)[1][0].prompt == "caf\udce9"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"version": 1}',
        '{"version": 1, "steps": [7]}',
        json.dumps({"version": 1, "steps": [{"step": 0, "pictures": []}]}),
        json.dumps({"version": 1, "steps": [{"step": "1", "pictures": []}]}),
        json.dumps({"version": 1, "steps": [{"step": 1, "pictures": [{"file": "a.png"}]}]}),
        json.dumps({"version": 1, "steps": [{"step": 1, "pictures": [ENTRY | {"seed": "1"}]}]}),
        json.dumps({"version": 1, "steps": [{"step": 1, "pictures": [ENTRY | {"hidden": 1}]}]}),
        json.dumps({"version": 1, "steps": [{"step": 1, "pictures": [ENTRY | {"file": "../a"}]}]}),
        json.dumps({"version": 1, "steps": [{"step": 1, "pictures": [ENTRY]}] * 2}),
    ],
)
def test_a_damaged_list_is_named(tmp_path: Path, content: str):
    PreviewFolder(tmp_path, 0).add(1, [preview()])
    (tmp_path / "previews" / "previews.json").write_text(content)
    for read in (read_previews, lambda folder: PreviewFolder(folder, 1)):
        with pytest.raises(StylecliError, match=r"previews\.json: damaged"):
            read(tmp_path)


def test_a_list_of_a_later_version_is_named(tmp_path: Path):
    PreviewFolder(tmp_path, 0).add(1, [preview()])
    (tmp_path / "previews" / "previews.json").write_text('{"version": 2, "steps": []}')
    with pytest.raises(StylecliError, match="version 2 is not known"):
        read_previews(tmp_path)


def test_a_picture_that_is_gone_is_named_but_training_goes_on(tmp_path: Path):
    PreviewFolder(tmp_path, 0).add(1, [preview()])
    (tmp_path / "previews" / "step-000001-1.png").unlink()
    with pytest.raises(StylecliError, match=r"step-000001-1\.png"):
        read_previews(tmp_path)
    PreviewFolder(tmp_path, 1).add(2, [preview()])


@pytest.mark.parametrize(
    ("options", "batches", "steps"),
    [
        ({"preview_every": 4}, 3.0, [4, 8, 12]),
        ({"preview_every": 0}, 3.0, []),
        ({"preview_every": 0, "save_every": 5}, 3.0, []),
        ({"preview_every": 6, "save_every": 4}, 3.0, [4, 6, 8, 12]),
        ({"preview_every": None, "preview_epochs": 2.0}, 3.0, [6, 12]),
        ({"preview_every": None, "preview_epochs": 1.0, "accumulation": 2}, 8.0, [4, 8, 12]),
        ({"preview_every": None, "preview_epochs": 0.1, "accumulation": 9}, 3.0, [*range(1, 13)]),
        ({"preview_every": None, "preview_epochs": None}, 3.0, []),
    ],
)
def test_when_previews_are_made(options: dict[str, object], batches: float, steps: list[int]):
    chosen = TrainingOptions(**options)
    assert [step for step in range(1, 13) if is_shown(step, chosen, batches)] == steps
    assert chosen.previews == bool(steps)
