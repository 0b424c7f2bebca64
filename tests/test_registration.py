"""What a thing must be, so that no plugin's breaks lists, help and TAB for everybody."""

import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

import stylecli
from stylecli.plugin import PluginSource
from stylecli.registry import load_registry


@dataclass(frozen=True)
class Options:
    size: Annotated[int, typer.Option(help="A number.")] = 3


class Plain(stylecli.LoraMethod):
    name, summary, families = "plain", "does nothing", frozenset({"sd15"})
    TrainOptions = Options

    def train(self, run):
        raise NotImplementedError


class Caption(stylecli.Captioner):
    name, summary = "plain", "says nothing"

    def load(self, options, progress):
        raise NotImplementedError


class Figure(stylecli.Metric):
    name, symbol, summary, variant = "plain", "PL", "says nothing", ""

    def meter(self, setting):
        raise NotImplementedError


BASE = {"name": "plain", "family": "sd15", "source": "org/plain"}
COMMAND = {"name": "plain", "summary": "Does nothing.", "load": lambda: print}


def changed(kind, **attributes):
    """An instance of a class like another, with other attributes."""
    return type(kind.__name__, (kind,), attributes)()


def method(**attributes):
    return changed(Plain, **attributes)


def captioner(**attributes):
    return changed(Caption, **attributes)


def metric(**attributes):
    return changed(Figure, **attributes)


def base(**values):
    return stylecli.BaseSpec(**{**BASE, **values})


def command(**values):
    return stylecli.Command(**{**COMMAND, **values})


@pytest.fixture
def load(monkeypatch):
    """Loads plugins in their order, each given as the things it adds."""

    def loaded(*plugins):
        sources = []
        for number, things in enumerate(plugins):
            module = types.ModuleType(f"plugin_{number}_for_tests")
            for thing in things:
                hook = next(name for kind, name in HOOKS.items() if isinstance(thing, kind))
                vars(module).setdefault(hook, hook_giving([]))().append(thing)
            monkeypatch.setitem(sys.modules, module.__name__, module)
            name = f"plugin-{number}"
            sources.append(PluginSource(name, module.__name__, f"{name}-package 1.0", False))
        return load_registry(sources)

    return loaded


HOOKS = {
    stylecli.Method: "stylecli_methods",
    stylecli.Captioner: "stylecli_captioners",
    stylecli.Metric: "stylecli_metrics",
    stylecli.BaseSpec: "stylecli_bases",
    stylecli.Command: "stylecli_commands",
}


def hook_giving(things):
    return stylecli.hookimpl(lambda: things)


def test_what_is_as_it_must_be_is_taken(load):
    things = [method(), captioner(), metric(), base(), command()]
    registry = load(things)
    assert registry.plugins[0].failure == ""
    assert sorted(registry.plugins[0].adds) == [
        "base",
        "captioner",
        "command",
        "method",
        "metric",
    ]


@pytest.mark.parametrize("kind", [method, captioner, metric, base, command])
@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("name", None, "name is None, not str"),
        ("name", 7, "name is 7, not str"),
        ("name", ["x"], "name is ['x'], not str"),
        ("name", "[/red]", "name is '[/red]': what is typed has letters"),
        ("name", "a b", "name is 'a b'"),
        ("name", "a b/../c", "name is 'a b/../c'"),
        ("name", "a,b", "name is 'a,b'"),
        ("name", "-x", "name is '-x'"),
        ("name", "", "name is ''"),
        ("summary", None, "summary is None, not str"),
        ("summary", "two\nlines", "summary is more than one line"),
    ],
)
def test_names_can_be_typed_and_summaries_are_a_line(load, kind, attribute, value, words):
    registry = load([kind(**{attribute: value})], [method(name="good")])
    assert words in registry.plugins[0].failure
    assert registry.plugins[0].adds == {}
    assert list(registry.methods) == ["good"]


@pytest.mark.parametrize(
    ("make", "attributes", "words"),
    [
        (method, {"families": None}, "families is None"),
        (method, {"families": "sd15"}, "families is 'sd15', not set"),
        (method, {"families": frozenset()}, "families names none"),
        (method, {"families": {"sd15", "flux"}}, "families has 'flux'; there are sd15, sdxl"),
        (method, {"default_base": None}, "default_base is None, not str"),
        (method, {"presets": None}, "presets is None, not Mapping"),
        (method, {"presets": {"a": {}}}, "presets has 'a': {}, which is no Preset"),
        (method, {"ablations": ["a"]}, "ablations is ['a'], not Mapping"),
        (method, {"TrainOptions": None}, "TrainOptions is None, which is no dataclass"),
        (method, {"TransferOptions": 5}, "TransferOptions is 5"),
        (method, {"GenerateOptions": str}, "<class 'str'>, which is no dataclass"),
        (captioner, {"Options": {"size": 3}}, "Options is {'size': 3}"),
        (metric, {"symbol": None}, "symbol is None, not str"),
        (metric, {"symbol": "A,B"}, "symbol is 'A,B'"),
        (metric, {"variant": 1}, "variant is 1, not str"),
        (metric, {"needs": None}, "needs is None"),
        (metric, {"needs": {"photos"}}, "needs has 'photos'; there are content, baseline, styles"),
        (metric, {"with_others": None}, "with_others is None"),
        (metric, {"beside": "x"}, "beside is 'x'"),
        (metric, {"weights": None}, "weights is None"),
        (metric, {"features": None}, "features is None, not Mapping"),
        (metric, {"pairs": []}, "pairs is [], not Mapping"),
        (base, {"family": "flux"}, "of the family 'flux'; there are sd15, sdxl"),
        (base, {"source": None}, "source is None, not Path or str"),
        (base, {"ready_styles": "/styles"}, "ready_styles is '/styles', not Path or None"),
        (base, {"resolution": "512"}, "resolution is '512', not int"),
        (base, {"recommends": None}, "recommends is None, not Mapping"),
        (base, {"controlnets": None}, "controlnets is None, not Mapping"),
        (base, {"licence": None}, "licence is None, not str"),
        (command, {"load": None}, "'plain' has no function that loads it"),
    ],
)
def test_what_is_not_as_it_must_be_is_named(load, make, attributes, words):
    registry = load([make(**attributes), method(name="other")], [method(name="good")])
    assert words in registry.plugins[0].failure
    assert list(registry.methods) == ["good"]


def test_what_plugins_may_leave_open_is_taken(load):
    things = [
        method(families=("sd15", "sdxl"), GenerateOptions=None),
        base(source=Path("base"), ready_styles=Path("styles"), summary=""),
        captioner(summary="", Options=Options),
    ]
    assert load(things).plugins[0].failure == ""


def one(image):
    raise NotImplementedError


def two(image):
    raise NotImplementedError


FIRST = {"name": "first", "symbol": "FI", "features": {"one": one}, "pairs": {"pair": one}}


@pytest.mark.parametrize("together", [True, False], ids=["one package", "two packages"])
@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (
            {"name": "second", "symbol": "FI"},
            "'second' is called 'FI', which means the metric 'first'",
        ),
        (
            {"name": "second", "symbol": "fi"},
            "'second' is called 'fi', which means the metric 'first'",
        ),
        ({"name": "second", "symbol": "first"}, "is called 'first'"),
        ({"name": "fi", "symbol": "SE"}, "'fi' is called 'fi', which means the metric 'first'"),
        ({"name": "First", "symbol": "SE"}, "is called 'First'"),
        ({"name": "second", "symbol": "SE", "features": {"one": two}}, "by the feature 'one'"),
        ({"name": "second", "symbol": "SE", "pairs": {"pair": two}}, "by the feature 'pair'"),
        ({"name": "second", "symbol": "SE", "features": {"pair": two}}, "by the feature 'pair'"),
    ],
)
def test_metrics_are_told_apart_and_share_only_what_is_the_same(load, attributes, words, together):
    first, second = metric(**FIRST), metric(**attributes)
    registry = load([first, second]) if together else load([first], [second])
    assert words in registry.plugins[-1].failure
    assert list(registry.metrics) == ([] if together else ["first"])


def test_metrics_are_found_by_name_or_symbol(load):
    registry = load(
        [metric(**FIRST)], [metric(name="second", symbol="SECOND", features={"one": one})]
    )
    assert not [plugin for plugin in registry.plugins if plugin.failure]
    for name, typed in {"first": "first fi FI", "second": "second SECOND"}.items():
        assert {registry.metric(word).name for word in typed.split()} == {name}
