import pytest

from stylecli.errors import Cancelled, StylecliError, UsageError, did_you_mean


@pytest.mark.parametrize(("kind", "code"), [(StylecliError, 1), (UsageError, 2), (Cancelled, 130)])
def test_every_kind_of_error_has_its_exit_code_and_keeps_what_it_says(kind, code):
    problem = kind("monet: no such style.", "Train one.")
    assert isinstance(problem, StylecliError)
    assert problem.exit_code == code
    assert (problem.message, problem.hint) == ("monet: no such style.", "Train one.")
    assert str(problem) == problem.message


def test_a_hint_may_be_missing():
    assert StylecliError("no").hint is None


def test_the_closest_names_are_suggested_best_first():
    assert did_you_mean("rnk", ["steps", "rank", "flip"]) == "Did you mean 'rank'?"
    assert (
        did_you_mean("monet1", {"monet-3": 1, "monet": 2}) == "Did you mean 'monet' or 'monet-3'?"
    )


def test_nothing_is_suggested_where_nothing_is_close():
    assert did_you_mean("xyz", ["rank", "steps"]) is None
    assert did_you_mean("xyz", []) is None
