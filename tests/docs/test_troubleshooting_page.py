"""The page of troubles quotes messages that there are, and names options that there are."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from stylecli.cli.tab.line import Line
from stylecli.cli.tab.menu import draw_menu

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "what is said" not in line]
FOREIGN = {"stylecli: command not found"}


@pytest.fixture(scope="module")
def said():
    """All text in the program, with a mark for what is filled in."""
    texts = []
    for path in [*ROOT.glob("src/**/*.py"), *ROOT.glob("plugins/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    part.value if isinstance(part, ast.Constant) else "…" for part in node.values
                ]
                texts.append("".join(parts))
    return "\n".join(texts)


def test_the_messages_are_the_programs(said):
    quoted = [match[1] for row in ROWS if (match := re.match(r"\| `([^`]+)`", row))]
    assert len(quoted) > 20
    assert [text for text in quoted if text not in said and text not in FOREIGN] == []


def test_the_commands_have_these_options():
    program = draw_menu()["program"]
    commands = [text for text in re.findall(r"`([^`]+)`", PAGE) if text.startswith("stylecli ")]
    assert len(commands) > 15
    for command in commands:
        words = [
            word for word in shlex.split(command)[1:] if word not in ("…", "--install-completion")
        ]

        def variant(name, node, rest):
            return node.get("variants", {}).get("lora-sdedit", node)

        line = Line(program, words, variant)
        assert not line.lost, command
        flags = [word for word in line.words if word.startswith("-")]
        assert [flag for flag in flags if line.option(flag) is None] == [], command
