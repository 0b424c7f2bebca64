import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from stroke_painter import photograph
from stylecli_metrics.features import PHI_LENGTH, phi, phi_v1

ENERGIES = slice(11, 27)


def test_a_constant_picture_has_its_colour_and_nothing_else():
    features = phi(Image.new("RGB", (40, 30), (255, 0, 0)))
    assert features.shape == (PHI_LENGTH,)
    assert features[:3] == pytest.approx((53.24, 80.09, 67.20), abs=0.02)
    assert features[3:9] == pytest.approx(0, abs=1e-6)
    assert features[9] == pytest.approx(np.hypot(80.09, 67.20), abs=0.02)
    assert features[ENERGIES] == pytest.approx(np.log(1e-2), abs=1e-6)
    assert features[35:] == pytest.approx(0, abs=1e-6)


def test_stripes_have_their_energy_across_and_their_correlation_along():
    wave = 127 + 100 * np.sin(np.arange(256) * 2 * np.pi / 6)
    upright = np.broadcast_to(wave[None, :, None], (256, 256, 3)).astype(np.uint8)
    features = phi(upright)
    horizontal, _, vertical, _ = features[11:15]
    assert horizontal > vertical + 5
    turned = phi(np.ascontiguousarray(upright.swapaxes(0, 1)))
    assert turned[11:15] == pytest.approx(features[[13, 12, 11, 14]], abs=1e-6)


def test_blur_takes_fine_energy_and_saturation_adds_chroma():
    picture = photograph(1)
    plain = phi(picture)
    blurred = phi(picture.filter(ImageFilter.GaussianBlur(2)))
    assert np.all(blurred[11:15] < plain[11:15] - 1)
    assert np.max(np.abs(blurred[:3] - plain[:3])) < 1
    vivid = phi(ImageEnhance.Color(picture).enhance(1.5))
    assert vivid[9] > plain[9] * 1.2
    assert vivid[0] == pytest.approx(plain[0], abs=2)


def test_phi_v1_is_row_by_row_and_on_the_scale_of_its_constants():
    pictures = [photograph(seed) for seed in range(3)]
    features = phi_v1(pictures)
    assert features.shape == (3, PHI_LENGTH)
    assert np.array_equal(phi_v1(pictures[::-1]), features[::-1])
    assert np.median(np.abs(features)) < 2
    assert phi_v1([]).shape == (0, PHI_LENGTH)
