import numpy as np
import pytest
from PIL import Image

from stylecli_metrics.pictures import EvaluationError, as_image, centre_crop, to_lab


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((119, 119, 119), (50.03, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colours(rgb, lab):
    assert to_lab(np.array(rgb, dtype=np.uint8)) == pytest.approx(lab, abs=0.02)


def test_the_crop_is_the_centred_square():
    array = np.zeros((20, 60, 3), dtype=np.uint8)
    array[:, 20:40] = (200, 100, 50)
    crop = np.asarray(centre_crop(array, 8))
    assert crop.shape == (8, 8, 3)
    assert np.all(crop == (200, 100, 50))


def test_shrinking_does_not_alias():
    stripes = np.zeros((256, 256, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    assert np.ptp(np.asarray(centre_crop(stripes, 32))[:, 2:-2].astype(int)) <= 2


def test_arrays_and_images_of_any_mode_are_pictures():
    grey = Image.new("L", (5, 4), 51)
    expected = np.full((4, 5, 3), 51)
    assert np.array_equal(np.asarray(as_image(grey)), expected)
    assert np.array_equal(np.asarray(as_image(np.full((4, 5, 3), 0.2))), expected)
    assert np.array_equal(np.asarray(as_image(np.full((4, 5, 3), 51, np.uint8))), expected)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4)), "height, width, 3"),
        (np.full((4, 4, 3), 1.5), "0..1"),
        (np.full((4, 4, 3), np.nan), "0..1"),
        (np.zeros((4, 4, 3), dtype=np.int64), "int64"),
        (np.zeros((0, 4, 3), dtype=np.uint8), "no pixels"),
    ],
)
def test_what_is_no_picture_is_refused(array, message):
    with pytest.raises(EvaluationError, match=message):
        as_image(array)
