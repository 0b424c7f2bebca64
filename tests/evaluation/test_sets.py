import pytest
from PIL import Image

from stylecli.errors import UsageError
from stylecli.evaluation.sets import named_folders, picture_files, set_info, target_of


def folder(path, *names):
    path.mkdir(parents=True)
    for name in names:
        Image.new("RGB", (8, 8)).save(path / name)
    return path


def test_folders_have_their_own_name_or_the_given_one(tmp_path):
    monet = folder(tmp_path / "monet", "a.png", "b.png")
    assert list(named_folders("--reference", [str(monet)])) == ["monet"]
    found = named_folders("--reference", [f"Claude={monet}"])
    assert {name: [path.name for path in paths] for name, paths in found.items()} == {
        "Claude": ["a.png", "b.png"]
    }


def test_a_folder_of_folders_stands_for_these(tmp_path):
    folder(tmp_path / "styles" / "monet", "a.png")
    folder(tmp_path / "styles" / "cezanne", "b.png")
    folder(tmp_path / "styles" / "empty")
    assert list(named_folders("--reference", [str(tmp_path / "styles")])) == ["cezanne", "monet"]


def test_a_folder_whose_name_has_an_equals_sign_is_itself(tmp_path):
    odd = folder(tmp_path / "a=b", "a.png")
    assert list(named_folders("--outputs", [str(odd)])) == ["a=b"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["gone"], "gone: no such folder"),
        (["empty"], "empty: no pictures in this folder"),
        (["x=one", "x=two"], "two folders are called 'x'"),
        (["one", "again/one"], "two folders are called 'one'"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, monkeypatch, texts, message):
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "empty")
    for name in ("one", "two", "again/one"):
        folder(tmp_path / name, "a.png")
    with pytest.raises(UsageError, match=message):
        named_folders("--reference", texts)


def test_a_fingerprint_is_of_the_content_alone(tmp_path):
    one = folder(tmp_path / "one", "a.png")
    two = folder(tmp_path / "two", "z.png")
    infos = [set_info("x", picture_files(sorted(each.iterdir()))) for each in (one, two)]
    assert infos[0] == infos[1]
    Image.new("RGB", (8, 8), "red").save(two / "b.jpg")
    third = set_info("x", picture_files(sorted(two.iterdir())))
    assert third.fingerprint != infos[0].fingerprint
    assert third.formats == {"JPEG": 1, "PNG": 1}


@pytest.mark.parametrize(
    ("name", "references", "target"),
    [
        ("anything", ["only"], "only"),
        ("monet", ["cezanne", "monet"], "monet"),
        ("monet at 0.6", ["cezanne", "monet"], "monet"),
        ("Monet-lora", ["monet", "mon"], "monet"),
        ("van-gogh-2", ["van", "van-gogh"], "van-gogh"),
    ],
)
def test_an_entry_finds_its_reference(name, references, target):
    assert target_of(name, references) == target


def test_an_entry_of_no_reference_is_refused():
    with pytest.raises(UsageError, match="which of the references") as caught:
        target_of("monetary", ["monet", "cezanne"])
    assert "--reference monetary=FOLDER" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        target_of("out1", ["monet", "cezanne"], outputs=True)
    assert "--outputs monet=FOLDER" in caught.value.hint
