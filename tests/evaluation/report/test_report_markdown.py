from dataclasses import replace

from made_evaluation import checkpoints, entry, evaluation, everything

from stylecli.evaluation.report.markdown import markdown_of
from stylecli.evaluation.report.markdown_text import escaped, table
from stylecli.evaluation.result import Anchor


def test_the_headline_has_values_intervals_and_what_is_undefined():
    text = markdown_of(everything())
    assert "| monet at 0.6 | " in text
    assert "**0.62** (0.53 to 0.71)" in text
    assert "van-gogh has no SC: These photos cannot be told from van-gogh (p = 0.31)." in text
    assert "To be read with: accuracy 0.91, untouched photos 0.08" in text


def test_differences_are_said_in_words():
    text = markdown_of(everything())
    assert (
        "- monet at 0.6 has 0.41 more style closure than monet at 0.3 (0.35 to 0.47): beyond noise"
        in text
    )
    near = [
        entry("a", figures={"style-closure": 0.50}),
        entry("b", figures={"style-closure": 0.52}),
    ]
    assert "b has 0.02 more style closure than a (−0.04 to 0.08): within noise" in markdown_of(
        evaluation(near)
    )


def test_everything_else_is_there():
    text = markdown_of(everything())
    for words in (
        "**few-pictures**: 12 pictures",
        "0.41 (0.31 to 0.52)",
        "Deception rate and preference of 20 people.",
        "Deception: not measured here",
        "strength: 0.5 (here 0.6)",
        "None: no published figure has this protocol.",
        "style-closure / energy distance of phi-v1, centre square at 256 px / weights none / N 12",
        "- torch: 2.9.0",
        "monet: 130 pictures (130 JPEG), fingerprint 5be1d0c3a1f0",
    ):
        assert words in text
    best = markdown_of(checkpoints())
    assert "Best by style closure: step 160; within noise of it is step 120." in best


def test_published_figures_stand_with_their_source():
    anchor = Anchor("AdaIN", "ssim", 0.259, "Ioannou & Maddock 2024")
    text = markdown_of(replace(everything(), anchors=(anchor,)))
    assert "| AdaIN  | SSIM   | Ioannou \\& Maddock 2024 |  0.259 |" in text


def test_names_cannot_break_out_of_the_text():
    name = "a|b <script>`*_[x](y)\n# c\u202e"
    shown = escaped(name)
    assert shown == r"a\|b \<script\>\`\*\_\[x\](y) \# c" + "\ufffd"
    text = markdown_of(evaluation([entry(name)]))
    assert text.count("<") == text.count("\\<")
    assert "\u202e" not in text
    heads, _, row = [line for line in text.splitlines() if line.startswith("|")][:3]
    assert heads.replace("\\|", "").count("|") == row.replace("\\|", "").count("|") == 5


def test_a_table_lines_up_as_plain_text():
    lines = table(["", "x"], [["絵", "1"], ["long name", "−0.25"]]).splitlines()
    assert lines == [
        "|           |     x |",
        "| --------- | ----: |",
        "| 絵        |     1 |",
        "| long name | −0.25 |",
    ]
