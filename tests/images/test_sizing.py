import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylecli.images.sizing import MAX_AREA_FACTOR, MIN_SIDE, frame, unframe, working_size

sides = st.integers(1, 20_000)
short_sides = st.integers(16, 2048)
multiples = st.sampled_from([2, 8, 24, 64])


@pytest.mark.parametrize(
    ("size", "short_side", "expected"),
    [
        ((640, 480), 512, (683, 512)),
        ((480, 640), 512, (512, 683)),
        ((100, 100), 256, (256, 256)),
        ((1, 1), 256, (256, 256)),
        ((4096, 512), 256, (2048, 256)),
        ((8192, 512), 256, (2896, 181)),
        ((4000, 10), 256, (8192, 20)),
        ((10, 4000), 256, (20, 8192)),
        ((100_000, 1), 256, (8192, 1)),
    ],
)
def test_known_sizes(size, short_side, expected):
    assert working_size(*size, short_side) == expected


@given(sides, sides, short_sides)
def test_the_aspect_is_kept_within_rounding(width, height, short_side):
    new_width, new_height = working_size(width, height, short_side)
    rounding = 1 if 1 in (new_width, new_height) else 0.5
    assert abs(new_width * height - new_height * width) <= rounding * (width + height) + 1e-6


@given(sides, sides, st.integers(MIN_SIDE, 2048))
def test_the_short_side_is_the_asked_for_one_unless_the_picture_is_very_long(
    width, height, short_side
):
    short = min(working_size(width, height, short_side))
    very_long = max(width, height) > MAX_AREA_FACTOR * min(width, height)
    assert short <= short_side if very_long else short == short_side


@given(sides, sides, short_sides)
def test_area_and_length_are_limited(width, height, short_side):
    new_width, new_height = working_size(width, height, short_side)
    limit = MAX_AREA_FACTOR * short_side**2
    assert min(new_width, new_height) >= 1
    assert new_width * new_height <= limit + new_width + new_height
    assert max(new_width, new_height) * MIN_SIDE <= limit


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([16, 64, 100]), multiples)
def test_a_frame_is_full_cells_and_unframing_gives_the_working_size(
    width, height, short_side, multiple
):
    framed = frame(Image.new("RGB", (width, height), "teal"), short_side, multiple)
    assert framed.size == working_size(width, height, short_side)
    assert all(side % multiple == 0 and side >= MIN_SIDE for side in framed.image.size)
    least = max(multiple, MIN_SIDE)
    for side, full in zip(framed.size, framed.image.size, strict=True):
        assert full - side < multiple or full < least + multiple
    assert unframe(framed.image, framed).size == framed.size


@pytest.mark.parametrize("size", [(1, 1), (4000, 10), (10, 4000), (97, 61)])
def test_the_picture_survives_framing(size):
    image = Image.new("RGB", size, (12, 200, 99))
    framed = frame(image, 64, 8)
    assert set(framed.image.get_flattened_data()) == {(12, 200, 99)}
    assert max(framed.image.size) <= MAX_AREA_FACTOR * 64


def test_a_picture_of_the_right_size_is_left_as_it_is(picture):
    image = picture(size=(128, 64))
    framed = frame(image, 64, 8)
    assert framed.size == framed.image.size == (128, 64)
    assert framed.image.tobytes() == image.tobytes()


def test_padding_repeats_the_border_and_is_cut_off_again(picture):
    image = picture(size=(101, 64))
    framed = frame(image, 64, 8)
    padded, original = np.asarray(framed.image), np.asarray(image)
    assert padded.shape == (64, 104, 3)
    assert (padded[:, :101] == original).all()
    assert (padded[:, 101:] == original[:, 100:101]).all()
    assert unframe(framed.image, framed).tobytes() == image.tobytes()
