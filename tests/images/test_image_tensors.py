import numpy as np
import pytest
import torch
from PIL import Image

from stylecli.images.tensors import to_pictures, to_tensor


def test_black_is_minus_one_and_white_one():
    image = Image.new("RGB", (2, 1))
    image.putdata([(0, 0, 0), (255, 0, 51)])
    tensor = to_tensor([image])
    assert tensor.dtype == torch.float32
    assert tensor.shape == (1, 3, 1, 2)
    assert tensor[0, :, 0, 0].tolist() == [-1, -1, -1]
    assert tensor[0, :, 0, 1].tolist() == pytest.approx([1, -1, -0.6])


def test_all_values_come_back():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    images = [
        Image.fromarray(np.stack([ramp, ramp.T, 255 - ramp], axis=-1)),
        Image.new("RGB", (16, 16), "teal"),
    ]
    again = to_pictures(to_tensor(images))
    assert [image.tobytes() for image in again] == [image.tobytes() for image in images]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_values_outside_are_clipped_whatever_the_precision(dtype):
    pixels = torch.tensor([-9.0, 0.0, 9.0], dtype=dtype).reshape(1, 3, 1, 1)
    assert to_pictures(pixels)[0].getpixel((0, 0)) == (0, 128, 255)


def test_pictures_of_other_modes_are_taken_as_rgb():
    assert to_tensor([Image.new("L", (3, 2), 255)]).shape == (1, 3, 2, 3)


def test_pictures_of_different_sizes_cannot_be_stacked():
    with pytest.raises(ValueError, match="same shape"):
        to_tensor([Image.new("RGB", (3, 2)), Image.new("RGB", (2, 3))])
