from dataclasses import replace

import pytest
from made_evaluation import checkpoints, entry, evaluation, everything, figure

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.report.verdicts import difference_sentence, verdict
from stylecli.evaluation.report.wording import (
    best_step_sentence,
    digits_for,
    digits_of,
    flat,
    how_sure,
    number,
    settings_text,
    title_of,
    why_undefined,
    words_for,
)
from stylecli.evaluation.result import Difference, Warned


@pytest.mark.parametrize(
    ("values", "digits"),
    [([0.5], 2), ([0.05, None], 3), ([0.004], 4), ([12.0, 0.1], 1), ([117.4], 1), ([3224.0], 0),
     ([], 2), ([None], 2), ([0.0], 2), ([-7.5], 2), ([1e-12], 8), ([float("inf")], 2)],
)  # fmt: skip
def test_a_column_has_about_three_digits(values, digits):
    assert digits_for(values) == digits


def test_the_ends_of_intervals_count_for_the_digits():
    small = replace(figure("ssim", 0.08), interval=Interval(0.015, 0.354, "wilson"))
    made = replace(entry("a"), figures={"ssim": small})
    assert digits_of(evaluation([made]))["ssim"] == 2


@pytest.mark.parametrize(
    ("value", "signed", "said"),
    [(-0.001, False, "0.00"), (-0.001, True, "0.00"), (-0.1, False, "−0.10"), (0.1, True, "+0.10")],
)
def test_numbers_have_a_true_minus_and_none_before_zero(value, signed, said):
    assert number(value, 2, signed) == said


def test_a_difference_is_told_from_the_larger():
    found = Difference("a", "b", "ssim", -0.2, Interval(-0.3, -0.1, "half-samples"))
    assert difference_sentence(found, 2, "SSIM") == "b has 0.20 more SSIM than a (0.10 to 0.30)"
    assert verdict(found, 2) == "beyond noise"
    assert (
        verdict(replace(found, interval=Interval(-0.3, 0.1, "half-samples")), 2) == "within noise"
    )
    assert verdict(replace(found, interval=None), 2) == "too few pictures to tell"
    # A hair's breadth that every photo has is beyond noise, and nothing that anybody would see.
    hair = replace(found, value=0.004, interval=Interval(0.003, 0.0049, "half-samples"))
    assert verdict(hair, 2) == "too small to show"
    assert verdict(hair, 3) == "beyond noise"


def test_the_best_step_alone_is_better_than_every_other():
    best = replace(checkpoints().best_step, within_noise=(160,), earliest=160)
    assert best_step_sentence(best) == (
        "Best by style closure: step 160; every other step is worse beyond noise."
    )


def test_the_title_names_the_styles():
    assert title_of(checkpoints()) == "monet"
    many = evaluation([entry(name, 1) for name in "abcdef"])
    assert title_of(many) == "a, b, c and 3 more"


def test_intervals_are_explained_by_their_kind():
    assert how_sure(everything()) == (
        "Intervals: SC, CR, PAL, SSIM over random halves of the pictures; DL of a share (Wilson)."
    )


def test_the_reason_is_the_warning_nearest_to_the_figure():
    made = entry("a", figures={"style-closure": None})
    general, of_entry = Warned("general", "g"), Warned("entry", "e", ("a",))
    of_metric = Warned("metric", "m", (), ("style-closure",))
    foreign = Warned("foreign", "f", ("a",), ("ssim",))

    def reason(*warnings):
        found = why_undefined(evaluation([made], warnings=warnings), made, "style-closure")
        return found and found.code

    assert reason(foreign, general, of_entry, of_metric) == "metric"
    assert reason(foreign, general, of_entry) == "entry"
    assert reason(foreign, general) == "general"
    assert reason(foreign) is None


def test_metrics_are_called_in_words_where_they_have_some():
    assert words_for(everything(), "style-closure") == "Style closure"
    assert words_for(everything(), "ssim") == "SSIM"
    assert words_for(everything(), "not_here") == "Not here"


def test_what_is_empty_is_called_none_and_minus_is_one_sign():
    details = {"copies": [], "name": "", "nearest": -0.25, "inner": {"far": [-1.5, 2]}}
    assert flat(details) == [
        ("copies", "none"),
        ("name", "none"),
        ("nearest", "−0.25"),
        ("inner.far", "−1.5, 2"),
    ]
    settings = {"steps": 20, "negative_prompt": "", "precision": "auto"}
    assert settings_text(settings) == "steps 20, negative_prompt none, precision auto"
    assert settings_text({}) == "–"
