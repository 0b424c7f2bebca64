"""What training pictures are scaled to and cut into: squares, and buckets of many aspects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylecli.training.buckets import MAX_ASPECT, bucket_for, bucket_sizes
from stylecli.training.framing import Frame, counted, cover_picture, fit_picture, frame_for
from stylecli.training.options import TrainingOptions

sides = st.integers(1, 400)


@given(width=sides, height=sides, resolution=st.integers(8, 64), crop=st.integers(2, 16))
def test_a_fitted_picture_holds_the_crop_in_full_cells(
    width: int, height: int, resolution: int, crop: int
):
    side = crop * 4
    fitted = fit_picture(Image.new("RGB", (width, height)), resolution, side, 4)
    assert fitted.width % 4 == fitted.height % 4 == 0
    assert min(fitted.size) >= side
    assert min(fitted.size) <= max(side, resolution)


def test_a_picture_between_crop_and_resolution_keeps_its_size():
    image = Image.effect_noise((100, 80), 50).convert("RGB")
    assert fit_picture(image, 96, 32, 4).tobytes() == image.tobytes()
    assert fit_picture(image, 64, 32, 4).size == (80, 64)
    assert fit_picture(image, 64, 160, 4).size == (200, 160)


@pytest.mark.parametrize("size", [(1, 1), (30000, 1), (1, 30000), (3, 5000)])
def test_a_line_is_no_danger(size: tuple[int, int]):
    fitted = fit_picture(Image.new("RGB", size, (10, 20, 30)), 512, 512, 64)
    assert min(fitted.size) == 512
    assert max(fitted.size) <= 8 * 512
    assert fitted.getpixel((100, 100)) == (10, 20, 30)


def test_of_a_very_long_picture_the_middle_is_kept():
    image = Image.new("RGB", (1000, 10), "red")
    image.paste("blue", (400, 0, 600, 10))
    fitted = fit_picture(image, 64, 32, 4)
    assert fitted.getcolors() == [(fitted.width * fitted.height, (0, 0, 255))]


@given(side=st.integers(1, 16), multiple=st.sampled_from([4, 32, 64]))
def test_buckets_have_the_area_of_the_square_and_sides_in_full_cells(side: int, multiple: int):
    sizes = bucket_sizes(side * multiple, multiple)
    assert (side * multiple, side * multiple) in sizes
    for width, height in sizes:
        assert width % multiple == height % multiple == 0
        assert width * height <= (side * multiple) ** 2
        assert (height, width) in sizes
        assert max(width, height) <= MAX_ASPECT * min(width, height)
        # Another cell on the shorter side would be too many.
        assert max(width, height) * (min(width, height) + multiple) > (side * multiple) ** 2


def test_the_buckets_of_sd15_are_those_that_trainers_use():
    sizes = bucket_sizes(512, 64)
    assert {(512, 512), (576, 448), (448, 576), (640, 384)} <= set(sizes)
    assert bucket_for((1500, 1000), 512, 64) == (640, 384)
    assert bucket_for((1000, 1500), 512, 64) == (384, 640)
    assert bucket_for((999, 1000), 512, 64) == (512, 512)
    assert bucket_for((9000, 10), 512, 64) == sizes[-1]


@given(width=sides, height=sides, side=st.integers(2, 16))
def test_a_pictures_bucket_is_the_nearest_in_aspect(width: int, height: int, side: int):
    chosen = bucket_for((width, height), side * 8, 8)
    off = abs(math.log(chosen[0] / chosen[1] * height / width))
    for across, down in bucket_sizes(side * 8, 8):
        assert off <= abs(math.log(across / down * height / width)) + 1e-6


@given(width=sides, height=sides, side=st.integers(2, 16))
def test_a_picture_covers_its_bucket_with_little_to_spare(width: int, height: int, side: int):
    frame = frame_for((width, height), TrainingOptions(resolution=side * 8, buckets=True), 8, 2)
    fitted = frame.fit(Image.new("RGB", (width, height)))
    assert all(
        wanted <= got <= 2 * wanted for wanted, got in zip(frame.cut, fitted.size, strict=True)
    )
    assert fitted.width % 2 == fitted.height % 2 == 0
    assert fitted.width == frame.cut[0] or fitted.height == frame.cut[1]


def test_a_covering_picture_is_scaled_alike_on_both_sides():
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (150, 0, 300, 100))
    covered = cover_picture(image, (100, 50), 2)
    assert covered.size == (150, 50)
    assert covered.getpixel((10, 25)) == (255, 0, 0)
    assert covered.getpixel((140, 25)) == (0, 0, 255)


def test_it_is_said_what_becomes_of_how_many_pictures():
    options = TrainingOptions(resolution=64, crop_size=32)
    frames = [frame_for(size, options, 8, 2) for size in ((200, 100), (64, 50), (64, 64), (20, 40))]
    assert [frame.scale for frame in frames] == [0.64, 1, 1, 1.6]
    assert counted(frames, 1) == (
        "Pictures: 4 are trained on (1 scaled down, 2 in their size, 1 scaled up), 1 left out. "
        "A step sees 32 x 32 pixels of each."
    )
    frames = [Frame((100, 100), (64, 64), None, 2), Frame((10, 20), (40, 80), None, 2)] * 2
    assert counted([*frames, frames[1]], 0) == (
        "Pictures: 5 are trained on (2 scaled down, 3 scaled up). Buckets: 40 x 80 (3), 64 x 64 (2)."
    )


@settings(deadline=None, max_examples=60)
@given(
    width=st.integers(40, 900),
    height=st.integers(40, 900),
    side=st.sampled_from([64, 96, 128]),
    multiple=st.sampled_from([8, 32]),
    buckets=st.booleans(),
)
def test_the_corner_is_where_the_fitted_picture_lies_in_the_scaled_one(
    width: int, height: int, side: int, multiple: int, buckets: bool
):
    """Known answer: every value of the picture says where it was."""
    options = TrainingOptions(resolution=side, buckets=buckets)
    frame = frame_for((width, height), options, multiple, 8)
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    for values, axis in ((across, 0), (down, 1)):
        fitted = np.asarray(frame.fit(Image.fromarray(values.astype(np.float32))))
        middle = [length // 2 for length in fitted.shape]
        place = middle[1 - axis]
        # A scaled side is rounded to whole pixels.
        assert fitted[tuple(middle)] * frame.scale - 0.5 - place == pytest.approx(
            frame.corner[axis], abs=1.6
        )


@pytest.mark.parametrize(
    ("size", "corner"),
    [
        ((1365, 1024), (10, 0)),
        ((1055, 1024), (15, 0)),
        ((1919, 1080), (13, 0)),
        ((20000, 1024), (5904, 0)),
    ],
)
def test_corners_of_pictures_that_sdxl_learns_from(size: tuple[int, int], corner: tuple[int, int]):
    options = TrainingOptions(resolution=1024)
    assert frame_for(size, options, 32, 8).corner == corner
