"""What networks are shown, against the filters' definitions."""

import importlib

import numpy as np
import pytest
import torch
from PIL import Image

from stylecli_judges import views

CLIP_MEAN, CLIP_DEVIATION = np.array(
    [[0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]]
)
IMAGENET_MEAN, IMAGENET_DEVIATION = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])


def array(tensor):
    return tensor[0].permute(1, 2, 0).double().numpy()


def test_the_legacy_resize_is_tensorflows(scene):
    image = scene(1, (350, 97))
    pixels = np.asarray(image, dtype=float)
    found = array(views.legacy(image)) * 128 + 128
    for row, column in [(0, 0), (5, 298), (298, 7), (150, 151), (298, 298)]:
        y, x = row * 97 / 299, column * 350 / 299
        top, left = int(y), int(x)
        below, right = min(top + 1, 96), min(left + 1, 349)
        upper = pixels[top, left] * (1 - x + left) + pixels[top, right] * (x - left)
        lower = pixels[below, left] * (1 - x + left) + pixels[below, right] * (x - left)
        expected = upper * (1 - y + top) + lower * (y - top)
        assert found[row, column] == pytest.approx(expected, abs=1e-3)


def test_the_clean_resize_is_antialiased_and_not_rounded(scene):
    image = Image.fromarray(np.tile([[0, 255]], (600, 300, 1)).reshape(600, 600).astype(np.uint8))
    grey = array(views.clean(image.convert("RGB"))) * 128 + 128
    aliased = array(views.legacy(image.convert("RGB"))) * 128 + 128
    # Stripes finer than the result are grey to it; to the other they are still stripes.
    assert np.abs(grey[:, 20:-20] - 127.5).max() < 25 < np.ptp(aliased) / 2
    found = array(views.clean(scene(2))) * 128 + 128
    assert found.min() >= 0
    assert found.max() <= 255
    assert np.abs(found - np.rint(found)).max() > 0.4
    rounded = np.asarray(scene(2).resize((299, 299), Image.Resampling.BICUBIC), dtype=float)
    # Pillow rounds bytes twice, after each direction.
    assert np.abs(found - rounded).max() < 4


def test_clean_fid_resizes_the_same(scene):
    try:
        resizing = importlib.import_module("cleanfid.resize")
    except ImportError:
        pytest.skip("clean-fid is not installed, or not whole")
    for seed, size in ((1, (120, 90)), (2, (400, 640)), (3, (299, 299))):
        image = scene(seed, size)
        expected = resizing.build_resizer("clean")(np.asarray(image))
        assert array(views.clean(image)) * 128 + 128 == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((640, 480), (682, 512)), ((512, 700), (512, 700)), ((90, 120), (512, 682))],
)
def test_the_short_side_is_512(scene, size, shown):
    image = scene(1, size)
    found = views.short_side(image)
    assert found.size == shown
    assert views.of_art(image).shape == (1, 3, shown[1], shown[0])
    assert float(views.of_art(image).min()) >= 0
    assert (found == image) is (size == shown)


def test_photos_are_shown_at_the_outputs_size(scene):
    for view in (views.pair, views.grey_pair):
        output, photo = view(scene(1, (64, 48)), scene(2, (127, 96)))
        assert output.shape == photo.shape == (1, 3, 512, 682)
    grey, _ = views.grey_pair(scene(1, (512, 512)), scene(2))
    bare = scene(1, (512, 512)).convert("L")
    assert torch.equal(grey[0, 0], grey[0, 2])
    assert np.array_equal(np.rint(grey[0, 1] * 255), np.asarray(bare))


def test_clips_squares(scene):
    image = scene(1, (500, 400))
    square = image.crop((50, 0, 450, 400)).resize((336, 336), Image.Resampling.BICUBIC)
    expected = (np.asarray(square) / 255 - CLIP_MEAN) / CLIP_DEVIATION
    assert array(views.clip_336(image)) == pytest.approx(expected, abs=1e-5)
    whole = image.resize((280, 224), Image.Resampling.BICUBIC).crop((28, 0, 252, 224))
    expected = (np.asarray(whole) / 255 - CLIP_MEAN) / CLIP_DEVIATION
    assert array(views.clip_224(image)) == pytest.approx(expected, abs=1e-5)
    tall = scene(2, (100, 301))
    assert views.clip_224(tall).shape == (1, 3, 224, 224)
    assert views.clip_336(tall).shape == (1, 3, 336, 336)


def test_dinov2_is_shown_the_whole_picture(scene):
    image = scene(1, (500, 400))
    pressed = np.asarray(image.resize((224, 224), Image.Resampling.BICUBIC)) / 255
    expected = (pressed - IMAGENET_MEAN) / IMAGENET_DEVIATION
    assert array(views.dinov2_224(image)) == pytest.approx(expected, abs=1e-5)


def test_views_leave_the_picture_alone(scene):
    image = scene(1)
    before = image.tobytes()
    for view in (views.clean, views.legacy, views.of_art, views.clip_224, views.dinov2_224):
        shown = view(image)
        shown.zero_()
    views.pixels(image).zero_()
    assert image.tobytes() == before
