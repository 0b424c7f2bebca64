import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from stroke_painter import photograph
from stylecli_metrics.gmsd import gmsd
from stylecli_metrics.ssim import ssim


def plain(value):
    return Image.new("RGB", (256, 256), (value, value, value))


@given(first=st.integers(0, 255), second=st.integers(0, 255))
def test_ssim_of_plain_pictures_is_its_closed_form(first, second):
    c1 = (0.01 * 255) ** 2
    expected = (2 * first * second + c1) / (first**2 + second**2 + c1)
    assert ssim(plain(first), plain(second)) == pytest.approx(expected, abs=1e-9)


def test_equal_pictures_agree_wholly():
    picture = photograph(0)
    assert ssim(picture, picture) == pytest.approx(1)
    assert gmsd(picture, picture) == 0


def test_both_are_symmetric_and_worsen_with_blur():
    picture = photograph(0)
    soft = [picture.filter(ImageFilter.GaussianBlur(radius)) for radius in (1, 2, 4)]
    similarities = [ssim(each, picture) for each in soft]
    deviations = [gmsd(each, picture) for each in soft]
    assert similarities == sorted(similarities, reverse=True)
    assert deviations == sorted(deviations)
    assert ssim(picture, soft[0]) == pytest.approx(similarities[0])
    assert gmsd(picture, soft[0]) == pytest.approx(deviations[0])


def test_gmsd_of_one_edge_by_hand():
    """Half of the picture is black, half white: an edge against none."""
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:, 128:] = 255
    # Of 126 columns of gradients two have magnitude 255, where the similarity is c / (255² + c).
    share, low = 2 / 126, 170 / (255**2 + 170)
    mean = share * low + (1 - share)
    expected = np.sqrt(share * (low - mean) ** 2 + (1 - share) * (1 - mean) ** 2)
    assert gmsd(picture, plain(0)) == pytest.approx(expected)


def test_ssim_agrees_with_scikit_image():
    metrics = pytest.importorskip("skimage.metrics")
    first, second = photograph(0), photograph(0).filter(ImageFilter.GaussianBlur(2))
    planes = [np.asarray(each, float) @ [0.299, 0.587, 0.114] for each in (first, second)]
    _, whole = metrics.structural_similarity(
        *planes,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    assert ssim(first, second) == pytest.approx(whole[5:-5, 5:-5].mean(), abs=1e-6)
