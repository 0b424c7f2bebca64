"""lsast: prompts for every stage of the denoising and every layer of the denoiser."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_methods() -> Iterable[stylecli.Method]:
    """Give the method."""
    from stylecli_lsast.method import Lsast

    return [Lsast()]
