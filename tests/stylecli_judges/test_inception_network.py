"""Inception v3, against code that is written another way: by the table, from the file's tensors."""

import importlib

import pytest
import torch
from torch.nn import functional

import stylecli
from stylecli_judges import views
from stylecli_judges.inception import read_inception


class Plain:
    """The network from its published tensors alone."""

    def __init__(self, state, of_art):
        self.state, self.of_art = state, of_art

    def conv(self, name, x, stride=1, padding=0):
        get = lambda part: self.state[f"{name}.{part}"]  # noqa: E731
        x = functional.conv2d(x, get("conv.weight"), stride=stride, padding=padding)
        statistics = get("bn.running_mean"), get("bn.running_var")
        x = functional.batch_norm(x, *statistics, get("bn.weight"), get("bn.bias"), eps=1e-3)
        return x.clamp_min(0)

    def chain(self, block, x, *names):
        """Convolutions one after the other; the padding keeps the size unless a stride is given."""
        for name in names:
            name, _, stride = name.partition("/")
            height, width = self.state[f"{block}.{name}.conv.weight"].shape[2:]
            same = (height // 2, width // 2)
            x = self.conv(f"{block}.{name}", x, int(stride or 1), 0 if stride else same)
        return x

    def pooled(self, block, x):
        if block == "Mixed_7c" and not self.of_art:
            x = functional.max_pool2d(x, 3, 1, 1)
        elif self.of_art:
            x = functional.avg_pool2d(x, 3, 1, 1)
        else:
            # The mean of those of the nine that are in the picture.
            ones = torch.ones_like(x[:, :1])
            x = functional.avg_pool2d(x, 3, 1, 1) / functional.avg_pool2d(ones, 3, 1, 1)
        return self.chain(block, x, "branch_pool")

    def block(self, block, x):
        go = lambda *names: self.chain(block, x, *names)  # noqa: E731
        kind = {"5": "a", "6a": "b", "6": "c", "7a": "d", "7": "e"}
        of = block.removeprefix("Mixed_")
        if kind.get(of, kind[of[0]]) == "a":
            parts = [go("branch1x1"), go("branch5x5_1", "branch5x5_2")]
            parts += [go("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")]
        elif of == "6a":
            parts = [go("branch3x3/2"), go("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3/2")]
            return torch.cat([*parts, functional.max_pool2d(x, 3, 2)], 1)
        elif of == "7a":
            seven = go("branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4/2")
            parts = [go("branch3x3_1", "branch3x3_2/2"), seven]
            return torch.cat([*parts, functional.max_pool2d(x, 3, 2)], 1)
        elif of[0] == "6":
            parts = [go("branch1x1"), go("branch7x7_1", "branch7x7_2", "branch7x7_3")]
            parts += [go(*(f"branch7x7dbl_{place}" for place in range(1, 6)))]
        else:
            parts = [go("branch1x1")]
            parts += [go("branch3x3_1", f"branch3x3_2{fan}") for fan in "ab"]
            parts += [
                go("branch3x3dbl_1", "branch3x3dbl_2", f"branch3x3dbl_3{fan}") for fan in "ab"
            ]
        return torch.cat([*parts, self.pooled(block, x)], 1)

    def __call__(self, x):
        x = self.conv("Conv2d_2a_3x3", self.conv("Conv2d_1a_3x3", x, 2))
        x = functional.max_pool2d(self.conv("Conv2d_2b_3x3", x, 1, 1), 3, 2)
        x = self.conv("Conv2d_4a_3x3", self.conv("Conv2d_3b_1x1", x))
        x = functional.max_pool2d(x, 3, 2)
        for block in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
            x = self.block(f"Mixed_{block}", x)
        return x.mean((2, 3))


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
