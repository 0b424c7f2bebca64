"""How each shell's script, as Typer makes it, asks and wants to be answered."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

Offered = Sequence[tuple[str, str]]
_SEPARATORS = re.compile("[=:@]+")
_OPTION = re.compile("--?[a-zA-Z]")


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
        """Bash makes ``=``, ``:`` and ``@`` outside quotes words of their own, spaces around them or none.

        They are taken for parts of the words beside them, unless what follows looks like an option:
        ``--prefix Anime: --style``.
        """
        number = int(os.environ["COMP_CWORD"])
        typed = list(_bash_words(os.environ["COMP_WORDS"]))[1 : number + 1]
        typed += [""] * (number - len(typed))
        joined: list[str] = []
        before = ""
        for raw in typed:
            goes_on = _SEPARATORS.fullmatch(before) and not _OPTION.match(raw)
            if joined and (goes_on or _SEPARATORS.fullmatch(raw)):
                joined[-1] += _unquoted(raw)
            else:
                joined.append(_unquoted(raw))
            before = raw
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


def _bash_words(text: str) -> Iterator[str]:
    """The words of a line with their quotes, as bash's script hands them over: one a line.

    What is in quotes may go over several lines.
    """
    import shlex

    word = ""
    *before, last = text.split("\n")
    for line in before:
        word += line
        try:
            shlex.split(word)
        except ValueError:
            word += "\n"
            continue
        yield word
        word = ""
    yield word + last


def _unquoted(word: str) -> str:
    return " ".join(_split(word))


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
