"""The program: its commands, each made for the method or captioner that it is about to use."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from stylecli.errors import StylecliError
from stylecli.version import version

METHOD_COMMANDS = {
    "caption": "Caption the pictures of a folder.",
    "train": "Learn a style from a folder of pictures.",
    "transfer": "Repaint a photo, or a folder of them, in a style.",
    "generate": "Make a picture from text in a style.",
}


class MethodGroup(TyperGroup):
    """Builds ``train``, ``transfer`` and ``generate`` for the method that is asked for.

    Running, ``--help`` and TAB all come through here and so all see the method's own options; those
    of ``caption`` are the captioner's. Commands that plugins add stand behind the program's own.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands."""
        from stylecli.cli.plugin_commands import added_commands

        return [*super().list_commands(ctx), *added_commands()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command, of a plugin only what ``--help`` says of it."""
        from stylecli.cli.plugin_commands import added_commands, listed

        known = super().get_command(ctx, cmd_name)
        if known is not None:
            return known
        added = added_commands().get(cmd_name)
        return None if added is None else listed(added)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command, with the options of the method that the arguments name."""
        name = args[0] if args else ""
        if name not in METHOD_COMMANDS:
            added = None if name in self.commands else _added(name)
            if added is not None:
                return name, added, args[1:]
            return super().resolve_command(ctx, args)
        from stylecli.cli.method_commands import command_for

        rest = args[1:]
        try:
            return name, command_for(name, rest), rest
        except StylecliError:
            if not ctx.resilient_parsing:
                raise
        # TAB goes on in spite of a style or config file that is not there.
        try:
            return name, command_for(name, ()), rest
        except StylecliError:
            return super().resolve_command(ctx, args)


def _added(name: str) -> Any:
    """A plugin's command, ready to run, or None."""
    from stylecli.cli.plugin_commands import added_commands, built

    command = added_commands(warned=True).get(name)
    return None if command is None else built(command)


app = typer.Typer(
    name="stylecli",
    cls=MethodGroup,
    help="Teach a diffusion model an artist's style and repaint photos in it.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"stylecli {version()}\n")
        raise typer.Exit


@app.callback()
def _options(
    show: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback when something fails.")
    ] = False,
) -> None:
    """Options of the program itself."""


def _placeholder(text: str) -> Any:
    def command() -> None:
        raise StylecliError("This command is built for its method before it runs.")

    command.__doc__ = text
    return command


for _name, _text in METHOD_COMMANDS.items():
    app.command(_name, help=_text)(_placeholder(_text))


def _register() -> None:
    from stylecli.cli import bases, demo, doctor, evaluate, plugins, styles

    app.command("demo")(demo.demo)
    app.command("doctor")(doctor.doctor)
    app.add_typer(evaluate.app, name="eval")
    app.add_typer(styles.app, name="styles")
    app.add_typer(bases.app, name="bases")
    app.add_typer(plugins.app, name="plugins")


_register()
