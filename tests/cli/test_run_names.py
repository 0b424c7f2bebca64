"""A run is called after its folder of pictures, and both are often where one types."""

import json
import shlex

import pytest

from stylecli.cli.run_places import places_named
from stylecli.errors import UsageError
from stylecli.testing.pictures import smooth_picture
from stylecli.training.previews import Preview, PreviewFolder
from stylecli.training.run_folder import describe_run

TRAIN = ["--base=mini", "--steps=4", "--save-every=2", "--preview-every=0", "--rank=2"]
TRAIN += ["--resolution=32", "--batch-size=2", "--learning-rate=0.01"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with pictures in ``disney``, and photos and paintings beside it."""
    for place, name in enumerate(("disney", "photos", "paintings")):
        (tmp_path / name).mkdir()
        for number in range(6):
            smooth_picture(10 * place + number, (64, 48)).save(tmp_path / name / f"p{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(home):
    """A finished run ``disney`` with previews of two steps."""
    folder = home / "runs" / "disney"
    folder.mkdir(parents=True)
    describe_run(folder, {"name": "disney", "finished": True})
    for step in (1, 2):
        pictures = [
            Preview(smooth_picture(step + seed, (32, 32)), "a cat", seed) for seed in (0, 1)
        ]
        PreviewFolder(folder, 0).add(step, pictures)
    return folder


def test_the_step_that_is_best_is_asked_for_as_training_says(here, run_cli, mini):
    code, out, err = run_cli("train", "disney", *TRAIN)
    assert code == 0, err
    (line,) = [each for each in out.splitlines() if each.startswith("Which step is best: ")]
    words = shlex.split(line.partition(": ")[2])
    assert words[:4] == ["stylecli", "eval", "--checkpoints", "disney"]
    code, out, err = run_cli(*words[1:], "--metrics=style-closure", "--set=steps=2")
    assert code == 0, err
    assert "step 4" in out


def test_one_checkpoint_is_no_choice(here, run_cli, mini):
    _, out, _ = run_cli("train", "disney", *TRAIN, "--save-every=4")
    assert "is in your library" in out
    assert "Which step is best" not in out


def test_a_folder_of_pictures_does_not_hide_the_previews_of_its_run(here, run, run_cli):
    code, out, err = run_cli("eval", "rate", "disney", "--static", "page.html", "--json")
    assert code == 0, err
    assert json.loads(out)["questions"] > 0


def test_a_folder_of_pictures_does_not_hide_the_answers_of_its_run(here, run, run_cli):
    (run / "ratings.jsonl").touch()
    code, _, err = run_cli("eval", "ratings", "disney")
    assert code == 2
    assert f"{run / 'ratings.jsonl'}: no answers that stand" in " ".join(err.split())


def test_a_folder_that_holds_what_is_looked_for_comes_first(here, run, run_cli):
    (here / "disney" / "ratings.jsonl").touch()
    (run / "ratings.jsonl").touch()
    _, _, err = run_cli("eval", "ratings", "disney")
    assert "disney/ratings.jsonl: no answers that stand" in err
    assert str(run) not in err


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("ratings", "disney"), "neither a report (eval.json) nor answers (ratings.jsonl) there"),
        (("rate", "disney"), "neither a report (eval.json) nor previews there"),
        (
            ("--checkpoints", "disney", "--content", "photos", "--reference", "paintings"),
            "at least two checkpoints are needed to compare; none is there",
        ),
    ],
)
def test_what_neither_holds_is_said_of_both(here, run, run_cli, words, missing):
    (run / "previews" / "previews.json").unlink()
    code, _, err = run_cli("eval", *words)
    said = " ".join(err.split())
    assert code == 2
    assert f"The folder disney and the run of that name ({run}): {missing}" in said


def test_a_path_means_the_folder_alone(here, run):
    assert [str(each) for each in places_named("./disney")] == ["disney"]
    assert places_named("disney")[1] == run


def test_of_runs_of_one_name_the_newest_is_meant_and_each_has_its_folders_name(home):
    for folder in ("monet", "monet-2"):
        (home / "runs" / folder).mkdir(parents=True)
        describe_run(home / "runs" / folder, {"name": "monet"})
    assert [each.name for each in places_named("monet")] == ["monet-2"]
    assert [each.name for each in places_named("monet-2")] == ["monet-2"]
    with pytest.raises(UsageError, match="No run named 'manet' and no such folder"):
        places_named("manet")


def test_only_runs_are_named_as_there_and_no_name_is_too_long(run_cli, home):
    (home / "runs").mkdir(parents=True)
    (home / "runs" / ".DS_Store").touch()
    for name in ("nosuch", "x" * 300):
        code, _, err = run_cli("eval", "ratings", name)
        assert code == 2
        assert f"No run named '{name}'" in err
        assert "There are no runs yet." in err
