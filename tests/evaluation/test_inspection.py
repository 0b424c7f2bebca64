import numpy as np
import pytest
from PIL import Image, ImageOps

from stylecli.evaluation.inspection import inspect, inspection_of


def flags(picture):
    return inspection_of(inspect(picture).astype(np.float32)).flags


def test_a_good_picture_has_no_flags(picture):
    assert flags(picture(0, (300, 280))) == ()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (Image.new("RGB", (300, 300)), ("black",)),
        (Image.new("RGB", (300, 300), (90, 90, 90)), ("constant",)),
    ],
)
def test_plain_pictures_are_told(made, expected):
    assert flags(made) == expected


def test_letterboxes_are_told_and_skies_are_not(picture):
    inner = picture(1, (400, 300))
    assert flags(ImageOps.expand(inner, (0, 30), "black")) == ("borders",)
    assert flags(ImageOps.expand(inner, (40, 0), "white")) == ("borders",)
    sky = inner.copy()
    sky.paste((120, 160, 220), (0, 0, 400, 120))
    assert flags(sky) == ()


def test_small_pictures_are_told(picture):
    assert flags(picture(2, (300, 255))) == ("enlarged",)
    seen = inspection_of(inspect(picture(2, (300, 255))).astype(np.float32))
    assert (seen.width, seen.height) == (300, 255)
