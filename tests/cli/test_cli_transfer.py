import json

import pytest
from PIL import Image

from stylecli.images.writing import read_record


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "boat.png"
    picture(7, (96, 64)).save(path)
    return path


@pytest.fixture
def photos(tmp_path, picture):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        picture(ord(name[0]), (64, 64)).save(folder / name)
    return folder


def test_a_photo_is_repainted_beside_itself_with_its_size(run_cli, monet, photo):
    code, out, err = run_cli("transfer", photo, "--style", monet)
    result = photo.with_name("boat.monet.png")
    assert (code, out.strip()) == (0, str(result)), err
    assert Image.open(result).size == Image.open(photo).size
    record = read_record(result)
    assert record["base"] == "mini"
    assert record["options"]["steps"] == 4
    assert record["photo"] == "boat.png"


def test_the_same_command_again_skips_what_is_there(run_cli, monet, photo):
    run_cli("transfer", photo, "--style", monet)
    before = photo.with_name("boat.monet.png").stat().st_mtime_ns
    code, out, err = run_cli("transfer", photo, "--style", monet)
    assert (code, out) == (0, "")
    assert "1 of 1 were already there" in err
    assert photo.with_name("boat.monet.png").stat().st_mtime_ns == before


def test_a_result_made_in_another_way_is_kept_unless_overwritten(run_cli, monet, photo):
    run_cli("transfer", photo, "--style", monet)
    result = photo.with_name("boat.monet.png")
    before = result.read_bytes()
    code, _, err = run_cli("transfer", photo, "--style", monet, "--seed", 1)
    assert code == 1
    assert f"{result}: is already there" in err
    assert "--overwrite" in err
    assert result.read_bytes() == before
    assert run_cli("transfer", photo, "--style", monet, "--seed", 1, "--overwrite")[0] == 0
    assert result.read_bytes() != before


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        ("0.3", "Base 'mini' has no IP-Adapter"),
        ("3", "--image-cond-scale"),
        ("-1", "--image-cond-scale"),
    ],
)
def test_a_picture_prompt_that_cannot_be_is_refused(run_cli, monet, photo, scale, message):
    code, _, err = run_cli("transfer", photo, "--style", monet, "--image-cond-scale", scale)
    assert code == 2
    assert message in err
    assert not photo.with_name("boat.monet.png").exists()


def test_several_photos_go_into_one_folder(run_cli, monet, photo, photos, tmp_path):
    code, out, err = run_cli(
        "transfer", photo, photos / "a.png", "--style", monet, "-o", tmp_path / "out"
    )
    assert code == 0, err
    assert out.split() == [
        str(tmp_path / "out" / name) for name in ("boat.monet.png", "a.monet.png")
    ]


def test_a_folder_goes_into_a_folder_beside_it(run_cli, monet, photos):
    code, _, err = run_cli("transfer", photos, "--style", monet)
    assert code == 0, err
    beside = photos.with_name("photos.monet")
    assert sorted(path.name for path in beside.iterdir()) == ["a.monet.png", "b.monet.png"]


def test_the_folder_one_is_in_has_a_name_too(run_cli, monet, photos, monkeypatch):
    monkeypatch.chdir(photos)
    assert run_cli("transfer", ".", "--style", monet)[0] == 0
    assert (photos.with_name("photos.monet") / "a.monet.png").is_file()


def test_one_bad_picture_is_named_and_the_rest_made(run_cli, monet, photos):
    (photos / "broken.jpg").write_bytes(b"no picture")
    code, out, err = run_cli("transfer", photos, "--style", monet)
    assert code == 1
    assert len(out.split()) == 2
    assert "broken.jpg" in err
    assert "1 of 3 pictures were not made" in err


def test_output_can_be_a_file(run_cli, monet, photo, tmp_path):
    assert run_cli("transfer", photo, "--style", monet, "-o", tmp_path / "new" / "x.png")[0] == 0
    assert Image.open(tmp_path / "new" / "x.png").size == (96, 64)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("x.jpg", "results are written as PNG"),
        ("x.png", "cannot hold 2 results"),
        ("taken", "is a file"),
    ],
)
def test_an_output_that_cannot_be_meant_is_refused(run_cli, monet, photos, tmp_path, output, words):
    (tmp_path / "taken").touch()
    code, _, err = run_cli("transfer", photos, "--style", monet, "-o", tmp_path / output)
    assert code == 2
    assert words in err


def test_several_strengths_and_a_grid(run_cli, monet, photo):
    code, out, err = run_cli(
        "transfer", photo, "--style", monet, "--strength", "0.3,0.5,0.7", "--grid", "--steps", 10
    )
    assert code == 0, err
    names = [f"boat.monet-{strength}.png" for strength in (0.3, 0.5, 0.7)] + ["boat.monet.grid.png"]
    assert out.split() == [str(photo.with_name(name)) for name in names]
    results = {Image.open(photo.with_name(name)).convert("RGB").tobytes() for name in names[:3]}
    assert len(results) == 3
    assert Image.open(photo.with_name(names[3])).width > 4 * 96


def test_a_config_file_gives_style_and_strengths(run_cli, monet, photo, tmp_path):
    path = tmp_path / "stylecli.toml"
    path.write_text("[transfer]\nstyle = 'monet'\nstrength = [0.5, 0.9]\nsteps = 10\nseed = 3\n")
    code, out, err = run_cli("transfer", photo, "--config", path)
    assert code == 0, err
    assert out.split() == [str(photo.with_name(f"boat.monet-{s}.png")) for s in (0.5, 0.9)]
    record = read_record(photo.with_name("boat.monet-0.9.png"))
    assert (record["seed"], record["options"]["steps"], record["options"]["strength"]) == (
        3,
        10,
        0.9,
    )
    path.write_text("[transfer]\nstyle = ['monet']\nstrength = [0.5, 1.2]\n")
    code, _, err = run_cli("transfer", photo, "--config", path)
    assert code == 2
    assert f"--strength ({path}): 1.2 is not in the range 0 to 1" in err


@pytest.mark.parametrize("typed", ["-s{}", "--style={}"])
def test_a_style_is_understood_however_it_is_typed(run_cli, monet, photo, typed):
    code, _, err = run_cli("transfer", photo, typed.format("gone"))
    assert code == 2
    assert "No style named 'gone'" in err
    assert run_cli("transfer", photo, typed.format(monet))[0] == 0


def test_json_is_all_there_is_on_standard_output(run_cli, monet, photos):
    (photos / "broken.jpg").write_bytes(b"no picture")
    code, out, _ = run_cli("transfer", photos, "--style", monet, "--json")
    assert code == 1
    rows = json.loads(out)
    assert [row["status"] for row in rows] == ["made", "made", "failed"]
    assert rows[0]["result"].endswith("a.monet.png")
    assert "broken.jpg" in rows[2]["reason"]


def test_a_styles_scale_changes_the_picture_and_is_recorded(run_cli, monet, photo, tmp_path):
    pictures = set()
    for scale in ("", ":0", ":0.8"):
        target = tmp_path / f"x{scale[1:]}.png"
        assert run_cli("transfer", photo, "--style", f"{monet}{scale}", "-o", target)[0] == 0
        pictures.add(Image.open(target).tobytes())
    assert len(pictures) == 3
    assert read_record(target)["styles"][0]["scale"] == 0.8


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("monte", "Did you mean 'monet'?"),
        ("a/b", "'a/b' cannot name a style"),
        ("..", "'..' cannot name a style"),
        ("monet:x", "monet:x: the scale 'x' is not a number"),
        ("monet:11", "beyond -10 to 10"),
        ("monet:nan", "the scale 'nan' is not a number"),
    ],
)
@pytest.mark.parametrize("command", ["transfer", "generate"])
def test_a_style_that_cannot_be_meant_is_refused(run_cli, monet, photo, command, style, words):
    code, out, err = run_cli(command, photo, "--style", style)
    assert (code, out) == (2, "")
    assert words in err


def test_no_style_at_all_lists_those_there_are(run_cli, monet, photo):
    code, _, err = run_cli("transfer", photo)
    assert code == 2
    assert "Name a style with --style" in err
    assert "There are these styles: cezanne, monet, van-gogh." in err


def test_without_a_style_the_base_paints_alone(run_cli, mini, photo, mini_folder):
    words = ["--strength=0.3,0.6", "--grid", "--steps=4"]
    code, out, err = run_cli("transfer", photo, "--base", mini, *words)
    assert code == 0, err
    names = ["boat.mini-0.3.png", "boat.mini-0.6.png", "boat.mini.grid.png"]
    assert out.split() == [str(photo.with_name(name)) for name in names]
    record = read_record(photo.with_name(names[0]))
    assert (record["base"], record["styles"], record["method"]) == ("mini", [], "lora-sdedit")
    assert Image.open(photo.with_name(names[0])).tobytes() != Image.open(photo).tobytes()
    code, _, err = run_cli("transfer", photo, "--base", mini_folder, *words)
    assert code == 1
    assert "boat.mini-0.3.png: is already there" in err


def test_without_a_style_there_is_no_scale_to_choose(run_cli, mini, photo, photos):
    words = ["--strength=auto", "--reference", photos]
    code, _, err = run_cli("transfer", photo, "--base", mini, *words)
    assert code == 2
    assert "--reference: without a style there is no scale to choose" in err


@pytest.mark.parametrize(
    ("strength", "words"),
    [
        ("0", "0 is not above 0"),
        ("0.001", "no step"),
        ("1.2", "1.2 is not in the range 0 to 1"),
        ("nan", "nan is not in the range 0 to 1"),
        ("0.5,", "'' is not a number"),
        ("half", "'half' is not a number"),
    ],
)
def test_a_strength_that_cannot_be_meant_is_refused(run_cli, monet, photo, strength, words):
    code, _, err = run_cli("transfer", photo, "--style", monet, "--strength", strength)
    assert code == 2
    assert words in err
    assert "--strength" in err
    assert not photo.with_name("boat.monet.png").exists()


def test_strength_one_works(run_cli, monet, photo):
    assert run_cli("transfer", photo, "--style", monet, "--strength", 1)[0] == 0


def test_photos_of_one_stem_do_not_share_a_result(run_cli, monet, picture, tmp_path):
    names = ["one/x.png", "two/x.png", "two/x.bmp", "two/y.png"]
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture(number, (64, 64)).save(tmp_path / name)
    sources = [tmp_path / name for name in names]
    code, out, err = run_cli("transfer", *sources, "--style", monet, "-o", tmp_path / "out")
    assert code == 0, err
    assert [path.rsplit("/", 1)[-1] for path in out.split()] == [
        "one-x.png.monet.png",
        "two-x.png.monet.png",
        "x.bmp.monet.png",
        "y.monet.png",
    ]


def test_a_photo_that_is_not_there_is_named(run_cli, monet, tmp_path):
    code, _, err = run_cli("transfer", tmp_path / "none.jpg", "--style", monet)
    assert code == 2
    assert f"{tmp_path / 'none.jpg'}: no such file or folder" in err


def test_folders_and_photos_do_not_mix(run_cli, monet, photo, photos):
    code, _, err = run_cli("transfer", photo, photos, "--style", monet)
    assert code == 2
    assert "give one folder, or photos" in err


def test_a_base_that_is_not_known_here_is_asked_for(run_cli, monet, photo, monkeypatch):
    monkeypatch.setenv("STYLECLI_PLUGINS", "lora-sdedit,tiny")
    code, _, err = run_cli("transfer", photo, "--style", monet)
    assert code == 2
    assert "was trained on 'mini', which is not known here" in err
    assert "--base" in err


def test_a_base_that_the_style_does_not_fit_is_refused(run_cli, monet, photo):
    code, _, err = run_cli("transfer", photo, "--style", monet, "--base", "tiny")
    assert code == 2
    assert "Use --base mini" in err
    assert "Traceback" not in err
