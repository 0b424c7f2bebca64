"""What can be rated is found in reports, runs and folders; what is missing is said."""

import json
import shutil

import pytest
from made_pictures import ENTRIES, files_in, make_pictures, material_in

from stylecli.errors import UsageError
from stylecli.evaluation.evaluate import evaluate
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.rating.asking.from_outputs import material_of_outputs
from stylecli.evaluation.rating.asking.from_report import material_of_report
from stylecli.evaluation.rating.asking.from_run import is_run, material_of_run
from stylecli.evaluation.rating.asking.material import checked
from stylecli.evaluation.rating.asking.squares import comparable
from stylecli.evaluation.report.writing import write_report
from stylecli.files import sha256_of
from stylecli.progress import silent
from stylecli.registry import load_registry
from stylecli.training.previews import Preview, PreviewFolder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("rated"))


@pytest.fixture
def report(made, tmp_path):
    """A report whose pictures it holds itself, of two entries."""
    folder = tmp_path / "report"
    names = ENTRIES[:2]
    for name in names:
        shutil.copytree(made / name, folder / "outputs" / name)
    photos = files_in(made / "photos")
    plan = Plan(
        tuple(
            EntryPlan(name, "painter", tuple(files_in(folder / "outputs" / name)), tuple(range(len(photos))))
            for name in names
        ),
        {"painter": tuple(files_in(made / "reference"))},
        tuple(photos),
    )  # fmt: skip
    metrics = [metric for name, metric in load_registry().metrics.items() if name == "ssim"]
    found = evaluate(plan, metrics, FeatureCache(tmp_path / "cache"), silent, chosen=True)
    write_report(folder, found.evaluation, found.gallery)
    return folder


def test_outputs_are_paired_with_their_photos(made):
    found = material_in(made)
    assert found.entries == ENTRIES
    assert {each.content for each in found.pictures} == {f"p{number}.jpg" for number in range(6)}
    assert {each.target for each in found.pictures} == {"painter"}
    assert found.pictures[0].digest == sha256_of(made / ENTRIES[0] / "p0.png")
    assert len(found.references) == 6
    assert len(found.shown["painter"]) == 3


def test_without_photos_outputs_of_one_name_belong_together(made):
    found = material_of_outputs({name: files_in(made / name) for name in ENTRIES}, [], {})
    assert {each.content for each in found.pictures} == {f"p{number}" for number in range(6)}
    assert found.photos == {}
    assert {each.target for each in found.pictures} == {""}


def test_a_report_is_enough_by_itself(report):
    found = material_of_report(report, {}, [], {})
    assert found.entries == ENTRIES[:2]
    assert len(found.pictures) == 12
    assert all(each.path.parent.name == each.entry for each in found.pictures)
    assert found.report == sha256_of(report / "eval.json")
    assert all(photo.startswith(b"\xff\xd8") for photo in found.photos.values())
    assert set(found.photos) == {f"p{number}.jpg" for number in range(6)}
    assert len(found.shown["painter"]) == 3
    assert found.notes == ()


def test_folders_that_are_given_stand_for_the_small_copies(report, made):
    found = material_of_report(
        report, {}, files_in(made / "photos"), {"any": files_in(made / "reference")}
    )
    assert found.photos["p0.jpg"] == made / "photos" / "p0.jpg"
    assert made / "reference" / "r0.jpg" in found.shown["painter"]
    assert {each.target for each in found.references} == {"painter"}


def test_photos_that_are_nowhere_are_said(report):
    (report / "report.html").unlink()
    found = material_of_report(report, {}, [], {})
    assert found.photos == {}
    (note,) = found.notes
    assert "6 of 6" in note
    assert "--content" in note


def test_pictures_that_are_elsewhere_are_found_by_what_they_are(report, made):
    shutil.rmtree(report / "outputs" / ENTRIES[1])
    with pytest.raises(UsageError, match="'hiddenrival' are not in the report") as told:
        material_of_report(report, {}, [], {})
    assert "--outputs hiddenrival=FOLDER" in told.value.hint
    found = material_of_report(report, {"x": files_in(made / ENTRIES[1])}, [], {})
    assert len(found.pictures) == 12


def test_pictures_that_were_painted_anew_are_left_out(report, made):
    shutil.copy(made / ENTRIES[2] / "p0.png", report / "outputs" / ENTRIES[0] / "p0.png")
    found = material_of_report(report, {}, [], {})
    assert len(found.pictures) == 11
    assert "1 picture not as measured" in found.notes[0]


def test_the_prompts_of_a_report_are_kept(report):
    text = (report / "eval.json").read_text(encoding="utf-8")
    changed = json.loads(text)
    for entry in changed["entries"]:
        for number, row in enumerate(entry["pictures"]):
            row["content"], row["prompt"] = None, f"a harbour {number}"
    (report / "eval.json").write_text(json.dumps(changed), encoding="utf-8")
    found = material_of_report(report, {}, [], {})
    assert {(each.content, each.prompt) for each in found.pictures} == {
        (f"p{number}", f"a harbour {number}") for number in range(6)
    }


def test_a_reference_of_another_name_is_refused_where_it_could_be_any(report, made):
    text = (report / "eval.json").read_text(encoding="utf-8")
    changed = json.loads(text)
    changed["entries"][1]["target"] = "other"
    (report / "eval.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(UsageError, match="No reference is called 'other'"):
        material_of_report(report, {}, [], {"painter": files_in(made / "reference")})


def test_a_run_has_an_entry_for_each_step(tmp_path, picture):
    previews = PreviewFolder(tmp_path, 0)
    for step in (5, 10):
        previews.add(
            step,
            [
                Preview(picture(step + place, (32, 32)), f"a cat {place}", place, hidden=place == 2)
                for place in range(3)
            ],
        )
    assert is_run(tmp_path)
    found = material_of_run(tmp_path, {})
    assert found.entries == ("step 5", "step 10")
    assert [each.step for each in found.pictures] == [5, 5, 10, 10]
    assert {each.content for each in found.pictures} == {"a cat 0 (seed 0)", "a cat 1 (seed 1)"}
    assert "2 previews blacked out" in found.notes[0]


def test_a_run_of_which_nothing_can_be_shown(tmp_path, picture):
    PreviewFolder(tmp_path, 0).add(1, [Preview(picture(0, (32, 32)), "x", 0, hidden=True)])
    with pytest.raises(UsageError, match="no previews that can be shown"):
        material_of_run(tmp_path, {})


def test_what_is_no_picture_is_left_out_and_said(made, tmp_path):
    root = shutil.copytree(made, tmp_path / "copy")
    (root / ENTRIES[0] / "p3.png").write_bytes(b"no picture")
    found = checked(material_in(root))
    assert len(found.pictures) == 17
    assert "p3.png" in found.notes[0]
    for path in root.rglob("p*.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(UsageError, match="None of the pictures can be read"):
        checked(material_in(root))


def test_nothing_is_enlarged_for_real_or_fake(made, tmp_path, picture):
    root = shutil.copytree(made, tmp_path / "copy")
    found, side = comparable(material_in(root))
    assert side == 72
    for number in range(6, 20):
        picture(number, (200, 100)).save(root / "reference" / f"r{number}.png")
    picture(99, (20, 20)).save(root / "reference" / "small.png")
    found, side = comparable(material_in(root))
    assert side == 72
    assert len(found.references) == 20
    assert "1 reference picture smaller than 72 px" in found.notes[0]
