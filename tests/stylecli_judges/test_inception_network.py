"""Inception v3, against code that is written another way."""

import importlib

import pytest
import torch
from by_hand import Plain

import stylecli
from stylecli_judges import views
from stylecli_judges.inception import read_inception


@pytest.mark.parametrize(
    ("name", "view"),
    [("inception-fid", "legacy"), ("inception-fid", "clean"), ("inception-art", "of_art")],
)
def test_the_network_is_the_one_of_its_file(networks, scene, name, view):
    (path,) = networks(name).paths.values()
    of_art = name == "inception-art"
    shown = getattr(views, view)(scene(1))
    shown = shown[..., :299, :299]
    with torch.inference_mode():
        found = read_inception(path, of_art)(shown)
        plain = Plain(torch.load(path, weights_only=True), of_art)(shown)
    assert found.shape == (1, 2048)
    assert found.std() > 0.1
    torch.testing.assert_close(found, plain, rtol=1e-5, atol=1e-5)


def test_the_two_networks_differ_in_their_pooling(networks, scene):
    (path,) = networks("inception-fid").paths.values()
    shown = views.clean(scene(2))[..., :150, :150]
    with torch.inference_mode():
        one, other = (read_inception(path, of_art)(shown) for of_art in (False, True))
    assert (one - other).abs().max() > 0.1


def test_torch_fidelity_sees_the_same(networks, scene):
    try:
        theirs = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    except ImportError:
        pytest.skip("torch-fidelity is not installed, or not whole")
    (path,) = networks("inception-fid").paths.values()
    extractor = theirs.FeatureExtractorInceptionV3(
        "inception", ["2048"], feature_extractor_weights_path=str(path)
    )
    with torch.inference_mode():
        (expected,) = extractor(views.pixels(scene(3)))
        found = read_inception(path, of_art=False)(views.legacy(scene(3)))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_another_network_is_refused_by_name(networks):
    (path,) = networks("alexnet").paths.values()
    with pytest.raises(stylecli.StylecliError, match=r"alexnet-owt.* is another network's"):
        read_inception(path, of_art=False)
    (vgg,) = networks("vgg19").paths.values()
    with pytest.raises(stylecli.StylecliError, match=r"vgg19.* is another network's"):
        read_inception(vgg, of_art=True)
