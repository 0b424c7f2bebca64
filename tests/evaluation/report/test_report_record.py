import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_evaluation import checkpoints, entry, evaluation, everything, figure

from stylecli.errors import UsageError
from stylecli.evaluation.figures import Figure, Interval, Stamp
from stylecli.evaluation.report.record import json_of, read_evaluation
from stylecli.evaluation.result import (
    Anchor,
    BestStep,
    Difference,
    Entry,
    Evaluation,
    PictureRow,
    SetInfo,
    Warned,
)


def read_back(folder, found):
    path = folder / "eval.json"
    path.write_text(json_of(found), encoding="utf-8")
    return read_evaluation(path)


@pytest.mark.parametrize("made", [everything, checkpoints])
def test_what_is_written_is_read_back(tmp_path, made):
    assert read_back(tmp_path, made()) == made()


def test_the_file_is_indented_and_keeps_letters_of_every_language():
    text = json_of(evaluation([entry("Käthe 絵")]))
    assert "Käthe 絵" in text
    assert text.splitlines()[1].startswith(' "schema": "stylecli-eval/1"')


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.floats(-1e150, 1e150)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
intervals = st.builds(
    lambda ends, how: Interval(min(ends), max(ends), how),
    st.tuples(numbers, numbers),
    st.sampled_from(["half-samples", "wilson"]),
)
stamps = st.builds(Stamp, texts, texts, texts, texts, texts, texts, st.integers(0, 9**9))
six_digits = numbers.map(lambda value: float(f"{value:.6g}")).filter(math.isfinite)
figures = st.builds(
    Figure,
    st.none() | numbers,
    st.none() | intervals,
    stamps,
    st.dictionaries(texts, plain, max_size=3),
    st.lists(six_digits, max_size=4).map(tuple),
)
rows = st.builds(
    PictureRow,
    texts,
    texts,
    st.none() | texts,
    st.dictionaries(texts, numbers, max_size=2),
    st.lists(texts, max_size=2).map(tuple),
)
sets = st.builds(SetInfo, texts, st.integers(0, 99), texts, st.dictionaries(texts, st.integers()))


@st.composite
def evaluations(draw):
    base = everything()
    known = [metric.name for metric in base.metrics]
    names = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    entries = tuple(
        Entry(
            name,
            draw(texts),
            draw(texts),
            draw(texts),
            draw(texts),
            draw(st.dictionaries(texts, plain, max_size=2)),
            draw(st.none() | numbers),
            draw(st.none() | st.integers(0, 10**6)),
            draw(st.dictionaries(st.sampled_from(known), figures, max_size=2)),
            tuple(draw(st.lists(rows, max_size=2))),
        )
        for name in names
    )
    named = st.sampled_from(names)
    differences = st.builds(
        Difference, named, named, st.sampled_from(known), numbers, st.none() | intervals
    )
    return replace(
        base,
        entries=entries,
        methods=(),
        content=draw(st.none() | sets),
        baseline=draw(st.none() | sets),
        differences=tuple(draw(st.lists(differences, max_size=2))),
        best_step=draw(
            st.none()
            | st.builds(BestStep, texts, named, st.integers(0, 9), st.just((1, 2)), st.just(1))
        ),
        anchors=tuple(draw(st.lists(st.builds(Anchor, texts, texts, numbers, texts), max_size=1))),
        warnings=tuple(
            draw(st.lists(st.builds(Warned, texts, texts, st.just((names[0],))), max_size=2))
        ),
    )


@settings(max_examples=60, deadline=None)
@given(found=evaluations())
def test_any_evaluation_is_read_back(tmp_path_factory, found):
    assert read_back(tmp_path_factory.mktemp("any"), found) == found


def test_replicates_are_kept_to_six_digits():
    figures = {"ssim": replace(figure("ssim", 0.5), replicates=(1 / 3, 2e6 / 3))}
    plain = json.loads(json_of(evaluation([entry("a", figures={})])))
    assert plain["entries"][0]["figures"] != {}
    made = replace(entry("a"), figures=figures)
    plain = json.loads(json_of(evaluation([made], differences=())))
    assert plain["entries"][0]["figures"]["ssim"]["replicates"] == [0.333333, 666667.0]


def test_what_is_not_finite_is_null_or_left_out(tmp_path):
    nan, inf = math.nan, math.inf
    bad = Figure(
        nan,
        Interval(-inf, 1.0, "wilson"),
        figure("ssim", 0.5).stamp,
        {"p": nan, "deep": [inf]},
        (0.5, nan),
    )
    row = replace(entry("a").pictures[0], values={"ssim": nan, "palette": 2.0})
    made = replace(entry("a"), figures={"ssim": bad}, pictures=(row,))
    differences = (
        Difference("a", "a", "ssim", nan, None),
        Difference("a", "a", "ssim", 1.0, Interval(nan, 1.0, "wilson")),
    )
    found = read_back(tmp_path, evaluation([made], differences=differences)).entries[0]
    assert found.figures["ssim"].value is None
    assert found.figures["ssim"].interval is None
    assert found.figures["ssim"].replicates == ()
    assert found.figures["ssim"].details == {"p": None, "deep": [None]}
    assert found.pictures[0].values == {"palette": 2.0}
    again = read_evaluation(tmp_path / "eval.json")
    assert again.differences == (Difference("a", "a", "ssim", 1.0, None),)


def test_a_name_that_is_no_utf8_is_written_with_escapes(tmp_path):
    found = read_back(tmp_path, evaluation([entry("caf\udce9")]))
    assert found.entries[0].name == "caf\\udce9"


def broken(folder, **changes):
    path = folder / "broken.json"
    plain = json.loads(json_of(everything())) | changes
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "stylecli-eval/2"}, "'stylecli-eval/2'; this stylecli reads 'stylecli-eval/1'"),
        ({"schema": "other/1"}, "not an evaluation by stylecli"),
        ({"schema": None}, "not an evaluation by stylecli"),
        ({"seed": "zero"}, "seed: Input should be a valid integer"),
        ({"entries": [{"name": 3}]}, r"entries.0.name: .* \(and \d+ more\)"),
        ({"metrics": []}, "figures of 'content-retention', which is not among its metrics"),
        ({"entries": json.loads(json_of(everything()))["entries"] * 2}, "two entries are called"),
        (
            {"differences": [{"first": "x", "second": "y", "metric": "ssim", "value": 1.0, "interval": None}]},
            "compares 'x', which is not among its entries",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named(tmp_path, changes, said):
    path = broken(tmp_path, **changes)
    with pytest.raises(UsageError, match=said) as caught:
        read_evaluation(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n", b"[]", b"3", b"null", b'{"schema": "stylecli-eval/1"}', b"[" * 100_000,
     b'{"schema": ' + b"[" * 5000, b"\xff\xfe{\x00}\x00", b'{"a": NaN}', b'{"a": "\\ud800"}'],
)  # fmt: skip
def test_a_hostile_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "hostile.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"hostile\.json"):
        read_evaluation(path)


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    whole = json_of(evaluation([entry("a", 1)])).encode().rstrip()
    path = tmp_path / "cut.json"
    for size in range(0, len(whole), 37):
        path.write_bytes(whole[:size])
        with pytest.raises(UsageError, match=r"cut\.json: "):
            read_evaluation(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_beyond_all_bounds_is_refused(tmp_path, number):
    path = tmp_path / "eval.json"
    text = json_of(evaluation([entry("a", 1)]))
    assert '"seconds": 1.84' in text
    path.write_text(text.replace('"seconds": 1.84', f'"seconds": {number}'), encoding="utf-8")
    with pytest.raises(UsageError, match=r"eval\.json: entries\.0\.seconds: a number beyond"):
        read_evaluation(path)


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_evaluation(path)


def test_the_type_of_the_layout_is_the_evaluation(tmp_path):
    assert isinstance(read_back(tmp_path, everything()), Evaluation)
