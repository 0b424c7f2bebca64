"""The service: batches, what is kept, what fails, and stopping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from stylecli.captioner import Captioner
from stylecli.captioning.pictures import caption_pictures
from stylecli.captioning.store import CaptionStore
from stylecli.captioning.wording import Wording
from stylecli.errors import Cancelled, StylecliError
from stylecli.progress import silent


@dataclass(frozen=True)
class Options:
    batch_size: Annotated[int, typer.Option(min=1)] = 2


class Sizes(Captioner):
    """Says the width of a picture; remembers what it was given."""

    name, summary, Options = "sizes", "widths", Options

    def __init__(self):
        self.batches = []

    def load(self, options, progress):
        def captions(subjects):
            self.batches.append([subject.path.name for subject in subjects])
            return [f"{subject.image.width} wide" for subject in subjects]

        return captions


@pytest.fixture
def run(paintings):
    """Captions the folder: ``run(captioner)`` gives states by name."""

    def start(captioner, form="txt", options=None, progress=silent, wording=None, **flags):
        pictures = sorted(paintings.glob("*.png"))
        results = caption_pictures(
            pictures,
            captioner,
            options or Options(),
            wording or Wording(),
            CaptionStore(paintings, pictures, form),
            **{"overwrite": False, "dry_run": False, **flags},
            progress=progress,
        )
        assert [item.picture for item in results] == pictures
        return {item.picture.stem[-4:]: item for item in results}

    return start


def texts(folder):
    return {path.stem[-4:]: path.read_text().strip() for path in folder.glob("*.txt")}


def test_every_picture_gets_its_own_caption_in_batches(run, paintings):
    captioner = Sizes()
    run(captioner, options=Options(4))
    assert texts(paintings) == {str(1900 + n): f"{80 + 8 * n} wide" for n in range(6)}
    assert [len(batch) for batch in captioner.batches] == [4, 2]


def test_captioned_pictures_are_left_out_unless_asked(run, paintings):
    (paintings / "claude-monet_water-lilies-1903.txt").write_text("mine")
    captioner = Sizes()
    results = run(captioner)
    assert (results["1903"].state, results["1903"].caption) == ("kept", "mine")
    assert sum(len(batch) for batch in captioner.batches) == 5
    assert texts(paintings)["1903"] == "mine"
    assert run(Sizes(), overwrite=True)["1903"].state == "replaced"
    assert texts(paintings)["1903"] == "104 wide"


def test_with_nothing_to_do_nothing_is_loaded(run):
    run(Sizes())

    class Unloadable(Sizes):
        def load(self, options, progress):
            raise AssertionError("loaded")

    assert {item.state for item in run(Unloadable()).values()} == {"kept"}


def test_a_dry_run_says_the_same_and_writes_nothing(run, paintings):
    before = sorted(paintings.iterdir())
    tried = run(Sizes(), dry_run=True)
    assert sorted(paintings.iterdir()) == before
    done = run(Sizes())
    assert {item.state for item in tried.values()} == {"would be written"}
    assert {key: item.caption for key, item in tried.items()} == {
        key: item.caption for key, item in done.items()
    }


def test_a_bad_picture_fails_alone(run, paintings):
    (paintings / "claude-monet_water-lilies-1902.png").write_bytes(b"no picture")
    results = run(Sizes())
    assert {key for key, item in results.items() if item.state == "failed"} == {"1902"}
    assert "1902.png: not a picture" in results["1902"].reason
    assert sorted(texts(paintings)) == ["1900", "1901", "1903", "1904", "1905"]


def test_of_a_captioner_that_does_not_look_it_is_checked_too(run, paintings):
    class Names(Sizes):
        reads_pictures = False

        def load(self, options, progress):
            return lambda subjects: [str(subject.image) for subject in subjects]

    (paintings / "claude-monet_water-lilies-1902.png").write_bytes(b"")
    results = run(Names())
    assert results["1902"].state == "failed"
    assert texts(paintings)["1901"] == "None"


def test_where_nothing_is_said_nothing_is_written(run, paintings):
    class Silent(Sizes):
        def load(self, options, progress):
            return lambda subjects: [" " if "1902" in s.path.name else "x" for s in subjects]

    (paintings / "claude-monet_water-lilies-1902.txt").write_text("mine")
    results = run(Silent(), overwrite=True)
    assert (results["1902"].state, results["1902"].caption) == ("nothing to say", "")
    assert texts(paintings)["1902"] == "mine"


@pytest.mark.parametrize("form", ["txt", "metadata.jsonl"])
def test_what_is_done_when_stopped_stays_and_the_rest_follows(run, paintings, form):
    def stop(event):
        if event.done >= 4:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled, match="4 of 6 captions are written") as caught:
        run(Sizes(), form, progress=stop)
    assert "Run the same command again" in caught.value.hint
    captioner = Sizes()
    results = run(captioner, form)
    assert [item.state for item in results.values()] == ["kept"] * 4 + ["written"] * 2
    assert sum(len(batch) for batch in captioner.batches) == 2


def test_captions_of_batches_before_a_failure_are_kept(run, paintings):
    class Breaks(Sizes):
        def load(self, options, progress):
            captions = super().load(options, progress)

            def breaking(subjects):
                if len(self.batches) == 2:
                    raise StylecliError("broken")
                return captions(subjects)

            return breaking

    with pytest.raises(StylecliError, match="broken"):
        run(Breaks(), "metadata.jsonl")
    assert (paintings / "metadata.jsonl").read_text().count("wide") == 4


@pytest.mark.parametrize("said", [["one"], "ab", [None, None], [5, 6], None])
def test_a_captioner_that_does_not_give_a_text_for_each_is_named(run, paintings, said):
    class Miscounts(Sizes):
        def load(self, options, progress):
            return lambda subjects: said

    with pytest.raises(StylecliError, match="sizes did not give one text for each of 2 pictures"):
        run(Miscounts())
    assert texts(paintings) == {}


def test_a_captioner_that_raises_is_named(run, paintings):
    class Raises(Sizes):
        def load(self, options, progress):
            return lambda subjects: 1 / 0

    with pytest.raises(StylecliError, match=r"sizes failed on .*ZeroDivisionError"):
        run(Raises())
    assert texts(paintings) == {}


def test_of_two_pictures_of_one_name_the_first_is_captioned(run, paintings, picture):
    picture(9).save(paintings / "claude-monet_water-lilies-1903.jpg")
    pictures = sorted([*paintings.glob("*.png"), *paintings.glob("*.jpg")])
    results = caption_pictures(
        pictures,
        Sizes(),
        Options(),
        Wording(),
        CaptionStore(paintings, pictures, "txt"),
        overwrite=True,
        dry_run=False,
        progress=silent,
    )
    (second,) = [item for item in results if item.reason]
    assert second.picture.name.endswith("1903.png")
    assert second.state == "kept"
    assert "shares claude-monet_water-lilies-1903.txt with" in second.reason


def test_a_shared_text_file_speaks_for_both_whatever_is_written(tmp_path, picture):
    for name in ("a.jpg", "a.png"):
        picture(1).save(tmp_path / name)
    (tmp_path / "a.txt").write_text("mine")
    pictures = sorted(tmp_path.glob("a.[jp]*"))
    store = CaptionStore(tmp_path, pictures, "metadata.jsonl")
    assert store.shared_with(pictures[1]) == pictures[0]
    (tmp_path / "a.txt").unlink()
    assert store.shared_with(pictures[1]) is None


def test_lines_of_others_keep_their_ends(tmp_path, picture):
    picture(1).save(tmp_path / "a.png")
    path = tmp_path / "metadata.jsonl"
    path.write_bytes(b'{"file_name": "gone.png", "text": "x", "n": 1.0e5}\r\n')
    store = CaptionStore(tmp_path, [tmp_path / "a.png"], "metadata.jsonl")
    store.write({tmp_path / "a.png": "lilies"})
    store.save()
    assert path.read_bytes() == (
        b'{"file_name": "gone.png", "text": "x", "n": 1.0e5}\r\n'
        b'{"file_name": "a.png", "text": "lilies"}\n'
    )
