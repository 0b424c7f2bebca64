from pathlib import Path

from stylecli.places import Places


def folders(places):
    return (places.styles, places.runs, places.cache, places.weights)


def test_everything_lies_under_the_home_that_is_set(home):
    names = ("styles", "runs", "cache", "weights")
    assert folders(Places.default()) == tuple(home / name for name in names)


def test_a_home_may_be_relative_or_start_with_a_tilde(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLECLI_HOME", "here")
    assert Places.default().styles == tmp_path / "here" / "styles"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STYLECLI_HOME", "~/there")
    assert Places.default().runs == tmp_path / "there" / "runs"


def test_without_a_home_the_platforms_own_folders_are_used(monkeypatch):
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("STYLECLI_HOME")
        else:
            monkeypatch.setenv("STYLECLI_HOME", unset)
        found = folders(Places.default())
        assert len(set(found)) == 4
        assert all(path.is_absolute() and "stylecli" in path.parts for path in found)
        assert found[2] not in found[0].parents


def test_nothing_is_made_by_looking(home):
    Places.default()
    assert list(Path(home).iterdir()) == []
