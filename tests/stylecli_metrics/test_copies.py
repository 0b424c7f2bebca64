import io

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from stroke_painter import DABS, photograph
from stylecli_metrics.content_retention import drawing, mirrored
from stylecli_metrics.copies import COPY_THRESHOLD, nearest_references

REFERENCE = [DABS.paint(photograph(seed), seed=seed) for seed in range(8)]


def drawings(pictures):
    return np.stack([drawing(picture) for picture in pictures])


def jpeg(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=30)
    return Image.open(buffer)


def test_a_copy_is_found_however_it_was_touched():
    touched = [
        REFERENCE[0],
        ImageOps.mirror(REFERENCE[3]),
        jpeg(REFERENCE[5]),
        ImageEnhance.Color(ImageEnhance.Brightness(REFERENCE[6]).enhance(0.7)).enhance(0.3),
    ]
    found = nearest_references(drawings(touched), drawings(REFERENCE))
    assert [each.reference for each in found] == [0, 3, 5, 6]
    assert min(each.similarity for each in found) > COPY_THRESHOLD


def test_other_pictures_by_the_same_hand_are_no_copies():
    others = [DABS.paint(photograph(seed), seed=seed) for seed in range(50, 62)]
    found = nearest_references(drawings(others), drawings(REFERENCE))
    assert max(each.similarity for each in found) < COPY_THRESHOLD


def test_a_mirrored_drawing_is_the_mirrored_pictures():
    pictures = [photograph(seed) for seed in (1, 2)]
    flipped = drawings([ImageOps.mirror(picture) for picture in pictures])
    np.testing.assert_allclose(mirrored(drawings(pictures)), flipped, atol=1e-9)
