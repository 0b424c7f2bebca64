"""What TAB offers of plugins, and when it sees that they have changed."""

import pytest

PLUGIN = """
import dataclasses, typing
import typer
import stylecli

def brushes(incomplete: str):
    return [name for name in ("flat", "fan", "round") if name.startswith(incomplete)]

@dataclasses.dataclass(frozen=True)
class Options:
    brush: typing.Annotated[str, typer.Option(help="Brush.", autocompletion=brushes)] = "flat"

class Painter(stylecli.Captioner):
    name, summary, reads_pictures, Options = "{name}", "paints", False, Options
    def load(self, options, progress):
        return lambda subjects: ["" for _ in subjects]

@stylecli.hookimpl
def stylecli_captioners():
    return [Painter()]
"""


GLAZING = """
import typer
import stylecli

def load():
    with open({log!r}, "a") as log:
        log.write("loaded ")
    from {package}.deep import options
    commands = typer.Typer()

    @commands.command()
    def glaze({option}: int = 1):
        pass

    @commands.command()
    def fire():
        pass

    return commands

@stylecli.hookimpl
def stylecli_commands():
    return [stylecli.Command("glazing", "Glazes.", load)]
"""


def test_the_menu_is_drawn_anew_when_a_plugin_comes_changes_or_goes(
    press, install_plugin, tmp_path
):
    install_plugin("painter_for_tests", PLUGIN.format(name="painter"))
    assert press("caption --captioner p") == ["painter"]
    code = tmp_path / "site" / "painter_for_tests.py"
    code.write_text(PLUGIN.format(name="plasterer"))
    assert press("caption --captioner p") == ["plasterer"]
    code.write_text("raise OSError('broken')")
    assert press("caption --captioner p") == []
    code.write_text(PLUGIN.format(name="printer"))
    assert press("caption --captioner p") == ["printer"]
    for path in (tmp_path / "site").glob("*.dist-info/*"):
        path.unlink()
    (tmp_path / "site" / "painter_for_tests-1.0.dist-info").rmdir()
    assert press("caption --captioner p") == []


def test_a_plugins_own_function_is_asked(press, install_plugin):
    install_plugin("painter_for_tests", PLUGIN.format(name="painter"))
    assert press("--debug caption --captioner painter --brush f") == ["flat", "fan"]


@pytest.fixture
def glazing(tmp_path, install_plugin):
    """Writes a package with a command whose load says in a file that it was called; gives that file."""
    log = tmp_path / "log"
    log.touch()
    install_plugin("glazing_for_tests", "")
    package = tmp_path / "site" / "glazing_for_tests"
    (tmp_path / "site" / "glazing_for_tests.py").unlink()
    (package / "deep").mkdir(parents=True)
    (package / "deep" / "options.py").touch()

    def write(option):
        code = GLAZING.format(log=str(log), package=package.name, option=option)
        (package / "__init__.py").write_text(code)

    write("thickness")
    return log, write


def test_a_plugins_command_is_loaded_when_its_own_options_are_asked_for_and_once(press, glazing):
    log, write = glazing
    assert press("gl") == ["glazing"]
    assert press("plugins ") != []
    assert log.read_text() == ""
    assert press("glazing ") == ["glaze", "fire"]
    assert press("glazing glaze --th") == ["--thickness"]
    assert press("--debug glazing f") == ["fire"]
    assert press("gl") == ["glazing"]
    assert log.read_text() == "loaded "
    write("layers")
    assert press("glazing glaze --la") == ["--layers"]
    assert log.read_text() == "loaded loaded "


def test_the_menu_is_drawn_anew_when_what_a_plugin_imports_from_deep_within_changes(
    press, install_plugin, tmp_path
):
    install_plugin("painter_for_tests", "")
    site = tmp_path / "site"
    (site / "painter_for_tests.py").unlink()
    deep = site / "painter_for_tests" / "methods"
    deep.mkdir(parents=True)
    (deep.parent / "__init__.py").write_text("from painter_for_tests.methods.painter import *\n")
    (deep / "painter.py").write_text("1 / 0")
    assert press("caption --captioner p") == []
    (deep / "painter.py").write_text(PLUGIN.format(name="painter"))
    assert press("caption --captioner p") == ["painter"]
    (deep / "painter.py").write_text(PLUGIN.format(name="plasterer"))
    assert press("caption --captioner p") == ["plasterer"]


@pytest.mark.usefixtures("glazing")
def test_a_command_that_cannot_be_loaded_is_offered_by_name(press, tmp_path):
    (tmp_path / "site" / "glazing_for_tests" / "deep" / "options.py").write_text("1 / 0")
    assert press("gl") == ["glazing"]
    assert press("glazing --") == ["--help"]
    assert press("gl") == ["glazing"]
