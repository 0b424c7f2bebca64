"""``stylecli plugins check``: the checks of `stylecli.testing` from the command line."""

import json
import re
from pathlib import Path

import pytest

PLAIN = (Path(__file__).parents[1] / "testing" / "plain_method.py").read_text(encoding="utf-8")
HOOKS = """

@stylecli.hookimpl
def stylecli_methods():
    return [Plain()]


class Loudness(stylecli.Metric):
    name = "loudness"
    symbol = "LOUD"
    summary = "how bright"
    variant = "mean"
    features = {"loudness-of-tests": lambda image: __import__("numpy").asarray(image).mean((0, 1))}

    def meter(self, setting):
        def measure(sample):
            each = sample.outputs["loudness-of-tests"].mean(1)
            return stylecli.Measurement(float(each.mean()), tuple(each.tolist()))
        return measure


@stylecli.hookimpl
def stylecli_metrics():
    return [Loudness()]


@stylecli.hookimpl
def stylecli_commands():
    return [stylecli.Command("plainly", "Say so.", lambda: lambda: None)]
"""
CAPTIONER = """

class Weather(stylecli.Captioner):
    name = "weather"
    summary = "bright or gloomy"

    @dataclass(frozen=True)
    class Options:
        least: Annotated[int, typer.Option(min=0, max=255, help="Darker ones are gloomy.")] = 110

    def load(self, options, progress):
        assert options.least == 20
        return lambda subjects: ["bright" for _ in subjects]


@stylecli.hookimpl
def stylecli_captioners():
    return [Weather()]
"""


@pytest.fixture
def plain(install_plugin, tmp_path):
    install_plugin("plain_for_tests", PLAIN + HOOKS)
    config = tmp_path / "quick.toml"
    config.write_text("[train]\nsteps = 2\n[transfer]\nsteps = 2\n")
    return config


def test_all_that_a_package_adds_is_checked_and_the_verdict_can_be_read(run_cli, plain):
    code, out, err = run_cli("plugins", "check", "plain-for-tests", "--config", plain)
    assert code == 0, out
    for title in ("plugin plain_for_tests", "method plain", "metric loudness", "command plainly"):
        assert title in out
    assert re.search(r"batches +passed +a picture does not depend on its neighbours", out)
    last = out.splitlines()[-1]
    assert "0 failed" not in last
    assert "passed, " in last
    total = int(last.split()[0])
    assert len([line for line in err.splitlines() if f"/{total} " in line]) == total
    assert f"1/{total} plugin plain_for_tests, loads: passed" in err


def test_a_check_of_every_family_goes_by_its_short_name_too(run_cli, install_plugin):
    both = PLAIN.replace('frozenset({"sd15"})', 'frozenset({"sd15", "sdxl"})')
    install_plugin("both_for_tests", both + HOOKS)
    code, out, _ = run_cli("plugins", "check", "both_for_tests", "--only", "training")
    assert code == 0
    assert re.search(r"training-sd15 +passed", out)
    assert re.search(r"training-sdxl +passed", out)


def test_a_failure_says_why_and_ends_with_1(run_cli, install_plugin):
    broken = PLAIN.replace(
        "        examples = run.encode()", "        print('hi')\n        examples = run.encode()"
    )
    install_plugin("loud_for_tests", broken + HOOKS)
    code, out, _ = run_cli("plugins", "check", "loud_for_tests", "--only", "quiet")
    assert code == 1
    assert "Training printed 'hi'." in out
    assert "The contract: Print nothing" in out
    assert out.splitlines()[-1] == "2 checks: 1 passed, 1 failed"
    code, out, _ = run_cli("plugins", "check", "loud_for_tests", "--only=quiet", "--json")
    assert code == 1
    (row,) = [row for row in json.loads(out) if row["state"] == "failed"]
    assert (row["kind"], row["name"], row["check"]) == ("method", "plain", "quiet")
    assert (row["state"], row["reason"]) == ("failed", "Training printed 'hi'.")
    assert row["contract"].startswith("Print nothing")
    assert row["seconds"] > 0


def test_a_check_or_a_thing_can_be_chosen(run_cli, plain):
    code, out, _ = run_cli(
        *("plugins", "check", "plain_for_tests", "--only=loudness", "--only=loads", "--json")
    )
    assert code == 0
    checked = {(row["kind"], row["check"]) for row in json.loads(out)}
    assert checked == {
        ("plugin", "loads"),
        *(("metric", name) for name in ("described", "features", "measures")),
        *(("metric", name) for name in ("repeatable", "order", "direction", "quiet")),
    }
    code, _, err = run_cli("plugins", "check", "plain_for_tests", "--only", "loads2")
    assert code == 2
    assert "Did you mean 'loads' or " in err


def test_a_plugin_that_is_left_out_fails(run_cli, install_plugin):
    install_plugin("broken_for_tests", "raise ImportError('needs a moon')")
    code, out, _ = run_cli("plugins", "check", "broken_for_tests")
    assert code == 1
    assert "It is left out: ImportError: needs a moon" in out


def test_a_package_that_is_not_installed_is_answered_with_the_nearest(run_cli, plain):
    code, out, err = run_cli("plugins", "check", "plain-for-test")
    assert (code, out) == (2, "")
    assert "named 'plain-for-test' is installed" in err
    assert "Did you mean 'plain-for-tests'" in err


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[train]\nspeed = 3", "no such option in [train]: speed."),
        ("[transfer]\nstrenght = 0.5", "Did you mean 'strength'"),
        ("[caption]\nleast_ = 3", "Did you mean 'least'"),
        ("[train]\nrank = 'two'", "--rank ({path}): 'two' is not of type int."),
        ("[train]\nrank = 100", "in the range 1 to 64."),
        ("[caption]\nleast = 300", "in the range 0 to 255."),
        ("nowhere = 3", "no such option: nowhere"),
        ("[train]\nsteps = 3\nepochs = 1", "Give --steps or --epochs, not both"),
    ],
)
def test_what_is_wrong_with_the_file_is_the_users_and_nothing_is_checked(
    run_cli, install_plugin, tmp_path, written, words
):
    install_plugin("weather_for_tests", PLAIN + HOOKS + CAPTIONER)
    path = tmp_path / "odd.toml"
    path.write_text(written)
    code, out, err = run_cli("plugins", "check", "weather_for_tests", "--config", path)
    assert (code, out) == (2, "")
    assert words.format(path=path) in " ".join(err.split())


def test_what_stands_above_all_tables_is_for_those_that_have_it(run_cli, install_plugin, tmp_path):
    install_plugin("weather_for_tests", PLAIN + HOOKS + CAPTIONER)
    path = tmp_path / "common.toml"
    path.write_text("steps = 2\nleast = 20\n[train]\nrank = 1\n[generate]\nany = 1\n")
    words = ("plugins", "check", "weather_for_tests", "--config", path, "--only=training")
    assert run_cli(*words)[0] == 0
    code, out, _ = run_cli(*words, "--only=captions", "--json")
    assert code == 0
    assert {row["state"] for row in json.loads(out)} == {"passed"}


def test_a_metric_that_prints_leaves_the_record_whole(run_cli, install_plugin):
    chatty = HOOKS.replace(
        "        def measure(sample):", "        print('hi')\n        def measure(sample):"
    )
    install_plugin("chatty_for_tests", PLAIN + chatty)
    code, out, _ = run_cli("plugins", "check", "chatty_for_tests", "--only=loudness", "--json")
    assert code == 1
    failed = [row for row in json.loads(out) if row["state"] == "failed"]
    assert [(row["check"], row["reason"]) for row in failed] == [("quiet", "It printed 'hi'.")]
