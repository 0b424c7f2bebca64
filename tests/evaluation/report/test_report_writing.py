import pytest
from made_evaluation import entry, evaluation, everything, gallery

from stylecli.errors import StylecliError
from stylecli.evaluation.report import write_report
from stylecli.evaluation.report.record import read_evaluation


def test_a_report_is_four_files(tmp_path):
    found = everything()
    folder = tmp_path / "new" / "report"
    files = write_report(folder, found, gallery(tmp_path, found))
    assert [path.name for path in files] == [
        "eval.json",
        "per_image.csv",
        "report.md",
        "report.html",
    ]
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in files)
    assert read_evaluation(files[0]) == found
    page = files[3].read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert str(tmp_path) not in "".join(path.read_text(encoding="utf-8") for path in files)


def test_names_that_are_no_utf8_do_not_stop_it(tmp_path):
    found = evaluation([entry("caf\udce9", 2)])
    files = write_report(tmp_path, found, gallery(tmp_path / "pictures", evaluation([])))
    assert "caf\\udce9" in files[2].read_text(encoding="utf-8").replace("\\\\", "\\")


def test_the_same_evaluation_gives_the_same_files(tmp_path):
    found = everything()
    pictures = gallery(tmp_path, found)
    one, other = (write_report(tmp_path / name, found, pictures) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("no folder")
    place = tmp_path / "file" / "report"
    with pytest.raises(StylecliError, match="report: cannot be written"):
        write_report(place, everything(), gallery(tmp_path, evaluation([])))
