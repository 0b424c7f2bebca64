"""``eval`` takes options and has commands of its own: what is neither is told apart."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from stylecli.errors import UsageError


class EvalGroup(TyperGroup):
    """Says what a word behind ``eval`` that is no command was probably meant for."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command."""
        if args and args[0] not in self.commands:
            raise UsageError(
                f"eval takes no {args[0]!r} by itself; its commands are {', '.join(self.commands)}.",
                "Repeat an option for several values (--style A --style B), and put quotes around names with spaces.",
            )
        return super().resolve_command(ctx, args)
