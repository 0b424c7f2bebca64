from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "completions"


@pytest.mark.parametrize(
    ("shell", "name"), [("bash", "stylecli.bash"), ("zsh", "_stylecli"), ("fish", "stylecli.fish")]
)
def test_the_scripts_kept_here_are_those_that_the_program_gives(program, shell, name):
    result = program("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert result.returncode == 0, result.stderr
    assert (FOLDER / name).read_text(encoding="utf-8") == result.stdout
