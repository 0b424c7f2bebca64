"""A method's options on the command line: one declared dataclass becomes a command of its own."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Optional, Union, get_args, get_origin

import typer
from typer.core import TyperCommand
from typer.models import OptionInfo

from stylecli.config import read_config
from stylecli.errors import UsageError, did_you_mean
from stylecli.options import Layer, OptionField, check_value, describe_range, option_fields

SWEEP_SEPARATOR = ","
AUTO = "auto"
_OF_THE_PROGRAM = ("--debug", "--help", "-h")


@dataclass(frozen=True)
class Given:
    """What the user gave of a method's options.

    Attributes:
        commandline: Values typed, by field name.
        config: Values from the ``--config`` file.
        sweeps: All values of a sweep field, by name; its first stands in the layers above.
        auto: Sweep fields that were given as ``auto``; they stand nowhere else.
    """

    SOURCES: ClassVar = ("command line", "--config")

    commandline: Mapping[str, Any]
    config: Mapping[str, Any]
    sweeps: Mapping[str, tuple[float, ...]]
    auto: frozenset[str] = frozenset()

    def layers(self) -> list[Layer]:
        """The two strongest layers."""
        values = (self.commandline, self.config)
        return [Layer(source, each) for source, each in zip(self.SOURCES, values, strict=True)]


def build_command(
    name: str,
    handler: Callable[..., None],
    options_class: type | None,
    panel: str,
    help_text: str,
    config: Path | None = None,
    auto: Collection[str] = (),
) -> TyperCommand:
    """Make a command out of a handler's own parameters and the options that a plugin declares.

    Args:
        name: The command's name.
        handler: Takes its own parameters, ``given`` and ``ctx``; only the former are on the command line.
        options_class: The options of the method or captioner, or None.
        panel: Help panel of options that name none.
        help_text: The command's help.
        config: A file with values for what the command line leaves out, or None.
        auto: Sweep fields that take the word ``auto`` in place of numbers.

    Raises:
        UsageError: The config file cannot be read, names an option that the command does not have,
            or gives one a value of a wrong type.
    """
    fields = option_fields(options_class) if options_class else ()
    own = [
        parameter
        for parameter in inspect.signature(handler, eval_str=True).parameters.values()
        if parameter.name not in ("given", "ctx")
    ]
    taken = {parameter.name for parameter in own}
    _refuse([field.flag for field in fields if field.name in taken], panel, name)

    def command(**values: Any) -> None:
        ctx = values.pop("ctx")
        given = _given(ctx, {field.name: values.pop(field.name) for field in fields}, fields, auto)
        handler(**values, given=given, ctx=ctx)

    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own),
        *(_parameter(field, panel, field.name in auto) for field in fields),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command(name, help=help_text)(command)
    built = typer.main.get_command(app)
    if not isinstance(built, TyperCommand):
        raise TypeError(f"{name} did not become a command")
    flags = {
        *_OF_THE_PROGRAM,
        *(flag for each in built.params if each.name in taken for flag in _flags(each)),
    }
    declared = [flag for each in built.params if each.name not in taken for flag in _flags(each)]
    _refuse([flag for flag in declared if flag in flags], panel, name)
    if config:
        # Asked after the command line and before the declared default.
        values = _config_values(config, built, name, own, fields)
        built.context_settings = {**built.context_settings, "default_map": values}
    return built


def _flags(param: Any) -> tuple[str, ...]:
    """What an option is typed as."""
    return (*param.opts, *param.secondary_opts)


def _refuse(clash: Sequence[str], panel: str, name: str) -> None:
    if clash:
        raise UsageError(f"{panel} declares {', '.join(clash)}, which {name} itself has.")


def _config_values(
    path: Path,
    command: TyperCommand,
    name: str,
    own: Sequence[inspect.Parameter],
    fields: Sequence[OptionField],
) -> dict[str, Any]:
    """Read a command's section of a config file as values by parameter name."""
    kinds = {parameter.name: parameter for parameter in own if parameter.name != "config"}
    known = {field.name: field for field in fields}
    names = {field.name: field.name for field in fields}
    for option in command.params:
        flags = [flag for flag in option.opts if flag.startswith("--")]
        if option.name in kinds and flags:
            key = flags[0].removeprefix("--").replace("-", "_")
            known[key], names[key] = _as_field(key, kinds[option.name]), option.name
    values: dict[str, Any] = {}
    for key, value in read_config(path, name).items():
        if key not in known:
            raise UsageError(f"{path}: no such option: {key}.", did_you_mean(key, known))
        values[names[key]] = _config_value(known[key], value, str(path))
    return values


def _config_value(field: OptionField, value: Any, source: str) -> Any:
    if field.sweep:
        several = value if isinstance(value, list) and value else [value]
        # Whether auto is possible is seen where the command line's is.
        return SWEEP_SEPARATOR.join(
            AUTO if item == AUTO else str(check_value(field, item, source)) for item in several
        )
    if get_origin(field.type) is list:
        one = replace(field, type=get_args(field.type)[0])
        return [
            check_value(one, item, source)
            for item in (value if isinstance(value, list) else [value])
        ]
    return check_value(field, value, source)


def _as_field(name: str, parameter: inspect.Parameter) -> OptionField:
    """One of a handler's own options, to check a config file's value by."""
    kind, info = get_args(parameter.annotation)[:2]
    if get_origin(kind) in (Union, UnionType):
        kind = next(member for member in get_args(kind) if member is not NoneType)
    kind = str if kind is Path else kind
    return OptionField(name, kind, False, parameter.default, info, False)


def _parameter(field: OptionField, panel: str, auto: bool) -> inspect.Parameter:
    info: OptionInfo = copy.copy(field.info)
    info.rich_help_panel = info.rich_help_panel or panel
    kind: Any = field.type
    default = field.default
    if field.sweep:
        limits = describe_range(info.min, info.max)
        info.metavar, info.min, info.max = "FLOAT[,FLOAT…]", None, None
        info.help = f"{info.help} \\[{limits}]"
        if auto:
            info.metavar += f"|{AUTO}"
            info.help += f" {AUTO}: see --keep."
        kind, default = str, str(default)
    elif field.optional:
        kind = Optional[kind]  # noqa: UP045 - built at run time from a type that is not known here
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _given(
    ctx: typer.Context,
    values: dict[str, Any],
    fields: tuple[OptionField, ...],
    auto: Collection[str],
) -> Given:
    commandline: dict[str, Any] = {}
    config: dict[str, Any] = {}
    sweeps: dict[str, tuple[float, ...]] = {}
    left_open: set[str] = set()
    for field in fields:
        source = ctx.get_parameter_source(field.name)
        place = source.name if source is not None else "DEFAULT"
        if place == "DEFAULT":
            continue
        value = values[field.name]
        if field.sweep:
            origin = "--config" if place == "DEFAULT_MAP" else "command line"
            if field.name in auto and str(value).strip() == AUTO:
                left_open.add(field.name)
                continue
            sweeps[field.name] = _sweep(field, str(value), origin, field.name in auto)
            value = sweeps[field.name][0]
        (config if place == "DEFAULT_MAP" else commandline)[field.name] = value
    return Given(commandline, config, sweeps, frozenset(left_open))


def _sweep(field: OptionField, text: str, source: str, auto: bool) -> tuple[float, ...]:
    values = []
    for part in map(str.strip, text.split(SWEEP_SEPARATOR)):
        if part == AUTO:
            why = "stands alone, without numbers" if auto else "is not possible here; type a number"
            raise UsageError(f"{field.flag}: {AUTO} {why}.")
        try:
            value = float(part)
        except ValueError as problem:
            other = f", nor {AUTO}" if auto else ""
            raise UsageError(f"{field.flag}: {part!r} is not a number{other}.") from problem
        values.append(float(check_value(field, value, source)))
    return tuple(dict.fromkeys(values))
