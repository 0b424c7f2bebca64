"""StyleID's protocol as a user types it: every photo in the manner of every painting, in one folder."""

import json

import pytest
from PIL import Image

PLUGIN = """
import numpy as np

import stylecli


class Counted(stylecli.Metric):
    name = "counted"
    symbol = "CO"
    summary = "share of outputs painted after the first reference picture"
    variant = "by name"
    features = {"red-of-tests": lambda image: np.asarray(image, float).mean(axis=(0, 1))[:1]}

    def meter(self, setting):
        def measure(sample):
            values = [float(place == 0) for place in sample.styles] or [0.0] * len(sample.outputs)
            details = {"styles": len(set(sample.styles)), "known": len(sample.styles)}
            return stylecli.Measurement(sum(values) / len(values), tuple(values), details=details)

        return measure


@stylecli.hookimpl
def stylecli_metrics():
    return [Counted()]
"""


@pytest.fixture(autouse=True)
def counted(install_plugin, monkeypatch):
    install_plugin("counted_metric", PLUGIN)
    monkeypatch.setenv("STYLECLI_PLUGINS", "counted_metric")


def test_800_outputs_of_20_photos_and_40_paintings(run_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("photos", "paintings", "out"):
        (tmp_path / name).mkdir()
    for photo in range(20):
        Image.new("RGB", (8, 8), (10 * photo, 0, 0)).save(f"photos/{photo:02d}.jpg")
    for painting in range(40):
        Image.new("RGB", (8, 8), (0, 5 * painting, 9)).save(f"paintings/van_gogh_{painting}.jpg")
    for photo in range(20):
        for painting in range(40):
            colour = (10 * photo, 5 * painting, 99)
            name = f"out/{photo:02d}_stylized_van_gogh_{painting}.png"
            Image.new("RGB", (8, 8), colour).save(name)
    args = ["--outputs", "out", "--content", "photos", "--reference", "paintings"]
    args += ["--preset", "styleid-20x40", "--json"]
    code, out, err = run_cli("eval", *args)
    assert code == 0, err
    found = json.loads(out)
    (entry,) = found["entries"]
    figure = entry["figures"]["counted"]
    assert figure["details"] == {"styles": 40, "known": 800}
    assert figure["value"] == pytest.approx(1 / 40)
    assert len(figure["replicates"]) == 400
    named = {row["output"]: row for row in entry["pictures"]}
    row = named["07_stylized_van_gogh_0.png"]
    assert (row["content"], row["values"]["counted"]) == ("07.jpg", 1)
    told = [each["message"] for each in found["warnings"] if each["code"] == "preset-mismatch"]
    assert told == [
        "styleid-20x40 prescribes outputs of 512 x 512 px; 800 have another size",
    ]
    (tmp_path / "out" / "07_stylized_van_gogh_0.png").rename("out/07_stylized_nobody.png")
    code, out, _ = run_cli("eval", *args)
    assert json.loads(out)["entries"][0]["figures"]["counted"]["details"]["known"] == 0
    (told,) = [each for each in json.loads(out)["warnings"] if each["code"] == "style-unknown"]
    assert told["message"] == (
        "1 of 800 outputs name no picture of the reference: 07_stylized_nobody.png"
    )
    told = [
        each["message"] for each in json.loads(out)["warnings"] if each["code"] == "preset-mismatch"
    ]
    assert any("not all names tell both" in message for message in told)
