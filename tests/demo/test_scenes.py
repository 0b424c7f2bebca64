import numpy as np
import pytest

from stylecli.demo.land import KINDS, noise
from stylecli.demo.scenes import scene

SMALL = (72, 56)


def test_the_same_seed_makes_the_same_bytes():
    first, second = scene(5, SMALL), scene(5, SMALL)
    assert first.title == second.title
    assert first.image.tobytes() == second.image.tobytes()


def test_other_seeds_make_other_pictures():
    pictures = {scene(seed, SMALL).image.tobytes() for seed in range(12)}
    assert len(pictures) == 12


def test_one_kind_of_land_differs_from_seed_to_seed():
    round_of_kinds = len(KINDS) * 4
    first, later = scene(0, SMALL), scene(round_of_kinds, SMALL)
    assert first.title == later.title
    assert first.image.tobytes() != later.image.tobytes()


@pytest.mark.parametrize("size", [(288, 224), (64, 64), (51, 83), (97, 33), (16, 16)])
def test_the_size_is_honoured(size):
    image = scene(0, size).image
    assert image.size == size
    assert image.mode == "RGB"


def test_titles_are_captions_and_varied():
    titles = [scene(seed, (24, 18)).title for seed in range(36)]
    assert all(title and title == title.strip() for title in titles)
    assert len(set(titles)) >= 30


@pytest.mark.parametrize("seed", range(9))
def test_every_kind_has_tones_and_smooth_shading(seed):
    pixels = np.asarray(scene(seed, SMALL).image.convert("L"), dtype=np.float32)
    assert np.percentile(pixels, 98) - np.percentile(pixels, 2) > 40
    # Flat vector shapes would leave most neighbours equal.
    assert (np.diff(pixels, axis=1) == 0).mean() < 0.5


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()
    scene(1, SMALL)
    assert (np.random.get_state()[1] == before).all()


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="non-negative"):
        scene(-1, SMALL)


def test_noise_repeats_after_its_tile_and_has_unit_deviation():
    y, x = np.mgrid[0:512, 0:512].astype(np.float32)
    plane = noise(x, y)
    assert plane.std() == pytest.approx(1, abs=0.01)
    assert np.array_equal(noise(x[:4] + 512, y[:4]), plane[:4])
