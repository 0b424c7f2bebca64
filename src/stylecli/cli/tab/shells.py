"""How each shell's script, as Typer makes it, asks and wants to be answered."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

Offered = Sequence[tuple[str, str]]


class Shell(ABC):
    """Words in an environment variable, as zsh and fish hand them over.

    Attributes:
        splits_at_equals: Whether it takes what stands behind ``=`` for a word of its own.
    """

    splits_at_equals = False

    def words(self) -> tuple[list[str], str]:
        """What was typed behind the program's name, and the word that is being typed."""
        line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
        words = _split(line)[1:]
        return (words, "") if not words or line[-1:].isspace() else (words[:-1], words[-1])

    @abstractmethod
    def told(self, offers: Offered) -> tuple[str, int]:
        """What to print, and the exit code."""


class Bash(Shell):
    """One word a line; with none, bash offers files."""

    splits_at_equals = True

    def words(self) -> tuple[list[str], str]:
        """Bash makes ``=`` and ``:`` words of their own."""
        number = int(os.environ["COMP_CWORD"])
        words = _split(os.environ["COMP_WORDS"])[1:]
        incomplete = words[number - 1] if number <= len(words) else ""
        joined: list[str] = []
        for word in [*words[: number - 1], incomplete]:
            if joined and (word in ("=", ":") or joined[-1][-1:] in ("=", ":")):
                joined[-1] += word
            else:
                joined.append(word)
        return joined[:-1], joined[-1] if joined else ""

    def told(self, offers: Offered) -> tuple[str, int]:
        """The words."""
        return "".join(f"{word}\n" for word, _ in offers), 0


class Zsh(Shell):
    """A command that zsh evaluates."""

    def told(self, offers: Offered) -> tuple[str, int]:
        """The words with what each is, or the command that offers files."""
        if not offers:
            return "_files\n", 0
        listed = "\n".join(
            f'"{_for_zsh(word)}":"{_for_zsh(what)}"' if what else f'"{_for_zsh(word)}"'
            for word, what in offers
        )
        return f"_arguments '*: :(({listed}))'\n", 0


class Fish(Shell):
    """One word a line with what it is; asked first whether there are any."""

    def told(self, offers: Offered) -> tuple[str, int]:
        """The words, or in the exit code whether there are any."""
        if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
            return "", 0 if offers else 1
        return "".join(f"{word}\t{what}\n" if what else f"{word}\n" for word, what in offers), 0


class PowerShell(Shell):
    """One word a line with what it is."""

    def words(self) -> tuple[list[str], str]:
        """PowerShell hands over the word that is being typed by itself."""
        words = _split(os.environ.get("_TYPER_COMPLETE_ARGS", ""))[1:]
        incomplete = os.environ.get("_TYPER_COMPLETE_WORD_TO_COMPLETE", "")
        return (words[:-1] if incomplete else words), incomplete

    def told(self, offers: Offered) -> tuple[str, int]:
        """The words with what each is."""
        return "".join(f"{word}:::{what or ' '}\n" for word, what in offers), 0


SHELLS: dict[str, Shell] = {
    "bash": Bash(),
    "zsh": Zsh(),
    "fish": Fish(),
    "powershell": PowerShell(),
    "pwsh": PowerShell(),
}


def _split(line: str) -> list[str]:
    """Split a line into words; a quote that is still open is no error."""
    import shlex

    reader = shlex.shlex(line, posix=True)
    reader.whitespace_split = True
    reader.commenters = ""
    words: list[str | None] = []
    try:
        words.extend(reader)
    except ValueError:
        # The word as far as it goes.
        words.append(reader.token)
    return [word for word in words if isinstance(word, str)]


def _for_zsh(text: str) -> str:
    """Text in double quotes, inside single quotes, that zsh evaluates once more."""
    text = re.sub(r'([\\"$`])', r"\\\1", text)
    return text.replace(":", "\\\\:").replace("'", "'\\''")
