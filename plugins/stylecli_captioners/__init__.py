"""Captioners: from the file name, from what can be measured, and from models."""

from collections.abc import Iterable

import stylecli


@stylecli.hookimpl
def stylecli_captioners() -> Iterable[stylecli.Captioner]:
    """Give the captioners."""
    from stylecli_captioners.blip import Blip
    from stylecli_captioners.describe import Describe
    from stylecli_captioners.florence2 import Florence2
    from stylecli_captioners.title import Title
    from stylecli_captioners.wd14 import Wd14

    return [Title(), Describe(), Blip(), Florence2(), Wd14()]
