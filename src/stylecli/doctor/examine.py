"""All of the doctor's checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stylecli.doctor.bases import check_bases
from stylecli.doctor.device import check_device
from stylecli.doctor.finding import Finding, first_line
from stylecli.doctor.folders import check_folders
from stylecli.doctor.hub import check_hub
from stylecli.doctor.leftovers import check_leftovers
from stylecli.doctor.libraries import check_libraries
from stylecli.doctor.machine import check_machine
from stylecli.doctor.plugins import check_plugins
from stylecli.doctor.runs import check_runs
from stylecli.doctor.styles import check_styles
from stylecli.doctor.trying import Tried, try_libraries
from stylecli.doctor.variables import check_variables

Check = Callable[[], Iterable[Finding]]


def examine(online: bool = False) -> list[Finding]:
    """Look at everything.

    Args:
        online: Whether the hub may be asked, too; nothing else uses the network.
    """
    tried: dict[str, Tried] = {}
    checks: dict[str, Check] = {
        "libraries": lambda: check_libraries(tried),
        "device": lambda: check_device(tried),
        "machine": check_machine,
        "folders": check_folders,
        "plugins": check_plugins,
        "bases": check_bases,
        "styles": check_styles,
        "runs": check_runs,
        "leftovers": check_leftovers,
        "variables": check_variables,
    }
    if online:
        checks["hub"] = check_hub
    found = [*_guarded("libraries", lambda: _trying(tried))]
    for topic, check in checks.items():
        found += _guarded(topic, check)
    return found


def _trying(tried: dict[str, Tried]) -> Iterable[Finding]:
    tried.update(try_libraries())
    return ()


def _guarded(topic: str, check: Check) -> list[Finding]:
    """What a check finds; that it failed, where it does."""
    found: list[Finding] = []
    try:
        for finding in check():
            found.append(finding)
    except Exception as problem:
        text = f"could not be looked at ({first_line(problem)})"
        fix = "stylecli --debug doctor shows where; please report it"
        found.append(Finding(topic, topic, text, "problem", fix))
    return found
