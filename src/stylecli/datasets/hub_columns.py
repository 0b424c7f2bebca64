"""Which columns of a data set hold the pictures and their captions, and what a caption's value says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from stylecli.datasets.hub_set import NO_COLUMN
from stylecli.datasets.metadata import plain
from stylecli.errors import UsageError, did_you_mean

CAPTIONS = ("text", "caption", "captions", "prompt", "description", "title", "txt")
"""Names that columns of captions have, from the most usual on."""

NO_CAPTIONS = re.compile(
    r"(.*_)?(id|uid|uuid|url|uri|link|path|file|filename|file_name|key|md5|sha\d*|hash|license|licence|source|split)"
)
"""Names of columns whose text says nothing of a picture."""

_TEXTS = ("string", "large_string")
_BYTES = ("binary", "large_binary")


def image_column(repository: str, features: Mapping[str, Any], wanted: str | None) -> str:
    """The column of pictures: the one that is wanted, else the first.

    Args:
        repository: Whose columns, for errors.
        features: What `datasets` says of each column, by its name.
        wanted: Its name, or None.

    Raises:
        UsageError: There is no such column, or it holds no pictures.
    """
    if wanted is None:
        found = [name for name, feature in features.items() if _is_pictures(feature)]
        if found:
            return found[0]
        raise UsageError(
            f"{repository}: has no column of pictures; its columns are {_listed(features)}.",
            "Addresses of pictures are not followed: save the pictures in a folder, and give that.",
        )
    _check(repository, "--image-column", wanted, features)
    # Bytes may be anything, so they are pictures only where the user says so.
    if not _is_pictures(features[wanted]) and getattr(features[wanted], "dtype", "") not in _BYTES:
        raise UsageError(
            f"--image-column {wanted}: holds no pictures; the columns of {repository} are {_listed(features)}."
        )
    return wanted


def caption_column(repository: str, features: Mapping[str, Any], wanted: str | None) -> str | None:
    """The column of captions, or None where there is none.

    The one that is wanted, else one whose name says so (see `CAPTIONS`), else the first of plain
    text that is not named like an address or a number (see `NO_CAPTIONS`).

    Args:
        repository: Whose columns, for errors.
        features: What `datasets` says of each column, by its name.
        wanted: Its name, `NO_COLUMN`, or None.

    Raises:
        UsageError: There is no such column, or it holds no words.
    """
    if wanted is None:
        named = [name for name in CAPTIONS if name in features and _is_text(features[name])]
        texts = [
            name
            for name, feature in features.items()
            if _is_plain_text(feature) and not _says_nothing(name)
        ]
        return next(iter([*named, *texts]), None)
    if wanted == NO_COLUMN:
        return None
    _check(repository, "--caption-column", wanted, features)
    if not _is_text(features[wanted]) and not hasattr(features[wanted], "int2str"):
        raise UsageError(
            f"--caption-column {wanted}: holds no words; the columns of {repository} are {_listed(features)}."
        )
    return wanted


def caption_of(feature: Any, value: Any) -> str:
    """A caption on one line; the first of several, the name of a class; "" where there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Classes that are not known are numbered -1.
        return "" if value < 0 else plain(str(feature.int2str(value)).replace("_", " "))
    several = value if isinstance(value, list) else [value]
    return next((text for text in (plain(str(each or "")) for each in several) if text), "")


def choice(name: str | None, known: Iterable[str]) -> str:
    """The nearest of the known names, and all of them."""
    known = list(known)
    near = did_you_mean(name, known) if name else None
    listed = f"There are: {', '.join(known) or 'none'}."
    return f"{near} {listed}" if near else listed


def _check(repository: str, flag: str, wanted: str, features: Mapping[str, Any]) -> None:
    if wanted not in features:
        near = did_you_mean(wanted, features)
        listed = f"Its columns: {_listed(features)}."
        raise UsageError(
            f"{flag} {wanted}: {repository} has no such column.",
            f"{near} {listed}" if near else listed,
        )


def _is_pictures(feature: Any) -> bool:
    # Files that were not written by `datasets` do not say that these two make a picture.
    if isinstance(feature, Mapping):
        return set(feature) == {"bytes", "path"}
    return type(feature).__name__ == "Image"


def _is_text(feature: Any) -> bool:
    return _is_plain_text(feature) or _is_plain_text(getattr(feature, "feature", None))


def _says_nothing(name: str) -> bool:
    # The library adds some of its own: __key__, __url__.
    return name.startswith("__") or NO_CAPTIONS.fullmatch(name.lower()) is not None


def _is_plain_text(feature: Any) -> bool:
    return getattr(feature, "dtype", None) in _TEXTS


def _listed(features: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} ({_kind(feature)})" for name, feature in features.items())


def _kind(feature: Any) -> str:
    name = type(feature).__name__
    return str(feature.dtype) if name == "Value" else name
