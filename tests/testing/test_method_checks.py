"""Every check of a method can fail: methods broken in one place each, and one that is whole."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import SkipTest

import pytest
from broken_methods import CASES
from plain_method import Plain

from stylecli.errors import UsageError
from stylecli.testing import Nonconformance, check_method, method_checks, run_checks

OPTIONS = {"steps": 2}
TRANSFER = {"steps": 2}
WHOLE = method_checks(Plain(), OPTIONS, transfer=TRANSFER)


def named(method, name, options=None):
    (check,) = [
        each for each in method_checks(method, options, transfer=TRANSFER) if each.name == name
    ]
    return check


@pytest.mark.parametrize("check", WHOLE, ids=str)
def test_a_method_that_keeps_its_contract_passes(check):
    check()


@pytest.mark.parametrize(
    ("name", "words", "method"), CASES, ids=[f"{case[0]}: {case[2].__name__}" for case in CASES]
)
def test_a_method_that_does_not_is_told_what_is_wrong(name, words, method):
    with pytest.raises(Nonconformance) as caught:
        named(method(), name, {} if name == "resume" else OPTIONS)()
    assert words in str(caught.value)


def test_every_check_has_been_seen_to_fail():
    assert {check.name for check in WHOLE} == {name for name, _, _ in CASES}


def test_nonconformance_says_what_the_contract_is():
    (case,) = [method for _, _, method in CASES if method.__name__ == "Printing"]
    with pytest.raises(AssertionError, match="The contract: Print nothing"):
        named(case(), "quiet", OPTIONS)()


def test_one_call_names_everything_that_is_wrong():
    class Twice(Plain):
        name = "Two Words"
        summary = "two\nlines"

        def train(self, run):
            raise RuntimeError("a bug")

    with pytest.raises(Nonconformance) as caught:
        check_method(Twice())
    said = str(caught.value)
    assert said.startswith("Method 'Two Words' fails 2 checks:")
    assert "described: The name is 'Two Words'" in said
    assert "training: It raised RuntimeError: a bug" in said
    assert said.count("RuntimeError") == 1


def test_where_there_is_no_style_the_other_checks_are_left_out():
    class Untrained(Plain):
        def train(self, run):
            raise RuntimeError("a bug")

    checks = method_checks(Untrained())
    verdicts = {each.check: each for each in run_checks(checks)}
    assert [name for name, each in verdicts.items() if each.state == "failed"] == ["training"]
    assert verdicts["batches"].reason == "There is nothing to look at: see the check 'training'."


def test_what_does_not_apply_is_skipped():
    class Textless(Plain):
        GenerateOptions = None

        def generator(self, base, styles, options):
            raise UsageError("no pictures from text")

    with pytest.raises(SkipTest, match="makes no pictures from text"):
        named(Textless(), "generator", OPTIONS)()


def test_every_family_of_a_method_is_tried_unless_one_is_named():
    class Both(Plain):
        families = frozenset({"sd15", "sdxl"})

    names = [check.name for check in method_checks(Both())]
    assert {"options", "training-sd15", "training-sdxl"} <= set(names)
    assert "training" in [check.name for check in method_checks(Both(), family="sdxl")]


def test_an_option_that_the_method_does_not_have_is_an_error():
    with pytest.raises(Nonconformance, match="No such option: ranck"):
        named(Plain(), "training", {"ranck": 3})()


def test_nothing_is_loaded_for_the_list_of_checks():
    import subprocess

    code = "import sys, stylecli, stylecli.testing; from plain_method import Plain; "
    code += "stylecli.testing.method_checks(Plain()); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


PACKAGED = """
from pathlib import Path
from plain_method import Plain
from safetensors.numpy import save_file
import numpy as np

class Packaged(Plain):
    def train(self, run):
        # Below Python, where no opening of a file is heard of.
        save_file({"learnt": np.zeros(1)}, Path(__file__).with_name("learnt.safetensors"))
        return super().train(run)
"""


def test_a_package_is_no_place_for_what_was_learnt(tmp_path, monkeypatch):
    package = tmp_path / "packaged_for_tests"
    package.mkdir()
    (package / "__init__.py").write_text(PACKAGED)
    monkeypatch.syspath_prepend(tmp_path)
    from packaged_for_tests import Packaged

    with pytest.raises(Nonconformance) as caught:
        named(Packaged(), "writes", OPTIONS)()
    said = "Training wrote the package's folder packaged_for_tests/learnt.safetensors."
    assert said in str(caught.value)


LAZY = """
from dataclasses import replace
import stylecli
from plain_method import Plain

class Lazy(Plain):
    def train(self, run):
        from lazy_for_tests import shelf
        style = super().train(run)
        shelf.NAMES.append(run.name)
        return style

    def stylizer(self, base, styles, options):
        from lazy_for_tests import shelf
        known = [it for it in styles if it.style.name in shelf.NAMES]
        return super().stylizer(base, known, options)
"""


def test_what_is_kept_in_a_module_that_training_loads_is_found_and_put_back(tmp_path, monkeypatch):
    package = tmp_path / "lazy_for_tests"
    package.mkdir()
    (package / "__init__.py").write_text(LAZY)
    (package / "shelf.py").write_text("NAMES = []")
    monkeypatch.syspath_prepend(tmp_path)
    from lazy_for_tests import Lazy

    with pytest.raises(Nonconformance, match=r"without what is kept in lazy_for_tests\.shelf"):
        named(Lazy(), "file", OPTIONS)()
    from lazy_for_tests import shelf

    assert shelf.NAMES == ["monet"]
