from dataclasses import replace

import numpy as np
import pytest
from made_figures import INFO, entry, evaluation, figure

from stylecli.errors import UsageError
from stylecli.evaluation.comparing import Unmatched, changes, only_in
from stylecli.evaluation.comparisons import method_means


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(0.5, 0.3, 20)


def change(before, after):
    (found,) = changes(evaluation(entry("a", before)), evaluation(entry("a", after)))
    return found


def test_the_same_photos_are_compared_in_pairs(values):
    """Photos differ far more than the two: only in pairs is the difference seen."""
    better = values + 0.05 + np.random.default_rng(1).normal(0, 0.02, 20)
    paired = change(figure(values), figure(better))
    assert paired.paired
    assert paired.difference == pytest.approx(0.05, abs=0.02)
    assert paired.beyond_noise
    other = change(figure(values), figure(better, content="others"))
    assert not other.paired
    assert not other.beyond_noise
    assert other.reason == "other content pictures"
    assert other.interval.low < other.difference < other.interval.high


def test_photos_repainted_and_pictures_from_text_are_told_apart(values):
    photos = evaluation(entry("a", figure(values)))
    other = entry("a", figure(values, content="others"))
    rows = tuple(replace(row, content=None, prompt="a cat") for row in other.pictures)
    (found,) = changes(photos, evaluation(replace(other, pictures=rows)))
    assert found.reason == "photos there, text here"


def test_what_only_one_of_them_has_is_named(values):
    both, more = entry("a", figure(values)), entry("b", figure(values))
    one, other = evaluation(both, more), evaluation(both)
    assert only_in(one, other) == Unmatched(("b",), ())
    assert only_in(other, one) == Unmatched((), ())
    further = replace(one, metrics=(*one.metrics, replace(INFO, name="other", symbol="OT")))
    assert only_in(further, one) == Unmatched((), ("OT",))
    # The only entry of each is compared, whatever it is called.
    assert only_in(evaluation(more), other) == Unmatched((), ())


def test_nothing_changed_is_within_noise(values):
    same = change(figure(values), figure(values))
    assert same.difference == 0
    assert not same.beyond_noise


def test_another_protocol_is_not_compared(values):
    found = change(figure(values), figure(values + 1, variant="w"))
    assert (found.difference, found.reason) == (None, "stamp-mismatch: another variant")


def test_what_moves_with_the_number_of_pictures_is_not_subtracted_across_numbers(values):
    biased = replace(INFO, kind="biased")
    one, more = figure(values), figure(values + 1)
    more = replace(more, stamp=replace(more.stamp, n=40))

    def change_of(first, second):
        kept = [
            replace(evaluation(entry("a", each)), metrics=(biased,)) for each in (first, second)
        ]
        (found,) = changes(*kept)
        return found

    found = change_of(one, more)
    assert (found.difference, found.interval) == (None, None)
    assert found.reason == "stamp-mismatch: N 20 and N 40, with which it moves"
    assert change_of(one, figure(values + 1)).difference == pytest.approx(1)
    assert change(one, more).difference == pytest.approx(1)


def test_an_undefined_figure_is_not_compared(values):
    undefined = replace(figure(values), value=None, interval=None, replicates=())
    assert change(undefined, figure(values)).difference is None


def test_entries_are_found_by_name_or_by_being_alone(values):
    one, two = entry("a", figure(values)), entry("b", figure(values))
    assert [each.entry for each in changes(evaluation(one), evaluation(two))] == ["b"]
    assert [each.entry for each in changes(evaluation(one, two), evaluation(two))] == ["b"]
    with pytest.raises(UsageError, match="no entry of the same name"):
        changes(evaluation(one, two), evaluation(entry("c", figure(values))))


def test_methods_are_means_over_styles_with_styles_drawn_anew():
    generator = np.random.default_rng(3)
    photos = generator.normal(0, 0.02, 20)
    levels = (0.2, 0.4, 0.6, 0.8)
    entries = [
        entry(f"s{number}", figure(photos + level), target=f"t{number}", method="m")
        for number, level in enumerate(levels)
    ]
    (mean,) = method_means(entries, [INFO], seed=0)
    assert mean.value == pytest.approx(0.5, abs=0.02)
    assert mean.interval.how == "half-samples and styles"
    # Four styles with deviation .258: their mean is known to about .13, times Student's 1.6.
    assert 0.25 < (mean.interval.high - mean.interval.low) / 2 < 0.55
    (two,) = method_means(entries[:2], [INFO], seed=0)
    assert two.interval.how == "half-samples"
    assert two.interval.high - two.interval.low < 0.05
    assert method_means(entries[:1], [INFO], seed=0) == ()
