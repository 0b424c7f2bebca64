"""The embedded bases: small models of the SD 1.5 and SDXL architectures that work offline."""

from collections.abc import Iterable
from pathlib import Path

import stylecli

_HERE = Path(__file__).parent


@stylecli.hookimpl
def stylecli_bases() -> Iterable[stylecli.BaseSpec]:
    """Give the bases, and the ready styles."""
    from stylecli_tiny.spec import tiny, tiny_xl

    return [tiny(_HERE), tiny_xl(_HERE)]
