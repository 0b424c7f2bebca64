"""sdxl-lora: low-rank adapters on SDXL's denoiser and both its text encoders, SDEdit to repaint."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_methods() -> Iterable[stylecli.Method]:
    """Give the method."""
    from stylecli_sdxl_lora.method import SdxlLora

    return [SdxlLora()]
