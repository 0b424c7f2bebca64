"""The metrics with networks of random weights: the contract, what they declare, who shares what."""

import subprocess
import sys

import pytest
from random_networks import ARTISTS, WEIGHTS
from safetensors.torch import load_file, save_file

import stylecli
import stylecli_judges
from stylecli.testing import metric_checks
from stylecli_judges.artists import read_classifier

METRICS = {metric.name: metric for metric in stylecli_judges.stylecli_metrics()}
# The others are of the same kinds, by slower networks.
QUICK = ("csd", "dino-content", "cmmd", "deception")


def judged(name, networks):
    metric = METRICS[name]
    return metric.with_weights({each.name: networks(each.name) for each in metric.weights})


@pytest.mark.parametrize(
    ("name", "check"),
    [
        pytest.param(name, number, id=f"{name}: {check}")
        for name in QUICK
        for number, check in enumerate(metric_checks(METRICS[name], {}))
    ],
)
def test_a_metric_keeps_its_contract(name, check, checks):
    checks(name)[check]()


@pytest.fixture(scope="module")
def checks(networks):
    """The checks of a metric; what one of them measures the next ones know."""
    known = {}

    def of(name):
        found = {each.name: networks(each.name) for each in METRICS[name].weights}
        if name not in known:
            known[name] = metric_checks(METRICS[name], found)
        return known[name]

    return of


def test_every_metric_says_what_it_measures():
    variants = [metric.variant for metric in METRICS.values()]
    assert len(set(variants)) == len(METRICS) == len({each.symbol for each in METRICS.values()})
    for metric in METRICS.values():
        seen = (*metric.features_seen, *metric.pairs_seen)
        needed = {each.name for one in seen for each in one.weights}
        assert needed == {each.name for each in metric.weights}
    for name in ("fid", "fid-legacy"):
        assert METRICS[name].with_others == ("kid",)
    assert all(
        METRICS[name].kind == "biased" and "kid" in METRICS[name].beside
        for name in ("fid", "fid-legacy", "fid-art", "fd-dinov2")
    )


def test_weights_say_where_they_are_from():
    for weights in WEIGHTS.values():
        assert weights.licence
        assert weights.megabytes > 0
        for file, digest in weights.files.items():
            named = [part for part in file.replace(".", "-").split("-") if len(part) == 8]
            hexadecimal = [part for part in named if set(part) <= set("0123456789abcdef")]
            # What torch hub writes into a file's name is the beginning of its hash.
            assert all(digest.startswith(part) for part in hexadecimal if not part.isdigit())


def test_metrics_share_networks_and_functions(networks):
    fid, kid = judged("fid", networks), judged("kid", networks)
    assert fid.features.keys() == kid.features.keys() == {"inception-fid-clean"}
    assert fid.features["inception-fid-clean"] is kid.features["inception-fid-clean"]
    legacy = judged("fid-legacy", networks)
    assert legacy.features.keys() == {"inception-fid-legacy"}
    artfid, lpips = judged("artfid", networks), judged("lpips", networks)
    assert artfid.pairs["lpips-alex-512"] is lpips.pairs["lpips-alex-512"]
    assert artfid.features == judged("fid-art", networks).features
    assert METRICS["fid"].features == {}


def test_networks_are_read_at_the_first_picture_and_not_before(networks, scene, monkeypatch):
    import torch

    opened = []
    monkeypatch.setattr(torch, "load", lambda path, *a, **k: opened.append(path) or {})
    network = networks("vgg19")
    moved = stylecli.LocalWeights(network.weights, network.paths, "another digest", False)
    metric = METRICS["cfsd"].with_weights({"vgg19": moved})
    assert opened == []
    with pytest.raises(stylecli.StylecliError, match=r"vgg19-dcbb9e9d\.pth"):
        metric.pairs["cfsd-vgg19-512"](scene(1), scene(2))
    assert opened


@pytest.mark.parametrize("name", ["fid-legacy", "fid-art", "cmmd", "dino-style", "csd"])
def test_a_picture_gives_the_same_features_every_time(networks, scene, name):
    metric = judged(name, networks)
    ((_, extract),) = metric.features.items()
    one, again, other = extract(scene(1)), extract(scene(1)), extract(scene(2))
    assert (one == again).all()
    assert one.shape == other.shape
    assert abs(one - other).max() > 1e-3


@pytest.mark.parametrize("name", ["lpips", "lpips-grey"])
def test_the_same_picture_is_no_distance_away(networks, scene, name):
    ((_, compare),) = judged(name, networks).pairs.items()
    assert compare(scene(1), scene(1)) == 0
    assert compare(scene(1), scene(2)) > 0.001


def test_the_classifier_gives_probabilities_of_its_artists(networks, scene):
    metric = judged("deception", networks)
    said = metric.features["artist-classifier"](scene(1))
    assert said.shape == (len(ARTISTS),)
    assert said.sum() == pytest.approx(1, rel=1e-5)
    assert metric._artists == ARTISTS


def test_a_classifier_without_labels_is_named(networks, tmp_path):
    network = networks("artist-classifier")
    config = tmp_path / "config.json"
    for text in ("{}", "no json", '{"id2label": {"7": "x"}}'):
        config.write_text(text)
        paths = {**network.paths, "config.json": config}
        local = stylecli.LocalWeights(network.weights, paths, text, False)
        with pytest.raises(stylecli.StylecliError, match=r"config\.json does not say"):
            METRICS["deception"].with_weights({"artist-classifier": local})


def test_files_that_are_no_classifier_are_named(networks, scene, tmp_path):
    network = networks("artist-classifier")
    for name, path in network.paths.items():
        (tmp_path / name).write_bytes(path.read_bytes())
    paths = {name: tmp_path / name for name in network.paths}

    def look(digest):
        local = stylecli.LocalWeights(network.weights, paths, digest, False)
        metric = METRICS["deception"].with_weights({"artist-classifier": local})
        metric.features["artist-classifier"](scene(1))

    state = load_file(paths["model.safetensors"])
    del state["classifier.weight"]
    save_file(state, paths["model.safetensors"], {"format": "pt"})
    with pytest.raises(stylecli.StylecliError, match=r"it lacks classifier\.weight"):
        look("without its head")
    paths["model.safetensors"].write_bytes(b"no tensors")
    with pytest.raises(stylecli.StylecliError, match="are no image classifier"):
        look("damaged")


def test_a_library_that_fails_without_a_word_is_told_by_its_kind(networks, monkeypatch):
    import transformers

    def failing(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(transformers.AutoModelForImageClassification, "from_pretrained", failing)
    paths = networks("artist-classifier").paths
    names = ("config.json", "model.safetensors", "preprocessor_config.json")
    with pytest.raises(stylecli.StylecliError, match=r"no image classifier \(AssertionError\)"):
        read_classifier(*(paths[name] for name in names))


def test_neither_torchvision_nor_torch_is_loaded_for_the_list():
    code = (
        "import sys, stylecli_judges; list(stylecli_judges.stylecli_metrics()); "
        "print(*sorted(sys.modules.keys() & {'torch', 'numpy', 'transformers', 'torchvision'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_no_network_asks_for_torchvision(networks, scene, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    for name in ("cmmd", "csd", "deception", "fid"):
        for extract in judged(name, networks).features.values():
            assert extract(scene(5)).size
