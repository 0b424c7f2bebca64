import json

import pytest
from PIL import Image

from stylecli.images.writing import read_record

AUTO = ("--strength", "auto", "--steps", 4)


@pytest.fixture
def photos(tmp_path, picture):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(5):
        picture(number, (64, 64)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_the_strength_is_chosen_and_the_sweep_shown(run_cli, monet, photos, out):
    code, stdout, err = run_cli("transfer", photos, "--style", monet, *AUTO, "-o", out, "--json")
    assert code == 0, err
    rows = json.loads(stdout)
    record = read_record(out / "monet.auto.png")
    chosen = record["chosen"]
    assert [row["strength"] for row in rows] == [chosen["strength"]] * 5
    assert rows[0]["scales"] == [chosen["factor"]]
    assert f"content retention {chosen['content']:.2f} (asked for 0.50), of 4 photos" in err
    assert str(out / "monet.auto.png") in err
    # Of 4 steps there are 4 strengths; of 5 photos 4 are tried, the first and the last among them.
    tried = {trial["strength"] for trial in record["trials"]}
    assert tried <= {0.25, 0.5, 0.75, 1}
    assert [name for name, _ in record["auto"]["photos"]] == ["0.png", "1.png", "3.png", "4.png"]
    assert Image.open(out / "monet.auto.png").width > 192 * (1 + len(tried))
    made = read_record(out / "2.monet.png")
    assert made["options"]["strength"] == chosen["strength"]
    assert made["styles"][0]["scale"] == chosen["factor"]


def test_figures_are_those_of_an_evaluation(run_cli, monet, photos, out, tmp_path, paintings):
    run_cli("transfer", photos, "--style", monet, *AUTO, "--keep", 0, "-o", out)
    (photos / "2.png").unlink()
    for trial in read_record(out / "monet.auto.png")["trials"][:2]:
        strength = ("--strength", trial["strength"], "--set", "steps=4")
        wanted = ("--reference", paintings, "--metrics", "content-retention", "--json")
        code, stdout, err = run_cli(
            "eval", "--style", monet, "--content", photos, *strength, *wanted
        )
        assert code == 0, err
        figure = json.loads(stdout)["entries"][0]["figures"]["content-retention"]
        assert trial["content"] == pytest.approx(figure["value"], abs=1e-6)


def test_a_folder_that_was_stopped_goes_on_as_it_began(run_cli, monet, photos, out):
    command = ("transfer", photos, "--style", monet, *AUTO, "-o", out)
    run_cli(*command)
    before = times(out)
    (out / "3.monet.png").unlink()
    del before["3.monet.png"]
    code, stdout, err = run_cli(*command)
    assert (code, stdout.split()) == (0, [str(out / "3.monet.png")]), err
    assert "as chosen before" in err
    assert "4 of 5 were already there" in err
    assert {name: when for name, when in times(out).items() if name != "3.monet.png"} == before


def test_another_sweep_is_kept_unless_overwritten(run_cli, monet, photos, out):
    command = ("transfer", photos, "--style", monet, *AUTO, "-o", out)
    run_cli(*command, "--keep", 0)
    before = times(out)
    code, _, err = run_cli(*command, "--keep", 0.9)
    assert code == 2
    assert f"{out / 'monet.auto.png'}: is already there" in err
    assert "Type --strength" in err
    assert times(out) == before
    assert run_cli(*command, "--keep", 0.9, "--overwrite")[0] == 0
    assert read_record(out / "monet.auto.png")["auto"]["keep"] == 0.9


def test_a_picture_that_is_no_sweep_is_kept(run_cli, monet, photos, out, picture):
    out.mkdir()
    picture(1).save(out / "monet.auto.png")
    before = times(out)
    code, _, err = run_cli("transfer", photos, "--style", monet, *AUTO, "-o", out)
    assert (code, times(out)) == (2, before)
    assert "monet.auto.png: is already there" in err


@pytest.mark.parametrize("name", ["0.png", "2.png", "4.png"])
def test_a_bad_photo_is_not_tried_and_the_rest_is_made(run_cli, monet, photos, out, name):
    (photos / name).write_bytes(b"no picture")
    code, stdout, err = run_cli("transfer", photos, "--style", monet, *AUTO, "-o", out)
    assert (code, len(stdout.split())) == (1, 4)
    assert "1 of 5 pictures were not made" in err
    tried = [photo for photo, _ in read_record(out / "monet.auto.png")["auto"]["photos"]]
    assert tried == sorted({f"{number}.png" for number in range(5)} - {name})


def test_photos_that_are_all_bad_are_named(run_cli, monet, photos, out):
    for path in photos.iterdir():
        path.write_bytes(b"no picture")
    code, stdout, err = run_cli("transfer", photos, "--style", monet, *AUTO, "-o", out, "--json")
    assert code == 1
    assert {row["status"] for row in json.loads(stdout)} == {"failed"}
    assert "5 of 5 pictures were not made" in err
    assert not out.exists()


def test_one_photo_goes_into_one_file(run_cli, monet, photos, out):
    command = ("transfer", photos / "0.png", "--style", monet, *AUTO, "-o", out / "x.png")
    code, stdout, err = run_cli(*command)
    assert (code, stdout.split()) == (0, [str(out / "x.png")]), err
    assert "of 1 photo." in err
    assert sorted(times(out)) == ["x.auto.png", "x.png"]
    beside = run_cli("transfer", photos / "1.png", "--style", monet, *AUTO)
    assert beside[0] == 0
    assert (photos / "1.monet.auto.png").is_file()


def test_photos_that_are_the_same_are_tried_once(run_cli, monet, photos, out):
    for number in range(1, 5):
        (photos / f"{number}.png").write_bytes((photos / "0.png").read_bytes())
    code, _, err = run_cli("transfer", photos, "--style", monet, *AUTO, "-o", out)
    assert code == 0, err
    assert "of 1 photo." in err


def test_where_nothing_keeps_enough_that_is_said(run_cli, monet, photos, out):
    code, _, err = run_cli("transfer", photos, "--style", monet, *AUTO, "--keep", 1, "-o", out)
    assert code == 0
    assert "Warning: No strength keeps as much as was asked for." in err
    record = read_record(out / "monet.auto.png")
    most = max(trial["content"] for trial in record["trials"])
    assert record["chosen"]["content"] == most
    assert {trial["factor"] for trial in record["trials"]} == {1, 0.75, 0.5}
    assert read_record(out / "0.monet.png")["styles"][0]["scale"] == record["chosen"]["factor"]


def test_with_a_reference_the_style_is_measured(run_cli, monet, photos, out, tmp_path):
    reference = tmp_path / "bright"
    reference.mkdir()
    for number in range(8):
        bright = (
            Image.linear_gradient("L").rotate(45 * number).point(lambda value: 200 + value // 8)
        )
        bright.convert("RGB").save(reference / f"{number}.png")
    command = ("transfer", photos, "--style", monet, *AUTO, "--keep", 0, "-o", out)
    code, _, err = run_cli(*command, "--reference", reference)
    assert code == 0, err
    record = read_record(out / "monet.auto.png")
    best = {
        factor: max(
            (
                trial
                for trial in record["trials"]
                if (trial["factor"], trial["content"] >= 0) == (factor, True)
            ),
            key=lambda trial: trial["strength"],
        )
        for factor in (0.75, 1, 1.25)
    }
    assert record["chosen"] == max(best.values(), key=lambda trial: trial["style"])
    assert f"style closure {record['chosen']['style']:.2f}" in err
    code, _, err = run_cli(*command)
    assert (code, "of other photos or settings" in err) == (2, True)


def test_a_reference_that_says_nothing_leaves_the_scale(
    run_cli, monet, photos, out, tmp_path, picture
):
    reference = tmp_path / "alike"
    reference.mkdir()
    for number in range(8):
        picture(number + 10, (64, 64)).save(reference / f"{number}.png")
    command = ("transfer", photos, "--style", monet, *AUTO, "--keep", 0, "-o", out)
    code, _, err = run_cli(*command, "--reference", reference)
    assert code == 0, err
    assert "cannot be told from the reference" in err
    assert "the scale stays as it is" in err
    assert {trial["factor"] for trial in read_record(out / "monet.auto.png")["trials"]} == {1}


def test_a_reference_needs_photos(run_cli, monet, photos, out, paintings):
    code, _, err = run_cli(
        "transfer", photos / "0.png", "--style", monet, *AUTO, "--reference", paintings, "-o", out
    )
    assert code == 2
    assert "told by 4 different photos, not 1" in err


def test_nothing_is_left_behind(run_cli, monet, photos, out, tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    assert run_cli("transfer", photos, "--style", monet, *AUTO, "-o", out)[0] == 0
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--keep", 0.5], "--keep goes with --strength auto only"),
        (["--strength", 0.5, "--keep", 0.5], "--keep goes with --strength auto only"),
        (["--reference", "."], "--reference goes with --strength auto only"),
        (["--strength", "0.5,auto"], "--strength: auto stands alone, without numbers"),
        (["--strength", "atuo"], "--strength: 'atuo' is not a number, nor auto"),
        (["--strength", "auto", "--keep", 1.5], "Invalid value for '--keep'"),
        (["--strength", "auto", "--keep", "nan"], "Invalid value for '--keep'"),
        (["--strength", "auto", "--reference", "gone"], "gone: no such folder"),
    ],
)
def test_what_cannot_be_meant_is_refused(run_cli, monet, photos, out, options, words):
    code, _, err = run_cli("transfer", photos, "--style", monet, *options, "-o", out)
    assert code == 2
    assert words in err
    assert not out.exists()


def test_an_evaluation_wants_numbers(run_cli, monet, photos, paintings):
    code, _, err = run_cli(
        *("eval", "--style", monet, "--content", photos, "--reference", paintings),
        *("--strength", "auto"),
    )
    assert code == 2
    assert "--strength: auto is not possible here" in err


def test_a_config_file_can_ask_for_it(run_cli, monet, photos, out, tmp_path):
    path = tmp_path / "stylecli.toml"
    path.write_text("[transfer]\nstyle = 'monet'\nstrength = 'auto'\nkeep = 0.0\nsteps = 4\n")
    code, _, err = run_cli("transfer", photos, "--config", path, "-o", out)
    assert code == 0, err
    assert read_record(out / "monet.auto.png")["auto"]["keep"] == 0
    # A number that is typed goes before it.
    typed = ("--strength", 0.5, "-o", tmp_path / "typed")
    code, _, err = run_cli("transfer", photos, "--config", path, *typed)
    assert code == 0, err
    assert not (tmp_path / "typed" / "monet.auto.png").exists()
    path.write_text("[transfer]\nstyle = 'monet'\nstrength = ['auto', 0.5]\n")
    code, _, err = run_cli("transfer", photos, "--config", path, "-o", out)
    assert code == 2
    assert "auto stands alone" in err
    path.write_text("[transfer]\nstyle = 'monet'\nkeep = 0.5\n")
    assert run_cli("transfer", photos, "--config", path, "-o", out)[0] == 2


def test_the_photos_themselves_are_no_reference(run_cli, monet, photos, out):
    command = ("transfer", photos, "--style", monet, *AUTO, "-o", out)
    code, _, err = run_cli(*command, "--reference", photos)
    assert code == 2
    assert "--reference: these are the photos themselves" in err
    assert not out.exists()
