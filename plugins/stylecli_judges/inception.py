"""Inception v3 (Szegedy et al. 2016), as the Fréchet Inception distance and as ArtFID know it.

The two differ in more than their weights. Heusel et al. 2017 measure by TensorFlow's network of
2015, whose average pooling leaves the padding out and whose last block pools by the maximum; Wright
& Ommer 2022 trained torchvision's network on art. The names of the parts are torchvision's, so that
both published files fit.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from stylecli_judges.state_files import fill, read_state

DIMENSIONS = 2048


class Convolution(nn.Module):  # type: ignore[misc]
    """A convolution without bias, normalised, rectified."""

    def __init__(
        self,
        inside: int,
        outside: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outside, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, H, W) to (B, outside, H', W')."""
        return functional.relu(self.bn(self.conv(x)))


class Pooling(nn.Module):  # type: ignore[misc]
    """Pooling of 3 x 3 in place: by the mean, with or without the padding's zeros, or the maximum."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def forward(self, x: Tensor) -> Tensor:
        """Of the same shape."""
        if self._kind == "maximum":
            return functional.max_pool2d(x, 3, stride=1, padding=1)
        whole = self._kind == "mean with padding"
        return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=whole)


class BlockA(nn.Module):  # type: ignore[misc]
    """The blocks of 35 x 35: 1 x 1, 5 x 5, two 3 x 3."""

    def __init__(self, inside: int, pooled: int, pooling: str) -> None:
        super().__init__()
        self.branch1x1 = Convolution(inside, 64, 1)
        self.branch5x5_1 = Convolution(inside, 48, 1)
        self.branch5x5_2 = Convolution(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = Convolution(inside, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, padding=1)
        self.branch_pool = Convolution(inside, pooled, 1)
        self.pooling = Pooling(pooling)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, H, W) to (B, 224 + pooled, H, W)."""
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, three, self.branch_pool(self.pooling(x))], 1)


class BlockB(nn.Module):  # type: ignore[misc]
    """From 35 x 35 to 17 x 17."""

    def __init__(self, inside: int) -> None:
        super().__init__()
        self.branch3x3 = Convolution(inside, 384, 3, stride=2)
        self.branch3x3dbl_1 = Convolution(inside, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, H, W) to (B, 480 + inside, H / 2, W / 2)."""
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, functional.max_pool2d(x, 3, stride=2)], 1)


class BlockC(nn.Module):  # type: ignore[misc]
    """The blocks of 17 x 17: rows and columns of seven."""

    def __init__(self, inside: int, middle: int, pooling: str) -> None:
        super().__init__()
        row, column = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))
        self.branch1x1 = Convolution(inside, 192, 1)
        self.branch7x7_1 = Convolution(inside, middle, 1)
        self.branch7x7_2 = Convolution(middle, middle, *row)
        self.branch7x7_3 = Convolution(middle, 192, *column)
        self.branch7x7dbl_1 = Convolution(inside, middle, 1)
        self.branch7x7dbl_2 = Convolution(middle, middle, *column)
        self.branch7x7dbl_3 = Convolution(middle, middle, *row)
        self.branch7x7dbl_4 = Convolution(middle, middle, *column)
        self.branch7x7dbl_5 = Convolution(middle, 192, *row)
        self.branch_pool = Convolution(inside, 192, 1)
        self.pooling = Pooling(pooling)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, H, W) to (B, 768, H, W)."""
        single = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), single, double, self.branch_pool(self.pooling(x))], 1)


class BlockD(nn.Module):  # type: ignore[misc]
    """From 17 x 17 to 8 x 8."""

    def __init__(self, inside: int) -> None:
        super().__init__()
        self.branch3x3_1 = Convolution(inside, 192, 1)
        self.branch3x3_2 = Convolution(192, 320, 3, stride=2)
        self.branch7x7x3_1 = Convolution(inside, 192, 1)
        self.branch7x7x3_2 = Convolution(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = Convolution(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = Convolution(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, H, W) to (B, 512 + inside, H / 2, W / 2)."""
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        pooled = functional.max_pool2d(x, 3, stride=2)
        return torch.cat([three, self.branch7x7x3_4(seven), pooled], 1)


class BlockE(nn.Module):  # type: ignore[misc]
    """The blocks of 8 x 8: branches that fan out."""

    def __init__(self, inside: int, pooling: str) -> None:
        super().__init__()
        row, column = ((1, 3), 1, (0, 1)), ((3, 1), 1, (1, 0))
        self.branch1x1 = Convolution(inside, 320, 1)
        self.branch3x3_1 = Convolution(inside, 384, 1)
        self.branch3x3_2a = Convolution(384, 384, *row)
        self.branch3x3_2b = Convolution(384, 384, *column)
        self.branch3x3dbl_1 = Convolution(inside, 448, 1)
        self.branch3x3dbl_2 = Convolution(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = Convolution(384, 384, *row)
        self.branch3x3dbl_3b = Convolution(384, 384, *column)
        self.branch_pool = Convolution(inside, 192, 1)
        self.pooling = Pooling(pooling)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inside, H, W) to (B, 2048, H, W)."""
        single = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        fans = [self.branch3x3_2a(single), self.branch3x3_2b(single)]
        fans += [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat([self.branch1x1(x), *fans, self.branch_pool(self.pooling(x))], 1)


class InceptionV3(nn.Module):  # type: ignore[misc]
    """The network up to its last pooling.

    Args:
        of_art: Whether it is ArtFID's; else that of the Fréchet Inception distance.
    """

    def __init__(self, of_art: bool) -> None:
        super().__init__()
        mean = "mean with padding" if of_art else "mean"
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3)
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Convolution(64, 80, 1)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3)
        self.Mixed_5b = BlockA(192, 32, mean)
        self.Mixed_5c = BlockA(256, 64, mean)
        self.Mixed_5d = BlockA(288, 64, mean)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(768, 128, mean)
        self.Mixed_6c = BlockC(768, 160, mean)
        self.Mixed_6d = BlockC(768, 160, mean)
        self.Mixed_6e = BlockC(768, 192, mean)
        self.Mixed_7a = BlockD(768)
        self.Mixed_7b = BlockE(1280, mean)
        self.Mixed_7c = BlockE(2048, mean if of_art else "maximum")

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W), sides of 75 or more, to (B, 2048): ``pool3``.

        The distance's network takes values in [-1, 1) and 299 x 299; ArtFID's takes [0, 1] and any size.
        """
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = functional.max_pool2d(x, 3, stride=2)
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))
        x = functional.max_pool2d(x, 3, stride=2)
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6b(self.Mixed_6a(x))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(x)))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x.mean(dim=(2, 3))


def read_inception(path: Path, of_art: bool) -> InceptionV3:
    """The network with its published weights; what classifies is left in the file.

    Raises:
        StylecliError: The file is not this network's.
    """
    with torch.device("meta"):
        network = InceptionV3(of_art)
    state = dict(read_state(path))
    for name in network.state_dict():
        # Counts of training steps, which older files lack and nothing here needs.
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.tensor(0))
    fill(network, state, path, unused=("fc", "AuxLogits"))
    return network
