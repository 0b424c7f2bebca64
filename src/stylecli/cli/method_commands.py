"""Which method or captioner a command line is about, and the command made for it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from stylecli.bases.locate import find_spec
from stylecli.cli.given import build_command
from stylecli.cli.parameters import DEFAULT_CAPTIONER, DEFAULT_METHOD
from stylecli.cli.selection import method_of
from stylecli.config import read_config
from stylecli.errors import StylecliError, UsageError
from stylecli.method import Method
from stylecli.registry import Registry, load_registry

_ALONE = "Without --style, the base that is named with --base paints alone."


def command_for(name: str, args: Sequence[str]) -> TyperCommand:
    """Make a command with the options of the method, or of the captioner, that it is about.

    Args:
        name: The command's name.
        args: Its arguments as typed; the ``--config`` file among them may name method or style.

    Raises:
        UsageError: A method or captioner that does not exist or does not do this, or a bad config
            file.
    """
    registry = load_registry()
    given = _last(args, ("--config",))
    config = Path(given) if given else None
    settings = read_config(config, name) if config else {}
    if name == "caption":
        from stylecli.cli.caption import caption

        chosen = _last(args, ("--captioner", "-c")) or settings.get("captioner")
        captioner = registry.captioner(str(chosen) if chosen else DEFAULT_CAPTIONER)
        text = "Caption the pictures of a folder."
        text += f"\n\nCaptioner {captioner.name}: {captioner.summary}."
        text += "\n\nPictures that have a caption are left out, so a run that was stopped goes on."
        bound: Any = functools.partial(caption, registry, captioner)
        return build_command(name, bound, captioner.Options, captioner.name, text, config)
    if name == "train":
        from stylecli.cli.train import train

        chosen = _last(args, ("--method", "-m")) or settings.get("method")
        method = registry.method(str(chosen)) if chosen else _suiting_base(registry, args, settings)
        text = "Learn a style from a folder of pictures, or from a data set of the hub."
        text += f"\n\nMethod {method.name}: {method.summary}."
        text += "\n\nDefaults below are the method's; a base may recommend others: see `stylecli bases show NAME`."
        for preset, content in method.presets.items():
            text += f"\n\nPreset {preset}: {content.summary}."
        for ablation, without in method.ablations.items():
            text += f"\n\nAblation {ablation}: {without.summary}."
        handler: Any = functools.partial(train, registry, method)
        return build_command(name, handler, method.TrainOptions, method.name, text, config)
    method = _method_of_style(registry, args, settings)
    if name == "transfer":
        from stylecli.cli.transfer import transfer

        text = f"Repaint a photo, or a folder of them, in a style.\n\n{_ALONE}\n\n"
        text += "Defaults below are the method's; the style and the base may recommend others."
        handler = functools.partial(transfer, registry, method)
        options = method.TransferOptions
        return build_command(name, handler, options, method.name, text, config, auto=("strength",))
    from stylecli.cli.generate import generate

    if method.GenerateOptions is None:
        raise UsageError(f"The method {method.name} cannot make pictures from text.")
    text = f"Make a picture from text in a style.\n\n{_ALONE}\n\n"
    text += "Defaults below are the method's; the base may recommend others."
    handler = functools.partial(generate, registry, method)
    return build_command(name, handler, method.GenerateOptions, method.name, text, config)


def _method_of_style(registry: Registry, args: Sequence[str], settings: dict[str, Any]) -> Method:
    chosen = _given(args, ("--style", "-s")) or settings.get("style") or []
    texts = chosen if isinstance(chosen, list) else [chosen]
    if texts:
        try:
            return method_of(registry, str(texts[0]))
        except StylecliError:
            if "--help" not in args and "-h" not in args:
                raise
    return _suiting_base(registry, args, settings)


def _suiting_base(registry: Registry, args: Sequence[str], settings: dict[str, Any]) -> Method:
    """The default method; where a base is named that it does not work with, one that does."""
    default = registry.method(DEFAULT_METHOD)
    base = _last(args, ("--base",)) or settings.get("base")
    try:
        family = find_spec(str(base), list(registry.bases.values())).family if base else ""
    except StylecliError:
        # Told when the command runs.
        family = ""
    suiting = [default, *registry.methods.values()]
    return next((each for each in suiting if not family or family in each.families), default)


def _last(args: Sequence[str], flags: tuple[str, ...]) -> str | None:
    """The value of an option as typed; the last one counts."""
    values = _given(args, flags)
    return values[-1] if values else None


def _given(args: Sequence[str], flags: tuple[str, ...]) -> list[str]:
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
