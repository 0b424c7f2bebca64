"""Which method or captioner a command line is about, and the command made for it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from stylecli.bases.locate import find_spec
from stylecli.captioner import Captioner
from stylecli.cli.console import escape
from stylecli.cli.given import build_command
from stylecli.cli.parameters import DEFAULT_CAPTIONER, DEFAULT_METHOD
from stylecli.cli.selection import method_of
from stylecli.cli.typed import BASE, CAPTIONER, CONFIG, METHOD, STYLE, all_typed, last_typed
from stylecli.config import read_config
from stylecli.errors import StylecliError, UsageError
from stylecli.method import Method
from stylecli.options import option_fields
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
    given = last_typed(args, CONFIG)
    config = Path(given) if given else None
    return command_of(name, registry, chosen_for(name, registry, args, config), config)


def chosen_for(
    name: str, registry: Registry, args: Sequence[str], config: Path | None
) -> Method | Captioner:
    """The method, or for ``caption`` the captioner, that a command line is about; see `command_for`."""
    settings = read_config(config, name) if config else {}
    if name == "caption":
        chosen = last_typed(args, CAPTIONER) or settings.get("captioner")
        return registry.captioner(str(chosen) if chosen else DEFAULT_CAPTIONER)
    if name == "train":
        chosen = last_typed(args, METHOD) or settings.get("method")
        if chosen:
            return registry.method(str(chosen))
        return _suiting_base(registry, args, settings)
    method = _method_of_style(registry, args, settings)
    kind = method.TransferOptions if name == "transfer" else method.GenerateOptions
    if last_typed(args, ("--method",)) and "method" not in {
        each.name for each in (option_fields(kind) if kind else ())
    }:
        raise UsageError(
            f"{name} takes no --method: a style knows the one that made it.",
            f"stylecli {name} --style NAME --help shows that method's options.",
        )
    return method


def command_of(
    name: str, registry: Registry, chosen: Any, config: Path | None = None
) -> TyperCommand:
    """Make a command for a method, or ``caption`` for a captioner.

    Raises:
        UsageError: The method does not do this, or the config file is bad.
    """
    handler: Any
    if name == "caption":
        from stylecli.cli.caption import caption

        text = "Caption the pictures of a folder."
        text += f"\n\nCaptioner {chosen.name}: {escape(chosen.summary)}."
        text += "\n\nPictures that have a caption are left out, so a run that was stopped goes on."
        handler = functools.partial(caption, registry, chosen)
        return build_command(name, handler, chosen.Options, chosen.name, text, config)
    if name == "train":
        from stylecli.cli.train import train

        text = "Learn a style from a folder of pictures, or from a data set of the hub."
        text += f"\n\nMethod {chosen.name}: {escape(chosen.summary)}."
        text += "\n\nDefaults below are the method's; a base may recommend others: see `stylecli bases show NAME`."
        for preset, content in chosen.presets.items():
            text += f"\n\nPreset {preset}: {escape(content.summary)}."
        for ablation, without in chosen.ablations.items():
            text += f"\n\nAblation {ablation}: {escape(without.summary)}."
        handler = functools.partial(train, registry, chosen)
        return build_command(name, handler, chosen.TrainOptions, chosen.name, text, config)
    if name == "transfer":
        from stylecli.cli.transfer import transfer

        text = f"Repaint a photo, or a folder of them, in a style.\n\n{_ALONE}\n\n"
        text += "Defaults below are the method's; the style and the base may recommend others."
        handler = functools.partial(transfer, registry, chosen)
        options = chosen.TransferOptions
        return build_command(name, handler, options, chosen.name, text, config, auto=("strength",))
    from stylecli.cli.generate import generate

    if chosen.GenerateOptions is None:
        raise UsageError(f"The method {chosen.name} cannot make pictures from text.")
    text = f"Make a picture from text in a style.\n\n{_ALONE}\n\n"
    text += "Defaults below are the method's; the base may recommend others."
    handler = functools.partial(generate, registry, chosen)
    return build_command(name, handler, chosen.GenerateOptions, chosen.name, text, config)


def _method_of_style(registry: Registry, args: Sequence[str], settings: dict[str, Any]) -> Method:
    chosen = all_typed(args, STYLE) or settings.get("style") or []
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
    base = last_typed(args, BASE) or settings.get("base")
    try:
        family = find_spec(str(base), list(registry.bases.values())).family if base else ""
    except StylecliError:
        # Told when the command runs.
        family = ""
    suiting = [default, *registry.methods.values()]
    return next((each for each in suiting if not family or family in each.families), default)
