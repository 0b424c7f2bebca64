"""Whether a plugin keeps its contracts: checks of methods, captioners, metrics and bases.

Each check is a plain function that raises `Nonconformance` and says what is wrong and what the
contract says. ``check_method(MyMethod())`` runs them all; for pytest::

    @pytest.mark.parametrize("check", method_checks(MyMethod()), ids=str)
    def test_my_method(check):
        check()

They train and transfer on miniature bases with random weights, in seconds, in temporary folders.
"""

from stylecli.testing.bases import base_checks, check_base
from stylecli.testing.captioners import captioner_checks, check_captioner
from stylecli.testing.checks import Check, Nonconformance, NotApplicable, Verdict, run_checks
from stylecli.testing.methods import check_method, method_checks
from stylecli.testing.metrics import check_metric, metric_checks
from stylecli.testing.miniature import miniature
from stylecli.testing.plugins import command_checks, plugin_checks

__all__ = [
    "Check",
    "Nonconformance",
    "NotApplicable",
    "Verdict",
    "base_checks",
    "captioner_checks",
    "check_base",
    "check_captioner",
    "check_method",
    "check_metric",
    "command_checks",
    "method_checks",
    "metric_checks",
    "miniature",
    "plugin_checks",
    "run_checks",
]
