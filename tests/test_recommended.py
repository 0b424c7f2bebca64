"""What a base recommends, by method and for any."""

from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli
from stylecli.recommended import recommended_for

SPEC = stylecli.BaseSpec(
    name="x",
    family="sd15",
    source="a/b",
    recommends={
        "*": {"train": {"batch_size": 8, "rank": 4}, "transfer": {"steps": 9, "strength": 0.4}},
        "known": {"train": {"rank": 2}, "transfer": {"steps": 5}},
    },
)


class Known(stylecli.LoraMethod):
    """Its options are the core's."""

    name = "known"
    TrainOptions = stylecli.LoraTraining

    def train(self, run):
        raise AssertionError


class Unknown(Known):
    """The base knows nothing of it."""

    name = "unknown"
    TrainOptions = stylecli.TrainingOptions


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """Steps of another kind."""

    steps: Annotated[int, typer.Option(help="Of a staircase.")] = 100


class Staircase(Unknown):
    """What its options mean is its own affair."""

    name = "staircase"
    TrainOptions = OwnWords
    TransferOptions = OwnWords
    GenerateOptions = None


def test_what_is_recommended_by_name_comes_before_what_is_for_any_method():
    assert recommended_for(Known(), SPEC, "train") == {"batch_size": 8, "rank": 2}
    assert recommended_for(Known(), SPEC, "transfer") == {"steps": 5, "strength": 0.4}


def test_a_method_that_the_base_does_not_know_gets_what_it_has_an_option_for():
    assert recommended_for(Unknown(), SPEC, "train") == {"batch_size": 8}
    assert recommended_for(Unknown(), SPEC, "transfer") == {"steps": 9, "strength": 0.4}
    assert recommended_for(Unknown(), SPEC, "generate") == {}


def test_options_that_are_not_the_cores_own_may_mean_anything():
    assert recommended_for(Staircase(), SPEC, "transfer") == {}
    assert recommended_for(Staircase(), SPEC, "generate") == {}


def test_a_source_that_is_an_absolute_path_is_a_folder(tmp_path):
    spec = stylecli.BaseSpec(name="x", family="sd15", source=str(tmp_path))
    assert spec.source == tmp_path
    assert stylecli.BaseSpec(name="x", family="sd15", source="org/name").source == "org/name"
