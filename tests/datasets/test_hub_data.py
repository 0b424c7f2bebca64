"""Data sets fetched from a hub of our own on the loopback."""

import hashlib
import json
import shutil
import sys

import pytest

from hub_server import COMMIT, environment_of, serving
from hub_sets import fetched, picture_bytes, write_table
from stylecli.datasets.hub_data import fetch_dataset
from stylecli.datasets.hub_set import HubSet, read_hub_id
from stylecli.errors import UsageError
from stylecli.images.reading import read_picture

PICTURES = [picture_bytes(0), picture_bytes(1, "JPEG"), picture_bytes(2, "PCX")]


@pytest.fixture(scope="module")
def repositories(tmp_path_factory):
    from datasets import ClassLabel, Image, List, Value

    place = tmp_path_factory.mktemp("hub")
    text, picture = Value("string"), Image()

    def row(content, **more):
        return {"image": {"bytes": content, "path": None}, **more}

    rows = [
        row(PICTURES[0], note="n1", text="a lake", kind=0),
        {"image": None, "note": "n2", "text": "gone", "kind": 0},
        row(PICTURES[1], note="n3", text=" two\n trees ", kind=1),
        row(b"no picture at all", note="n4", text="broken", kind=1),
        row(PICTURES[2], note="n5", text=None, kind=-1),
    ]
    kinds = ClassLabel(names=["oil_painting", "sketch"])
    write_table(place / "table", rows, image=picture, note=text, text=text, kind=kinds)
    shutil.copy(
        place / "table" / "data" / "train-00000-of-00001.parquet",
        place / "table" / "data" / "validation-00000-of-00001.parquet",
    )
    several = [row(PICTURES[0], captions=["", "first", "second"])]
    write_table(place / "lists", several, image=picture, captions=List(text))
    bare = [
        {
            "picture": {"bytes": PICTURES[0], "path": None},
            "raw": PICTURES[1],
            "md5": "d41d8cd98f0",
            "image_url": "x",
            "note": "n",
        }
    ]
    untyped = {"bytes": Value("binary"), "path": text}
    columns = {"raw": Value("binary"), "picture": untyped, "md5": text, "image_url": text}
    write_table(place / "untyped", bare, **columns, note=text)
    write_table(place / "words", [{"text": "a", "size": 1}], text=text, size=Value("int64"))

    folder = place / "folder" / "train"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.png").write_bytes(picture_bytes(number))
    lines = [{"file_name": f"{number}.png", "text": f"picture {number}"} for number in range(3)]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    plain = place / "plain"
    plain.mkdir()
    (plain / "a.png").write_bytes(PICTURES[0])

    # Its rows name a picture of the machine that it is read on, and an address.
    secret = place / "secret.png"
    secret.write_bytes(PICTURES[0])
    own = "hf://datasets/org/thief@main/x.png"
    stolen = [
        {"image": {"bytes": None, "path": path}}
        for path in (
            str(secret),
            f"file://{secret}::{own}",
            f"{secret}::{own}",
            f"http://127.0.0.1:9/x.png::{own}",
            f"zip://x.png::file://{secret}::{own}",
        )
    ]
    # Written as a picture, a file would be put into the table itself.
    write_table(place / "thief", stolen, image=untyped)

    for config in ("one", "two"):
        shutil.copytree(place / "table", place / "several" / config)
    card = "".join(
        f"- config_name: {config}\n  data_files: {config}/data/train*\n"
        for config in ("one", "two")
    )
    (place / "several" / "README.md").write_text(f"---\nconfigs:\n{card}---\n")
    (place / "program").mkdir()
    (place / "program" / "program.py").write_text("raise SystemExit('it was run')")
    (place / "empty").mkdir()
    (place / "empty" / "LICENSE").write_text("none")
    return {
        f"datasets/org/{folder.name}": folder
        for folder in sorted(place.iterdir())
        if folder.is_dir()
    }


ASKED = {
    "table": {"repository": "org/table"},
    "again": {"repository": "org/table", "revision": COMMIT, "split": "train"},
    "first": {"repository": "org/table", "most": 2},
    "note": {"repository": "org/table", "caption_column": "note"},
    "kind": {"repository": "org/table", "caption_column": "kind"},
    "bare": {"repository": "org/table", "caption_column": "none"},
    "lists": {"repository": "org/lists"},
    "untyped": {"repository": "org/untyped"},
    "raw": {"repository": "org/untyped", "image_column": "raw"},
    "folder": {"repository": "org/folder"},
    "folder first": {"repository": "org/folder", "most": 2},
    "plain": {"repository": "org/plain"},
    "config": {"repository": "org/several", "config": "two"},
}


@pytest.fixture(scope="module")
def answers(repositories, tmp_path_factory):
    """What is said of each of `ASKED`, by one machine; and what its hub was asked for."""
    place = tmp_path_factory.mktemp("machine")
    with serving(repositories) as hub:
        environment = environment_of(hub.endpoint, place / "hf")
        environment["STYLECLI_HOME"] = str(place / "home")
        told = fetched(list(ASKED.values()), environment)
        return {**dict(zip(ASKED, told, strict=True)), "asked": list(hub.asked), "place": place}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_pictures_are_written_as_they_are_with_their_captions(answers):
    told = answers["table"]
    names = ["picture-0000001.png", "picture-0000003.jpg", "picture-0000005.png"]
    assert told["captions"] == dict(zip(names, ["a lake", "two trees", ""], strict=True))
    assert [told["files"][name] for name in names[:2]] == [sha256(each) for each in PICTURES[:2]]
    # Of a kind that no folder is searched for.
    folder = answers["place"] / "home" / "cache" / "datasets" / "org--table"
    [first] = {
        place.parent for place in folder.rglob(names[2]) if str(place.parent) == told["folder"]
    }
    assert read_picture(first / names[2]).size == (48, 42)
    assert told["place"] == f"org/table@{COMMIT}"
    assert told["rows"] == [[number, 5] for number in range(1, 6)]


def test_rows_without_a_picture_are_left_out_and_named(answers):
    missing, broken = answers["table"]["problems"]
    assert missing == "org/table: row 2 is left out: it has no picture."
    assert broken == "org/table: row 4 is left out: not a picture that can be read."


def test_what_is_fetched_is_said_before_and_what_was_there_after(answers):
    before, after = answers["table"]["messages"]
    assert before == f"Fetching the data set org/table@{COMMIT[:7]} from the hub (split train)."
    assert f"org/table@{COMMIT[:7]}: 3 pictures of the column 'image', 2 with a caption" in after
    assert answers["table"]["folder"] in after


def test_only_the_split_that_is_wanted_is_fetched(answers):
    assert [line for line in answers["asked"] if "GET" in line and "/train-0" in line]
    assert not [line for line in answers["asked"] if "GET" in line and "/validation-0" in line]


def test_the_same_data_is_fetched_once(answers):
    assert answers["again"]["folder"] == answers["table"]["folder"]
    assert len(answers["again"]["messages"]) == 1


def test_the_first_pictures_are_those_that_can_be_read(answers):
    assert list(answers["first"]["captions"]) == ["picture-0000001.png", "picture-0000003.jpg"]
    assert list(answers["folder first"]["captions"].values()) == ["picture 0", "picture 1"]


@pytest.mark.parametrize(
    ("name", "captions"),
    [
        ("note", ["n1", "n3", "n5"]),
        ("kind", ["oil painting", "sketch", ""]),
        ("bare", ["", "", ""]),
        ("lists", ["first"]),
        ("untyped", ["n"]),
        ("raw", ["n"]),
        ("folder", ["picture 0", "picture 1", "picture 2"]),
        ("plain", [""]),
        ("config", ["a lake", "two trees", ""]),
    ],
)
def test_captions_come_from_the_column_that_is_wanted(answers, name, captions):
    assert list(answers[name]["captions"].values()) == captions
    # Not a word on each that has none.
    assert not [problem for problem in answers[name]["problems"] if "empty" in problem]


def test_bytes_are_pictures_where_the_user_says_so(answers):
    assert list(answers["raw"]["files"].values()) == [sha256(PICTURES[1])]
    assert list(answers["untyped"]["files"].values()) == [sha256(PICTURES[0])]


def test_nothing_is_left_of_what_it_was_read_with(answers):
    made = answers["place"] / "home" / "cache" / "datasets"
    assert not [place for place in made.rglob(".*") if place.is_dir()]
    assert not list(made.rglob("*.arrow"))


def test_a_second_run_needs_neither_hub_nor_library(answers):
    environment = environment_of("http://127.0.0.1:9", answers["place"] / "other")
    environment |= {"STYLECLI_HOME": str(answers["place"] / "home"), "HF_HUB_OFFLINE": "1"}
    wanted = [ASKED["table"], ASKED["config"], {"repository": "org/table", "split": "test"}]
    table, config, other = fetched(wanted, environment, "blocked")
    assert table["captions"] == answers["table"]["captions"]
    assert table["problems"] == answers["table"]["problems"]
    assert config["folder"] == answers["config"]["folder"]
    assert "needs the datasets library" in other["error"]


WRONG = {
    "no such data set": (
        {"repository": "org/none"},
        "no such data set on the hub, and no such folder",
    ),
    "no such revision": ({"repository": "org/table", "revision": "v9"}, "has no revision 'v9'"),
    "no such split": ({"repository": "org/table", "split": "trial"}, "org/table has no such split"),
    "no such config": ({"repository": "org/several", "config": "tow"}, "has no such configuration"),
    "which config": ({"repository": "org/several"}, "has several configurations"),
    "no such pictures": ({"repository": "org/table", "image_column": "imag"}, "has no such column"),
    "no such captions": (
        {"repository": "org/table", "caption_column": "txet"},
        "has no such column",
    ),
    "no pictures": ({"repository": "org/table", "image_column": "note"}, "note: holds no pictures"),
    "no words": ({"repository": "org/table", "caption_column": "image"}, "image: holds no words"),
    "no column": (
        {"repository": "org/words"},
        "no column of pictures; its columns are text (string), size (int64)",
    ),
    "program": ({"repository": "org/program"}, "such programs are not run"),
    "empty": ({"repository": "org/empty"}, "holds no data that can be read"),
    "thief": ({"repository": "org/thief"}, "there is no picture in it that can be read"),
    "gated": ({"repository": "org/gated"}, "needs you to accept its licence"),
}


def test_what_cannot_be_meant_is_the_users_mistake(repositories, tmp_path, picture):
    gated = tmp_path / "gated"
    gated.mkdir()
    picture().save(gated / "a.png")
    stopped = {"repository": "org/table", "stop": 3}
    with serving({**repositories, "datasets/org/gated": gated}) as hub:
        hub.gated.add("datasets/org/gated")
        environment = environment_of(hub.endpoint, tmp_path / "hf")
        environment["STYLECLI_HOME"] = str(tmp_path / "home")
        *told, cancelled = fetched(
            [*(wanted for wanted, _ in WRONG.values()), stopped], environment
        )
    hints = {}
    for (name, (_, words)), answer in zip(WRONG.items(), told, strict=True):
        assert words in answer.get("error", ""), (name, answer)
        assert answer["code"] == 2, name
        hints[name] = answer["hint"] or ""
    assert hints["no such split"] == "Did you mean 'train'? There are: train, validation."
    assert hints["which config"].endswith("There are: one, two.")
    assert "Did you mean 'two'" in hints["no such config"]
    assert hints["no such pictures"].startswith("Did you mean 'image'?")
    assert "note (string), text (string), kind (ClassLabel)" in hints["no such captions"]
    assert "org/program@refs/convert/parquet" in hints["program"]
    # Columns are looked at before pictures are fetched.
    assert not [line for line in told[5]["messages"] if "pictures of" in line]
    assert cancelled["code"] == 130
    kept = [place for place in (tmp_path / "home").rglob("*") if place.is_file()]
    assert kept == []


def test_a_hub_that_is_not_there_is_told_with_the_folder_that_may_be_meant(tmp_path):
    environment = environment_of("http://127.0.0.1:9", tmp_path / "hf")
    environment["STYLECLI_HOME"] = str(tmp_path / "home")
    pinned = {"repository": "org/table", "commit": COMMIT}
    for answer in fetched([{"repository": "org/table"}, pinned], environment):
        assert "org/table: the hub cannot be reached" in answer["error"]
        assert "If a folder is meant: there is none of the name org/table here" in answer["hint"]
        assert answer["code"] == 1


def test_without_the_library_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(
        UsageError, match=r"no such folder here, and .* needs the datasets library"
    ) as told:
        fetch_dataset(HubSet("org/table"), print)
    assert "pip install 'stylecli[datasets]'" in told.value.hint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("org/name", ("org/name", None)),
        ("org/na-me.2@v1", ("org/na-me.2", "v1")),
        ("org/name@refs/convert/parquet", ("org/name", "refs/convert/parquet")),
        ("org/name@", ("org/name", None)),
        ("name", None),
        ("a/b/c", None),
        ("./name", None),
        ("../name", None),
        ("~/name", None),
        ("/name", None),
        ("org/..", None),
        ("org/name/", None),
        ("my pictures/monet", None),
        ("", None),
    ],
)
def test_a_hub_id_is_an_organisation_and_a_name(text, meant):
    assert read_hub_id(text) == meant
