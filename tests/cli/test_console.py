import errno
import io
import signal
import threading

import pytest
from rich.console import Console

from stylecli.cli import console
from stylecli.cli.console import Reporter, note, print_error, print_json, warn
from stylecli.errors import Cancelled, StylecliError
from stylecli.progress import Event


def test_json_keeps_letters_of_every_language(capsys):
    print_json({"name": "Käthe 絵"})
    assert capsys.readouterr().out == '{\n  "name": "Käthe 絵"\n}\n'


def test_a_result_that_cannot_be_written_is_told(monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sys.stdout", Full())
    with pytest.raises(StylecliError, match=r"cannot be written \(No space left"):
        print_json([1])
    monkeypatch.setattr("sys.stdout", None)
    print_json([1])


def test_brackets_and_colons_are_told_as_they_are(capsys):
    note("[bold]a[/] :x:")
    warn("[red] b")
    print_error(StylecliError("[/c]", "[d]"))
    assert capsys.readouterr().err == "[bold]a[/] :x:\nWarning: [red] b\nError: [/c]\n  [d]\n"


def test_without_a_terminal_a_long_stage_is_a_few_lines(capsys):
    with Reporter() as progress:
        for done in range(1, 1001):
            progress(Event("training", done, 1000, {"loss": 0.123456}))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "training: 1/1000  loss 0.1235"
    assert lines[-1] == "training: 1000/1000  loss 0.1235"
    assert len(lines) <= 12


def test_what_is_printed_while_work_goes_on_is_no_result(capsys, monkeypatch):
    with Reporter():
        print("a plugin says")  # noqa: T201
    print_json({"a": 1})
    said = capsys.readouterr()
    assert (said.out, said.err) == ('{\n  "a": 1\n}\n', "a plugin says\n")
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120, highlight=False)
    monkeypatch.setattr(console, "err", lambda: terminal)
    with Reporter() as progress:
        progress(Event("training", 3, 10))
        print("a plugin says")  # noqa: T201
    print("result")  # noqa: T201
    assert "a plugin says" in screen.getvalue()
    assert capsys.readouterr().out == "result\n"


def test_messages_warnings_and_previews_are_told(capsys, tmp_path):
    with Reporter() as progress:
        progress(Event("a", message="[good]"))
        progress(Event("a", message="[bad]", level="warning"))
        progress(Event("a", picture=tmp_path / "[1].png"))
    said = capsys.readouterr().err.splitlines()
    assert said == ["[good]", "Warning: [bad]", f"preview: {tmp_path / '[1].png'}"]


def test_on_a_terminal_there_is_a_bar_with_figures(monkeypatch):
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120, highlight=False)
    monkeypatch.setattr(console, "err", lambda: terminal)
    with Reporter() as progress:
        progress(Event("training", 3, 10, {"loss": 0.5}))
        progress(Event("training", 10, 10, {"loss": 0.25}))
        progress(Event("painting", 4, 4))
        progress(Event("painting", 1, 4))
    said = screen.getvalue()
    assert "10/10" in said
    assert "loss 0.25" in said
    assert "1/4" in said.split("loss 0.25")[-1]


def test_ctrl_c_stops_at_the_next_event_and_a_second_one_at_once(capsys):
    with Reporter() as progress:
        progress(Event("a", 1, 2))
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Cancelled):
            progress(Event("a", 2, 2))
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert "Ctrl+C again stops at once" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_outside_the_main_thread_it_reports_too(capsys):
    def work():
        with Reporter() as progress:
            progress(Event("a", 1, 1))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert capsys.readouterr().err == "a: 1/1\n"


def test_a_warning_ends_its_lines_between_words_on_a_terminal_alone(capsys, monkeypatch):
    path = "/pictures/" + 40 * "x"
    text = f"few-pictures: what they show weighs as much as how they are painted, see {path}"
    warn(text)
    with Reporter() as progress:
        progress(Event("x", message=text, level="warning"))
    assert capsys.readouterr().err == 2 * f"Warning: {text}\n"
    screen = io.StringIO()
    options = {"soft_wrap": True, "force_terminal": True, "color_system": None}
    terminal = Console(file=screen, width=30, **options)
    monkeypatch.setattr(console, "err", lambda: terminal)
    warn(text)
    lines = screen.getvalue().splitlines()
    assert [line for line in lines if len(line) > 30] == [path]
    assert [word for line in lines for word in line.split()] == f"Warning: {text}".split()
