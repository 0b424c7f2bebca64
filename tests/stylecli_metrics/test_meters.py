"""The metrics as the program uses them: on features, with subsets."""

import hashlib
from functools import cache

import numpy as np
import pytest
from PIL import Image

import stylecli
from stroke_painter import DABS, LINES, SLABS, photograph
from stylecli.evaluation.halves import half_samples
from stylecli.registry import load_registry
from stylecli_metrics.content_retention import content_retention
from stylecli_metrics.style_closure import style_closure

PHOTOS = [photograph(seed) for seed in range(12)]
DABBED = [DABS.paint(photograph(100 + seed), seed=seed) for seed in range(12)]
SLABBED = [SLABS.paint(photograph(200 + seed), seed=seed) for seed in range(12)]
METRICS = {name: each for name, each in load_registry().metrics.items() if not each.weights}


EXTRACTORS = {
    name: extract for metric in METRICS.values() for name, extract in metric.features.items()
}


@cache
def features_of(pixels):
    image = Image.frombytes("RGB", (256, 256), pixels)
    return {name: np.asarray(extract(image), np.float32) for name, extract in EXTRACTORS.items()}


def picture_set(pictures):
    pixels = [picture.tobytes() for picture in pictures]
    rows = [features_of(each) for each in pixels]
    return stylecli.PictureSet(
        tuple(f"{index}.png" for index in range(len(pictures))),
        tuple(hashlib.sha256(each).hexdigest() for each in pixels),
        {name: np.stack([row[name] for row in rows]) for name in EXTRACTORS},
    )


@pytest.fixture(scope="module")
def setting():
    references = {"dabs": picture_set(DABBED), "slabs": picture_set(SLABBED)}
    return stylecli.Setting(references, picture_set(PHOTOS))


@pytest.fixture(scope="module")
def painted():
    return [DABS.paint(photo, seed=seed) for seed, photo in enumerate(PHOTOS)]


def measure(name, setting, outputs, target="dabs", order=None, content=None):
    metric = METRICS[name]
    order = list(range(len(outputs))) if order is None else order
    content = tuple(range(len(outputs))) if content is None else content
    pairs = {
        pair: np.array([compare(outputs[i], PHOTOS[content[i]]) for i in order], np.float32)
        for pair, compare in metric.pairs.items()
    }
    keys = [setting.content.digests[content[i]] for i in order]
    sample = stylecli.Sample(
        picture_set([outputs[i] for i in order]),
        target,
        tuple(content[i] for i in order),
        pairs,
        half_samples(keys, seed=0, draws=50),
    )
    return metric.meter(setting)(sample)


def test_the_ends_of_the_scales(setting, painted):
    assert measure("style-closure", setting, PHOTOS).value == pytest.approx(0, abs=1e-3)
    assert measure("content-retention", setting, PHOTOS).value == pytest.approx(1)
    assert measure("ssim", setting, PHOTOS).value == pytest.approx(1)
    assert measure("gmsd", setting, PHOTOS).value == 0
    assert measure("copies", setting, DABBED).value == 1
    assert measure("palette", setting, DABBED).value == pytest.approx(0, abs=1e-5)
    assert measure("patch-swd", setting, DABBED).value == pytest.approx(0, abs=1e-5)
    shuffled = PHOTOS[1:] + PHOTOS[:1]
    assert measure("content-retention", setting, shuffled).value == pytest.approx(0, abs=0.15)


def test_painting_brings_outputs_nearer_to_the_right_style(setting, painted):
    right = {
        name: measure(name, setting, painted).value for name in METRICS if name != "energy-ratio"
    }
    wrong = {
        name: measure(name, setting, painted, "slabs").value
        for name in ("style-closure", "deception-lite", "patch-swd")
    }
    assert right["style-closure"] > wrong["style-closure"] + 0.2
    assert right["style-closure"] == pytest.approx(1, abs=0.25)
    assert right["deception-lite"] > 0.7 > 0.2 > wrong["deception-lite"]
    assert right["patch-swd"] < wrong["patch-swd"]
    assert 0.1 < right["content-retention"] < 0.9
    assert right["copies"] == 0


def test_meters_agree_with_the_plain_functions(setting, painted):
    closure = style_closure(painted, PHOTOS, DABBED)
    assert measure("style-closure", setting, painted).value == pytest.approx(
        closure.value, abs=1e-4
    )
    retention = content_retention(painted, PHOTOS)
    found = measure("content-retention", setting, painted)
    assert found.value == pytest.approx(retention.value, abs=1e-4)
    assert found.per_picture == pytest.approx(retention.per_picture, abs=1e-4)


@pytest.mark.parametrize("name", [name for name in METRICS if name != "energy-ratio"])
def test_order_does_not_matter_and_pictures_add_up(name, setting, painted):
    found = measure(name, setting, painted)
    order = list(np.random.default_rng(0).permutation(len(painted)))
    other = measure(name, setting, painted, order=order)
    assert other.value == pytest.approx(found.value, abs=1e-6)
    assert [found.per_picture[i] for i in order] == pytest.approx(other.per_picture, abs=1e-6)
    if METRICS[name].kind == "share" or not found.replicates:
        assert np.mean(found.per_picture) == pytest.approx(found.value)
    else:
        assert found.replicates == pytest.approx(other.replicates, abs=1e-6)
        assert len(found.replicates) == 50
        # Halves scatter about the whole.
        spread = np.std(found.replicates)
        assert abs(np.mean(found.replicates) - found.value) < 3 * spread


def test_several_outputs_of_a_photo_count_as_one_photo(setting, painted):
    again = [DABS.paint(photo, seed=50 + seed) for seed, photo in enumerate(PHOTOS)]
    both = painted + again
    content = tuple(range(12)) * 2
    found = measure("content-retention", setting, both, content=content)
    alone = [measure("content-retention", setting, each).value for each in (painted, again)]
    assert found.value == pytest.approx(np.mean(alone), abs=0.02)
    halves = half_samples([setting.content.digests[place] for place in content], seed=0)
    np.testing.assert_array_equal(halves[:, :12], halves[:, 12:])


def test_too_few_pictures_have_no_figure_and_say_why(setting):
    few = stylecli.Setting(setting.references, picture_set(PHOTOS[:1]))
    for name in ("style-closure", "content-retention", "deception-lite"):
        found = measure(name, few, PHOTOS[:1])
        assert found.value is None
        assert found.cautions[0].code in ("too-few-pictures", "no-judge")


def test_photos_that_cannot_be_told_from_the_reference_have_no_closure():
    content = picture_set([photograph(seed) for seed in range(300, 312)])
    reference = {"photos": picture_set([photograph(seed) for seed in range(400, 412)])}
    found = measure("style-closure", stylecli.Setting(reference, content), PHOTOS, target="photos")
    assert (found.value, found.cautions[-1].code) == (None, "not-separable")


def test_the_judge_says_how_good_it_is(setting, painted):
    found = measure("deception-lite", setting, painted)
    assert found.details["accuracy"] > 0.8
    assert found.details["untouched_photos"] < 0.2
    assert sum(found.details["called"].values()) == pytest.approx(1)
    mixed = stylecli.Setting(
        {"one": picture_set(DABBED), "two": picture_set(DABBED[::-1])}, setting.content
    )
    weak = measure("deception-lite", mixed, painted, "one")
    assert "weak-classifier" in [caution.code for caution in weak.cautions]


def test_pictures_from_text_are_compared_with_the_baseline():
    reference = {
        "lines": picture_set([LINES.paint(photograph(500 + s), seed=s) for s in range(12)])
    }
    setting = stylecli.Setting(reference, None, picture_set(PHOTOS))
    metric = METRICS["energy-ratio"]
    meter = metric.meter(setting)

    def ratio(pictures):
        pictures = picture_set(pictures)
        subsets = half_samples(pictures.digests, seed=0, draws=20)
        return meter(stylecli.Sample(pictures, "lines", (), {}, subsets)).value

    assert ratio(PHOTOS) == pytest.approx(1)
    assert ratio([LINES.paint(photo, seed=9) for photo in PHOTOS]) < 0.5
