"""lora-sdedit: low-rank adapters on the denoiser, SDEdit to repaint."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_methods() -> Iterable[stylecli.Method]:
    """Give the method."""
    from stylecli_lora_sdedit.method import LoraSdedit

    return [LoraSdedit()]
