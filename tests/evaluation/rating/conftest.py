"""Pictures to rate, where answers go, and who asks for both."""

import pytest
from made_pictures import Visitor, make_pictures, material_in, served


@pytest.fixture(scope="module")
def chromium():
    # Only where it is used: it is driven in a way that not every system has.
    import browser

    started = browser.Browser(browser.found())
    yield started
    started.close()


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return material_in(make_pictures(tmp_path_factory.mktemp("rated")))


@pytest.fixture
def results(tmp_path):
    return tmp_path / "ratings.jsonl"


@pytest.fixture
def visitor(material, results):
    with served(material, results, ("real", "choice", "score")) as (server, _):
        yield Visitor(server.address())
