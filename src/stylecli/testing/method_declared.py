"""Checks of what a method says of itself: name, options, presets, words. Nothing is loaded for them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from stylecli.config import read_config
from stylecli.errors import StylecliError, UsageError
from stylecli.method import Method, OwnEvaluation
from stylecli.options import (
    Layer,
    OptionField,
    as_record,
    check_value,
    option_fields,
    resolve,
)
from stylecli.styles.style import Prompt
from stylecli.testing.checks import Nonconformance
from stylecli.testing.describing import check_name_and_summary
from stylecli.testing.miniature import FAMILIES
from stylecli.testing.taken import TAKEN

_KINDS = (int, float, bool, str)


def described(method: Method) -> None:
    """Name, summary and families are what the program can show and use."""
    check_name_and_summary(method)
    families = method.families
    if isinstance(families, str) or not families or not set(families) <= set(FAMILIES):
        raise Nonconformance(
            f"families is {families!r}.", f"A set with some of {', '.join(map(repr, FAMILIES))}."
        )
    if method.default_seed < 0:
        raise Nonconformance(f"default_seed is {method.default_seed}.", "0 or more.")


def options_declared(method: Method) -> None:
    """Every option class is a frozen dataclass of typed options with a valid default and a help text."""
    kinds = (method.TrainOptions, method.TransferOptions, method.GenerateOptions)
    for command, kind in zip(("train", "transfer", "generate"), kinds, strict=True):
        if kind is not None:
            declared(kind, command)


def round_trip(method: Method) -> None:
    """Options survive the record in a style file and a TOML file; what cannot be is refused as a `UsageError`."""
    for kind in option_classes(method):
        survive(kind)


def presets(method: Method) -> None:
    """Presets, ablations and the evaluation of the method name options that there are, with values that can be."""
    train, transfer = method.TrainOptions, method.TransferOptions
    for name, preset in method.presets.items():
        made(train, preset.train, f"Preset {name!r}")
    whole = resolve(train, ()).options
    for name, ablation in method.ablations.items():
        source = f"Ablation {name!r}"
        start = made(train, ablation.whole, f"{source} (whole)") if ablation.whole else whole
        made(train, ablation.changes(start), source)
        made(transfer, ablation.transfer, f"{source} (transfer)")
        if not ablation.changes(start) and not ablation.transfer:
            raise Nonconformance(f"{source} changes nothing.", "It leaves something out.")
    own = method.evaluation()
    if own is not None:
        if not isinstance(own, OwnEvaluation):
            raise Nonconformance(f"evaluation() gave {own!r}.", "An `OwnEvaluation`, or None.")
        made(transfer, own.transfer, "evaluation()")


def words(method: Method) -> None:
    """Every picture gets one caption, and the style's own words are kept."""
    prompt = method.prompt("van-gogh", method.prefix(resolve(method.TrainOptions, ()).options))
    if not isinstance(prompt, Prompt):
        raise Nonconformance(f"prompt() gave {prompt!r}.", "A `stylecli.Prompt`.")
    said = ["a house by the sea", "", "two boats"]
    for options in (None, resolve(method.TrainOptions, ()).options):
        captions = method.captions(list(said), prompt, options)
        if len(captions) != len(said) or not all(isinstance(each, str) for each in captions):
            raise Nonconformance(
                f"captions() gave {captions!r} for {len(said)} pictures.", "One text for each."
            )
        if list(captions) != list(method.captions(list(said), prompt, options)):
            raise Nonconformance("captions() gives others every time.", "The same every time.")


def option_classes(method: Method) -> list[Any]:
    """All that the method declares."""
    kinds = (method.TrainOptions, method.TransferOptions, method.GenerateOptions)
    return [kind for kind in kinds if kind is not None]


def declared(kind: Any, command: str) -> None:
    """See `options_declared`, of the class of a command's options."""
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        raise Nonconformance(f"{kind.__name__} is no frozen dataclass.", "@dataclass(frozen=True).")
    try:
        fields = option_fields(kind)
    except TypeError as problem:
        raise Nonconformance(
            f"{problem}.", "Annotated[type, typer.Option(...)] = default."
        ) from None
    for field in fields:
        where = f"{kind.__name__}.{field.name}"
        for flag in _flags(field):
            if flag.lstrip("-").replace("-", "_") not in TAKEN[command]:
                continue
            raise Nonconformance(
                f"{where}: `stylecli {command}` has {flag} itself.",
                f"Names that are not {', '.join(TAKEN[command])}.",
            )
        if get_origin(field.type) is not Literal and field.type not in _KINDS:
            raise Nonconformance(
                f"{where} is of the type {field.type}.",
                "int, float, bool, str, a Literal of strings, or one of them or None.",
            )
        if not field.info.help:
            raise Nonconformance(f"{where} has no help text.", "typer.Option(help=…).")
        try:
            check_value(field, field.default, "default")
        except UsageError as problem:
            raise Nonconformance(
                f"{where}: its own default is refused: {problem.message}",
                "A default is in the range that is declared.",
            ) from problem
    try:
        kind()
    except Exception as problem:
        raise Nonconformance(
            f"{kind.__name__} with nothing but defaults raised {type(problem).__name__}: {problem}.",
            "Defaults go together.",
        ) from problem


def _flags(field: OptionField) -> tuple[str, ...]:
    """What an option may be typed as: after its field's name, and as its `typer.Option` says."""
    said = (field.info.default, *(field.info.param_decls or ()))
    parts = [part.strip() for each in said if isinstance(each, str) for part in each.split("/")]
    return (field.flag, *parts)


def survive(kind: Any) -> None:
    """See `round_trip`, of one class."""
    for values in ({}, *_variations(kind)):
        try:
            options = resolve(kind, [Layer("the check", values)]).options
        except UsageError:
            # Options may exclude each other.
            continue
        except (Exception, SystemExit) as problem:
            raise Nonconformance(
                f"{kind.__name__} with {values} raised {type(problem).__name__}: {problem}.",
                "What cannot be is refused as a `stylecli.UsageError`.",
            ) from problem
        record = as_record(options)
        for how, kept in (
            ("JSON", json.loads(json.dumps(record))),
            ("TOML", _through_toml(record)),
        ):
            again = resolve(kind, [Layer(how, kept)]).options
            if again != options:
                changed = {
                    name: (value, as_record(again)[name])
                    for name, value in record.items()
                    if as_record(again)[name] != value
                }
                raise Nonconformance(
                    f"{kind.__name__} with {values} is other options once written as {how} and read again: {changed}.",
                    "The record of options gives the same options.",
                )


def made(kind: Any, values: Mapping[str, Any], source: str) -> Any:
    """The options that values make, or what is wrong with them."""
    try:
        return resolve(kind, [Layer(source, values)]).options
    except StylecliError as problem:
        hint = f" {problem.hint}" if problem.hint else ""
        raise Nonconformance(
            f"{source}: {problem.message}{hint}",
            f"Options of {kind.__name__}, with values that can be.",
        ) from problem


def _variations(kind: Any) -> Iterator[dict[str, Any]]:
    """One option after the other with another value than its default, at the ends of its range, too."""
    for field in option_fields(kind):
        for value in _others(field):
            yield {field.name: value}


def _others(field: OptionField) -> list[Any]:
    low, high = field.info.min, field.info.max
    if get_origin(field.type) is Literal:
        found = list(get_args(field.type))
    elif field.type is bool:
        found = [True, False]
    elif field.type is str:
        found = ["words"]
    else:
        ends = [low if low is not None else 0, high if high is not None else 1000]
        found = [field.type(end) for end in ends]
        if isinstance(field.default, int | float):
            found.append(field.type(min(max(field.default * 0.5, ends[0]), ends[1])))
    return [value for value in found if value != field.default]


def _through_toml(record: Mapping[str, Any]) -> dict[str, Any]:
    """Values written into a config file and read again as the program does; None stands in none."""
    lines = [f"{name} = {_toml(value)}" for name, value in record.items() if value is not None]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text("\n".join(["[train]", *lines, ""]), encoding="utf-8")
        return {**dict.fromkeys(record), **read_config(path, "train")}


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


CHECKS = (
    ("described", "name, summary and families are usable", described),
    ("options", "options are declared with types, ranges, defaults and help", options_declared),
    ("round-trip", "options survive the style's record and a config file", round_trip),
    ("presets", "presets, ablations and the own evaluation name options that there are", presets),
    ("words", "every picture gets one caption", words),
)
