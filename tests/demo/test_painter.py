import numpy as np
import pytest
from PIL import Image

from stylecli.demo.painter import GROUND, PIGMENTS, paint
from stylecli.demo.scenes import scene

SIZE = (144, 112)


@pytest.fixture(scope="module")
def photos():
    return [scene(seed, SIZE).image for seed in range(6)]


@pytest.fixture(scope="module")
def paintings(photos):
    return [paint(photo, seed) for seed, photo in enumerate(photos)]


def values(image):
    return np.asarray(image, dtype=np.float32)


def to_palette(image):
    """Mean RGB distance from a pixel to the nearest of the pigments and the ground."""
    paints = np.vstack([PIGMENTS, [GROUND]]).astype(np.float32)
    gaps = values(image).reshape(-1, 1, 3) - paints
    return np.linalg.norm(gaps, axis=2).min(axis=1).mean()


def test_the_same_seed_makes_the_same_bytes(photos, paintings):
    assert paint(photos[2], 2).tobytes() == paintings[2].tobytes()


def test_another_seed_moves_the_strokes(photos, paintings):
    assert paint(photos[2], 99).tobytes() != paintings[2].tobytes()


@pytest.mark.parametrize("size", [(288, 224), (61, 97), (33, 16), (5, 2), (300, 20)])
def test_the_size_is_honoured(size, photos):
    painted = paint(photos[0].resize(size), 0)
    assert painted.size == size
    assert painted.mode == "RGB"


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_any_mode_comes_back_as_rgb(mode, photos):
    assert paint(photos[0].convert(mode), 0).mode == "RGB"


def test_a_flat_picture_can_be_painted():
    assert values(paint(Image.new("RGB", (64, 48), "grey"), 0)).std() > 5


def test_paintings_keep_to_the_pigments(photos, paintings):
    assert max(to_palette(p) for p in paintings) < 42
    assert np.mean([to_palette(p) for p in paintings]) < 0.5 * np.mean(
        [to_palette(p) for p in photos]
    )


def test_darks_are_violet_or_blue_and_colours_are_strong(photos, paintings):
    for photo, painting in zip(photos, paintings, strict=True):
        pixels = values(painting).reshape(-1, 3)
        brightness = pixels.mean(axis=1)
        dark = pixels[brightness <= np.percentile(brightness, 15)].mean(axis=0)
        assert dark[2] > dark[0]
        assert dark[2] > 1.5 * dark[1]
        assert np.median(np.ptp(pixels, axis=1)) > 2 * np.median(np.ptp(values(photo), axis=2))


def test_light_stays_light(photos, paintings):
    for photo, painting in zip(photos, paintings, strict=True):
        small = [
            values(i.convert("L").resize((18, 14), Image.Resampling.BOX)).ravel()
            for i in (photo, painting)
        ]
        assert np.corrcoef(*small)[0, 1] > 0.6


def test_more_coverage_moves_further_from_the_photo(photos):
    photo = photos[0]
    assert paint(photo, 3, 0).tobytes() == photo.tobytes()
    steps = [np.abs(values(paint(photo, 3, c)) - values(photo)).mean() for c in (0.2, 0.5, 1.0)]
    assert 1 < steps[0] < steps[1] < steps[2]


@pytest.mark.parametrize("coverage", [-0.1, 1.1, float("nan")])
def test_coverage_outside_0_to_1_is_refused(coverage, photos):
    with pytest.raises(ValueError, match="coverage"):
        paint(photos[0], 0, coverage)


def test_the_photo_is_not_changed(photos):
    before = photos[1].tobytes()
    paint(photos[1], 0)
    assert photos[1].tobytes() == before
