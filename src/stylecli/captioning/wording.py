"""From what a captioner says to the caption that is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stylecli.datasets.metadata import plain
from stylecli.errors import StylecliError
from stylecli.method import Method
from stylecli.styles.style import Prompt

_CLOSING = tuple(",.;:!?)")


@dataclass(frozen=True)
class Wording:
    """What stands around a caption.

    Attributes:
        prefix: Words before it, or "".
        suffix: Words behind it, or "".
        method: The method that captions are made for, or None.
    """

    prefix: str = ""
    suffix: str = ""
    method: Method | None = None

    def __call__(self, said: Sequence[str]) -> list[str]:
        """Word captions; prefix and suffix that are there already are not put there again.

        Args:
            said: What the captioner says of each picture; "" where nothing.

        Returns:
            A caption for each, on one line. "" stays "", unless the method has words of its own for it.

        Raises:
            StylecliError: The method does not give one caption for each.
        """
        captions = [plain(caption) for caption in said]
        prompt = Prompt(self.prefix)
        if self.method is not None:
            captions = list(self.method.captions(captions, prompt))
            if len(captions) != len(said):
                raise StylecliError(
                    f"The method {self.method.name} gave {len(captions)} captions for {len(said)} pictures."
                )
        elif self.prefix:
            captions = [prompt.with_subject(caption) if caption else "" for caption in captions]
        return [self._closed(plain(caption)) for caption in captions]

    def _closed(self, caption: str) -> str:
        suffix = plain(self.suffix)
        there = re.search(rf"(?<!\w){re.escape(suffix)}$", caption, re.IGNORECASE)
        if not caption or not suffix or there:
            return caption
        return f"{caption}{'' if suffix.startswith(_CLOSING) else ' '}{suffix}"
