import re
from dataclasses import replace

import pytest
from made_evaluation import checkpoints, entry, evaluation, everything

from stylecli.cli.eval_table import print_evaluation
from stylecli.evaluation.figures import Interval


@pytest.fixture
def printed(capsys, monkeypatch):
    """Prints an evaluation at a width; gives standard output and standard error."""

    def show(found, width=80):
        monkeypatch.setenv("COLUMNS", str(width))
        print_evaluation(found)
        return capsys.readouterr()

    return show


def test_every_headline_figure_stands_with_its_interval(printed):
    lines = printed(everything()).out.splitlines()
    assert lines[0].split() == ["SC", "CR", "DL"]
    cells = [re.split(r"\s{2,}", line.strip()) for line in lines[1:5]]
    assert cells == [
        ["monet at 0.3", "0.21 (0.12 to 0.30)", "0.78 (0.69 to 0.87)", "0.25 (0.16 to 0.34)"],
        ["monet at 0.6", "0.62 (0.53 to 0.71)", "0.48 (0.39 to 0.57)", "0.75 (0.66 to 0.84)"],
        ["van-gogh", "undefined", "0.35 (0.26 to 0.44)", "0.50 (0.41 to 0.59)"],
        ["elsewhere", "−0.04 (−0.13 to 0.05)", "0.93 (0.84 to 1.02)", "0.00 (−0.09 to 0.09)"],
    ]
    assert len({line.rstrip().rfind(")") for line in lines[1:5]}) == 1


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_nothing_is_wider_than_the_terminal_or_lost_in_it(printed, width):
    out = printed(everything(), width).out
    assert max(map(len, out.splitlines())) <= width
    for words in ("0.62 (0.53 to 0.71)", "−0.04 (−0.13 to 0.05)", "undefined", "elsewhere"):
        assert words in out


def test_a_long_name_is_folded_and_whole(printed):
    name = "a-very-long-style-name-of-somebody-at-0.45"
    lines = printed(evaluation([entry(name)])).out.splitlines()
    assert "".join(line[:18].strip() for line in lines[1:5]).startswith(name)
    assert "0.62 (0.53 to 0.71)" in lines[1]


def test_metrics_are_explained_with_what_they_are_read_with(printed):
    out = " ".join(printed(everything(), 200).out.split())
    assert "SC style closure: 0 = still the photos, 1 = as near" in out
    assert "(with accuracy 0.91, untouched photos 0.08)" in out


def test_differences_beyond_noise_are_sentences_and_the_rest_is_counted(printed):
    made = replace(checkpoints(), best_step=None)
    out = printed(made).out
    assert "  step 80 has 0.26 more SC than step 40 (0.20 to 0.32)\n" in out
    assert "step 160 has 0.03" not in out
    assert "5 differences are within noise, too small to show, or cannot be told." in out


def test_a_difference_that_rounds_to_nothing_is_no_finding(printed):
    made = evaluation([entry("a", 2), entry("b", 2)])
    hair = replace(made.differences[0], value=0.004, interval=Interval(0.001, 0.0049, "spread"))
    out = printed(replace(made, differences=(hair,))).out
    assert "more SC than" not in out
    assert "1 difference is within noise, too small to show, or cannot be told." in out


def test_checkpoints_that_painted_prompts_are_judged_by_these(printed):
    made = checkpoints()
    best = replace(made.best_step, undecided=True)
    rows = [tuple(replace(row, prompt="a cat") for row in each.pictures) for each in made.entries]
    entries = tuple(
        replace(each, pictures=own) for each, own in zip(made.entries, rows, strict=True)
    )
    out = " ".join(printed(replace(made, best_step=best, entries=entries)).out.split())
    assert "but the prompts are too few to tell" in out
    out = " ".join(printed(replace(made, best_step=best)).out.split())
    assert "but the photos are too few to tell" in out


def test_many_differences_are_cut_and_counted(printed):
    entries = [entry(f"e{at}", 2, figures={"style-closure": at / 10}) for at in range(15)]
    out = printed(evaluation(entries)).out
    assert out.count(" more SC than ") == 10
    assert "  and 4 more differences\n" in out


def test_the_best_step_is_said(printed):
    out = " ".join(printed(checkpoints()).out.split())
    assert "Best by style closure: step 160; within noise of it is step 120." in out
    assert "Step 120 is the earliest of these" in out


def test_warnings_go_to_standard_error_once_each(printed):
    found = everything()
    shown = printed(replace(found, warnings=found.warnings * 2), 200)
    assert shown.err.count("Warning: ") == 3
    assert "few-pictures: 12 pictures" in shown.err
    assert "(van-gogh)" in shown.err
    assert "Warning" not in shown.out


def test_names_do_not_steer_the_terminal(printed):
    out = printed(evaluation([entry("[red]\x1b[2J:smile:")])).out
    assert "[red]\ufffd[2J:smile:" in out
