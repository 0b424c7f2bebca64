"""Every figure, from picture files to the number, against its formula on features taken another way."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from by_hand import Plain, cfsd_by_hand, cmmd_by_hand, frechet_by_hand, kid_by_hand, lpips_by_hand
from PIL import Image
from random_networks import (
    ARTISTS,
    FacebookTransformer,
    OpenDescriptors,
    clip_model,
    lively,
)

import stylecli_judges
from stylecli.evaluation.evaluate import evaluate
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.weights.networks import Networks
from stylecli.progress import silent
from stylecli_judges import published, views

METRICS = {metric.name: metric for metric in stylecli_judges.stylecli_metrics()}
SIDE = 128
CEZANNE = ARTISTS.index("Paul Cézanne")
# Two outputs are painted after the first reference, and none after the last.
AFTER = (0, 0, 1, 2)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, scene):
    """Files of outputs, of the photos that they were made from, and of references."""
    folder = tmp_path_factory.mktemp("pictures")

    def saved(first, count, size):
        made = [folder / f"{first + number}.png" for number in range(count)]
        for number, path in enumerate(made):
            scene(first + number, size).save(path)
        return tuple(made)

    return {
        "outputs": saved(100, len(AFTER), (150, 140)),
        "photos": saved(200, len(AFTER), (160, 150)),
        "references": saved(300, 4, (140, 180)),
    }


@pytest.fixture(autouse=True)
def smaller(monkeypatch):
    """At 512 px the matrix of CFSD's formula, all places by all, would take gigabytes."""
    monkeypatch.setattr(views, "short_side", partial(views.short_side, side=SIDE))


def measured(name, pictures, found):
    """The figure as ``stylecli eval`` has it."""
    content = tuple(range(len(AFTER)))
    entry = EntryPlan("made", "cezanne", pictures["outputs"], content, styles=AFTER)
    plan = Plan((entry,), {"cezanne": pictures["references"]}, pictures["photos"])
    networks = Networks({each.weights.name: each for each in found})
    metrics = [METRICS[name]]
    done = evaluate(plan, metrics, FeatureCache(None), silent, True, networks)
    return done.evaluation.entries[0].figures[name]


class ByHand:
    """Pictures, and what networks of the published code's structure say of them."""

    def __init__(self, pictures, networks):
        self.images = {
            name: [Image.open(path).convert("RGB") for path in paths]
            for name, paths in pictures.items()
        }
        self.networks = networks

    def state(self, name):
        (path,) = self.networks(name).paths.values()
        return torch.load(path, weights_only=True)

    def rows(self, network, view, *names):
        """What a network says of each picture of some of the sets, (n, d)."""
        with torch.inference_mode():
            return [
                torch.cat([network(view(image)) for image in self.images[name]]).double().numpy()
                for name in names
            ]

    def inception(self, view, of_art=False):
        network = Plain(self.state("inception-art" if of_art else "inception-fid"), of_art)
        return self.rows(network, view, "outputs", "references")

    def clip(self, *names):
        model = clip_model()

        def embedding(shown):
            said = model.get_image_features(pixel_values=shown)
            said = getattr(said, "pooler_output", said)
            return said / said.norm(dim=-1, keepdim=True)

        return self.rows(embedding, views.clip_336, *names)

    def dinov2(self, *names):
        return self.rows(lively(FacebookTransformer(), seed=9), views.dinov2_224, *names)

    def style(self, *names):
        model = lively(OpenDescriptors(), seed=6)
        return self.rows(lambda shown: model(shown)[0], views.clip_224, *names)

    def pairs(self, compare, view):
        """The mean of a comparison of each output with its photo."""
        both = zip(self.images["outputs"], self.images["photos"], strict=True)
        with torch.inference_mode():
            return float(np.mean([compare(*view(*pair)) for pair in both]))

    def lpips(self, view):
        states = self.state("alexnet"), self.state("lpips-alex")
        return self.pairs(lambda *pair: lpips_by_hand(*pair, *states), view)

    def called(self, name):
        """Which artist the classifier takes each picture for."""
        from transformers import ViTForImageClassification

        folder = self.networks("artist-classifier").paths[published.CONFIG].parent
        model = ViTForImageClassification.from_pretrained(folder, use_safetensors=True)
        said = []
        for image in self.images[name]:
            small = image.resize((32, 32), Image.Resampling.BILINEAR)
            with torch.inference_mode():
                said.append(int(model(2 * views.unit(small) - 1).logits.argmax()))
        return said


def distance(outputs, references):
    """The Fréchet distance, which is the same in the few dimensions that the pictures span."""
    span = np.linalg.svd(np.concatenate([outputs, references]), full_matrices=False)[2].T
    return frechet_by_hand(outputs @ span, references @ span)


def of_art(hand):
    """StyleID's: each reference as often as outputs were painted after it."""
    outputs, references = hand.inception(views.of_art, of_art=True)
    return distance(outputs, references[list(AFTER)])


def cosines(one, other):
    one, other = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (one, other))
    return one @ other.T


FORMULAS = {
    "fid": lambda hand: distance(*hand.inception(views.clean)),
    "fid-legacy": lambda hand: distance(*hand.inception(views.legacy)),
    "kid": lambda hand: kid_by_hand(*hand.inception(views.clean)),
    "cmmd": lambda hand: cmmd_by_hand(*hand.clip("outputs", "references")),
    "fd-dinov2": lambda hand: distance(*hand.dinov2("outputs", "references")),
    "artfid": lambda hand: (1 + hand.lpips(views.pair)) * (1 + of_art(hand)),
    "fid-art": of_art,
    "lpips": lambda hand: hand.lpips(views.pair),
    "lpips-grey": lambda hand: hand.lpips(views.grey_pair),
    "cfsd": lambda hand: hand.pairs(partial(cfsd_by_hand, state=hand.state("vgg19")), views.pair),
    "csd": lambda hand: cosines(*hand.style("outputs", "references")).mean(),
    "clip-content": lambda hand: cosines(*hand.clip("outputs", "photos")).diagonal().mean(),
    "clip-style": lambda hand: cosines(*hand.clip("outputs", "references")).mean(),
    "dino-content": lambda hand: cosines(*hand.dinov2("outputs", "photos")).diagonal().mean(),
    "dino-style": lambda hand: cosines(*hand.dinov2("outputs", "references")).mean(),
    "deception": lambda hand: np.equal(hand.called("outputs"), CEZANNE).mean(),
}


@pytest.mark.parametrize("name", METRICS)
def test_a_figure_is_its_formula_on_what_its_network_sees(name, networks, pictures):
    found = measured(name, pictures, [networks(each.name) for each in METRICS[name].weights])
    expected = FORMULAS[name](ByHand(pictures, networks))
    assert found.value == pytest.approx(expected, rel=1e-4)
    assert expected != 0


def test_a_network_that_was_replaced_is_read_anew(networks, pictures, tmp_path):
    alexnet, weights = (networks(each.name) for each in METRICS["lpips"].weights)
    ((name, path),) = weights.paths.items()
    state, place = torch.load(path, weights_only=True), tmp_path / name
    values = []
    for factor in (1, 3):
        fresh = tmp_path / "fresh.pth"
        torch.save({key: factor * each for key, each in state.items()}, fresh)
        # As `fetch` does it: what is mapped of the file before stays as it is.
        fresh.replace(place)
        replaced = replace(weights, paths={name: place}, digest=f"times {factor}")
        values.append(measured("lpips", pictures, [alexnet, replaced]).value)
    assert values[1] == pytest.approx(3 * values[0], rel=1e-5)
