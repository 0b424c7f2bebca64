"""A plugin whose metrics rest on networks of a few bytes."""

import hashlib

SCALE = b"2.5"
SECOND = b"1"
PLUGIN = """
import numpy as np

import stylecli

JUDGE = stylecli.Weights(
    name="judge",
    summary="a judge of brightness",
    files={{"judge.bin": {digest!r}}},
    source="hub:org/judge",
    megabytes=1,
    licence="MIT",
)
OTHER = stylecli.Weights(
    name="other", summary="another", files={{"other.bin": ""}}, source="https://example.org/{{file}}",
    megabytes=2, licence="research only",
)


def scaled(path):
    return lambda image: np.array([float(path.read_text()) * np.asarray(image, float).mean()])


class Judged(stylecli.Metric):
    name = "judged"
    symbol = "JU"
    summary = "how bright the judge finds it"
    variant = "mean"
    kind = "biased"
    weights = (JUDGE,)
    with_others = ("counted",)

    def with_weights(self, found, device="cpu"):
        made = Judged()
        made.features = {{"judged-of-tests": scaled(found["judge"].paths["judge.bin"])}}
        return made

    def meter(self, setting):
        def measure(sample):
            own = sample.outputs["judged-of-tests"][:, 0].astype(float)
            return stylecli.Measurement(float(own.mean()), details={{"device": "any"}})

        return measure


class Counted(stylecli.Metric):
    name = "counted"
    symbol = "CO"
    summary = "how red"
    variant = "mean"
    features = {{"red-of-tests": lambda image: np.asarray(image, float).mean(axis=(0, 1))[:1]}}

    def meter(self, setting):
        return lambda sample: stylecli.Measurement(float(sample.outputs["red-of-tests"].mean()))


class Others(Judged):
    name = "others"
    symbol = "OT"
    weights = (OTHER,)
    with_others = ()


@stylecli.hookimpl
def stylecli_metrics():
    return [Judged(), Counted(), Others()]
"""


def sha(content):
    return hashlib.sha256(content).hexdigest()
