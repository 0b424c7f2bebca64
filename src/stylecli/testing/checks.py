"""Checks that a plugin's work keeps a contract: plain functions by name, to be run by whatever runs tests."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from unittest import SkipTest

from stylecli.errors import StylecliError, told
from stylecli.testing.watching import no_output

State = Literal["passed", "failed", "skipped"]


class Nonconformance(AssertionError):
    """A contract is not kept.

    Args:
        problem: What is wrong.
        contract: What the contract says.
    """

    def __init__(self, problem: str, contract: str = "") -> None:
        super().__init__(f"{problem}\n  The contract: {contract}" if contract else problem)
        self.problem = problem
        self.contract = contract


class NotApplicable(SkipTest):
    """There is nothing to check; pytest and unittest show the test as skipped."""


@dataclass(frozen=True)
class Check:
    """One check; calling it runs it.

    Attributes:
        name: Short, such as "batches"; ``str(check)`` gives it.
        says: What is so when it passes, in a few words.
        run: Does it.
    """

    name: str
    says: str
    run: Callable[[], None]

    def __call__(self) -> None:
        """Check.

        Raises:
            Nonconformance: The contract is not kept.
            NotApplicable: There is nothing to check.
        """
        try:
            self.run()
        except (Nonconformance, SkipTest, KeyboardInterrupt):
            raise
        # What is checked is anybody's code.
        except BaseException as problem:
            raise _unexpected(problem) from problem

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Verdict:
    """What came of a check.

    Attributes:
        check: Its name.
        says: What is so when it passes.
        state: "passed", "failed" or "skipped".
        reason: Why it failed or was skipped, or "".
        contract: What the contract says, where it failed; or "".
        seconds: How long it took.
    """

    check: str
    says: str
    state: State
    reason: str = ""
    contract: str = ""
    seconds: float = 0.0


def run_checks(checks: Iterable[Check]) -> Iterator[Verdict]:
    """Run checks one after the other; each verdict is there as soon as it is known.

    What is printed inside of them is swallowed: the checks themselves say where nothing may be.
    """
    for check in checks:
        started = time.perf_counter()
        state: State = "passed"
        reason = contract = ""
        try:
            with no_output():
                check()
        except Nonconformance as problem:
            state, reason, contract = "failed", problem.problem, problem.contract
        except SkipTest as why:
            state, reason = "skipped", str(why)
        seconds = time.perf_counter() - started
        yield Verdict(check.name, check.says, state, reason, contract, seconds)


def demand(checks: Iterable[Check], what: str) -> None:
    """Run checks to the end.

    Args:
        checks: The checks.
        what: What they are about, for the message: "method 'mine'".

    Raises:
        Nonconformance: With everything that is wrong.
    """
    failed = [verdict for verdict in run_checks(checks) if verdict.state == "failed"]
    if failed:
        lines = [
            f"{each.check}: {each.reason}"
            + (f"\n    The contract: {each.contract}" if each.contract else "")
            for each in failed
        ]
        raise Nonconformance("\n  ".join([f"{what} fails {len(failed)} checks:", *lines]))


def chosen(checks: Sequence[Check], only: Sequence[str]) -> list[Check]:
    """Those of the checks that are wanted by name; all where none is."""
    return [check for check in checks if not only or check.name in only]


def _unexpected(problem: BaseException) -> Nonconformance:
    """What to say of an exception that no check expects: what it is, and where it came from."""
    said = told(problem)
    if isinstance(problem, StylecliError) and problem.hint:
        said += f" ({problem.hint})"
    frames = traceback.extract_tb(problem.__traceback__)
    where = frames[-1] if frames else None
    place = f", in {where.filename} line {where.lineno}" if where else ""
    return Nonconformance(f"It raised {said}{place}.")
