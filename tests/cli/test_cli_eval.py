"""``stylecli eval`` as a user types it, on the miniature base."""

import csv
import json
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from stroke_painter import DABS, LINES, photograph
from stylecli.errors import Cancelled

QUICK = ["--set", "steps=2", "--strength", "0.5"]
COUNT = 10


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Ten photos, dabs of them, and references of two painters."""
    root = tmp_path_factory.mktemp("eval")
    for name in ("photos", "dabbed", "refs/monet", "refs/lines"):
        (root / name).mkdir(parents=True)
    for seed in range(COUNT):
        photo = photograph(seed)
        photo.resize((72, 64)).save(root / "photos" / f"p{seed}.jpg")
        DABS.paint(photo, seed=seed).resize((72, 64)).save(root / "dabbed" / f"p{seed}.dabs.png")
        DABS.paint(photograph(50 + seed), seed=seed).save(root / "refs" / "monet" / f"{seed}.png")
        LINES.paint(photograph(80 + seed), seed=seed).save(root / "refs" / "lines" / f"{seed}.png")
    return root


@pytest.fixture
def here(pictures, tmp_path, monkeypatch):
    """A copy of them, which is the current folder."""
    folder = shutil.copytree(pictures, tmp_path / "here")
    monkeypatch.chdir(folder)
    return folder


COMMON = ["--content", "photos", "--reference", "refs/monet"]


def test_a_style_is_painted_measured_and_reported(here, run_cli, monet):
    code, out, err = run_cli("eval", "--style", "monet", *COMMON, *QUICK, "--report", "out")
    assert code == 0, err
    assert "monet" in out
    assert "Report: out/report.html" in out
    assert sorted(path.name for path in (here / "out").iterdir()) == [
        "eval.json",
        "outputs",
        "per_image.csv",
        "report.html",
        "report.md",
    ]
    painted = sorted(path.name for path in (here / "out" / "outputs" / "monet").iterdir())
    assert painted == [f"p{seed}.png" for seed in range(COUNT)]
    found = json.loads((here / "out" / "eval.json").read_text(encoding="utf-8"))
    (entry,) = found["entries"]
    assert entry["settings"]["steps"] == 2
    assert entry["settings"]["strength"] == 0.5
    assert entry["method"] == "lora-sdedit"
    assert entry["seconds"] > 0
    assert set(entry["figures"]) == {
        "style-closure",
        "content-retention",
        "palette",
        "patch-swd",
        "ssim",
        "gmsd",
        "copies",
    }
    assert str(here) not in json.dumps(found)
    rows = list(csv.DictReader((here / "out" / "per_image.csv").open(encoding="utf-8")))
    assert [row["content"] for row in rows] == [f"p{seed}.jpg" for seed in range(COUNT)]
    assert "judged by eye" in (here / "out" / "report.md").read_text(encoding="utf-8")


def test_json_goes_to_standard_output_and_nothing_is_left(here, run_cli, monet):
    code, out, _ = run_cli(
        "eval", "-s", "monet", *COMMON, *QUICK, "--limit", "8", "--json", "--metrics", "sc,CR"
    )
    assert code == 0
    found = json.loads(out)
    assert [metric["name"] for metric in found["metrics"]] == ["style-closure", "content-retention"]
    assert found["content"]["count"] == 8
    assert sorted(path.name for path in here.iterdir()) == ["dabbed", "photos", "refs"]


def test_strengths_give_a_row_each_and_two_references_a_judge(here, run_cli, monet):
    code, out, err = run_cli(
        "eval", "--style", "monet", "--style", "monet:0", "--content", "photos", "--reference", "refs",
        "--strength", "0.5,0.75", "--set", "steps=4", "--json",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)
    names = [entry["name"] for entry in found["entries"]]
    assert names == ["monet at 0.5", "monet at 0.75", "monet:0 at 0.5", "monet:0 at 0.75"]
    assert {entry["target"] for entry in found["entries"]} == {"monet"}
    assert [entry["settings"]["strength"] for entry in found["entries"]] == [0.5, 0.75] * 2
    judged = found["entries"][0]["figures"]["deception-lite"]
    assert sum(judged["details"]["called"].values()) == pytest.approx(1)
    assert "unequal-settings" not in {warning["code"] for warning in found["warnings"]}


def test_the_base_without_the_style_stands_beside_it(here, run_cli, monet):
    args = ["--content", "photos", "--reference", "refs", "--strength=0.75", "--set", "steps=4"]
    code, out, err = run_cli("eval", "-s", "monet", "--with-base", *args, "--json")
    assert code == 0, err
    with_style, alone = json.loads(out)["entries"]
    assert (with_style["name"], alone["name"]) == ("monet", "monet, base alone")
    assert with_style["target"] == alone["target"] == "monet"
    assert {**alone["settings"], "scale": None} == {**with_style["settings"], "scale": None}
    assert alone["settings"]["scale"] == 0
    code, out, err = run_cli("eval", "-s", "monet:0", *args, "--json")
    assert code == 0, err
    [same] = json.loads(out)["entries"]
    for name, figure in same["figures"].items():
        assert alone["figures"][name]["value"] == figure["value"]
    code, _, err = run_cli("eval", "--outputs", "dabbed", *COMMON, "--with-base")
    assert code == 2
    assert "these outputs are made already" in err


def test_settings_are_equal_unless_each_is_to_have_its_own(here, run_cli, monet, home):
    from dataclasses import replace

    from stylecli.styles.format import read_style, write_style

    style = read_style(home / "styles" / "monet.safetensors")
    other = replace(style, name="monet-2", transfer={**style.transfer, "steps": 3, "strength": 0.9})
    write_style(other, home / "styles" / "monet-2.safetensors")
    args = ["eval", "-s", "monet", "-s", "monet-2", *COMMON, "--json", "--metrics", "ssim"]

    def steps(*more):
        code, out, err = run_cli(*args, *more)
        assert code == 0, err
        found = json.loads(out)
        codes = {warning["code"] for warning in found["warnings"]}
        return [entry["settings"]["steps"] for entry in found["entries"]], codes, err

    equal, codes, err = steps()
    assert equal == [4, 4]
    assert "unequal-settings" not in codes
    assert "Settings of monet for all: steps 4, strength 0.5" in err
    own, codes, _ = steps("--own-settings")
    assert own == [4, 3]
    assert "unequal-settings" in codes


def test_outputs_of_anything_else_are_judged_beside_styles(here, run_cli, monet):
    code, out, err = run_cli(
        "eval", "--outputs", "monet-dabs=dabbed", "-s", "monet", "--content", "photos",
        "--reference", "refs", *QUICK, "--json",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)
    dabs, style = found["entries"]
    assert (dabs["name"], dabs["target"], dabs["method"]) == ("monet-dabs", "monet", "")
    # The miniature base knows nothing and paints noise.
    assert dabs["figures"]["ssim"]["value"] > style["figures"]["ssim"]["value"]
    assert found["differences"]


def test_a_report_is_not_overwritten_and_pictures_are_not_painted_twice(here, run_cli, monet):
    args = ["eval", "-s", "monet", *COMMON, *QUICK, "--report", "out", "--metrics", "ssim"]
    assert run_cli(*args)[0] == 0
    target = here / "out" / "outputs" / "monet" / "p0.png"
    painted = target.stat().st_mtime_ns
    code, _, err = run_cli(*args)
    assert code == 2
    assert "already holds eval.json" in err
    code, out, _ = run_cli(*args, "--overwrite", "--json")
    assert code == 0
    assert json.loads(out)["entries"][0]["seconds"] is None
    assert target.stat().st_mtime_ns == painted
    # Made in another way: only now, and only because it was asked for, are they made anew.
    (here / "out" / "eval.json").unlink()
    for name in ("per_image.csv", "report.md", "report.html"):
        (here / "out" / name).unlink()
    code, _, err = run_cli(*args, "--seed", "1")
    assert code == 2
    assert "made in another way" in err
    assert target.stat().st_mtime_ns == painted
    assert run_cli(*args, "--seed", "1", "--overwrite")[0] == 0
    assert target.stat().st_mtime_ns != painted


def test_a_new_report_says_that_ratings_are_of_the_former_one(here, run_cli):
    args = ["eval", *COMMON, "--outputs", "x=dabbed", "--report", "out", "--metrics", "ssim"]
    code, _, err = run_cli(*args)
    assert code == 0
    assert "eval ratings" not in err
    (here / "out" / "ratings.json").write_text("{}")
    (here / "out" / "ratings.jsonl").write_text("{}\n")
    code, _, err = run_cli(*args, "--overwrite")
    assert code == 0
    assert err.splitlines()[-1] == (
        "People's answers are in out/ratings.jsonl. Put what they say into this report: "
        "stylecli eval ratings out"
    )
    assert (here / "out" / "ratings.jsonl").read_text() == "{}\n"
    # It was about the report that is gone.
    assert not (here / "out" / "ratings.json").exists()
    (here / "out" / "ratings.jsonl").unlink()
    (here / "out" / "ratings.json").write_text("{}")
    _, _, err = run_cli(*args, "--overwrite", "--json")
    assert "stylecli eval ratings out FILE…, with their answers" in err.splitlines()[-1]


def test_checkpoints_of_a_run_are_rated(here, run_cli, mini, home):
    train = [
        "train",
        "refs/monet",
        "--name",
        "monet",
        "--base",
        "mini",
        "--steps",
        "6",
        "--save-every",
        "2",
    ]
    train += [
        "--resolution",
        "32",
        "--batch-size",
        "2",
        "--preview-every",
        "0",
        "--learning-rate",
        "0.01",
    ]
    assert run_cli(*train)[0] == 0
    kept = home / "runs" / "monet" / "checkpoints"
    assert sorted(path.name for path in kept.iterdir()) == [
        f"monet-{step:06d}.safetensors" for step in (2, 4, 6)
    ]
    args = ["--content", "photos", "--reference", "refs", *QUICK, "--json"]
    code, out, err = run_cli("eval", "--checkpoints", "monet", *args)
    assert code == 0, err
    found = json.loads(out)
    assert [entry["step"] for entry in found["entries"]] == [2, 4, 6]
    best = found["best_step"]
    assert best["step"] in best["within_noise"]
    code, told, _ = run_cli("eval", "--checkpoints", "monet", *args[:-1])
    assert f"monet-{best['step']:06d}.safetensors" in told
    assert "stylecli styles import" in told
    values = {
        entry["step"]: entry["figures"]["style-closure"]["value"] for entry in found["entries"]
    }
    assert best["step"] == max(values, key=values.get)
    # The reference was trained on, and the style file knows it.
    (warning,) = [each for each in found["warnings"] if each["code"] == "reference-in-training"]
    assert warning["message"].startswith("10 of 10")
    code, again, _ = run_cli("eval", "--checkpoints", kept, *args)
    assert code == 0
    assert json.loads(again)["best_step"] == best
    code, _, err = run_cli("eval", "--checkpoints", "gone", *args)
    assert code == 2
    assert "There are: monet" in err


def test_two_evaluations_are_compared(here, run_cli, monet):
    common = ["--content", "photos", "--reference", "refs/monet"]
    assert run_cli("eval", "--outputs", "x=dabbed", *common, "--report", "a")[0] == 0
    shutil.copytree(here / "photos", here / "same")
    assert run_cli("eval", "--outputs", "x=same", *common, "--report", "b")[0] == 0
    code, out, _ = run_cli("eval", "compare", "a/eval.json", "b/eval.json")
    assert code == 0
    retention = next(line for line in out.splitlines() if " CR " in f" {line} ")
    assert "better" in retention
    code, out, _ = run_cli("eval", "compare", "a", "b", "--json")
    changes = {change["metric"]: change for change in json.loads(out)}
    assert changes["content-retention"]["after"] == pytest.approx(1)
    assert changes["content-retention"]["beyond_noise"]
    assert changes["style-closure"]["difference"] < 0
    code, out, _ = run_cli("eval", "compare", "a/eval.json", "a/eval.json", "--json")
    assert not any(change["beyond_noise"] for change in json.loads(out))
    both = ["--outputs", "x=dabbed", "--outputs", "y=same", "--metrics", "sc,palette"]
    assert run_cli("eval", *both, *common, "--report", "c")[0] == 0
    _, _, err = run_cli("eval", "compare", "a", "c", "--json")
    said = " ".join(err.split())
    assert "Only in c, not compared: entry y." in said
    assert "Only in a, not compared: metrics CR, " in said
    (here / "broken.json").write_text("{")
    for wrong, words in (
        ("broken.json", "broken.json: damaged"),
        ("gone.json", "gone.json: cannot be read"),
    ):
        code, _, err = run_cli("eval", "compare", "a/eval.json", wrong)
        assert code == 2
        assert words in err


def test_limits_decide_the_exit_code(here, run_cli):
    args = ["eval", "--outputs", "dabbed", *COMMON]
    assert run_cli(*args, "--fail-under", "sc=0.1,cr=0.05", "--fail-over", "copies=0")[0] == 0
    code, out, err = run_cli(*args, "--fail-under", "cr=0.99", "--json")
    assert code == 1
    assert "Failed: dabbed: CR 0." in err
    assert "is below 0.99" in err
    assert json.loads(out)["entries"]
    code, _, err = run_cli(*args, "--fail-under", "dl=0.5")
    assert code == 2
    assert "not measured here" in err


def test_pictures_from_text_need_a_baseline(here, run_cli):
    args = ["eval", "--outputs", "dabbed", "--reference", "refs/monet"]
    code, _, err = run_cli(*args)
    assert code == 2
    assert "--baseline" in err
    code, out, _ = run_cli(*args, "--baseline", "photos", "--json")
    assert code == 0
    assert json.loads(out)["entries"][0]["figures"]["energy-ratio"]["value"] < 1


LIGHT = """
import sys
from stylecli.cli.app import main
code = main(sys.argv[1:])
heavy = sys.modules.keys() & {"torch", "torchvision", "diffusers", "transformers", "scipy"}
sys.exit(f"imported {sorted(heavy)}" if heavy else code)
"""


def test_judging_pictures_waits_for_no_model_library(here):
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, "eval", "--outputs", "dabbed", *COMMON, "--report", "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_published_figures_are_listed_with_their_protocol(run_cli):
    code, out, _ = run_cli("eval", "anchors")
    assert code == 0
    assert "styleid-20x40" in out
    assert "28.801" in out
    tables = json.loads(run_cli("eval", "anchors", "--json")[1])
    assert {table["protocol"] for table in tables} >= {"styleid-20x40", "ioannou-maddock-20x10"}


def test_pictures_that_are_given_are_never_painted_over(here, run_cli, monet):
    """The outputs of an evaluation as the photos of the next, into the same place."""
    inner = here / "out" / "outputs" / "monet"
    shutil.copytree(here / "photos", inner)
    before = {path.name: path.read_bytes() for path in inner.iterdir()}
    args = ["eval", "-s", "monet", "--content", inner, "--reference", "refs/monet", *QUICK]
    for path in list(inner.iterdir()):
        path.rename(path.with_suffix(".png"))
    code, _, err = run_cli(*args, "--report", "out", "--overwrite")
    assert code == 2
    assert "would be painted over" in err
    assert {path.stem: path.read_bytes() for path in inner.iterdir()} == {
        name.removesuffix(".jpg"): content for name, content in before.items()
    }


def test_pictures_that_no_evaluation_made_are_not_replaced(here, run_cli, monet):
    own = here / "out" / "outputs" / "monet"
    own.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(own / "p3.png")
    content = (own / "p3.png").read_bytes()
    code, _, err = run_cli("eval", "-s", "monet", *COMMON, *QUICK, "--report", "out", "--overwrite")
    assert code == 2
    assert "p3.png: is there and was not made by stylecli eval" in err
    assert [(path.name, path.read_bytes()) for path in own.iterdir()] == [("p3.png", content)]


def test_another_photo_of_the_same_name_is_painted_anew(here, run_cli, monet):
    args = ["eval", "-s", "monet", *COMMON, *QUICK, "--report", "out", "--metrics", "ssim"]
    assert run_cli(*args)[0] == 0
    target = here / "out" / "outputs" / "monet" / "p0.png"
    painted = target.read_bytes()
    photograph(99).resize((72, 64)).save(here / "photos" / "p0.jpg")
    code, _, err = run_cli(*args, "--overwrite")
    assert code == 0
    assert "9 pictures were there already" in err
    assert target.read_bytes() != painted


def test_entries_of_alike_names_have_folders_of_their_own(here, run_cli, monet, home):
    from dataclasses import replace

    from stylecli.styles.format import read_style, write_style

    style = read_style(home / "styles" / "monet.safetensors")
    write_style(replace(style, name="monet-0.5"), home / "styles" / "monet-0.5.safetensors")
    code, out, err = run_cli(
        "eval", "-s", "monet:0.5", "-s", "monet-0.5", *COMMON, *QUICK, "--report", "out", "--json"
    )
    assert code == 0, err
    digests = [[row["digest"] for row in entry["pictures"]] for entry in json.loads(out)["entries"]]
    assert digests[0] != digests[1]
    assert len(list((here / "out" / "outputs").iterdir())) == 2


def test_swapped_folders_are_noticed(here, run_cli, mini, monet):
    code, _, err = run_cli(
        "eval", "--outputs", "dabbed", "--content", "refs/monet", "--reference", "photos"
    )
    assert code == 2
    assert "Are --content and --reference swapped?" in err
    train = [
        "train",
        "refs/monet",
        "--name",
        "mine",
        "--base",
        "mini",
        "--steps",
        "2",
        "--resolution",
        "32",
    ]
    assert run_cli(*train, "--preview-every", "0")[0] == 0
    code, _, err = run_cli("eval", "-s", "mine", "--content", "refs/monet", "--reference", "photos")
    assert code == 2
    assert "is what" in err or "are what 'mine' was trained on" in err


def test_a_style_that_does_not_say_what_it_was_trained_on_is_doubted(here, run_cli, monet, home):
    from dataclasses import replace

    from stylecli.styles.format import read_style, write_style

    style = read_style(home / "styles" / "monet.safetensors")
    silent = replace(style, provenance=replace(style.provenance, dataset={"count": 2}))
    write_style(silent, home / "styles" / "monet.safetensors")
    code, out, _ = run_cli("eval", "-s", "monet", *COMMON, *QUICK, "--json", "--metrics", "ssim")
    assert code == 0
    told = {each["code"]: each["message"] for each in json.loads(out)["warnings"]}
    assert "does not list the pictures that it was trained on" in told["training-unknown"]


@pytest.mark.parametrize("words", [["monet"], ["--style", "monet", "van-gogh"], ["0.6"]])
def test_a_word_too_many_is_explained(run_cli, words):
    code, _, err = run_cli("eval", *words)
    assert code == 2
    assert "put quotes around names with spaces" in err


BAD = {
    "nothing": ([], "Nothing to evaluate"),
    "no reference": (["--outputs", "dabbed", "--content", "photos"], "--reference"),
    "an empty reference": (
        ["--outputs", "dabbed", "--content", "photos", "--reference", "empty"],
        "empty: no pictures in this folder",
    ),
    "a reference that is the content": (
        ["--outputs", "dabbed", "--content", "photos", "--reference", "photos"],
        "same pictures",
    ),
    "no content": (["-s", "monet", "--reference", "refs/monet"], "--content"),
    "unpaired names": (
        ["--outputs", "strangers", "--content", "photos", "--reference", "refs/monet"],
        "1 of 1 outputs have no content picture",
    ),
    "an unknown style": (["-s", "monnet", *COMMON], "No style named 'monnet'"),
    "an unknown setting": (
        ["-s", "monet", *COMMON, "--set", "step=2"],
        "No method here has a setting 'step'",
    ),
    "a setting of a wrong type": (
        ["-s", "monet", *COMMON, "--set", "steps=few"],
        "--steps (--set): 'few'",
    ),
    "a setting without a value": (["-s", "monet", *COMMON, "--set", "steps"], "not NAME=VALUE"),
    "a strength out of range": (["-s", "monet", *COMMON, "--strength", "1.5"], "--strength"),
    "settings for what is made": (
        ["--outputs", "dabbed", *COMMON, "--set", "steps=2"],
        "made already",
    ),
    "an unknown metric": (
        ["--outputs", "dabbed", *COMMON, "--metrics", "fidd"],
        "No metric named 'fidd'",
    ),
    "a metric that does not fit": (
        ["--outputs", "dabbed", *COMMON, "--metrics", "dl"],
        "deception-lite needs content and styles",
    ),
    "no metric at all": (
        ["--outputs", "dabbed", *COMMON, "--metrics", ","],
        "--metrics names none",
    ),
    "a limit without a name": (
        ["--outputs", "dabbed", *COMMON, "--fail-under", "0.3"],
        "'0.3' is not NAME=NUMBER",
    ),
    "a report below a file": (
        ["--outputs", "dabbed", *COMMON, "--report", "file.txt/x"],
        "is a file",
    ),
    "an unknown preset": (
        ["--outputs", "dabbed", *COMMON, "--preset", "styleid"],
        "No evaluation preset",
    ),
    "a report that is a file": (
        ["--outputs", "dabbed", *COMMON, "--report", "file.txt"],
        "is a file",
    ),
    "no such run": (["--checkpoints", "gone", *COMMON], "No run named 'gone'"),
    "two entries of one name": (
        ["--outputs", "monet=dabbed", "-s", "monet", *COMMON, *QUICK],
        "Two entries are called 'monet'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_explained(here, run_cli, monet, case):
    (here / "empty").mkdir()
    (here / "strangers").mkdir()
    Image.new("RGB", (8, 8)).save(here / "strangers" / "x.png")
    (here / "file.txt").write_text("x")
    words, expected = BAD[case]
    before = sorted(here.rglob("*"))
    code, out, err = run_cli("eval", *(words or ["--json"]))
    assert (code, out) == (2, "")
    assert expected in err
    assert sorted(here.rglob("*")) == before


def test_doubtful_pairs_are_told(here, run_cli):
    (here / "odd").mkdir()
    for name in ("p0_one.png", "p0_two.png"):
        shutil.copy(here / "dabbed" / "p0.dabs.png", here / "odd" / name)
    code, out, _ = run_cli("eval", "--outputs", "odd", *COMMON, "--json")
    assert code == 0
    (warning,) = [each for each in json.loads(out)["warnings"] if each["code"] == "pairing-guessed"]
    assert "begin with the name of one photo" in warning["message"]


def test_sizes_may_be_mixed_and_black_pictures_are_counted(here, run_cli):
    Image.new("RGB", (72, 64)).save(here / "dabbed" / "p3.dabs.png")
    Image.open(here / "dabbed" / "p4.dabs.png").resize((300, 500)).save(
        here / "dabbed" / "p4.dabs.png"
    )
    code, out, err = run_cli("eval", "--outputs", "dabbed", *COMMON, "--json")
    assert code == 0, err
    found = json.loads(out)
    flags = {row["output"]: row["flags"] for row in found["entries"][0]["pictures"]}
    assert len(flags) == COUNT
    assert "black" in flags["p3.dabs.png"]
    assert "aspect-changed" in flags["p4.dabs.png"]
    assert {"constant-pictures", "aspect-changed", "enlarged"} <= {
        warning["code"] for warning in found["warnings"]
    }


def test_one_picture_is_told_what_cannot_be_said(here, run_cli):
    for path in (here / "dabbed").iterdir():
        if path.name != "p0.dabs.png":
            path.unlink()
    code, out, _ = run_cli("eval", "--outputs", "dabbed", *COMMON)
    assert code == 0
    assert "undefined" in out


def test_a_slip_in_the_scale_is_warned_of(here, run_cli, monet):
    args = ["eval", *COMMON, *QUICK, "--json", "--metrics", "ssim"]
    assert "7 times as strong" in run_cli(*args, "-s", "monet:07")[2]
    assert "times as strong" not in run_cli(*args, "-s", "monet:1.5")[2]


def test_a_stopped_evaluation_goes_on_where_it_was(here, run_cli, monet, monkeypatch):
    from stylecli.cli import evaluate

    class Stopping(evaluate.Reporter):
        def __call__(self, event):
            super().__call__(event)
            if event.stage.startswith("repainting") and event.done == 4:
                raise Cancelled("Stopped as you asked.")

    args = ["eval", "-s", "monet", *COMMON, *QUICK, "--report", "out", "--metrics", "ssim"]
    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "Reporter", Stopping)
        code, _, err = run_cli(*args, "--set", "batch_size=4")
    assert code == 130
    assert "Run the same command again to go on" in err
    assert len(list((here / "out" / "outputs" / "monet").iterdir())) == 4
    code, _, err = run_cli(*args)
    assert code == 0
    assert "4 pictures were there already" in err


def test_prompt_and_seed_reach_the_pictures(here, run_cli, monet):
    def painted(*more):
        args = ["eval", "-s", "monet", *COMMON, *QUICK, "--limit", "1", "--metrics", "ssim"]
        assert run_cli(*args, "--report", "out", "--overwrite", *more)[0] == 0
        with Image.open(here / "out" / "outputs" / "monet" / "p0.png") as image:
            image.load()
        return json.loads(image.info["stylecli"]), image.tobytes()

    plain, pixels = painted()
    assert (plain["command"], plain["prompt"], plain["seed"]) == ("eval", "", 0)
    said, with_words = painted("--prompt", "a red boat")
    assert said["prompt"] == "a red boat"
    drawn, with_seed = painted("--seed", "3")
    assert drawn["seed"] == 3
    assert len({pixels, with_words, with_seed}) == 3


def test_pairs_are_made_as_asked(here, run_cli):
    (here / "made").mkdir()
    for number, path in enumerate(sorted((here / "dabbed").iterdir())):
        shutil.copy(path, here / "made" / f"out_{number}.png")
    args = ["eval", "--outputs", "made", *COMMON, "--json", "--metrics", "ssim"]
    assert run_cli(*args)[0] == 2
    code, out, _ = run_cli(*args, "--pair-by-order")
    assert code == 0
    found = json.loads(out)
    assert "pairing-guessed" in {each["code"] for each in found["warnings"]}
    by_name = json.loads(run_cli("eval", "--outputs", "dabbed", *args[3:])[1])
    assert found["entries"][0]["figures"] == by_name["entries"][0]["figures"]
    (here / "made" / "out_0.png").rename(here / "made" / "p0.png")
    code, out, _ = run_cli(*args, "--skip-unpaired")
    assert code == 0
    found = json.loads(out)
    assert [row["output"] for row in found["entries"][0]["pictures"]] == ["p0.png"]
    assert "unpaired" in {each["code"] for each in found["warnings"]}


def test_a_preset_says_how_outputs_are_named(here, run_cli):
    (here / "stylized").mkdir()
    for path in sorted((here / "dabbed").iterdir()):
        name = f"{path.name.partition('.')[0]}_stylized_dabs.png"
        shutil.copy(path, here / "stylized" / name)
    args = [*COMMON, "--preset", "styleid-20x40", "--json", "--metrics", "ssim"]
    code, out, _ = run_cli("eval", "--outputs", "stylized", *args)
    assert code == 0
    found = json.loads(out)
    assert found["preset"] == "styleid-20x40"
    messages = [each["message"] for each in found["warnings"] if each["code"] == "preset-mismatch"]
    assert any("20 content pictures" in message for message in messages)
    assert any("512 x 512" in message for message in messages)
    code, _, err = run_cli("eval", "--outputs", "dabbed", *args)
    assert code == 2
    assert "have no content picture" in err
