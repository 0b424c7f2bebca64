import importlib
import sys
from importlib import metadata

import pytest

from stylecli.errors import UsageError
from stylecli.plugin import PluginSource, broken_plugins_note, installed_sources
from stylecli.registry import load_registry
from stylecli.styles.style import ANY_LORA

METHOD = """
from dataclasses import dataclass
from typing import Annotated

import typer

import stylecli


@dataclass(frozen=True)
class Options:
    size: Annotated[int, typer.Option(min=1)] = 3


class Good(stylecli.Method):
    name = "{name}"
    summary = "does nothing"
    families = frozenset({{"sd15"}})
    TrainOptions = TransferOptions = Options

    def train(self, run):
        raise NotImplementedError

    def stylizer(self, base, styles, options):
        raise NotImplementedError


@stylecli.hookimpl
def stylecli_methods():
    return [Good()]


@stylecli.hookimpl
def stylecli_bases():
    return [stylecli.BaseSpec(name="{name}-base", family="sd15", source="org/{name}")]
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Writes a plugin's module: ``plugin("name", code)`` gives its source."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written = []

    def write(name, code, first_party=False):
        module = f"{name}_plugin_for_tests"
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        importlib.invalidate_caches()
        written.append(module)
        return PluginSource(name, module, f"{name}-package 1.0", first_party)

    yield write
    for module in written:
        sys.modules.pop(module, None)


@pytest.fixture
def good(plugin):
    return plugin("good", METHOD.format(name="good"))


def test_the_installed_plugins_are_this_projects_own_and_all_work():
    registry = load_registry()
    assert {"lora-sdedit", "tiny"} <= {plugin.source.name for plugin in registry.plugins}
    assert not [plugin for plugin in registry.plugins if plugin.failure]
    assert "lora-sdedit" in registry.methods
    assert {"sd15", "tiny"} <= set(registry.bases)
    own = [plugin.source for plugin in registry.plugins if plugin.source.first_party]
    assert {source.package for source in own} == {f"stylecli {metadata.version('stylecli')}"}


def test_what_a_plugin_adds_is_there_by_name(good):
    registry = load_registry([good])
    assert registry.method("good").summary == "does nothing"
    assert registry.bases["good-base"].source == "org/good"
    (loaded,) = registry.plugins
    assert (loaded.adds["method"], loaded.adds["base"], loaded.failure) == (
        ("good",),
        ("good-base",),
        "",
    )
    assert loaded.seconds > 0
    assert broken_plugins_note(registry.plugins) == ""


def test_a_plugin_may_be_an_attribute_of_its_module(plugin):
    hooks = METHOD.format(name="x").split("@stylecli.hookimpl")[0]
    hooks += "class Hooks:\n    @stylecli.hookimpl\n    def stylecli_methods(self):\n        return [Good()]\n"
    source = plugin("inner", hooks + "hooks = Hooks()\n")
    pointed = PluginSource("inner", f"{source.module}:hooks", source.package, False)
    assert list(load_registry([pointed]).methods) == ["x"]


GOOD = METHOD.format(name="x")
METRICS = """
import stylecli

stated = {
    "name": "judge", "summary": "", "files": {"judge.bin": "0" * 64},
    "source": "https://example.org/{file}", "megabytes": 1, "licence": "MIT",
}
two = stated


class One(stylecli.Metric):
    name, symbol, summary, variant = "one", "1", "", ""
    weights = (stylecli.Weights(**stated),)

    def meter(self, setting):
        raise NotImplementedError


class Two(One):
    name, symbol = "two", "2"
    weights = (stylecli.Weights(**two),)


@stylecli.hookimpl
def stylecli_metrics():
    return [One(), Two()]
"""
BROKEN = {
    "an import that fails": ("import no_such_module_anywhere", "no_such_module_anywhere"),
    "a syntax error": ("def", "invalid syntax"),
    "an exit at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "an exception of its own": ("class Odd(Exception): ...\nraise Odd('strange')", "Odd: strange"),
    "what is no Exception": ("raise BaseException('odd')", "BaseException: odd"),
    "a generator's end in a hook": (
        GOOD.replace("return [Good()]", "raise GeneratorExit"),
        "GeneratorExit",
    ),
    "an exception that cannot be shown": (
        "class Odd(Exception):\n    def __str__(self):\n        raise OSError\nraise Odd",
        "Odd",
    ),
    "an exit in a hook": (GOOD.replace("return [Good()]", "raise SystemExit"), "SystemExit"),
    "what is no method": (GOOD.replace("[Good()]", "['x']"), "'x', which is no Method"),
    "a class instead of a method": (GOOD.replace("[Good()]", "[Good]"), "which is no Method"),
    "a method without a name": (GOOD.replace('    name = "x"\n', ""), "Good lacks 'name'"),
    "a method without train": (GOOD.replace("def train", "def trian"), "abstract method"),
    "what is no list": (GOOD.replace("[Good()]", "Good()"), "stylecli_methods gave"),
    "what is no base": (GOOD.replace("[stylecli.BaseSpec(", "[dict("), "which is no BaseSpec"),
    "options that are no dataclass": (GOOD.replace("@dataclass(frozen=True)", ""), "dataclass"),
    "an option that is not declared": (
        GOOD.replace("Annotated[int, typer.Option(min=1)]", "int"),
        "Options.size must be Annotated",
    ),
    "a misspelt hook": (
        GOOD.replace("def stylecli_bases", "def stylecli_base"),
        "there is no hook 'stylecli_base'. Did you mean 'stylecli_bases'",
    ),
    "one name twice": (GOOD.replace("[Good()]", "[Good(), Good()]"), "'x' is offered twice"),
    "weights that are none": (
        METRICS.replace("stylecli.Weights(", "dict("),
        "which are no Weights",
    ),
    "weights without a hash": (METRICS.replace('"0" * 64', '"abc"'), "'abc' is no SHA-256"),
    "one name for two networks": (
        METRICS.replace("two = stated", 'two = stated | {"licence": "other"}'),
        "means other files than another metric does by the weights 'judge'",
    ),
    "a base of the core's": (
        GOOD.replace("x-base", "sd15"),
        "'sd15', which stylecli itself offers",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_named_and_left_out_whole_while_the_rest_works(plugin, case):
    code, words = BROKEN[case]
    bad = plugin("bad", code)
    good = plugin("good", METHOD.format(name="good"))
    registry = load_registry([bad, good])
    left_out, kept = registry.plugins
    assert words in left_out.failure
    assert left_out.source.package == "bad-package 1.0"
    assert left_out.adds == {}
    assert list(registry.methods) == ["good"]
    assert list(registry.bases) == ["sd15", "sdxl", "good-base"]
    assert kept.failure == ""
    assert broken_plugins_note(registry.plugins).startswith("Plugins left out")
    assert f"bad ({left_out.failure})" in broken_plugins_note(registry.plugins)
    with pytest.raises(UsageError, match="No method named 'x'") as caught:
        registry.method("x")
    assert "failed to load: bad" in caught.value.hint


def test_ctrl_c_while_plugins_load_stops_the_program(plugin):
    with pytest.raises(KeyboardInterrupt):
        load_registry([plugin("stopped", "raise KeyboardInterrupt")])


def test_two_metrics_may_rest_on_one_network(plugin):
    registry = load_registry([plugin("judges", METRICS)])
    assert list(registry.metrics) == ["one", "two"]
    other = METRICS.replace('"one", "1"', '"three", "3"').replace('"two", "2"', '"four", "4"')
    for changed, added in ((other, 4), (other.replace('"MIT"', '"other"'), 2)):
        registry = load_registry([plugin("judges", METRICS), plugin(f"others{added}", changed)])
        assert len(registry.metrics) == added


def test_of_two_plugins_with_one_name_the_first_stays_and_both_are_named(plugin, good):
    other = plugin("other", METHOD.format(name="good"))
    registry = load_registry([good, other])
    assert registry.plugins[0].adds == {"method": ("good",), "base": ("good-base",)}
    assert "other-package 1.0 offers the method 'good'" in registry.plugins[1].failure
    assert "good-package 1.0 offers too" in registry.plugins[1].failure


def test_a_base_may_be_called_as_a_method_is(plugin):
    first = plugin("first", METHOD.format(name="moon-base").replace("moon-base-base", "b"))
    second = plugin("second", METHOD.format(name="moon"))
    registry = load_registry([first, second])
    assert not [plugin for plugin in registry.plugins if plugin.failure]
    assert "moon-base" in registry.methods
    assert "moon-base" in registry.bases


def test_an_unknown_method_is_answered_with_the_nearest(good):
    registry = load_registry([good])
    with pytest.raises(UsageError, match="No method named 'goood'") as caught:
        registry.method("goood")
    assert caught.value.hint == "Did you mean 'good'?"
    with pytest.raises(UsageError) as caught:
        registry.method("zzz")
    assert caught.value.hint == "There are: good."


def test_the_environment_restricts_what_is_loaded(plugin, good, monkeypatch):
    bad = plugin("bad", "raise AssertionError('was loaded')")
    monkeypatch.setenv("STYLECLI_PLUGINS", " good ,")
    registry = load_registry([bad, good])
    assert [plugin.source.name for plugin in registry.plugins] == ["good"]
    monkeypatch.setenv("STYLECLI_PLUGINS", "")
    assert load_registry([bad, good]).plugins == ()


def test_the_environment_naming_what_is_not_installed_is_an_error(good, monkeypatch):
    monkeypatch.setenv("STYLECLI_PLUGINS", "good,godo")
    with pytest.raises(UsageError, match="STYLECLI_PLUGINS names 'godo'") as caught:
        load_registry([good])
    assert caught.value.hint == "Did you mean 'good'?"


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Puts a distribution with entry points where Python finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def add(name, points, described=True):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "entry_points.txt").write_text(points)
        if described:
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")

    return add


def test_plugins_are_found_by_entry_point_first_party_ones_first(distribution):
    distribution("aaa", "[stylecli]\naaa = aaa_module\n[other]\nx = y\n")
    sources = installed_sources()
    assert PluginSource("aaa", "aaa_module", "aaa 1.0", False) in sources
    assert sources == sorted(sources, key=lambda source: not source.first_party)
    assert "x" not in {source.name for source in sources}


def test_a_half_removed_package_does_no_harm(distribution):
    distribution("gone", "[console_scripts]\ngone = gone:main\n", described=False)
    assert "lora-sdedit" in load_registry().methods


def test_a_lora_from_elsewhere_goes_to_a_method_that_takes_such(plugin, good):
    registry = load_registry(installed_sources())
    assert registry.method_for(ANY_LORA, "sd15").name == "lora-sdedit"
    assert registry.method_for(ANY_LORA, "").name == "lora-sdedit"
    assert registry.method_for("lora-sdedit", "sd15").name == "lora-sdedit"
    assert registry.method_for(ANY_LORA, "sdxl").name == "sdxl-lora"
    with pytest.raises(UsageError, match="No installed method works with LoRAs of the sd3 family"):
        registry.method_for(ANY_LORA, "sd3")
    with pytest.raises(UsageError, match="No method named 'lora-sdxl'"):
        registry.method_for("lora-sdxl", "sd15")
    assert registry.method_for("gone", "sd15", is_lora=True).name == "lora-sdedit"
    assert registry.method_for("gone", "sdxl", is_lora=True).name == "sdxl-lora"
    with pytest.raises(UsageError, match="No method named 'gone'"):
        registry.method_for("gone", "sd3", is_lora=True)
