import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from stylecli_metrics.content_retention import content_retention, similarities
from stylecli_metrics.pictures import EvaluationError


def test_identical_pictures_score_one(content):
    retention = content_retention(content, content)
    assert retention.value == pytest.approx(1)
    assert retention.own == pytest.approx(1)
    assert retention.per_picture == pytest.approx([1] * len(content))
    assert retention.warnings == ("few-pictures",)


def test_pictures_of_other_things_score_nothing(content, others):
    assert content_retention(others[:8], content).value == pytest.approx(0, abs=0.1)
    assert content_retention(content[1:] + content[:1], content).value < 0.1


def test_light_contrast_and_hue_are_no_content(content):
    for change in (
        lambda picture: ImageEnhance.Contrast(picture).enhance(0.6),
        lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
        lambda picture: Image.merge("RGB", picture.split()[::-1]),
        lambda picture: picture.resize((384, 384)),
    ):
        assert content_retention([change(each) for each in content[:4]], content[:4]).value > 0.85


def test_a_mirror_image_is_another_content(content):
    assert content_retention([ImageOps.mirror(each) for each in content], content).value < 0.4


def test_the_ratio_is_of_the_similarities_and_pairs_move_together(content, others):
    outputs = [Image.blend(*pair, 0.5) for pair in zip(content, others, strict=False)]
    table = similarities(outputs, content)
    own = np.trace(table) / 8
    other = (table.sum() - np.trace(table)) / 56
    retention = content_retention(outputs, content)
    assert retention.value == pytest.approx((own - other) / (1 - other))
    assert np.mean(retention.per_picture) == pytest.approx(retention.value)
    turned = content_retention(outputs[::-1], content[::-1])
    assert turned.value == pytest.approx(retention.value)
    assert turned.per_picture == pytest.approx(retention.per_picture[::-1])


def test_a_picture_of_nothing_resembles_nothing(content):
    black = [Image.new("RGB", (64, 64))]
    assert np.all(similarities(black, content) == 0)
    assert np.all(similarities(black, black) == 0)


def test_unfit_sets_are_refused(content):
    with pytest.raises(EvaluationError, match="2 outputs are paired with 3"):
        content_retention(content[:2], content[:3])
    with pytest.raises(EvaluationError, match="1 pictures"):
        content_retention(content[:1], content[:1])
    with pytest.raises(EvaluationError, match="all alike"):
        content_retention(content[:1] * 3, content[:1] * 3)
