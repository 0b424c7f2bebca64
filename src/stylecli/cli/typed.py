"""Reading a command line before it is known which options there are."""

from __future__ import annotations

from collections.abc import Sequence

METHOD = ("--method", "-m")
CAPTIONER = ("--captioner", "-c")
STYLE = ("--style", "-s")
BASE = ("--base",)
CONFIG = ("--config",)


def last_typed(args: Sequence[str], flags: tuple[str, ...]) -> str | None:
    """The value of an option as typed; the last one counts."""
    values = all_typed(args, flags)
    return values[-1] if values else None


def all_typed(args: Sequence[str], flags: tuple[str, ...]) -> list[str]:
    """The values of an option as typed: ``--flag value``, ``--flag=value``, ``-fvalue``."""
    found = []
    for index, arg in enumerate(args):
        if arg == "--":
            break
        if arg in flags and index + 1 < len(args):
            found.append(args[index + 1])
        for flag in flags:
            if flag.startswith("--") and arg.startswith(f"{flag}="):
                found.append(arg.partition("=")[2])
            elif not flag.startswith("--") and arg.startswith(flag) and arg != flag:
                found.append(arg[len(flag) :])
    return found
