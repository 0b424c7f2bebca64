"""The published formulas and networks written out another way, to compare with."""

import itertools

import numpy as np
import torch
from torch.nn import functional


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def frechet_by_hand(x, y):
    """|μ - ν|² + Tr(A + B - 2 (√A B √A)^½), with roots from eigenvalues."""
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    half = root(a)
    means = x.mean(axis=0) - y.mean(axis=0)
    return means @ means + np.trace(a) + np.trace(b) - 2 * np.trace(root(half @ b @ half))


def kid_by_hand(x, y):
    kernel = lambda a, b: (float(a @ b) / len(a) + 1) ** 3  # noqa: E731
    within = [np.mean([kernel(a, b) for a, b in itertools.permutations(z, 2)]) for z in (x, y)]
    return sum(within) - 2 * np.mean([kernel(a, b) for a in x for b in y])


def cmmd_by_hand(x, y):
    kernel = lambda a, b: np.exp(-float((a - b) @ (a - b)) / 200)  # noqa: E731
    means = [np.mean([kernel(a, b) for a in one for b in other]) for one, other in
             ((x, x), (y, y), (x, y))]  # fmt: skip
    return 1000 * (means[0] + means[1] - 2 * means[2])


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


class Plain:
    """Inception v3 by its table, from its published tensors alone."""

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
