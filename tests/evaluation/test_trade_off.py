import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylecli.errors import UsageError
from stylecli.evaluation.trade_off import Trial, most_trials, possible_strengths, search

TWENTY = [round(place / 20, 2) for place in range(1, 21)]


def found_on(curve, keep, strengths=TWENTY, by_style=False, style=lambda strength, factor: None):
    """Search a made-up curve; nothing is measured twice."""
    asked = []

    def measure(strength, factor):
        assert (strength, factor) not in asked
        asked.append((strength, factor))
        return Trial(strength, factor, curve(strength, factor), style(strength, factor))

    found = search(strengths, keep, measure, by_style)
    assert sorted((trial.strength, trial.factor) for trial in found.trials) == sorted(asked)
    return found


def falling(strength, factor):
    return 1 - strength * factor


@pytest.mark.parametrize(
    ("keep", "strength"), [(0.52, 0.45), (0.5, 0.5), (0.28, 0.7), (0.9, 0.1), (0.95, 0.05), (0, 1)]
)
def test_the_highest_strength_that_keeps_enough_is_found_within_a_step(keep, strength):
    found = found_on(falling, keep)
    assert (found.chosen.strength, found.chosen.factor, found.enough) == (strength, 1, True)
    assert len(found.trials) <= 7


def test_more_than_was_asked_for_at_the_highest_strength_is_said():
    found = found_on(lambda strength, factor: 0.8, 0.5)
    assert (found.chosen.strength, found.enough, found.last) == (1, True, True)
    assert len(found.trials) == 5
    assert not found_on(falling, 0.5).last


def test_a_weaker_scale_is_tried_where_the_lowest_strength_does_not_keep_enough():
    found = found_on(lambda strength, factor: 0.9 - strength * factor, 0.87)
    assert (found.chosen.strength, found.chosen.factor, found.enough) == (0.05, 0.5, True)
    assert [(trial.strength, trial.factor) for trial in found.trials][-2:] == [
        (0.05, 0.75),
        (0.05, 0.5),
    ]


def test_the_first_weaker_scale_that_keeps_enough_is_taken():
    found = found_on(lambda strength, factor: 0.9 - strength * factor, 0.86)
    assert found.chosen.factor == 0.75
    assert min(trial.factor for trial in found.trials) == 0.75


def test_where_nothing_keeps_enough_the_lowest_strength_that_keeps_most_is_taken():
    found = found_on(lambda strength, factor: 0.4 - strength * factor, 0.9)
    assert (found.chosen.strength, found.chosen.factor, found.enough) == (0.05, 0.5, False)
    # Noise around nothing is no reason to repaint everything.
    found = found_on(lambda strength, factor: 0.01 * strength, 0.5)
    assert (found.chosen.strength, found.enough) == (0.05, False)


def test_a_bump_that_was_measured_is_not_lost():
    # 0.8 keeps enough though 0.6 does not.
    found = found_on(lambda strength, factor: 0.9 if strength in (0.2, 0.8) else 0.1, 0.5)
    assert found.chosen.strength == 0.8


def test_with_a_reference_the_scale_nearest_to_the_style_is_taken():
    found = found_on(falling, 0.5, by_style=True, style=lambda strength, factor: factor)
    assert (found.chosen.factor, found.chosen.strength) == (1.25, 0.4)
    found = found_on(falling, 0.5, by_style=True, style=lambda strength, factor: strength)
    assert (found.chosen.factor, found.chosen.strength) == (0.75, 0.65)
    assert found.chosen.content >= 0.5


def test_a_style_that_cannot_be_told_leaves_the_scale():
    found = found_on(falling, 0.5, by_style=True)
    assert {trial.factor for trial in found.trials} == {1}


@given(
    st.lists(st.floats(-0.5, 1), min_size=60, max_size=60),
    st.floats(0, 1),
    st.integers(1, 20),
    st.booleans(),
)
def test_of_any_curve_what_is_chosen_keeps_enough_if_anything_measured_does(
    values, keep, count, by_style
):
    strengths = TWENTY[-count:]

    def curve(strength, factor):
        return values[(round(strength * 20) * 3 + round(factor * 4)) % 60]

    found = found_on(curve, keep, strengths, by_style, lambda strength, factor: -strength)
    assert found.chosen in found.trials
    assert found.enough == (found.chosen.content >= keep)
    assert found.enough or all(trial.content < keep for trial in found.trials)
    assert len(found.trials) <= most_trials(count, by_style)
    own = [each for each in found.trials if each.factor == found.chosen.factor]
    kept = [each.strength for each in own if each.content >= keep]
    assert not found.enough or found.chosen.strength == max(kept)


@given(st.integers(1, 20), st.integers(0, 21), st.booleans())
def test_of_a_falling_curve_no_higher_strength_keeps_enough(count, limit, by_style):
    strengths = TWENTY[:count]
    found = found_on(
        lambda strength, factor: 1.0 if round(strength * 20) <= limit else 0.0, 0.5, strengths
    )
    keeping = [strength for strength in strengths if round(strength * 20) <= limit]
    if keeping:
        assert found.chosen.strength == max(keeping)
    else:
        assert not found.enough


def test_strengths_that_run_the_same_steps_are_tried_once():
    assert possible_strengths(0, 1, 4) == [0.25, 0.5, 0.75, 1]
    assert possible_strengths(0, 1, 1) == [1]
    assert possible_strengths(0, 1, 20) == TWENTY
    assert possible_strengths(0, 1, 1000) == TWENTY
    assert possible_strengths(None, None, None) == TWENTY
    assert possible_strengths(0.3, 0.5, 10) == [0.3, 0.4, 0.5]


def test_a_method_without_a_strength_to_try_is_refused():
    with pytest.raises(UsageError, match="no strength to try"):
        possible_strengths(0, 0.04, None)
