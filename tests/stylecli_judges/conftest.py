import numpy as np
import pytest
from PIL import Image
from random_networks import local_network


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    """Local files of a network with random weights, by its name; made when first asked for."""
    folder = tmp_path_factory.mktemp("networks")
    return lambda name: local_network(name, folder)


@pytest.fixture(scope="session")
def scene():
    """A picture of large and small shapes, in colour."""

    def drawn(seed, size=(120, 90)):
        generator = np.random.default_rng(seed)
        coarse = Image.fromarray(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        fine = Image.fromarray(generator.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
        return Image.blend(coarse.resize(size, Image.Resampling.BICUBIC), fine, 0.2)

    return drawn
