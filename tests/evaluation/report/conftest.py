"""Pages of made-up evaluations."""

from __future__ import annotations

import pytest
from made_evaluation import gallery
from read_page import read

from stylecli.evaluation.report.page.document import page_of


@pytest.fixture
def shown(tmp_path):
    """Makes the page of an evaluation, with plain pictures; gives it as elements."""

    def show(found, **changes):
        return read(page_of(found, gallery(tmp_path / "pictures", found, **changes)))

    return show
