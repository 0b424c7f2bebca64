"""The miniature bases on disk: written once a process, taken away at its end."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from stylecli.bases.spec import BaseSpec
from stylecli.testing.mini_adapters import write_mini_controlnet, write_mini_ip_adapter
from stylecli.testing.mini_sd15 import write_mini_sd15
from stylecli.testing.mini_sdxl import write_mini_sdxl
from stylecli.testing.watching import no_output
from stylecli.testing.written import OURS

FAMILIES = ("sd15", "sdxl")
"""The families that there is a miniature base of."""
RESOLUTION = 64


@cache
def miniature(family: str) -> BaseSpec:
    """A base of a family with random weights, as small as it gets.

    The one of "sd15" has a ControlNet for edges and an IP-Adapter.
    """
    place = _place() / f"mini-{family}"
    with no_output():
        if family == "sdxl":
            # Of 1 px a cell it would be four times as slow.
            write_mini_sdxl(place, cell=2)
            return BaseSpec(f"mini-{family}", family, place, resolution=RESOLUTION)
        write_mini_sd15(place)
        canny, ip_adapter = _place() / "canny", _place() / "ip-adapter"
        write_mini_controlnet(canny, place)
        write_mini_ip_adapter(ip_adapter, place)
    return BaseSpec(
        f"mini-{family}",
        family,
        place,
        resolution=RESOLUTION,
        controlnets={"canny": canny},
        ip_adapter=ip_adapter,
    )


@cache
def _holder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=OURS)


def _place() -> Path:
    return Path(_holder().name)
