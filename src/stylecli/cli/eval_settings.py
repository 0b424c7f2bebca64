"""Transfer settings that are typed for all styles at once: ``--strength 0.4,0.6 --set steps=20``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stylecli.cli.given import AUTO
from stylecli.errors import UsageError, did_you_mean
from stylecli.options import OptionField, check_value


@dataclass(frozen=True)
class Typed:
    """What was typed.

    Attributes:
        strengths: The strengths, or ().
        texts: Other settings as typed, by option name.
    """

    strengths: tuple[float, ...]
    texts: Mapping[str, str]

    def check(self, methods: Sequence[Mapping[str, OptionField]]) -> None:
        """Refuse settings that one of the methods does not have: they could not be equal.

        Raises:
            UsageError: Which; the hint names the nearest that all have.
        """
        shared = set.intersection(*(set(fields) for fields in methods)) if methods else set()
        wanted = [*self.texts, *(["strength"] if self.strengths else [])]
        for name in wanted:
            if name not in shared:
                somewhere = any(name in fields for fields in methods)
                problem = "not all of the methods have" if somewhere else "no method here has"
                raise UsageError(
                    f"{problem.capitalize()} a setting {name!r}.",
                    did_you_mean(name, shared)
                    or f"There are: {', '.join(sorted(shared)) or 'none'}.",
                )

    def values(self, fields: Mapping[str, OptionField]) -> dict[str, Any]:
        """The values for one method.

        Raises:
            UsageError: Not of the option's type, or out of its range.
        """
        found: dict[str, Any] = {}
        if self.strengths:
            for strength in self.strengths:
                check_value(fields["strength"], strength, "command line")
            found["strength"] = self.strengths[0]
        for name, text in self.texts.items():
            found[name] = check_value(fields[name], _parsed(fields[name], text), "--set")
        return found


def read_typed(strength: str | None, settings: Sequence[str]) -> Typed:
    """Read the options as typed.

    Raises:
        UsageError: A strength that is no number, or a setting that is not ``NAME=VALUE``.
    """
    strengths = []
    if strength and AUTO in map(str.strip, strength.split(",")):
        raise UsageError(
            f"--strength: {AUTO} is not possible here: what is compared is painted at equal settings.",
            f"Find one with stylecli transfer --strength {AUTO}, and type it.",
        )
    for part in (strength or "").split(",") if strength else ():
        try:
            strengths.append(float(part))
        except ValueError as problem:
            raise UsageError(f"--strength: {part.strip()!r} is not a number.") from problem
    texts = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(
                f"--set: {text!r} is not NAME=VALUE.", "Write it as in --set steps=20."
            )
        texts[name.strip().removeprefix("--").replace("-", "_")] = value.strip()
    if "strength" in texts:
        raise UsageError("--set strength=…: use --strength, which takes several values, too.")
    return Typed(tuple(dict.fromkeys(strengths)), texts)


def _parsed(field: OptionField, text: str) -> Any:
    """The text as a value of the option's type; what is none stays a text and is refused later."""
    from pydantic import TypeAdapter, ValidationError

    if field.optional and text.lower() == "none":
        return None
    try:
        return TypeAdapter(field.type).validate_strings(text)
    except ValidationError:
        return text
