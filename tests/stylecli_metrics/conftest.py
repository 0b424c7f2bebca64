import pytest

from stroke_painter import photograph


@pytest.fixture(scope="session")
def content():
    """Eight photographs of a kind."""
    return [photograph(seed) for seed in range(24, 32)]


@pytest.fixture(scope="session")
def others():
    """Sixteen photographs of the same kind, none of them in `content`."""
    return [photograph(seed) for seed in range(100, 116)]
