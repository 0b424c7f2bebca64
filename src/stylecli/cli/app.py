"""The program's door: runs a command, or answers a TAB without loading any."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from stylecli.errors import StylecliError

TAB = "_STYLECLI_COMPLETE"
"""The variable that the completion scripts set; see `stylecli.cli.tab`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; errors are told without a traceback unless ``--debug`` is given.

    Returns:
        0 for success, 1 for failure or where nobody reads on (``| head``), 2 for a wrong call, 130
        when stopped.
    """
    code = _run(argv)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as problem:
        # Python flushes once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(problem, BrokenPipeError) or code:
            return code or 1
        said = StylecliError(f"What was printed cannot be written ({problem.strerror}).")
        return _failed(said, problem, False)
    return code


def _run(argv: Sequence[str] | None) -> int:
    if os.environ.get(TAB, "").startswith("complete_"):
        from stylecli.cli.tab.answer import answer

        return answer(os.environ[TAB].removeprefix("complete_"))
    from stylecli.cli.program import app

    args = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in args
    try:
        app([arg for arg in args if arg != "--debug"], prog_name="stylecli")
    except SystemExit as leaving:
        from stylecli.cli.blame import meant, unexpected

        if meant(leaving):
            return leaving.code if isinstance(leaving.code, int) else 0
        return _failed(unexpected(leaving), leaving, debug)
    except StylecliError as problem:
        return _failed(problem, problem, debug)
    except KeyboardInterrupt:
        return 130
    except BaseException as problem:
        from stylecli.cli.blame import unexpected

        return _failed(unexpected(problem), problem, debug)
    return 0


def _failed(said: StylecliError, problem: BaseException, debug: bool) -> int:
    if debug:
        # Python would end a program by a SystemExit without a traceback.
        raise (said if isinstance(problem, SystemExit) else problem)
    from stylecli.cli.console import print_error

    print_error(said)
    return said.exit_code


if __name__ == "__main__":
    sys.exit(main())
