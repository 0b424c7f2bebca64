"""The scripts in completions/ are the program's, and work in their shells."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "completions"
SCRIPTS = {"bash": "stylecli.bash", "zsh": "_stylecli", "fish": "stylecli.fish"}
SCRIPTS |= {"powershell": "stylecli.ps1"}
# What is typed, what must be offered, and what must not.
PRESSED = [
    ("tr", ["train", "transfer"], ["caption"]),
    ("transfer photo.jpg --style mo", ["monet"], ["van-gogh"]),
    ("train --method lsast --st", ["--stages", "--steps"], ["--rank"]),
    ("generate --scheduler dpm++-", ["dpm++-sde"], ["ddim"]),
    ("train pict", ["pictures"], ["monet"]),
]


@pytest.fixture
def shell(home, tmp_path, monkeypatch):
    """Starts a shell, if it is installed, where ``stylecli`` is this program and ``pictures`` a folder."""
    program = tmp_path / "bin" / "stylecli"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stylecli "$@"\n')
    program.chmod(0o755)
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONSAFEPATH", "1")

    def start(name):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        return name

    return start


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_kept_here_are_those_that_the_program_gives(program, name):
    result = program("--show-completion", name, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert result.returncode == 0, result.stderr
    assert (FOLDER / SCRIPTS[name]).read_text(encoding="utf-8") == result.stdout


def in_shell(name, code, *words):
    command = [name, *(["--no-config"] if name == "fish" else []), "-c", code, *words]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.stderr == ""
    return result.stdout


def check(text, offered, others):
    assert [word for word in offered if word not in text] == []
    assert [word for word in others if word in text] == []


@pytest.mark.parametrize(("line", "offered", "others"), PRESSED)
def test_in_bash(shell, line, offered, others):
    words = line.split()
    code = f"""
        source {FOLDER / SCRIPTS["bash"]}
        COMP_WORDS=(stylecli {line}) COMP_CWORD={len(words)}
        _stylecli_completion stylecli {words[-1]} {words[-2] if words[1:] else "stylecli"}
        printf '%s\\n' "${{COMPREPLY[@]}}"
        # What `-o default` adds where nothing is offered.
        [ ${{#COMPREPLY[@]}} = 0 ] && complete -p stylecli | grep -q -- '-o default' && compgen -f {words[-1]}
        true
    """
    check(in_shell(shell("bash"), code), offered, others)


@pytest.mark.parametrize("typed", ["--style = mo", "--style =  mo"])
def test_bash_splits_at_the_equals_sign(shell, typed):
    code = f"""
        source {FOLDER / SCRIPTS["bash"]}
        COMP_WORDS=(stylecli transfer {typed}) COMP_CWORD=4
        _stylecli_completion stylecli
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert in_shell(shell("bash"), code) == "monet\n"


@pytest.mark.parametrize(
    ("words", "at", "offered"),
    [
        (["--prefix", '"Still from the Anime:"', "--schedul"], 4, "--scheduler"),
        (["--prefix", '"Still: from="', "--schedul"], 4, "--scheduler"),
        (["--prefix", "Anime", ":", "--schedul"], 5, "--scheduler"),
        (["--prefix", "=", '"Anime:"', "--schedul"], 5, "--scheduler"),
        (["--prefix", "'two\nlines: '", "--schedul"], 4, "--scheduler"),
        (["--style", "mo", "--schedul"], 3, "monet"),
        (["--style", "", "--prefix", "x"], 3, "monet"),
        (["--style", "=", "monet", ":", "0.5", "--schedul"], 7, "--scheduler"),
        (["--style", "monet", ":", "-0.5", "--schedul"], 6, "--scheduler"),
        (["--style", '"mo'], 3, "monet"),
    ],
)
def test_bash_keeps_quotes_and_splits_at_separators_outside_them(shell, words, at, offered):
    """The words are those that bash 5.2 makes of such lines."""
    code = f"""
        source {FOLDER / SCRIPTS["bash"]}
        COMP_WORDS=(stylecli transfer "$@") COMP_CWORD={at}
        _stylecli_completion stylecli
        printf '%s\n' "${{COMPREPLY[@]}}"
    """
    assert offered in in_shell(shell("bash"), code, "bash", *words).split("\n")


@pytest.mark.parametrize(
    ("line", "offered", "others"),
    [*PRESSED, ("transfer --style=mo", ["--style=monet"], ["van-gogh"])],
)
def test_in_fish(shell, line, offered, others):
    code = f'source {FOLDER / SCRIPTS["fish"]}; complete -C "stylecli {line}"'
    check(in_shell(shell("fish"), code), offered, others)


def test_fish_says_what_each_is(shell):
    code = f'source {FOLDER / SCRIPTS["fish"]}; complete -C "stylecli tra"'
    assert "train\tLearn a style from a folder of pictures.\n" in in_shell(shell("fish"), code)


@pytest.mark.parametrize(
    ("line", "offered", "others"),
    [
        *PRESSED,
        ("transfer --style=mo", ["--style=monet"], ["van-gogh"]),
        # The help has quotes, colons, brackets and backquotes.
        ("train --text-encoder-", ["--text-encoder-rank", "Default: the denoiser's"], []),
        ("transfer --", ["see `stylecli bases list`"], []),
    ],
)
def test_in_zsh(shell, line, offered, others):
    """TAB is pressed on a terminal: what `_arguments` makes of the script can be had in no other way."""
    main, side = pty.openpty()
    command = [shell("zsh"), "-f", "-i"]
    environment = {**os.environ, "TERM": "dumb", "COLUMNS": "160"}
    zsh = subprocess.Popen(
        command, stdin=side, stdout=side, stderr=side, env=environment, start_new_session=True
    )
    try:
        os.close(side)
        start = "stty columns 160; PS1='> '; LISTMAX=999; unsetopt list_ambiguous; "
        start += "autoload -Uz compinit; compinit -u -D"
        os.write(main, f"{start}; source {FOLDER / SCRIPTS['zsh']}; print be''gin\n".encode())
        assert "begin" in heard(main, ["begin"])
        os.write(main, f"stylecli {line}\t".encode())
        check(heard(main, offered), offered, others)
    finally:
        zsh.kill()
        zsh.wait()
        os.close(main)


def heard(terminal, wanted):
    """What a terminal shows until it has shown everything that is wanted, or nothing more for long."""
    shown = ""
    until = time.monotonic() + 30
    while time.monotonic() < until and not all(word in shown for word in wanted):
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
    return shown


def test_in_powershell(shell):
    code = f"""
        function Set-PSReadLineKeyHandler {{}}
        . {FOLDER / SCRIPTS["powershell"]}
        (TabExpansion2 'stylecli transfer --style mo' 28).CompletionMatches.CompletionText
    """
    result = subprocess.run(
        [shell("pwsh"), "-NoProfile", "-Command", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.stdout.split() == ["monet"]


@pytest.mark.parametrize(
    ("line", "word", "offered"),
    [
        ("stylecli transfer --style mo", "mo", ["monet"]),
        ("stylecli train --method lsast --sta", "--sta", ["--stages"]),
        ("stylecli caption --captioner ", "", ["title", "describe", "blip", "florence2", "wd14"]),
    ],
)
def test_what_the_powershell_script_asks_for(program, line, word, offered):
    """PowerShell is in no package of Debian's; the script's lines are ``word:::what it is``."""
    result = program(
        _STYLECLI_COMPLETE="complete_powershell",
        _TYPER_COMPLETE_ARGS=line.rstrip(),
        _TYPER_COMPLETE_WORD_TO_COMPLETE=word,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert [row.split(":::")[0] for row in result.stdout.splitlines()] == offered
