"""Packages that others made are installed and used as a user does it: one method, one metric."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

PLAIN = (Path(__file__).parents[1] / "testing" / "plain_method.py").read_text(encoding="utf-8")
METHOD = (
    PLAIN
    + """

@stylecli.hookimpl
def stylecli_methods():
    return [Plain()]
"""
)
METRIC = """
import stylecli


def brightness(image):
    import numpy as np

    return np.asarray(image, dtype=float).mean(axis=(0, 1))


class Brightness(stylecli.Metric):
    name = "brightness"
    symbol = "BRI"
    summary = "mean brightness, 0 to 255"
    variant = "mean of R, G and B"
    features = {"brightness-third-party": brightness}

    def meter(self, setting):
        def measure(sample):
            each = sample.outputs["brightness-third-party"].mean(axis=1)
            return stylecli.Measurement(float(each.mean()), tuple(each.tolist()))

        return measure


@stylecli.hookimpl
def stylecli_metrics():
    return [Brightness()]
"""


def test_a_method_is_installed_learns_and_repaints(
    environment, installed, paintings, mini_folder, picture, tmp_path
):
    installed("stylecli-plain", METHOD)
    listed = json.loads(environment("-m", "stylecli", "plugins", "list", "--json").stdout)
    (row,) = [row for row in listed if row["name"] == "stylecli-plain"]
    assert (row["distribution"], row["version"], row["failure"]) == ("stylecli-plain", "1.2", "")
    assert row["methods"] == ["plain"]
    assert str(tmp_path / "environment") in row["file"]
    words = ("train", paintings, "--method=plain", f"--base={mini_folder}", "--steps=3")
    quick = ("--resolution=32", "--rank=3", "--learning-rate=0.05", "--preview-every=0")
    done = environment("-m", "stylecli", *words, *quick)
    assert done.returncode == 0, done.stderr
    picture(9, (96, 64)).save(tmp_path / "photo.png")
    words = ("transfer", "photo.png", "--style=monet", f"--base={mini_folder}", "--steps=4")
    done = environment("-m", "stylecli", *words, "--size=64", "-o", "painted.png")
    assert done.returncode == 0, done.stderr
    assert Image.open(tmp_path / "painted.png").size == (96, 64)
    done = environment("-m", "stylecli", "plugins", "check", "stylecli-plain", "--only=words")
    assert done.returncode == 0, done.stderr
    assert "1 checks: 1 passed" in done.stdout


def test_a_metric_is_installed_and_measures(environment, installed, paintings, picture, tmp_path):
    installed("stylecli-brightness", METRIC)
    for folder in ("photos", "painted"):
        (tmp_path / folder).mkdir()
    for number in range(3):
        picture(20 + number, (96, 64)).save(tmp_path / "photos" / f"{number}.png")
        Image.new("RGB", (96, 64), (100, 100, 100 + 3 * number)).save(
            tmp_path / "painted" / f"{number}.png"
        )
    sets = ("--outputs=painted", "--content=photos", f"--reference={paintings}")
    done = environment("-m", "stylecli", "eval", *sets, "--metrics=brightness", "--json")
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)["entries"]
    assert entry["figures"]["brightness"]["value"] == 101.0
