"""``stylecli`` fetches its public names when they are used; type checkers see the same names."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import stylecli

TREE = ast.parse(Path(stylecli.__file__).read_text(encoding="utf-8"))


def test_type_checkers_see_the_names_where_they_are_fetched_from():
    (block,) = (node for node in TREE.body if isinstance(node, ast.If))
    seen = {alias.asname: node.module for node in block.body for alias in node.names}
    assert sorted(seen) == stylecli.__all__
    for name, module in seen.items():
        assert getattr(stylecli, name) is getattr(sys.modules[module], name)


def test_a_name_that_is_not_public_is_none():
    with pytest.raises(AttributeError, match="has no attribute 'Painter'"):
        _ = stylecli.Painter
    with pytest.raises(ImportError):
        from stylecli import Painter  # noqa: F401


def test_importing_it_imports_no_more_of_it():
    code = "import sys, stylecli; print(*(name for name in sys.modules if name[:9] == 'stylecli.'))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []
    assert set(stylecli.__all__) <= set(dir(stylecli))
