"""dreambooth: the denoiser and the text encoder fine-tuned whole, with prior preservation."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_methods() -> Iterable[stylecli.Method]:
    """Give the method."""
    from stylecli_dreambooth.method import Dreambooth

    return [Dreambooth()]
