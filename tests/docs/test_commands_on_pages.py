"""Every command that a page shows is one of the program's, with options that it has."""

import re
import shlex
from pathlib import Path

import pytest

from stylecli.cli.tab.line import Line
from stylecli.cli.tab.menu import draw_menu

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DEFAULTS = {
    "train": "lora-sdedit",
    "transfer": "lora-sdedit",
    "generate": "lora-sdedit",
    "caption": "title",
}
# Of plugins that a page itself makes.
OTHERS = {
    "docs/writing-plugins.md",
    *(f"docs/plugins/{name}.md" for name in ("commands", "index", "testing")),
}


@pytest.fixture(scope="module")
def program():
    return draw_menu()["program"]


def commands_of(page):
    text = page.read_text(encoding="utf-8")
    shown = re.findall(r"^    (stylecli .+)$", text, re.MULTILINE) + re.findall(
        r"`(stylecli [^`\n]+)`", text
    )
    for command in shown:
        if "<TAB>" in command or "--install-completion" in command or "…" in command:
            continue
        for part in re.split(r"\s#\s|\s&&\s", command)[:1]:
            yield part.replace("[", "").replace("]", "")


def variant_of(command):
    """Chooses what a command's options are, by the method or captioner that it names."""
    named = re.search(r"(?:--method|-m|--captioner|-c)[ =](\S+)", command)

    def variant(name, node, rest):
        variants = node.get("variants", {})
        chosen = named[1] if named and named[1] in variants else DEFAULTS.get(name)
        return variants.get(chosen, node)

    return variant


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_have_these_options(page, program):
    if str(page.relative_to(ROOT)) in OTHERS:
        pytest.skip("it is about commands that are made there")
    for command in commands_of(page):
        line = Line(program, shlex.split(command)[1:], variant_of(command))
        assert not line.lost, command
        flags = [word.partition("=")[0] for word in line.words if re.match(r"--?[a-z]", word)]
        assert [flag for flag in flags if line.option(flag) is None] == [], command


def test_a_command_that_there_is_not_would_be_seen(program):
    for command in ("stylecli trian a", "stylecli train a --ranks 3", "stylecli styles shwo a"):
        line = Line(program, shlex.split(command)[1:], variant_of(command))
        flags = [word for word in line.words if word.startswith("--")]
        assert line.lost or [flag for flag in flags if line.option(flag) is None]
