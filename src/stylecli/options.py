"""Options declared once: a frozen dataclass whose fields are ``Annotated[type, typer.Option(...)]``.

The same declaration makes the command line, checks a ``--config`` file, and is recorded in the
style file.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from typer.models import OptionInfo

from stylecli.errors import UsageError, did_you_mean


class Sweep:
    """Marks a float field that takes several values at once on the command line: ``0.3,0.5``."""


@dataclass(frozen=True)
class OptionField:
    """One declared option.

    Attributes:
        name: The field's name; on the command line ``--`` and dashes for underscores.
        type: int, float, bool, str or a Literal, without None.
        optional: Whether None is a value of it.
        default: The method's own default.
        info: What `typer.Option` was given: help, range, panel.
        sweep: Whether the command line takes a list of values.
    """

    name: str
    type: Any
    optional: bool
    default: Any
    info: OptionInfo
    sweep: bool

    @property
    def flag(self) -> str:
        """The option as it is typed, ``--learning-rate``."""
        return "--" + self.name.replace("_", "-")


@dataclass(frozen=True)
class Layer:
    """Option values from one place.

    Attributes:
        source: Where they come from, as shown to the user: "command line", "--config", "preset".
        values: Values by field name.
    """

    source: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Resolved:
    """The values that hold, and where each came from.

    Attributes:
        options: An instance of the options class.
        sources: Source by field name.
    """

    options: Any
    sources: Mapping[str, str]


Options = TypeVar("Options")

Needs = Mapping[str, tuple[str, Callable[[Any], bool]]]
"""By the name of an option what it does nothing without, as that is typed, and whether that is so:
``{"tail": ("--with-head", lambda options: options.with_head)}``."""


def defaults(**values: Any) -> Callable[[type[Options]], type[Options]]:
    """Give options that a class inherits other defaults; stands below ``@dataclass``.

    ::

        @dataclass(frozen=True, kw_only=True)
        @stylecli.defaults(steps=1500, learning_rate=1e-5)
        class MyOptions(stylecli.TrainingOptions):
            ...

    Raises:
        TypeError: The class inherits no option of that name.
    """

    def redeclared(options_class: type[Options]) -> type[Options]:
        inherited: dict[str, Any] = {}
        for parent in reversed(options_class.__mro__[1:]):
            if dataclasses.is_dataclass(parent):
                inherited |= get_type_hints(parent, include_extras=True)
        for name, value in values.items():
            if name not in inherited:
                raise TypeError(f"{options_class.__name__} inherits no option {name!r}")
            options_class.__annotations__[name] = inherited[name]
            setattr(options_class, name, value)
        return options_class

    return redeclared


def option_fields(options_class: Any) -> tuple[OptionField, ...]:
    """Read the declared options of a frozen dataclass.

    Raises:
        TypeError: A field is not ``Annotated`` with a `typer.Option`, or has no default.
    """
    hints = get_type_hints(options_class, include_extras=True)
    found = []
    for item in dataclasses.fields(options_class):
        hint = hints[item.name]
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        infos = [extra for extra in extras if isinstance(extra, OptionInfo)]
        if len(infos) != 1 or item.default is dataclasses.MISSING:
            raise TypeError(
                f"{options_class.__name__}.{item.name} must be Annotated[type, typer.Option(...)] "
                "and have a default"
            )
        kind = get_args(hint)[0]
        optional = False
        if get_origin(kind) in (Union, UnionType):
            members = [member for member in get_args(kind) if member is not NoneType]
            optional = len(members) < len(get_args(kind))
            kind = members[0]
        sweep = any(extra is Sweep for extra in extras)
        found.append(OptionField(item.name, kind, optional, item.default, infos[0], sweep))
    return tuple(found)


def check_value(field: OptionField, value: Any, source: str) -> Any:
    """Return `value` as the field's type, or raise `UsageError` naming the option and its range."""
    problem = f"{field.flag} ({source}): {value!r} is not"
    if value is None:
        if field.optional:
            return None
        raise UsageError(f"{problem} a value.")
    if get_origin(field.type) is Literal:
        choices = get_args(field.type)
        if value not in choices:
            raise UsageError(f"{problem} one of {', '.join(map(str, choices))}.")
        return value
    if field.type is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if type(value) is not field.type:
        raise UsageError(f"{problem} of type {field.type.__name__}.")
    low, high = field.info.min, field.info.max
    if isinstance(value, (int, float)) and (
        (low is not None and value < low)
        or (high is not None and value > high)
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        raise UsageError(f"{problem} in the range {describe_range(low, high)}.")
    return value


def describe_range(low: float | None, high: float | None) -> str:
    """Write a range as people do: "0 to 1", "at least 1", "at most 5"."""
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return f"at most {high:g}" if high is not None else "any number"


def resolve(options_class: type, layers: Sequence[Layer]) -> Resolved:
    """Let each option's value come from the first layer that gives one, else from its default.

    A class may declare ``exclusive = (("steps", "epochs"),)``: of such a group the first layer
    that gives any member decides, and the members that it does not give become None.

    Args:
        options_class: A frozen dataclass of options.
        layers: From the strongest (the command line) to the weakest (the base's recommendation).

    Raises:
        UsageError: An unknown option, a value of a wrong type or out of its range, or two members
            of an exclusive group in one layer.
    """
    fields = {field.name: field for field in option_fields(options_class)}
    groups: tuple[tuple[str, ...], ...] = getattr(options_class, "exclusive", ())
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for layer in layers:
        for name in layer.values:
            if name not in fields:
                raise UsageError(
                    f"No such option: {name} ({layer.source}).", did_you_mean(name, fields)
                )
        given = {name for name, value in layer.values.items() if value is not None}
        for group in groups:
            both = [fields[name].flag for name in group if name in given]
            if len(both) > 1:
                raise UsageError(f"Give {' or '.join(both)}, not both ({layer.source}).")
        fresh = {name: value for name, value in layer.values.items() if name not in values}
        for name, value in fresh.items():
            values[name] = check_value(fields[name], value, layer.source)
            sources[name] = layer.source
        for group in groups:
            if any(name in given and name in fresh for name in group):
                for name in group:
                    if name not in values:
                        values[name], sources[name] = None, layer.source
    for name, field in fields.items():
        if name not in values:
            values[name], sources[name] = field.default, "default"
    return Resolved(options_class(**values), sources)


def idle_options(resolved: Resolved, given: Collection[str]) -> list[str]:
    """A sentence on each option that the user gave and that does nothing as the others are.

    A class may declare ``needs``, see `Needs`.

    Args:
        resolved: The values that hold.
        given: The sources that are the user.
    """
    fields = {field.name: field for field in option_fields(type(resolved.options))}
    needs: Needs = getattr(type(resolved.options), "needs", {})
    return [
        f"{fields[name].flag} does nothing without {what}."
        for name, (what, there) in needs.items()
        if resolved.sources[name] in given
        and getattr(resolved.options, name) not in (None, fields[name].default)
        and not there(resolved.options)
    ]


def known_values(options_class: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep those of the values that the class declares: settings written for another class."""
    names = {field.name for field in option_fields(options_class)}
    return {name: value for name, value in values.items() if name in names}


def as_record(options: Any) -> dict[str, Any]:
    """Give the options as a plain mapping for JSON."""
    return dataclasses.asdict(options)
