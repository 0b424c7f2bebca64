"""A method's options on the command line: one declared dataclass becomes a command of its own."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperCommand
from typer.models import OptionInfo

from stylecli.config import read_config
from stylecli.errors import UsageError, did_you_mean
from stylecli.options import Layer, OptionField, check_value, describe_range, option_fields

SWEEP_SEPARATOR = ","


@dataclass(frozen=True)
class Given:
    """What the user gave of a method's options.

    Attributes:
        commandline: Values typed, by field name.
        config: Values from the ``--config`` file.
        sweeps: All values of a sweep field, by name; its first stands in the layers above.
    """

    commandline: Mapping[str, Any]
    config: Mapping[str, Any]
    sweeps: Mapping[str, tuple[float, ...]]

    def layers(self) -> list[Layer]:
        """The two strongest layers."""
        return [Layer("command line", self.commandline), Layer("--config", self.config)]


def build_command(
    name: str, handler: Callable[..., None], options_class: type | None, panel: str, help_text: str
) -> TyperCommand:
    """Make a command out of a handler's own parameters and a method's declared options.

    Args:
        name: The command's name.
        handler: Takes its own parameters, ``given`` and ``ctx``; only the former are on the command line.
        options_class: The method's options, or None.
        panel: Help panel of options that name none.
        help_text: The command's help.
    """
    fields = option_fields(options_class) if options_class else ()
    own = [
        parameter
        for parameter in inspect.signature(handler, eval_str=True).parameters.values()
        if parameter.name not in ("given", "ctx")
    ]
    taken = {parameter.name for parameter in own}
    clash = [field.flag for field in fields if field.name in taken]
    if clash:
        raise UsageError(
            f"The method {panel} declares {', '.join(clash)}, which {name} itself has."
        )

    def command(**values: Any) -> None:
        ctx = values.pop("ctx")
        given = _given(ctx, {field.name: values.pop(field.name) for field in fields}, fields)
        handler(**values, given=given, ctx=ctx)

    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own),
        *(_parameter(field, panel) for field in fields),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command(name, help=help_text)(command)
    built = typer.main.get_command(app)
    if not isinstance(built, TyperCommand):
        raise TypeError(f"{name} did not become a command")
    return built


def config_defaults(path: Path, name: str, command: TyperCommand) -> dict[str, Any]:
    """Read a command's section of a config file as values for its parameters.

    Raises:
        UsageError: The file cannot be read, or names an option that the command does not have.
    """
    values = read_config(path, name)
    known = {parameter.name for parameter in command.params if parameter.name}
    for key, value in values.items():
        if key not in known:
            raise UsageError(f"{path}: no such option: {key}.", did_you_mean(key, known))
        if isinstance(value, list) and key == "strength":
            values[key] = SWEEP_SEPARATOR.join(str(item) for item in value)
    return {key: str(value) if key == "strength" else value for key, value in values.items()}


def _parameter(field: OptionField, panel: str) -> inspect.Parameter:
    info: OptionInfo = copy.copy(field.info)
    info.rich_help_panel = info.rich_help_panel or panel
    kind: Any = field.type
    default = field.default
    if field.sweep:
        limits = describe_range(info.min, info.max)
        info.metavar, info.min, info.max = "FLOAT[,FLOAT…]", None, None
        info.help = f"{info.help} \\[{limits}]"
        kind, default = str, str(default)
    elif field.optional:
        kind = Optional[kind]  # noqa: UP045 - built at run time from a type that is not known here
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _given(ctx: typer.Context, values: dict[str, Any], fields: tuple[OptionField, ...]) -> Given:
    commandline: dict[str, Any] = {}
    config: dict[str, Any] = {}
    sweeps: dict[str, tuple[float, ...]] = {}
    for field in fields:
        source = ctx.get_parameter_source(field.name)
        place = source.name if source is not None else "DEFAULT"
        if place == "DEFAULT":
            continue
        value = values[field.name]
        if field.sweep:
            sweeps[field.name] = _sweep(field, str(value))
            value = sweeps[field.name][0]
        (config if place == "DEFAULT_MAP" else commandline)[field.name] = value
    return Given(commandline, config, sweeps)


def _sweep(field: OptionField, text: str) -> tuple[float, ...]:
    values = []
    for part in text.split(SWEEP_SEPARATOR):
        try:
            value = float(part)
        except ValueError as problem:
            raise UsageError(f"{field.flag}: {part.strip()!r} is not a number.") from problem
        values.append(float(check_value(field, value, "command line")))
    return tuple(dict.fromkeys(values))
