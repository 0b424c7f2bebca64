"""Styles on another base than the one they were made on."""

from __future__ import annotations

from collections.abc import Sequence

from stylecli.bases.base import Base
from stylecli.cli.console import warn
from stylecli.styles.style import ScaledStyle


def tell_other_base(styles: Sequence[ScaledStyle], base: Base) -> None:
    """Warn of styles that are no LoRAs and were made on another base.

    A LoRA whose modules fit is often used on a relative of its base; what other styles hold, latents'
    statistics say, may fit in shape and mean nothing there.
    """
    for style in (scaled.style for scaled in styles):
        made = style.provenance
        if style.is_lora or not made.base_hash or made.base == base.spec.public_name:
            continue
        # Hashing gigabytes takes seconds, so only where the names differ.
        if made.base_hash != base.denoiser_hash:
            warn(
                f"{style.name!r} was made on base {made.base!r}; on {base.spec.name!r} it may not paint what it learnt."
            )
