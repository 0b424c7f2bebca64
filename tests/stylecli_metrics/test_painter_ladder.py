"""The more of a photograph a painter covers, the more style and the less content is measured."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from stroke_painter import DABS, LINES, SLABS
from stylecli_metrics.content_retention import content_retention
from stylecli_metrics.features import phi_v1
from stylecli_metrics.style_closure import closure_of_features

PAINTERS = {"dabs": DABS, "lines": LINES, "slabs": SLABS}
COVERAGES = (0.1, 0.25, 0.5, 1.0)


@pytest.fixture(scope="module")
def content_features(content):
    return phi_v1(content)


@pytest.fixture(scope="module")
def references(others):
    return {
        name: phi_v1([painter.paint(each, seed=seed) for seed, each in enumerate(others)])
        for name, painter in PAINTERS.items()
    }


@pytest.mark.parametrize("name", ["dabs", "slabs"])
def test_style_rises_and_content_falls(name, content, content_features, references):
    styles, contents = [], []
    for coverage in COVERAGES:
        outputs = [PAINTERS[name].paint(each, coverage, seed) for seed, each in enumerate(content)]
        closure = closure_of_features(phi_v1(outputs), content_features, references[name])
        styles.append(closure.value)
        contents.append(content_retention(outputs, content).value)
    assert styles == sorted(styles)
    assert 0 < styles[0] < 0.7
    assert styles[-1] == pytest.approx(1, abs=0.2)
    assert contents == sorted(contents, reverse=True)
    assert 0.1 < contents[-1] < 0.5 < contents[0] < 0.9


def test_each_painter_is_nearest_to_himself(content, content_features, references):
    for name, painter in PAINTERS.items():
        outputs = phi_v1([painter.paint(each, seed=seed) for seed, each in enumerate(content)])
        values = {
            other: closure_of_features(outputs, content_features, reference).value
            for other, reference in references.items()
        }
        assert max(values, key=values.get) == name


def _jpeg(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=30)
    return Image.open(buffer)


def _noise(picture):
    noisy = np.asarray(picture) + np.random.default_rng(0).normal(0, 12, (256, 256, 3))
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "damage", [lambda each: each.filter(ImageFilter.GaussianBlur(1.5)), _jpeg, _noise]
)
def test_damage_is_no_style(damage, content, content_features, references):
    damaged = phi_v1([damage(each) for each in content])
    closure = closure_of_features(damaged, content_features, references["slabs"])
    assert closure.value <= 0.05
