"""The whole engine on procedural pictures: figures, pairing, and every coded warning."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

import stylecli
from stroke_painter import DABS, SLABS, photograph
from stylecli.errors import UsageError
from stylecli.evaluation.evaluate import evaluate
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.presets import PRESETS
from stylecli.evaluation.sets import picture_files
from stylecli.progress import silent
from stylecli.registry import load_registry

COUNT = 10
METRICS = [metric for metric in load_registry().metrics.values() if not metric.weights]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return FeatureCache(tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Photos, and dabs and slabs of them and of others."""
    root = tmp_path_factory.mktemp("pictures")
    for name in ("photos", "dabs", "slabs", "by-dabs", "by-slabs"):
        (root / name).mkdir()
    for seed in range(COUNT):
        photo = photograph(seed)
        photo.save(root / "photos" / f"p{seed}.png")
        DABS.paint(photo, seed=seed).save(root / "by-dabs" / f"p{seed}.png")
        SLABS.paint(photo, seed=seed).save(root / "by-slabs" / f"p{seed}.png")
        DABS.paint(photograph(100 + seed), seed=seed).save(root / "dabs" / f"d{seed}.png")
        SLABS.paint(photograph(200 + seed), seed=seed).save(root / "slabs" / f"s{seed}.png")
    return root


@pytest.fixture
def pictures(made, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(made, tmp_path / "pictures")


def files(folder):
    return tuple(sorted(folder.iterdir()))


def plan_of(root, *entries, **changes):
    entries = entries or (EntryPlan("dabs", "dabs", files(root / "by-dabs"), tuple(range(COUNT))),)
    values = {
        "entries": entries,
        "references": {name: files(root / name) for name in ("dabs", "slabs")},
        "content": files(root / "photos"),
        "content_name": "photos",
        **changes,
    }
    return Plan(**values)


def run(plan, cache, metrics=METRICS):
    there = {"content"} if plan.content else {"baseline"}
    there |= {"styles"} if len(plan.references) > 1 else set()
    fitting = [metric for metric in metrics if metric.needs <= there]
    return evaluate(plan, fitting, cache, silent).evaluation


def codes(evaluation):
    return {warning.code for warning in evaluation.warnings}


def test_two_painters_are_compared_on_the_same_photos(made, cache):
    indices = tuple(range(COUNT))
    evaluation = run(
        plan_of(
            made,
            EntryPlan("right", "dabs", files(made / "by-dabs"), indices),
            EntryPlan("wrong", "dabs", files(made / "by-slabs"), indices),
            EntryPlan("slabs", "slabs", files(made / "by-slabs"), indices, method="m"),
            EntryPlan("dabs", "dabs", files(made / "by-dabs"), indices, method="m"),
        ),
        cache,
    )
    assert [metric.name for metric in evaluation.metrics[:3]] == [
        "style-closure",
        "content-retention",
        "deception-lite",
    ]
    right, wrong = evaluation.entry("right"), evaluation.entry("wrong")
    assert right.figures["style-closure"].value > wrong.figures["style-closure"].value
    # The same pictures have the same figures, whatever they are called.
    assert right.figures == evaluation.entry("dabs").figures
    figure = right.figures["content-retention"]
    assert figure.interval.low < figure.value < figure.interval.high
    assert len(figure.replicates) == 400
    own = [row.values["content-retention"] for row in right.pictures]
    assert np.mean(own) == pytest.approx(figure.value)
    (gap,) = [
        each
        for each in evaluation.differences
        if (each.first, each.second, each.metric) == ("right", "wrong", "style-closure")
    ]
    assert gap.beyond_noise
    (mean,) = [each for each in evaluation.methods if each.metric == "content-retention"]
    assert mean.entries == ("slabs", "dabs")
    assert str(figure.stamp).startswith("content-retention / HOG")
    assert "/ N 10 /" in str(figure.stamp)


def test_the_order_of_files_changes_nothing(made, cache):
    order = (3, 1, 4, 0, 9, 2, 6, 5, 8, 7)
    outputs = files(made / "by-dabs")
    straight = run(plan_of(made), cache)
    turned = run(
        plan_of(made, EntryPlan("dabs", "dabs", tuple(outputs[i] for i in order), order)), cache
    )
    for name, figure in straight.entries[0].figures.items():
        other = turned.entries[0].figures[name]
        assert other.value == pytest.approx(figure.value, abs=1e-6), name
        assert other.stamp == figure.stamp
        if figure.interval is not None:
            assert other.interval.low == pytest.approx(figure.interval.low, abs=1e-6)


def spoil(path, change):
    change(Image.open(path).convert("RGB")).save(path)


def to_jpeg(path):
    Image.open(path).save(path.with_suffix(".jpg"))
    path.unlink()


SPOILT = {
    "constant-pictures": lambda root: Image.new("RGB", (256, 256)).save(
        root / "by-dabs" / "p0.png"
    ),
    "borders": lambda root: spoil(
        root / "dabs" / "d1.png", lambda image: ImageOps.expand(image, (0, 40), "black")
    ),
    "enlarged": lambda root: spoil(
        root / "photos" / "p2.png", lambda image: image.resize((90, 90))
    ),
    "aspect-changed": lambda root: spoil(
        root / "by-dabs" / "p3.png", lambda image: image.resize((300, 256))
    ),
    "format-mix": lambda root: to_jpeg(root / "dabs" / "d4.png"),
    "repeated-pictures": lambda root: shutil.copy(
        root / "dabs" / "d5.png", root / "dabs" / "e.png"
    ),
    "reference-in-content": lambda root: shutil.copy(root / "photos" / "p6.png", root / "dabs"),
    "unreadable": lambda root: (root / "by-dabs" / "p7.png").write_bytes(b"no picture"),
    "copies-reference": lambda root: shutil.copy(
        root / "dabs" / "d8.png", root / "by-dabs" / "p8.png"
    ),
}


@pytest.mark.parametrize("code", SPOILT)
def test_what_is_wrong_with_pictures_is_said_with_a_code(pictures, cache, code):
    assert code not in codes(run(plan_of(pictures), cache))
    SPOILT[code](pictures)
    evaluation = run(plan_of(pictures), cache)
    assert code in codes(evaluation)
    # Nothing that could be read was dropped.
    rows = evaluation.entries[0].pictures
    assert len(rows) == COUNT - (code == "unreadable")


def test_flags_stand_at_the_picture_that_they_are_about(pictures, cache):
    for code in ("constant-pictures", "aspect-changed", "copies-reference"):
        SPOILT[code](pictures)
    rows = {row.output: row.flags for row in run(plan_of(pictures), cache).entries[0].pictures}
    assert {name: flags for name, flags in rows.items() if flags} == {
        "p0.png": ("black",),
        "p3.png": ("aspect-changed",),
        "p8.png": ("copies-reference",),
    }


def test_a_photo_that_the_protocol_crops_has_not_changed_its_aspect(pictures, cache):
    spoil(pictures / "photos" / "p3.png", lambda image: image.resize((300, 256)))
    assert "aspect-changed" in codes(run(plan_of(pictures), cache))
    squares = replace(PRESETS["styleid-20x40"], side=256)
    plan = replace(plan_of(pictures), preset=squares)
    assert "aspect-changed" not in codes(run(plan, cache))
    spoil(pictures / "by-dabs" / "p3.png", lambda image: image.resize((256, 300)))
    assert "aspect-changed" in codes(run(plan, cache))


def test_what_is_wrong_with_the_plan_is_said_with_a_code(made, cache):
    indices = tuple(range(COUNT))
    known = frozenset(file.digest[:8] for file in picture_files(files(made / "dabs"))[:4])
    outputs = files(made / "by-dabs")
    evaluation = run(
        plan_of(
            made,
            EntryPlan("one", "dabs", outputs, indices, base="tiny", trained_on=known),
            EntryPlan("two", "dabs", outputs[:9], indices[:9], base="sd15"),
            preset=PRESETS["styleid-20x40"],
        ),
        cache,
    )
    assert {
        "few-pictures",
        "reference-in-training",
        "different-bases",
        "missing-outputs",
        "unequal-content",
        "preset-mismatch",
    } <= codes(evaluation)
    (trained,) = [each for each in evaluation.warnings if each.code == "reference-in-training"]
    assert trained.entries == ("one",)
    assert "4 of 10" in trained.message
    assert evaluation.anchors == ()
    # Of other photos no paired difference can be taken: the interval is as wide as for strangers.
    gap = next(each for each in evaluation.differences if each.metric == "content-retention")
    own = evaluation.entry("one").figures["content-retention"].interval
    assert gap.interval.high - gap.interval.low > own.high - own.low


def test_a_reference_that_is_the_content_is_refused(made, cache):
    with pytest.raises(UsageError, match="same pictures"):
        run(plan_of(made, references={"dabs": files(made / "photos")}), cache)


def test_sets_without_a_readable_picture_are_refused(pictures, cache):
    for path in files(pictures / "dabs"):
        path.write_bytes(b"nothing")
    with pytest.raises(UsageError, match="reference dabs: no picture can be read"):
        run(plan_of(pictures), cache)


def test_one_picture_gives_what_can_be_said_of_one(made, cache):
    entry = EntryPlan("dabs", "dabs", files(made / "by-dabs")[:1], (0,))
    evaluation = run(plan_of(made, entry), cache)
    figures = evaluation.entries[0].figures
    assert figures["style-closure"].value is None
    assert figures["content-retention"].value is None
    assert 0 < figures["ssim"].value < 1
    assert figures["ssim"].interval is None
    assert "too-few-pictures" in codes(evaluation)


def test_checkpoints_are_rated_and_ties_go_to_the_earlier(made, cache):
    indices = tuple(range(COUNT))
    folders = {10: "photos", 20: "by-dabs", 30: "by-dabs"}
    evaluation = run(
        plan_of(
            made,
            *(
                EntryPlan(f"step {step}", "dabs", files(made / name), indices, step=step)
                for step, name in folders.items()
            ),
        ),
        cache,
    )
    best = evaluation.best_step
    assert (best.metric, best.step, best.within_noise, best.earliest) == (
        "style-closure",
        20,
        (20, 30),
        20,
    )


def test_pictures_from_text_are_measured_against_a_baseline(made, cache):
    evaluation = run(
        plan_of(
            made,
            EntryPlan("dabs", "dabs", files(made / "by-dabs"), ()),
            content=(),
            baseline=files(made / "photos"),
        ),
        cache,
    )
    assert evaluation.content is None
    figures = evaluation.entries[0].figures
    assert figures["energy-ratio"].value < 0.6
    assert {"palette", "patch-swd", "copies"} <= set(figures)
    assert not {"style-closure", "ssim"} & set(figures)


def test_names_and_order_of_references_change_nothing(made, cache, tmp_path):
    """The judge is drawn by the pictures, not by how their files are called."""
    straight = run(plan_of(made), cache)
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for number, path in enumerate(reversed(files(made / "dabs"))):
        shutil.copy(path, renamed / f"{number:02d}.png")
    references = {"slabs": files(made / "slabs")[::-1], "dabs": files(renamed)}
    turned = run(plan_of(made, references=references), cache)
    one, other = (each.entries[0].figures["deception-lite"] for each in (straight, turned))
    assert other.value == one.value
    assert other.details["called"] == pytest.approx(one.details["called"])
    assert other.details["accuracy"] == pytest.approx(one.details["accuracy"])
    assert other.stamp == one.stamp


def test_a_stamp_says_what_a_judge_was_trained_on(made, cache):
    both = run(plan_of(made), cache)
    third = {
        **{name: files(made / name) for name in ("dabs", "slabs")},
        "more": files(made / "by-slabs"),
    }
    more = run(plan_of(made, references=third), cache)
    stamps = [each.entries[0].figures["deception-lite"].stamp for each in (both, more)]
    assert stamps[0].against != stamps[1].against
    assert both.entries[0].figures["ssim"].stamp == more.entries[0].figures["ssim"].stamp


def test_black_outputs_deceive_nobody(pictures, cache):
    for path in files(pictures / "by-dabs"):
        Image.new("RGB", (256, 256)).save(path)
    figure = run(plan_of(pictures), cache).entries[0].figures["deception-lite"]
    assert figure.value == 0
    assert figure.details["called"]["nothing"] == 1


class Broken(stylecli.Metric):
    name, symbol, summary, variant = "broken", "B", "", ""

    def __init__(self, answer):
        self._answer = answer

    def meter(self, setting):
        if self._answer == "no meter":
            raise RuntimeError("odd")
        return lambda sample: self._answer(sample)


def leave(sample):
    raise SystemExit(0)


def give_up(sample):
    raise BaseException("odd")


def spoil_features(sample):
    sample.outputs["drawing-v1"][:] = 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (leave, "SystemExit"),
        (give_up, "BaseException: odd"),
        (spoil_features, "read-only"),
        (lambda sample: "well", "gave str"),
        (lambda sample: stylecli.Measurement(1e200), "no finite number"),
        (lambda sample: stylecli.Measurement(1.0, flags={"x": (99,)}), "not there"),
        (lambda sample: stylecli.Measurement(1.0, cautions=("oops",)), "no Cautions"),
        ("no meter", "RuntimeError: odd"),
        (lambda sample: 1 / 0, "ZeroDivisionError"),
        (lambda sample: stylecli.Measurement(float("nan")), "no finite number"),
        (lambda sample: stylecli.Measurement(1.0, (1.0,)), "1 values for 10 pictures"),
        (lambda sample: stylecli.Measurement(1.0, replicates=(1.0,)), "1 values for 400 subsets"),
    ],
)
def test_a_broken_metric_is_named_and_the_others_go_on(made, cache, answer, words):
    evaluation = run(plan_of(made), cache, [Broken(answer), METRICS[1]])
    figures = evaluation.entries[0].figures
    assert figures["broken"].value is None
    assert figures["content-retention"].value is not None
    (warning,) = [each for each in evaluation.warnings if each.code == "metric-failed"]
    assert words in warning.message


class Featured(stylecli.Metric):
    name, symbol, summary, variant = "featured", "F", "", ""

    def __init__(self, extract, name="of-the-test"):
        self.features = {name: extract}

    def meter(self, setting):
        return lambda sample: stylecli.Measurement(1.0)


def thumb(image):
    image.thumbnail((8, 8))
    return np.zeros(3)


def test_a_metric_that_changes_the_picture_spoils_nobody(made, tmp_path):
    alone = run(plan_of(made), FeatureCache(None), [METRICS[0]])
    beside = run(plan_of(made), FeatureCache(None), [Featured(thumb), METRICS[0]])
    values = [each.entries[0].figures["style-closure"].value for each in (alone, beside)]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("extract", "words"),
    [
        (lambda image: 1 / 0, "ZeroDivisionError"),
        (lambda image: np.array([np.nan]), "no finite number"),
        (lambda image: np.zeros(1 + image.getpixel((0, 0))[0]), "shapes"),
        (lambda image: "abc", "ValueError"),
    ],
)
def test_a_broken_feature_takes_only_its_metric_along(made, extract, words):
    evaluation = run(plan_of(made), FeatureCache(None), [Featured(extract), METRICS[1]])
    figures = evaluation.entries[0].figures
    assert figures["featured"].value is None
    assert figures["content-retention"].value is not None
    (warning,) = [each for each in evaluation.warnings if each.code == "metric-failed"]
    assert words in warning.message


@pytest.mark.parametrize("name", ["phi-v1", "inspection-v1"])
def test_a_features_name_cannot_mean_two_things(made, name):
    with pytest.raises(UsageError, match=name):
        run(plan_of(made), FeatureCache(None), [METRICS[0], Featured(thumb, name)])


def test_numbers_of_any_type_can_be_written(made, cache):
    from stylecli.evaluation.report.record import json_of

    def answer(sample):
        values = tuple(np.ones(len(sample.outputs), np.float32))
        return stylecli.Measurement(
            np.float32(1), values, details={"n": np.int64(3), "a": np.ones(2)}
        )

    evaluation = run(plan_of(made), cache, [Broken(answer)])
    figure = evaluation.entries[0].figures["broken"]
    assert type(figure.value) is float
    assert figure.details == {"n": 3, "a": [1.0, 1.0]}
    assert '"value": 1.0' in json_of(evaluation)


def test_no_place_on_this_machine_is_recorded(pictures, cache):
    from stylecli.evaluation.report.record import json_of

    (pictures / "by-dabs" / "p7.png").write_bytes(b"no picture")
    text = json_of(run(plan_of(pictures), cache))
    assert "p7.png" in text
    assert str(pictures) not in text
