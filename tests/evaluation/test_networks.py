"""Metrics that rest on networks, through the whole engine."""

import hashlib
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image

import stylecli
from stylecli.evaluation.evaluate import evaluate
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.features import take_features
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.report.markdown import markdown_of
from stylecli.evaluation.report.page.cells import figure_cell
from stylecli.evaluation.report.record import json_of
from stylecli.evaluation.sets import picture_files
from stylecli.evaluation.weights.networks import Networks
from stylecli.progress import silent

COUNT = 10
ONE = stylecli.Weights("one", "", {"one.bin": ""}, "https://example.org/{file}", 1, "MIT")
TWO = replace(ONE, name="two", files={"two.bin": ""})
LOOKED = []


@cache
def brightness_by(path, device):
    def extract(image):
        LOOKED.append(path.name)
        return np.array([float(path.read_text()) * np.asarray(image, dtype=float).mean()])

    return extract


class Bright(stylecli.Metric):
    """Rests on one network; moves with the number of pictures."""

    name = "bright"
    symbol = "BR"
    summary = "how bright"
    variant = "mean"
    kind = "biased"
    weights = (ONE,)
    with_others = ("beside",)
    feature = "bright-of-tests"

    def with_weights(self, found, device="cpu"):
        made = type(self)()
        path = found["one"].paths["one.bin"]
        made.features = {self.feature: brightness_by(path, device)}
        return made

    def meter(self, setting):
        def measure(sample):
            own = sample.outputs[self.feature][:, 0]
            halves = stylecli.subset_means(own, sample.subsets) if len(sample.subsets) else ()
            return stylecli.Measurement(float(own.mean()), replicates=halves)

        return measure


class Beside(Bright):
    """Shares the feature, and rests on another network, too."""

    name = "beside"
    symbol = "BS"
    kind = "mean"
    weights = (ONE, TWO)
    with_others = ()


class Failing(Bright):
    name = "failing"
    symbol = "FA"

    def with_weights(self, found, device="cpu"):
        raise RuntimeError("of another shape")


@pytest.fixture
def plan(tmp_path, picture):
    for name in ("photos", "style", "all", "few"):
        (tmp_path / name).mkdir()
    for seed in range(COUNT):
        for place, name in enumerate(("photos", "style", "all", "few")):
            if name != "few" or seed < COUNT - 1:
                picture(100 * place + seed, (64, 64)).save(tmp_path / name / f"p{seed}.png")

    def files(name):
        return tuple(sorted((tmp_path / name).iterdir()))

    entries = (
        EntryPlan("all", "style", files("all"), tuple(range(COUNT))),
        EntryPlan("few", "style", files("few"), tuple(range(COUNT - 1))),
    )
    return Plan(entries, {"style": files("style")}, files("photos"))


@pytest.fixture
def networks(tmp_path):
    """Two networks, of which the first is known; each is a factor."""

    def made(first="1", known=True):
        found = {}
        for weights, text in ((ONE, first), (TWO, "7")):
            path = tmp_path / f"{weights.name}-{text}.bin"
            path.write_text(text)
            digest = hashlib.sha256(text.encode()).hexdigest()
            paths = {f"{weights.name}.bin": path}
            found[weights.name] = stylecli.LocalWeights(weights, paths, digest, known)
        return Networks(found)

    return made


def run(plan, metrics, networks, folder=None, chosen=False):
    return evaluate(plan, metrics, FeatureCache(folder), silent, chosen, networks).evaluation


def test_the_digests_stand_in_the_stamp(plan, networks):
    found = networks()
    figures = run(plan, [Bright(), Beside()], found).entries[0].figures
    digests = [found.found[name].digest for name in ("one", "two")]
    assert figures["bright"].stamp.weights == digests[0]
    assert figures["beside"].stamp.weights == "+".join(digests)
    assert f"weights {digests[0][:12]}+{digests[1][:12]} /" in str(figures["beside"].stamp)


def test_another_network_gives_other_features_from_the_same_cache(plan, networks, tmp_path):
    folder = tmp_path / "features"
    one = run(plan, [Bright()], networks("1"), folder).entries[0].figures["bright"]
    other = run(plan, [Bright()], networks("2"), folder).entries[0].figures["bright"]
    assert other.value == pytest.approx(2 * one.value)
    LOOKED.clear()
    again = run(plan, [Bright()], networks("1"), folder).entries[0].figures["bright"]
    assert (again.value, LOOKED) == (one.value, [])


def test_metrics_that_share_a_feature_take_it_once(plan, networks, tmp_path):
    LOOKED.clear()
    figures = run(plan, [Bright(), Beside()], networks(), tmp_path / "f").entries[0].figures
    assert figures["bright"].value == figures["beside"].value
    pictures = 2 * COUNT + COUNT + COUNT - 1
    assert len(LOOKED) == pictures
    # What both have rests on the first network alone: with another second one it is found again.
    LOOKED.clear()
    run(plan, [Bright()], networks(), tmp_path / "f")
    assert LOOKED == []


def test_features_without_networks_are_kept_under_the_same_keys_as_ever(tmp_path):
    (tmp_path / "pictures").mkdir()
    path = tmp_path / "pictures" / "p.png"
    Image.new("RGB", (8, 8)).save(path)
    files = picture_files([path])

    def plain(image):
        return np.ones(1)

    def never(image):
        raise AssertionError("it was kept")

    keeping = FeatureCache(tmp_path / "features")
    take_features(files, {"plain": plain}, keeping, silent, "")
    resting = keeping.resting_on({"other": "0" * 64})
    assert take_features(files, {"plain": never}, resting, silent, "").broken == {}
    assert take_features(files, {"other": never}, resting, silent, "").broken != {}


def test_a_network_that_nobody_knows_is_warned_of(plan, networks):
    warnings = run(plan, [Bright()], networks(known=False)).warnings
    (found,) = [each for each in warnings if each.code == "unknown-weights"]
    assert (found.entries, found.metrics) == ((), ("bright",))
    known = run(plan, [Bright()], networks(known=True)).warnings
    assert "unknown-weights" not in {each.code for each in known}


def test_a_metric_that_cannot_take_its_network_is_named_and_the_others_go_on(plan, networks):
    evaluation = run(plan, [Failing(), Bright()], networks())
    figures = evaluation.entries[0].figures
    assert figures["failing"].value is None
    assert figures["bright"].value is not None
    (found,) = [each for each in evaluation.warnings if each.code == "metric-failed"]
    assert "RuntimeError: of another shape" in found.message


def test_what_moves_with_the_number_of_pictures_is_not_compared_across_numbers(plan, networks):
    evaluation = run(plan, [Bright(), Beside()], networks(), chosen=True)
    assert {each.metric for each in evaluation.differences} == {"beside"}
    (found,) = [each for each in evaluation.warnings if each.code == "unequal-n"]
    assert found.metrics == ("bright",)
    assert "the entries have 9, 10; not compared" in found.message
    same = run(replace(plan, entries=plan.entries[:1]), [Bright()], networks(), chosen=True)
    assert "unequal-n" not in {each.code for each in same.warnings}


def test_the_number_stands_beside_it_and_its_interval_is_a_spread(plan, networks):
    evaluation = run(plan, [Bright(), Beside()], networks(), chosen=True)
    figures = evaluation.entries[0].figures
    assert figures["bright"].interval.how == "spread"
    assert figures["beside"].interval.how == "half-samples"
    text = markdown_of(evaluation)
    row = next(line for line in text.splitlines() if line.startswith("| few"))
    assert row.count(", N 9 |") == 1
    few, bright = evaluation.entries[1], evaluation.metrics[0]
    assert '<span class="interval">N 9</span>' in str(figure_cell(evaluation, few, bright))
    assert "BR a spread at equal N, which says nothing of other numbers" in text
    assert json.loads(json_of(evaluation))["entries"][0]["figures"]["bright"]["interval"]


def test_what_must_not_be_read_alone_is_a_headline_figure_with_it(plan, networks):
    class Headline(Bright):
        headline = True

    metrics = run(plan, [Beside(), Headline()], networks()).metrics
    assert [metric.headline for metric in metrics] == [True, True]
    metrics = run(plan, [Beside(), Bright()], networks()).metrics
    assert not any(metric.headline for metric in metrics)
