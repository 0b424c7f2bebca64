import math
from dataclasses import FrozenInstanceError, dataclass
from typing import Annotated, ClassVar, Literal

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from stylecli.errors import UsageError
from stylecli.options import (
    Layer,
    Sweep,
    as_record,
    check_value,
    defaults,
    describe_range,
    idle_options,
    known_values,
    option_fields,
    resolve,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    exclusive: ClassVar = (("steps", "epochs"),)

    rank: Annotated[int, typer.Option(min=1, max=64)] = 8
    steps: Annotated[int | None, typer.Option(min=1)] = 100
    epochs: Annotated[float | None, typer.Option(min=0)] = None
    learning_rate: Annotated[float, typer.Option(min=0, max=1)] = 1e-4
    free: Annotated[float, typer.Option()] = 0.0
    at_most: Annotated[int, typer.Option(max=5)] = 0
    flip: Annotated[bool, typer.Option()] = True
    crop: Annotated[Literal["random", "center"], typer.Option()] = "random"
    words: Annotated[str | None, typer.Option()] = None
    strength: Annotated[float, typer.Option(min=0, max=1), Sweep] = 0.6


FIELDS = {field.name: field for field in option_fields(Settings)}
VALUES = {
    "rank": st.integers(1, 64),
    "learning_rate": st.floats(0, 1),
    "flip": st.booleans(),
    "crop": st.sampled_from(["random", "center"]),
    "words": st.none() | st.text(),
}


def settled(*layers):
    return resolve(Settings, [Layer(f"layer {n}", values) for n, values in enumerate(layers)])


def refusal(*layers):
    with pytest.raises(UsageError) as caught:
        settled(*layers)
    return caught.value


def test_without_layers_the_declared_defaults_hold():
    resolved = settled()
    assert resolved.options == Settings()
    assert set(resolved.sources.values()) == {"default"}


def test_the_strongest_layer_that_gives_a_value_wins():
    layers = [
        Layer("command line", {"rank": 1}),
        Layer("--config", {"rank": 2, "flip": False}),
        Layer("preset", {"rank": 3, "flip": True, "crop": "center"}),
        Layer("base tiny", {"rank": 4, "crop": "random", "learning_rate": 0.5}),
    ]
    resolved = resolve(Settings, layers)
    options = resolved.options
    assert (options.rank, options.flip, options.crop) == (1, False, "center")
    assert (options.learning_rate, options.words) == (0.5, None)
    assert resolved.sources["rank"] == "command line"
    assert resolved.sources["flip"] == "--config"
    assert resolved.sources["crop"] == "preset"
    assert resolved.sources["learning_rate"] == "base tiny"
    assert resolved.sources["words"] == "default"


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=VALUES), max_size=4))
def test_every_value_comes_from_the_first_layer_that_has_it(layers):
    resolved = settled(*layers)
    for name, field in FIELDS.items():
        givers = [n for n, layer in enumerate(layers) if name in layer]
        expected = layers[givers[0]][name] if givers else field.default
        assert getattr(resolved.options, name) == expected
        assert resolved.sources[name] == (f"layer {givers[0]}" if givers else "default")


def test_a_member_of_a_group_drops_the_others_default():
    resolved = settled({"epochs": 2.0})
    assert (resolved.options.steps, resolved.options.epochs) == (None, 2.0)
    assert resolved.sources["steps"] == "layer 0"


def test_a_stronger_member_of_a_group_beats_a_weaker_one():
    assert settled({"steps": 5}, {"epochs": 2.0}).options.epochs is None
    assert settled({"epochs": 2.0}, {"steps": 5}).options.steps is None
    assert settled({"rank": 2}, {"epochs": 2.0}, {"steps": 5}).options.epochs == 2.0


def test_none_gives_no_member_of_a_group():
    options = settled({"epochs": None}, {"steps": 5}).options
    assert (options.steps, options.epochs) == (5, None)


def test_two_members_of_a_group_in_one_layer_are_refused():
    problem = refusal({}, {"steps": 5, "epochs": 2.0})
    assert problem.message == "Give --steps or --epochs, not both (layer 1)."
    assert problem.exit_code == 2


def test_an_unknown_name_is_refused_with_the_nearest():
    problem = refusal({"rnk": 4})
    assert "rnk" in problem.message
    assert "layer 0" in problem.message
    assert "'rank'" in problem.hint


def test_an_unknown_name_in_a_weak_layer_is_refused_too():
    assert "zzzz" in refusal({"rank": 4}, {"zzzz": 1}).message


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("rank", 0, "1 to 64"),
        ("rank", 65, "1 to 64"),
        ("rank", 10**400, "1 to 64"),
        ("rank", True, "int"),
        ("rank", 4.0, "int"),
        ("rank", "4", "int"),
        ("rank", None, "a value"),
        ("steps", 0, "at least 1"),
        ("at_most", 6, "at most 5"),
        ("learning_rate", -1e-9, "0 to 1"),
        ("learning_rate", math.nan, "0 to 1"),
        ("learning_rate", math.inf, "0 to 1"),
        ("learning_rate", False, "float"),
        ("epochs", math.inf, "at least 0"),
        ("epochs", 10**400, "at least 0"),
        ("free", math.nan, "any number"),
        ("free", -math.inf, "any number"),
        ("flip", 1, "bool"),
        ("flip", "yes", "bool"),
        ("crop", "Center", "random, center"),
        ("crop", ["center"], "random, center"),
        ("words", 5, "str"),
        ("strength", 1.2, "0 to 1"),
    ],
)
def test_a_wrong_value_is_refused_naming_option_source_and_what_would_do(name, value, complaint):
    problem = refusal({name: value})
    assert problem.message.startswith(f"{FIELDS[name].flag} (layer 0): ")
    assert complaint in problem.message


def test_a_wrong_value_hidden_by_a_stronger_layer_does_no_harm():
    assert settled({"rank": 4}, {"rank": 0}).options.rank == 4


@pytest.mark.parametrize("value", [1, 64])
def test_the_ends_of_a_range_belong_to_it(value):
    assert settled({"rank": value}).options.rank == value


def test_a_whole_number_is_taken_for_a_float():
    value = settled({"learning_rate": 1}).options.learning_rate
    assert (value, type(value)) == (1.0, float)


def test_an_optional_value_may_be_none():
    assert settled({"words": None}, {"words": "x"}).options.words is None


@settings(deadline=None)
@given(
    st.integers() | st.floats() | st.booleans() | st.text() | st.none() | st.lists(st.integers())
)
def test_a_checked_value_is_in_range_and_of_its_type_or_refused(value):
    for field in FIELDS.values():
        try:
            checked = check_value(field, value, "here")
        except UsageError:
            continue
        # A whole number beyond 2 ** 53 is rounded where a float is wanted.
        assert checked == (float(value) if type(checked) is float else value)
        assert checked is None if value is None else type(checked) in (field.type, str)
        if type(checked) in (int, float):
            assert math.isfinite(checked)
            assert field.info.min is None or checked >= field.info.min
            assert field.info.max is None or checked <= field.info.max


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0, 1, "0 to 1"),
        (1, None, "at least 1"),
        (None, 0.5, "at most 0.5"),
        (None, None, "any number"),
    ],
)
def test_ranges_are_written_as_people_do(low, high, text):
    assert describe_range(low, high) == text


def test_fields_know_their_flag_and_whether_they_sweep():
    assert FIELDS["learning_rate"].flag == "--learning-rate"
    assert [name for name, field in FIELDS.items() if field.sweep] == ["strength"]
    assert [name for name, field in FIELDS.items() if field.optional] == [
        "steps",
        "epochs",
        "words",
    ]


def test_a_field_that_is_no_option_or_has_no_default_is_a_programming_error():
    @dataclass(frozen=True)
    class Bare:
        rank: int = 1

    @dataclass(frozen=True)
    class Open:
        rank: Annotated[int, typer.Option()]

    for wrong in (Bare, Open):
        with pytest.raises(TypeError, match=r"\.rank must be Annotated"):
            option_fields(wrong)


def test_values_of_another_class_are_left_out():
    assert known_values(Settings, {"rank": 2, "prompts": 30}) == {"rank": 2}


def test_the_record_is_every_option_and_makes_the_same_options_again():
    options = settled({"epochs": 3.0, "crop": "center"}).options
    record = as_record(options)
    assert set(record) == set(FIELDS)
    assert settled(record).options == options


def test_inherited_options_get_other_defaults_and_stay_what_they_were():
    @dataclass(frozen=True, kw_only=True)
    @defaults(steps=7, crop="center")
    class Mine(Settings):
        own: Annotated[int, typer.Option()] = 1

    theirs = {field.name: field for field in option_fields(Settings)}
    mine = {field.name: field for field in option_fields(Mine)}
    assert list(mine) == [*theirs, "own"]
    assert (Mine().steps, Mine().crop) == (7, "center")
    assert (Settings().steps, Settings().crop) == (100, "random")
    for name, field in theirs.items():
        assert (mine[name].type, mine[name].info) == (field.type, field.info)

    @dataclass(frozen=True, kw_only=True)
    @defaults(steps=9)
    class Theirs(Mine):
        pass

    assert (Theirs().steps, Theirs().crop, Theirs().own) == (9, "center", 1)


def test_a_default_for_what_is_not_inherited_is_a_programming_error():
    with pytest.raises(TypeError, match="inherits no option 'stesp'"):

        @defaults(stesp=7)
        class Mine(Settings):
            pass


def test_options_that_the_user_gave_in_vain_are_named():
    @dataclass(frozen=True, kw_only=True)
    class Idle(Settings):
        needs: ClassVar = {"rank": ("--flip", lambda options: options.flip)}

    def said(*layers):
        resolved = resolve(Idle, [Layer(source, values) for source, values in layers])
        return idle_options(resolved, ("command line",))

    off = ("base", {"flip": False})
    assert said(("command line", {"rank": 3}), off) == ["--rank does nothing without --flip."]
    assert said(("command line", {"rank": 3})) == []
    assert said(("command line", {"rank": Settings().rank}), off) == []
    assert said(("base", {"rank": 3, "flip": False})) == []


def test_options_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        settled().options.rank = 3
