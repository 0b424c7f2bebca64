"""LPIPS and CFSD, against their formulas written out."""

import importlib

import numpy as np
import pytest
import torch
from torch.nn import functional

import stylecli
from stylecli_judges import views
from stylecli_judges.content_structure import read_structure
from stylecli_judges.perceptual import read_lpips


@pytest.fixture(scope="module")
def lpips(networks):
    files = [next(iter(networks(name).paths.values())) for name in ("alexnet", "lpips-alex")]
    return read_lpips(*files), *(torch.load(path, weights_only=True) for path in files)


def lpips_by_hand(one, other, alexnet, weights):
    """Zhang et al. 2018, equation 1."""
    places = {0: (4, 2), 3: (1, 2), 6: (1, 1), 8: (1, 1), 10: (1, 1)}
    mean = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
    deviation = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
    one, other = ((2 * each - 1 - mean) / deviation for each in (one, other))
    total = 0.0
    for layer, (place, (stride, padding)) in enumerate(places.items()):
        if place in (3, 6):
            one, other = (functional.max_pool2d(each, 3, 2) for each in (one, other))
        kernel, bias = (alexnet[f"features.{place}.{part}"] for part in ("weight", "bias"))
        one, other = (
            functional.relu(functional.conv2d(each, kernel, bias, stride, padding))
            for each in (one, other)
        )
        units = [each / (each.norm(dim=1, keepdim=True) + 1e-10) for each in (one, other)]
        weight = weights[f"lin{layer}.model.1.weight"].view(1, -1, 1, 1)
        total += float(((units[0] - units[1]).square() * weight).sum(dim=1).mean())
    return total


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


def cfsd_by_hand(output, content, state):
    """StyleID's PatchSimi: all rows at once, in double precision."""

    def similarity(picture):
        mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
        x = (picture - mean) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
        for place in (0, 2, 5, 7, 10):
            if place in (5, 10):
                x = functional.max_pool2d(x, 2)
            kernel, bias = (state[f"features.{place}.{part}"] for part in ("weight", "bias"))
            x = functional.relu(functional.conv2d(x, kernel, bias, padding=1))
        _, channels, height, width = x.shape
        x = x.double().transpose(1, 3).reshape(1, height * width, channels) / channels
        return torch.bmm(x, x.transpose(1, 2))

    mine, theirs = similarity(output), similarity(content)
    own = functional.log_softmax(mine, dim=-1).reshape(1, -1)
    return float(
        functional.kl_div(own, theirs.softmax(dim=-1).reshape(1, -1), reduction="batchmean")
    )


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
