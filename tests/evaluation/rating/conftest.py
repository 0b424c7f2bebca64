"""Fixtures of what is shown in a browser."""

import pytest
from made_pictures import make_pictures, material_in


@pytest.fixture(scope="module")
def chromium():
    # Only where it is used: it is driven in a way that not every system has.
    import browser

    started = browser.Browser(browser.found())
    yield started
    started.close()


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    root = make_pictures(tmp_path_factory.mktemp("rated"), photos=4)
    return material_in(root)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "ratings.jsonl"
