import numpy as np
import pytest
from PIL import Image, ImageFilter

from stroke_painter import SLABS, photograph
from stylecli_metrics.distributions import directions, sliced_w1
from stylecli_metrics.palette import PALETTE_GRID, palette
from stylecli_metrics.patches import PATCH_GRID, patches
from stylecli_metrics.pictures import to_lab


def plain(colour):
    return Image.new("RGB", (300, 200), colour)


def distance(measure, grid, first, second):
    return float(sliced_w1(measure(first), measure(second), grid))


def test_two_plain_pictures_differ_by_the_mean_projection_of_their_colours():
    red, grey = (200, 40, 30), (120, 120, 120)
    step = to_lab(np.array(red, np.uint8)) - to_lab(np.array(grey, np.uint8))
    expected = np.abs(directions(24, 3, seed=0) @ step).mean()
    assert distance(palette, PALETTE_GRID, plain(red), plain(grey)) == pytest.approx(expected)


def test_a_palette_does_not_ask_where_a_colour_is():
    picture = photograph(1)
    turned = picture.transpose(Image.Transpose.ROTATE_180)
    assert distance(palette, PALETTE_GRID, picture, turned) == pytest.approx(0, abs=0.02)
    assert distance(palette, PALETTE_GRID, picture, SLABS.paint(picture)) > 0.5


def test_patches_see_strokes_and_no_plain_colour():
    picture = photograph(2)
    same = distance(patches, PATCH_GRID, picture, photograph(3))
    painted = distance(patches, PATCH_GRID, picture, SLABS.paint(picture))
    soft = distance(patches, PATCH_GRID, picture, picture.filter(ImageFilter.GaussianBlur(3)))
    assert distance(patches, PATCH_GRID, plain("red"), plain("green")) == pytest.approx(0)
    assert same < painted
    assert same < soft


def test_features_have_the_shapes_they_promise():
    assert palette(photograph(0)).shape == (24, 100)
    assert patches(photograph(0)).shape == (48, 64)
