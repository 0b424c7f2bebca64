"""LPIPS and CFSD, against their formulas written out."""

import importlib

import numpy as np
import pytest
import torch
from by_hand import cfsd_by_hand, lpips_by_hand

import stylecli
from stylecli_judges import views
from stylecli_judges.content_structure import read_structure
from stylecli_judges.perceptual import read_lpips


@pytest.fixture(scope="module")
def lpips(networks):
    files = [next(iter(networks(name).paths.values())) for name in ("alexnet", "lpips-alex")]
    return read_lpips(*files), *(torch.load(path, weights_only=True) for path in files)


@pytest.mark.parametrize("view", ["pair", "grey_pair"])
def test_lpips_is_its_formula(lpips, scene, view):
    network, alexnet, weights = lpips
    one, other = getattr(views, view)(scene(1), scene(2))
    one, other = one[..., :200, :230], other[..., :200, :230]
    with torch.inference_mode():
        found = float(network(one, other))
        assert float(network(one, one)) == 0
        assert float(network(other, one)) == pytest.approx(found, rel=1e-6)
    assert found == pytest.approx(lpips_by_hand(one, other, alexnet, weights), rel=1e-5)
    assert found > 0.01


def test_grey_is_blind_to_colour(lpips, scene):
    network = lpips[0]
    image = scene(3, (520, 512))
    bare = image.convert("L").convert("RGB")
    with torch.inference_mode():
        assert float(network(*views.grey_pair(image, bare))) == 0
        assert float(network(*views.pair(image, bare))) > 0.001


def test_the_lpips_package_says_the_same(lpips, networks, scene, monkeypatch):
    try:
        package = importlib.import_module("lpips")
    except ImportError:
        pytest.skip("lpips is not installed, or not whole")
    theirs = package.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    _, alexnet, weights = lpips
    kept = {name: each for name, each in alexnet.items() if name.startswith("features.")}
    state = theirs.state_dict()
    for name in state:
        if name.startswith("net.slice"):
            state[name] = kept[f"features.{name.split('.', 2)[2]}"]
        if name.startswith("lin"):
            state[name] = weights[name]
    theirs.load_state_dict(state)
    one, other = views.pair(scene(1), scene(2))
    with torch.inference_mode():
        expected = float(theirs(2 * one - 1, 2 * other - 1))
        assert float(lpips[0](one, other)) == pytest.approx(expected, rel=1e-5)


def test_cfsd_is_its_formula(networks, scene):
    (path,) = networks("vgg19").paths.values()
    network, state = read_structure(path), torch.load(path, weights_only=True)
    one, other = (views.unit(scene(seed, (100, 72))) for seed in (1, 2))
    with torch.inference_mode():
        found = float(network(one, other))
        assert float(network(one, one)) == 0
        turned = float(network(other, one))
    assert found == pytest.approx(cfsd_by_hand(one, other, state), rel=1e-6)
    # The divergence is from the photo's distribution: the two are not alike.
    assert turned == pytest.approx(cfsd_by_hand(other, one, state), rel=1e-6)
    assert turned != pytest.approx(found, rel=1e-5)
    assert found > 0


def test_cfsd_grows_as_the_layout_goes(networks, scene):
    (path,) = networks("vgg19").paths.values()
    network = read_structure(path)
    photo, other = (np.asarray(scene(seed, (96, 96)), dtype=float) for seed in (4, 5))
    with torch.inference_mode():
        apart = [
            float(
                network(
                    *(torch.tensor(each).permute(2, 0, 1)[None].float() / 255 for each in pictures)
                )
            )
            for pictures in ((photo + share * (other - photo), photo) for share in (0.1, 0.4, 1))
        ]
    assert 0 < apart[0] < apart[1] < apart[2]


def test_files_in_the_wrong_place_are_refused_by_name(networks):
    (alexnet,) = networks("alexnet").paths.values()
    (weights,) = networks("lpips-alex").paths.values()
    with pytest.raises(stylecli.StylecliError, match=r"alex\.pth is another network's"):
        read_lpips(weights, weights)
    with pytest.raises(stylecli.StylecliError, match=r"alexnet-owt-7be5be79\.pth is another"):
        read_lpips(alexnet, alexnet)
    with pytest.raises(stylecli.StylecliError, match=r"alex\.pth is another network's"):
        read_structure(weights)
