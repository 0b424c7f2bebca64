"""Names of options that the program's own commands have, so that no plugin can declare them."""

from __future__ import annotations

from collections.abc import Mapping

_EVERY = ("config", "debug", "help", "json", "as_json", "overwrite", "ctx", "given")

TAKEN: Mapping[str, tuple[str, ...]] = {
    "train": (
        *_EVERY,
        *("pictures", "method", "method_name", "base", "name", "prefix", "token", "preset"),
        *("author", "license", "licence", "seed", "resume", "ablate", "content", "reference"),
        *("report", "split", "data_config", "image_column", "caption_column", "max_pictures"),
    ),
    "transfer": (
        *_EVERY,
        *("photos", "style", "base", "prompt", "seed", "keep", "reference", "output", "grid"),
    ),
    "generate": (*_EVERY, "prompt", "style", "base", "count", "seed", "output"),
    "caption": (
        *_EVERY,
        *("folder", "captioner", "captioner_name", "method", "method_name", "prefix", "suffix"),
        *("format", "form", "dry_run"),
    ),
}
"""By command, as fields of a class of options would be called."""
