import numpy as np
import pytest
from PIL import Image

from stroke_painter import DABS, photograph
from stylecli_metrics.features import phi_v1
from stylecli_metrics.pictures import EvaluationError
from stylecli_metrics.style_closure import closure_of_features, style_closure


@pytest.fixture(scope="module")
def paintings(others):
    return [DABS.paint(picture, seed=seed) for seed, picture in enumerate(others)]


def test_the_content_itself_scores_nothing_and_says_how_few_pictures(content, paintings):
    closure = style_closure(content, content, paintings)
    assert closure.value == 0
    assert closure.p_value <= 0.05
    assert closure.warnings == ("few-pictures",)
    assert (closure.outputs, closure.content, closure.reference) == (8, 8, 16)


def test_other_paintings_of_the_painter_score_one(content, paintings):
    closure = closure_of_features(phi_v1(paintings[::2]), phi_v1(content), phi_v1(paintings[1::2]))
    assert closure.value == pytest.approx(1, abs=0.1)


def test_the_order_of_every_set_is_immaterial(content, paintings):
    features = phi_v1(content), phi_v1(paintings)
    outputs = features[1][:5] * 0.5
    one = closure_of_features(outputs, *features)
    other = closure_of_features(outputs[::-1], *(part[::-1] for part in features))
    assert other.value == pytest.approx(one.value, abs=1e-9)
    assert other.p_value == one.p_value


def test_undefined_where_content_and_reference_are_alike(content, others):
    closure = style_closure(content, content, others)
    assert closure.value is None
    assert closure.p_value > 0.05
    assert "not-separable" in closure.warnings


def test_enlarged_pictures_are_said(content, paintings):
    small = [picture.resize((176, 200)) for picture in paintings]
    assert "enlarged" in style_closure(content, content, small).warnings


def test_twenty_pictures_of_each_are_enough():
    random = np.random.default_rng(0)
    far = random.normal(3, 1, (20, 46))
    assert closure_of_features(far, random.normal(0, 1, (20, 46)), far).warnings == ()


@pytest.mark.parametrize("short", ["outputs", "content", "reference"])
def test_too_few_pictures_are_refused_by_name(short):
    sets = {name: [photograph(0)] * 4 for name in ("outputs", "content", "reference")}
    sets[short] = sets[short][:3]
    with pytest.raises(EvaluationError, match=f"{short}: 3 pictures"):
        style_closure(**sets)


def test_constant_pictures_give_a_number(content, paintings):
    black = [Image.new("RGB", (256, 256))] * 4
    assert style_closure(black, content, paintings).value < 0
