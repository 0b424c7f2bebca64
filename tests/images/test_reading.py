import io
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from stylecli.errors import StylecliError, UsageError
from stylecli.images.reading import (
    MAX_PIXELS,
    PictureError,
    list_pictures,
    picture_size,
    read_picture,
)

ORIENTATION = 0x0112


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width, height):
    """A PNG that says how large it is and holds one byte of it."""
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def saved(image, path, **how):
    image.save(path, **how)
    return path


def pixels(path):
    image = read_picture(path)
    assert image.mode == "RGB"
    return np.asarray(image).astype(int)


def matrix_profile(gamma, columns):
    """An ICC profile of an RGB display: linear light is value ** gamma, its XYZ `columns` @ light."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    named = zip((b"rXYZ", b"gXYZ", b"bXYZ"), np.transpose(columns), strict=True)
    for name, xyz in [*named, (b"wtpt", (0.9642, 1.0, 0.8249))]:
        tags[name] = b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in xyz))
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78 + 3)
    tags[b"cprt"] = b"text" + bytes(4) + b"none"
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = bytearray(128)
    struct.pack_into(
        ">I4sI4s4s4s", header, 0, start + len(body), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ "
    )
    header[36:40] = b"acsp"
    struct.pack_into(">3i", header, 68, 63190, 65536, 54061)
    return bytes(header) + table + body


SRGB_TO_XYZ = np.array(
    [[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]]
)
LINEAR = matrix_profile(1.0, SRGB_TO_XYZ)
SWAPPED = matrix_profile(1.0, SRGB_TO_XYZ[:, ::-1])
"""A display that lights its blue where sRGB lights its red."""


def srgb_of_light(light):
    light = np.asarray(light, float)
    return 255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)


# --- what must work ---


def test_rgb_comes_back_as_it_was(tmp_path, picture):
    image = picture()
    assert (pixels(saved(image, tmp_path / "a.png")) == np.asarray(image)).all()


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.bmp", "a.gif", "a.tif", "a.ppm", "a.tga"])
def test_other_formats_show_the_same_picture(tmp_path, picture, name):
    image = picture()
    shown = pixels(saved(image, tmp_path / name))
    assert np.abs(shown - np.asarray(image)).mean() < 10


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_cmyk_keeps_its_colours(tmp_path, name):
    bands = {
        "white": (0, 0, 0, 0),
        "cyan": (255, 0, 0, 0),
        "red": (0, 255, 255, 0),
        "black": (0, 0, 0, 255),
    }
    expected = {
        "white": (255, 255, 255),
        "cyan": (0, 255, 255),
        "red": (255, 0, 0),
        "black": (0, 0, 0),
    }
    for colour, ink in bands.items():
        path = saved(Image.new("CMYK", (16, 16), ink), tmp_path / name)
        assert np.abs(pixels(path) - expected[colour]).max() <= 3, colour


def test_a_cmyk_jpeg_that_adobe_stored_inverted_is_not_a_negative(tmp_path):
    path = saved(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), tmp_path / "a.jpg")
    assert b"Adobe" in path.read_bytes()
    assert pixels(path).min() >= 252


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("kind", ["<u2", ">u2"])
def test_sixteen_bit_grey_is_scaled_to_eight(tmp_path, name, kind):
    values = np.array([[0, 257, 32768, 51200, 65535]], dtype=kind)
    shown = pixels(saved(Image.fromarray(values), tmp_path / name))
    assert shown[0].tolist() == [[grey] * 3 for grey in (0, 1, 128, 199, 255)]


def test_dark_sixteen_bit_grey_stays_dark(tmp_path):
    path = saved(Image.fromarray(np.full((2, 2), 200, dtype=np.uint16)), tmp_path / "a.png")
    assert pixels(path).max() <= 1


def test_thirty_two_bit_grey_keeps_its_values(tmp_path):
    low = saved(Image.fromarray(np.array([[0, 100, 255]], dtype=np.int32)), tmp_path / "a.tif")
    high = saved(
        Image.fromarray(np.array([[-5, 32768, 65535]], dtype=np.int32)), tmp_path / "b.tif"
    )
    assert pixels(low)[0, :, 0].tolist() == [0, 100, 255]
    assert pixels(high)[0, :, 0].tolist() == [0, 128, 255]


def test_floating_point_grey_keeps_its_values_and_holes_are_black(tmp_path):
    unit = np.array([[0, 0.5, 1, np.nan]], dtype=np.float32)
    bytes_ = np.array([[0, 100, 300, -3]], dtype=np.float32)
    assert pixels(saved(Image.fromarray(unit), tmp_path / "a.tif"))[0, :, 0].tolist() == [
        0,
        128,
        255,
        0,
    ]
    assert pixels(saved(Image.fromarray(bytes_), tmp_path / "b.tif"))[0, :, 0].tolist() == [
        0,
        100,
        255,
        0,
    ]


@pytest.mark.parametrize(("mode", "value"), [("L", 77), ("1", 1)])
def test_grey_becomes_three_equal_channels(tmp_path, mode, value):
    path = saved(Image.new(mode, (3, 2), value), tmp_path / "a.png")
    assert (pixels(path) == (255 if mode == "1" else value)).all()


def test_a_palette_shows_its_colours(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    path = saved(image, tmp_path / "a.png")
    assert pixels(path)[0].tolist() == [[10, 20, 30], [200, 100, 50]]


@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_the_transparent_colour_of_a_palette_is_white(tmp_path, name):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    path = saved(image, tmp_path / name, transparency=0)
    assert pixels(path)[0].tolist() == [[255, 255, 255], [200, 100, 50]]


@pytest.mark.parametrize(("mode", "colour"), [("RGB", (9, 8, 7)), ("L", 9)])
def test_a_single_transparent_colour_is_white(tmp_path, mode, colour):
    image = Image.new(mode, (2, 1), colour)
    image.putpixel((1, 0), 0 if mode == "L" else (0, 0, 0))
    shown = pixels(saved(image, tmp_path / "a.png", transparency=colour))
    assert shown[0].tolist() == [[255] * 3, [0] * 3]


def test_transparency_lets_white_through(tmp_path):
    image = Image.new("RGBA", (3, 1))
    image.putdata([(200, 0, 0, 0), (200, 0, 0, 255), (200, 0, 0, 51)])
    shown = pixels(saved(image, tmp_path / "a.png"))
    assert shown[0].tolist() == [[255, 255, 255], [200, 0, 0], [244, 204, 204]]


def test_grey_with_transparency_too(tmp_path):
    image = Image.new("LA", (3, 1))
    image.putdata([(80, 0), (80, 255), (0, 51)])
    shown = pixels(saved(image, tmp_path / "a.png"))
    assert shown[0].tolist() == [[255] * 3, [80] * 3, [204] * 3]


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_of_many_frames_the_first_is_taken(tmp_path, name):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    path = saved(frames[0], tmp_path / name, save_all=True, append_images=frames[1:])
    with Image.open(path) as image:
        assert image.n_frames == 3
    assert np.abs(pixels(path) - [255, 0, 0]).max() <= 4


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(tmp_path, name, orientation):
    upright = np.zeros((16, 24, 3), dtype=np.uint8)
    upright[:8, :8], upright[:8, 16:], upright[8:, :8] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    # As the EXIF standard words it: where row 0 and column 0 of the stored picture belong.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    how = {} if name == "a.png" else {"quality": 100, "subsampling": 0}
    path = saved(Image.fromarray(np.ascontiguousarray(stored)), tmp_path / name, exif=exif, **how)
    assert np.abs(pixels(path) - upright).max() <= 3
    assert read_picture(path).info == {}


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff"]
)
def test_damaged_exif_neither_loses_the_picture_nor_warns(tmp_path, picture, exif, recwarn):
    path = saved(picture(), tmp_path / "a.jpg", exif=exif)
    assert read_picture(path).size == (80, 64)
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("orientation", [0, 9, 60000])
def test_an_orientation_that_is_none_is_ignored(tmp_path, picture, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = saved(picture(), tmp_path / "a.png", exif=exif)
    assert (pixels(path) == np.asarray(picture())).all()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_a_colour_profile_is_converted(tmp_path, name):
    how = {"quality": 100} if name in ("a.jpg", "a.webp") else {}
    grey, colour = (64, 64, 64), (220, 100, 30)
    for stored in (grey, colour):
        image = Image.new("RGB", (8, 8), stored)
        path = saved(image, tmp_path / name, icc_profile=LINEAR, **how)
        expected = srgb_of_light(np.array(stored) / 255)
        assert np.abs(pixels(path) - expected).max() <= 4
        assert np.abs(expected - stored).max() > 40


def test_the_primaries_of_a_profile_count(tmp_path):
    path = saved(Image.new("RGB", (8, 8), (255, 0, 0)), tmp_path / "a.png", icc_profile=SWAPPED)
    assert np.abs(pixels(path)[0, 0] - [0, 0, 255]).max() <= 3


@pytest.mark.parametrize("mode", ["RGBA", "P", "P with alpha", "RGB with a transparent colour"])
def test_a_profile_is_converted_whatever_carries_the_colours(tmp_path, mode):
    colour = (255, 0, 0)
    how = {}
    if mode == "RGBA":
        image = Image.new("RGBA", (2, 1), (*colour, 255))
        image.putpixel((1, 0), (*colour, 0))
    elif mode.startswith("P"):
        image = Image.new("P", (2, 1))
        image.putpalette([*colour, 0, 255, 0])
        image.putdata([0, 1])
        how = {"transparency": 1} if mode != "P" else {}
    else:
        image = Image.new("RGB", (2, 1), colour)
        image.putpixel((1, 0), (1, 2, 3))
        how = {"transparency": (1, 2, 3)}
    path = saved(image, tmp_path / "a.png", icc_profile=SWAPPED, **how)
    shown = pixels(path)[0]
    assert np.abs(shown[0] - [0, 0, 255]).max() <= 3
    if mode != "P":
        assert shown[1].tolist() == [255, 255, 255]


def test_an_srgb_profile_changes_nothing(tmp_path, picture):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = saved(picture(), tmp_path / "a.png", icc_profile=profile)
    assert np.abs(pixels(path) - np.asarray(picture())).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("profile", [b"nonsense", LINEAR[:200], LINEAR])
def test_a_broken_or_unsuitable_profile_is_ignored(tmp_path, mode, profile):
    if mode == "RGB" and profile == LINEAR:
        profile = LINEAR[:-300]
    image = Image.new(mode, (8, 8), 100 if mode == "L" else (100, 100, 100, 0)[: len(mode)])
    path = saved(image, tmp_path / "a.tif", icc_profile=profile)
    assert (pixels(path) == (155 if mode == "CMYK" else 100)).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (5000, 3)])
def test_odd_sizes_are_read(tmp_path, size):
    path = saved(Image.new("RGB", size, "teal"), tmp_path / "a.png")
    assert read_picture(path).size == size
    assert picture_size(path) == size


def test_what_the_file_says_beside_the_picture_is_not_passed_on(tmp_path, picture):
    exif = Image.Exif()
    exif[0x010E] = "my street"
    path = saved(picture(), tmp_path / "a.jpg", exif=exif, icc_profile=LINEAR, comment=b"me")
    image = read_picture(path)
    image.save(tmp_path / "b.png")
    assert image.info == {}
    with Image.open(tmp_path / "b.png") as again:
        assert "icc_profile" not in again.info
        assert not again.getexif()


# --- what must be refused ---


def refusals(path):
    found = []
    for read in (read_picture, picture_size):
        try:
            read(path)
        except StylecliError as problem:
            found.append(problem)
    assert all(str(path) in problem.message for problem in found)
    return found


def test_a_missing_file_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none.jpg", tmp_path / "file" / "none.jpg"):
        first, second = refusals(path)
        assert "no such file" in first.message
        assert "no such file" in second.message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"Dear diary,\n" * 20, "not a picture"),
        (b"\xff\xd8\xff", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path, content, complaint):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    first, second = refusals(path)
    assert complaint in first.message
    assert complaint in second.message
    assert isinstance(first, PictureError)


def test_a_folder_and_a_name_too_long_are_refused(tmp_path):
    (tmp_path / "a.jpg").mkdir()
    for path in (tmp_path / "a.jpg", tmp_path / ("x" * 300 + ".jpg")):
        assert len(refusals(path)) == 2


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.bmp", "a.tif"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_picture_is_refused_by_name(tmp_path, picture, name, share):
    whole = saved(picture(size=(200, 160)), tmp_path / name).read_bytes()
    path = tmp_path / f"cut-{name}"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(PictureError) as caught:
        read_picture(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize("size", [(100_000, 100_000), (1, 2_000_000_000), (MAX_PIXELS // 100, 101)])
def test_an_enormous_picture_is_refused_before_it_is_decoded(tmp_path, size):
    path = tmp_path / "huge.png"
    path.write_bytes(png_header(*size))
    start = time.perf_counter()
    first, second = refusals(path)
    assert time.perf_counter() - start < 1
    assert "175 megapixels" in first.message
    assert "175 megapixels" in second.message


def test_the_largest_picture_that_is_allowed_is_not_refused_for_its_size(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png_header(MAX_PIXELS // 100, 100))
    assert picture_size(path) == (MAX_PIXELS // 100, 100)


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    image = Image.fromarray(np.arange(20 * 16 * 3, dtype=np.uint8).reshape(16, 20, 3))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "words"
    for name in ("a.jpg", "a.png", "a.webp", "a.tif"):
        saved(image, folder / name, exif=exif, icc_profile=LINEAR)
    for name in ("a.gif", "a.bmp", "a.ico", "a.ppm", "a.tga"):
        saved(image, folder / name)
    return sorted(folder.iterdir())


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_damage_does_more_than_be_refused(sound_files, data):
    source = data.draw(st.sampled_from(sound_files))
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(len(content) // 2, len(content)))]
    path = source.parent / ".damaged"
    path.write_bytes(content)
    try:
        image = read_picture(path)
    except PictureError as problem:
        assert str(path) in problem.message  # noqa: PT017 - either outcome is right
    else:
        assert image.mode == "RGB"


# --- folders ---


def test_pictures_of_a_folder_are_named_in_order(tmp_path, picture):
    for name in ("b.PNG", "a.jpg", "c.webp", ".hidden.png"):
        picture().save(tmp_path / name)
    (tmp_path / "a.txt").write_text("caption")
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_pictures(tmp_path)] == ["a.jpg", "b.PNG", "c.webp"]


def test_a_folder_that_is_none_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_text("")
    cases = {
        "none": "no such folder",
        "file": "not a folder",
        "file/below": "not a folder",
        "x" * 300: "cannot be read",
    }
    for name, complaint in cases.items():
        with pytest.raises(UsageError, match=complaint) as caught:
            list_pictures(tmp_path / name)
        assert str(tmp_path / name) in caught.value.message


def test_a_folder_without_pictures_is_refused_and_says_what_it_holds(tmp_path):
    with pytest.raises(UsageError, match="it is empty"):
        list_pictures(tmp_path)
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "more").mkdir()
    with pytest.raises(UsageError, match="it holds 2 other"):
        list_pictures(tmp_path)


def test_the_bytes_of_a_file_decide_not_its_name(tmp_path, picture):
    buffer = io.BytesIO()
    picture().save(buffer, "PNG")
    path = tmp_path / "a.jpg"
    path.write_bytes(buffer.getvalue())
    assert read_picture(path).size == (80, 64)
