"""Every check of a metric can fail."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest

import stylecli
from stylecli.testing import Nonconformance, check_metric, metric_checks, run_checks

FEATURE = "mean-colour-of-tests"


def mean_colour(image):
    return np.asarray(image, dtype=float).mean(axis=(0, 1))


class Nearness(stylecli.Metric):
    """Keeps its contract: how far each output's mean colour is from the style's."""

    name = "nearness"
    symbol = "NEAR"
    summary = "distance of the mean colours; 0 = the same"
    variant = "mean of R, G and B"
    better = "less"
    axis = "style"
    features = {FEATURE: mean_colour}

    def meter(self, setting):
        style = setting.references

        def measure(sample):
            target = style[sample.target][FEATURE].mean(axis=0)
            off = np.linalg.norm(sample.outputs[FEATURE] - target, axis=1)
            return self.measurement([float(value) for value in off])

        return measure

    def measurement(self, values):
        return stylecli.Measurement(float(np.mean(values)), tuple(values))


class Unvaried(Nearness):
    variant = ""


class Needy(Nearness):
    needs = frozenset({"photos"})


class Shapeless(Nearness):
    features = {FEATURE: lambda image: np.asarray(image, dtype=float)[0].ravel()}


class Endless(Nearness):
    features = {FEATURE: lambda image: np.array([np.inf])}


class Fickle(Nearness):
    features = {FEATURE: lambda image: np.array([random.random()])}


class Rotating(Nearness):
    @staticmethod
    def spoil(image):
        image.putpixel((0, 0), (1, 2, 3))
        return np.zeros(3)

    features = {FEATURE: spoil}


class Chatty(Nearness):
    @staticmethod
    def say(image):
        sys.stdout.write("looking\n")
        return np.zeros(3)

    features = {FEATURE: say}


class ChattyMeter(Nearness):
    def measurement(self, values):
        sys.stdout.write("measuring\n")
        return super().measurement(values)


class NotingMeter(Nearness):
    def meter(self, setting):
        Path("~/notes.txt").expanduser().write_text("mine")
        return super().meter(setting)


class Comparing(stylecli.Metric):
    name = "comparing"
    symbol = "COMP"
    summary = "an output beside its photo"
    variant = "any"
    needs = frozenset({"content"})

    def meter(self, setting):
        (pair,) = self.pairs

        def measure(sample):
            values = tuple(map(float, sample.pairs[pair]))
            return stylecli.Measurement(float(np.mean(values)), values)

        return measure


class Blackening(Comparing):
    @staticmethod
    def blacken(output, photo):
        photo.paste((0, 0, 0), (0, 0, *photo.size))
        return 1.0

    pairs = {"blackening-of-tests": blacken}


class Guessing(Comparing):
    pairs = {"guessing-of-tests": lambda output, photo: random.random()}


class Alone(Nearness):
    def measurement(self, values):
        return stylecli.Measurement(float(np.median(values)))


class Median(Nearness):
    def measurement(self, values):
        return stylecli.Measurement(float(np.median(values)), tuple(values))


class Few(Nearness):
    def measurement(self, values):
        return stylecli.Measurement(float(np.mean(values)), tuple(values[1:]))


class Wordless(Nearness):
    def measurement(self, values):
        return stylecli.Measurement(None)


class Detailless(Nearness):
    beside = ("spread",)


class Dice(Nearness):
    def measurement(self, values):
        return super().measurement([value + random.random() for value in values])


class FirstCounts(Nearness):
    def measurement(self, values):
        return super().measurement([values[0]] * len(values))


class Sorted(Nearness):
    def measurement(self, values):
        return super().measurement(sorted(values))


class Upside(Nearness):
    better = "more"


CASES = [
    ("described", "Its variant is ''", Unvaried),
    ("described", "needs is {'photos'}", Needy),
    ("features", "has the shapes", Shapeless),
    ("features", "is not finite", Endless),
    ("features", "is another one the second time", Fickle),
    ("features", "changes the picture", Rotating),
    ("features", "The comparison 'blackening-of-tests' changes a picture", Blackening),
    ("features", "is another one the second time", Guessing),
    ("quiet", "It printed 'looking'", Chatty),
    ("quiet", "It printed 'measuring'", ChattyMeter),
    ("quiet", "It wrote the home folder/notes.txt", NotingMeter),
    ("measures", "It gave a figure alone", Alone),
    ("measures", "the mean of its pictures' values", Median),
    ("measures", "it gave 11 values for 12 pictures", Few),
    ("measures", "It gave None", Wordless),
    ("measures", "Its details lack 'spread'", Detailless),
    ("repeatable", "The same pictures give", Dice),
    ("order", "In another order of pictures the figure is", FirstCounts),
    ("order", "the values do not go with their pictures", Sorted),
    ("direction", "better = 'more' and axis = 'style' say", Upside),
]


def test_a_metric_that_keeps_its_contract_passes():
    check_metric(Nearness())
    assert all(verdict.state == "passed" for verdict in run_checks(metric_checks(Nearness())))


@pytest.mark.parametrize(("name", "words", "kind"), CASES)
def test_one_that_does_not_is_told_what_is_wrong(name, words, kind):
    (check,) = [each for each in metric_checks(kind()) if each.name == name]
    with pytest.raises(Nonconformance) as caught:
        check()
    assert words in str(caught.value)


def test_every_check_has_been_seen_to_fail():
    assert {check.name for check in metric_checks(Nearness())} == {name for name, _, _ in CASES}


SCALE = stylecli.Weights("scale", "", {"scale.txt": ""}, "https://example.org/{file}", 1, "MIT")


class Networked(Nearness):
    """Rests on a network: a number in a file."""

    weights = (SCALE,)

    def with_weights(self, found, device="cpu"):
        made = type(self)()
        path = found["scale"].paths["scale.txt"]
        made.features = {FEATURE: lambda image: float(path.read_text()) * mean_colour(image)}
        return made


class Forgetful(Networked):
    def with_weights(self, found, device="cpu"):
        made = type(self)()
        made.features = {}
        return made


def states(metric, networks=None):
    return {each.check: each.state for each in run_checks(metric_checks(metric, networks))}


def test_a_metric_whose_network_is_not_here_is_checked_in_what_it_says(home):
    verdicts = list(run_checks(metric_checks(Networked())))
    assert (verdicts[0].check, verdicts[0].state) == ("described", "passed")
    assert {each.state for each in verdicts[1:]} == {"skipped"}
    assert "Its network scale is not on this machine." in verdicts[1].reason
    path = home / "weights" / "scale" / "scale.txt"
    path.parent.mkdir(parents=True)
    path.write_text("2")
    assert set(states(Networked()).values()) == {"passed"}


def test_a_network_for_the_checks_alone(tmp_path):
    (tmp_path / "any.txt").write_text("3")
    networks = {
        "scale": stylecli.LocalWeights(SCALE, {"scale.txt": tmp_path / "any.txt"}, "0" * 64, False)
    }
    check_metric(Networked(), networks)
    assert states(Forgetful(), networks)["features"] == "failed"


def test_what_a_metric_prints_is_seen_in_every_check_and_shown_in_none(capsys):
    verdicts = list(run_checks(metric_checks(ChattyMeter())))
    assert [each.check for each in verdicts if each.state == "failed"] == ["quiet"]
    assert capsys.readouterr().out == ""
