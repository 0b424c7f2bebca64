import json

from PIL import Image

from stylecli.demo.materials import paint_style_pictures, write_photos
from stylecli.progress import Event


def test_style_pictures_differ_and_are_named_after_what_they_show(tmp_path):
    events: list[Event] = []
    paint_style_pictures(tmp_path / "paintings", 3, events.append, (96, 64))
    paths = sorted((tmp_path / "paintings").iterdir())
    assert len(paths) == len({path.read_bytes() for path in paths}) == 3
    assert all(len(path.stem.split("-")) >= 3 for path in paths)
    assert [event.done for event in events] == [1, 2, 3]


def test_there_is_a_photograph_and_a_scene(tmp_path):
    photograph, scene = write_photos(tmp_path)
    with Image.open(photograph) as first, Image.open(scene) as second:
        assert first.size == (600, 400)
        assert second.size == (384, 256)


def test_the_demo_learns_a_style_and_leaves_a_page_in_a_new_folder(tmp_path, run_cli):
    (tmp_path / "demo").mkdir()
    code, out, errors = run_cli("demo", "-o", tmp_path / "demo", "--steps", 1, "--pictures", 2)
    assert code == 0, errors
    folder = tmp_path / "demo-2"
    assert str(folder / "index.html") in out
    assert not list((tmp_path / "demo").iterdir())
    page = (folder / "index.html").read_text(encoding="utf-8")
    for photo in ("coffee", "meadow"):
        for strength in ("0.3", "0.45", "0.6"):
            with Image.open(folder / "results" / f"{photo}.demo-{strength}.png") as result:
                assert f"{photo}.demo-{strength}.png" in page
                assert json.loads(result.info["stylecli"])["options"]["strength"] == float(strength)
        assert (folder / "results" / f"{photo}.demo.grid.png").is_file()
    code, out, _ = run_cli("styles", "show", "demo", "--json")
    assert code == 0
    assert json.loads(json.loads(out)["metadata"]["stylecli.training"])["steps"] == 1
