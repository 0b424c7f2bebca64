"""Metrics that rest on networks, in ``stylecli eval``."""

import json

import pytest
from judged_plugin import SCALE, sha

pytestmark = pytest.mark.usefixtures("judged")


@pytest.fixture
def here(tmp_path, monkeypatch, picture):
    for place, name in enumerate(("photos", "made", "refs")):
        (tmp_path / name).mkdir()
        for seed in range(3):
            picture(100 * place + seed, (64, 64)).save(tmp_path / name / f"p{seed}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


COMMON = ["eval", "--outputs", "made", "--content", "photos", "--reference", "refs", "--json"]


def test_metrics_without_their_network_are_left_out_with_a_word(run_cli, here):
    code, out, err = run_cli(*COMMON)
    assert code == 0, err
    assert [metric["name"] for metric in json.loads(out)["metrics"]] == ["counted"]
    assert "2 more metrics need a network's weights: stylecli eval weights list" in err
    code, _, err = run_cli(*COMMON, "--metrics", "judged")
    assert code == 2
    assert "judged rests on a network that is not here" in err
    assert "judge.bin: not there; a judge of brightness (1 MB, MIT)" in err
    assert "stylecli eval weights fetch judge" in err
    # All that is missing is named, and the command fetches all of it.
    code, _, err = run_cli(*COMMON, "--metrics", "judged,counted,others")
    assert code == 2
    assert "judged, others rest on networks that are not here" in err
    for words in ("judge.bin: not there", "other.bin: not there", "weights fetch judge other,"):
        assert words in err
    # A metric that was not asked for is nobody's business.
    code, _, err = run_cli(*COMMON, "--metrics", "counted")
    assert (code, "weights" in err) == (0, False)


def test_a_name_that_is_like_none_is_taken_for_none(run_cli, here, monkeypatch):
    monkeypatch.delenv("STYLECLI_PLUGINS")
    code, _, err = run_cli(*COMMON, "--metrics", "nonsense")
    assert (code, "No metric named 'nonsense'" in err) == (2, True)
    assert "Did you mean" not in err
    assert "There are: " in err


def test_metrics_that_are_left_out_are_told_of_after_what_was_asked_for_is_checked(run_cli, here):
    outputs = ("--reference", "refs", "--content", "photos")
    code, _, err = run_cli("eval", "--outputs", "gone", *outputs)
    assert (code, "network" in err) == (2, False)
    code, _, err = run_cli("eval", "--style", "nope", *outputs)
    assert (code, "network" in err) == (2, False)


def test_a_wrong_file_is_never_used(run_cli, here, judge_file):
    judge_file.write_bytes(b"3.5")
    code, out, err = run_cli(*COMMON, "--metrics", "judged")
    assert (code, out) == (1, "")
    assert sha(b"3.5") in err
    assert sha(SCALE) in err
    # Nobody asked for its figure: the others are measured all the same.
    code, out, err = run_cli(*COMMON)
    assert (code, [metric["name"] for metric in json.loads(out)["metrics"]]) == (0, ["counted"])
    assert "Warning: Not measured: judged. " in err
    assert sha(b"3.5") in err
    assert "1 more metric needs a network's weights" in err
    assert run_cli(*COMMON, "--metrics", "counted")[0] == 0


def test_a_metric_with_its_network_is_measured_with_what_belongs_to_it(run_cli, here, judge_file):
    code, out, err = run_cli(*COMMON, "--metrics", "ju")
    assert code == 0, err
    found = json.loads(out)
    assert [metric["name"] for metric in found["metrics"]] == ["judged", "counted"]
    assert all(metric["headline"] for metric in found["metrics"])
    figures = found["entries"][0]["figures"]
    assert figures["judged"]["stamp"]["weights"] == sha(SCALE)
    assert figures["counted"]["stamp"]["weights"] == ""
    code, out, err = run_cli(*COMMON[:-1])
    assert code == 0, err
    assert ", N 3" in out


def test_evaluations_by_other_networks_are_not_compared(run_cli, here, home):
    for name, content in (("a", b"1"), ("b", b"2")):
        path = home / "weights" / "other" / "other.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        code, out, err = run_cli(*COMMON, "--metrics", "others", "--report", name)
        assert code == 0, err
        assert "unknown-weights" in {each["code"] for each in json.loads(out)["warnings"]}
    code, out, _ = run_cli("eval", "compare", "a", "b", "--json")
    (change,) = json.loads(out)
    assert (change["difference"], change["reason"]) == (None, "stamp-mismatch: other weights")
