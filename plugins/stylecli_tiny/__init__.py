"""The embedded base: a small Stable Diffusion of the SD 1.5 architecture that works offline."""

from collections.abc import Iterable
from pathlib import Path

import stylecli

_HERE = Path(__file__).parent


@stylecli.hookimpl
def stylecli_bases() -> Iterable[stylecli.BaseSpec]:
    """Give the base and its ready styles."""
    from stylecli_tiny.spec import tiny

    return [tiny(_HERE)]
