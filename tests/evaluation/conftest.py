import pytest
from made_weights import CONTENT, JUDGE

from file_server import serving_files
from stylecli.evaluation.weights.digests import Digests
from stylecli.evaluation.weights.fetching import fetch


@pytest.fixture
def server():
    with serving_files({"judge.bin": CONTENT}) as running:
        yield running


@pytest.fixture
def bring(tmp_path):
    """Fetches into a library of its own; `bring.told` is what was said."""

    def run(weights=JUDGE, source=None, overwrite=False, progress=None):
        def heard(event):
            run.told += [event.message] if event.message else []
            if progress:
                progress(event)

        return fetch(weights, run.library, Digests(tmp_path / "digests"), heard, source, overwrite)

    run.told = []
    run.library = tmp_path / "weights"
    run.file = run.library / "judge" / "judge.bin"
    return run
