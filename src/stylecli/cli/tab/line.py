"""Where on a command line TAB was pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Node = dict[str, Any]
Variant = Callable[[str, Node, Sequence[str]], Node]


class Line:
    """A command line up to the word that TAB was pressed in.

    Attributes:
        node: The menu's entry of the command that the words have come to.
        words: The words behind that command's name.
        used: Flags that were given to it.
        pending: The option whose value is being typed, or None.
        count: How many arguments it was given.
        ended: Whether ``--`` was typed: what follows are no options.
        lost: Whether a command was named that there is not.
    """

    def __init__(self, program: Node, words: Sequence[str], variant: Variant) -> None:
        """Go along the words.

        Args:
            program: The menu's tree.
            words: All that was typed before, without the program's name.
            variant: Gives, for a command's name and entry and the words behind it, the entry of the
                method that they are about.
        """
        self.node = program
        self.words = list(words)
        self._start()
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if not self.ended and word.startswith("-") and len(word) > 1:
                rest = self._option(word, rest)
            elif "commands" in self.node:
                if word not in self.node["commands"]:
                    self.lost = True
                    return
                self.node = variant(word, self.node["commands"][word], rest)
                self.words = list(rest)
                self._start()
            else:
                self.count += 1

    def _start(self) -> None:
        self.used: set[str] = set()
        self.pending: Node | None = None
        self.count = 0
        self.ended = False
        self.lost = False

    def _option(self, word: str, rest: list[str]) -> list[str]:
        """Take an option, and give what is left behind its values."""
        if word == "--":
            self.ended = True
            return rest
        flag, equals, _ = word.partition("=")
        option = self.option(flag)
        if option is None and not word.startswith("--") and (short := self.option(word[:2])):
            # -sNAME holds its value.
            self.used.update(short["flags"])
            return rest
        if option is None:
            return rest
        self.used.update(option["flags"])
        if equals or not option["takes"]:
            return rest
        if len(rest) < option["takes"]:
            self.pending = option
        return rest[option["takes"] :]

    def option(self, flag: str) -> Node | None:
        """The command's option with this flag, or None."""
        return next((each for each in self.node["options"] if flag in each["flags"]), None)

    def argument(self) -> Node | None:
        """The argument that the next word belongs to, or None where there is none."""
        left = self.count
        for argument in self.node["arguments"]:
            if argument["count"] < 0 or left < argument["count"]:
                return dict(argument)
            left -= argument["count"]
        return None
