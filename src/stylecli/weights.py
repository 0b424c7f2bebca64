"""Networks that metrics rest on: files that the user puts in their place, and never an unasked download."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_FILE = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*")
_DIGEST = re.compile(r"(?:[0-9a-f]{8,64})?")
_SOURCE = re.compile(r"(?:https://\S+\{file\}\S*|hub:[\w.-]+/[\w.-]+(?:@[^\s/]+)?)?")


@dataclass(frozen=True)
class Weights:
    """Files of a network that a metric needs.

    Attributes:
        name: As typed, ``inception-fid``: small letters, digits, dots and dashes. One name means one
            network for ever; metrics that declare it declare the same.
        summary: One line: what it is, whose, for which figures.
        files: The SHA-256 of each published file, in hex, by its name; of a name with a hash in it
            (torch hub's ``alexnet-owt-7be5be79.pth``) its first eight digits or more; "" where it is
            not known.
        source: Where they are published: ``https://…/{file}`` or ``hub:owner/name@revision``; "" where
            users bring a network of their own.
        megabytes: Of all of them.
        licence: Under which they are published: ``Apache-2.0``, ``research only``.

    Raises:
        ValueError: A name, a digest or the source cannot be one.
    """

    name: str
    summary: str
    files: Mapping[str, str]
    source: str
    megabytes: int
    licence: str

    def __post_init__(self) -> None:
        # The names become places in the user's library.
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"weights cannot be called {self.name!r}")
        if not self.files:
            raise ValueError(f"the weights {self.name} have no files")
        for file, digest in self.files.items():
            if not _FILE.fullmatch(file):
                raise ValueError(f"a file of the weights {self.name} cannot be called {file!r}")
            if not _DIGEST.fullmatch(digest):
                raise ValueError(f"{digest!r} is no SHA-256 of {file} of the weights {self.name}")
        if not _SOURCE.fullmatch(self.source):
            raise ValueError(f"{self.source!r} is no source of the weights {self.name}")


@dataclass(frozen=True)
class LocalWeights:
    """Such files on this machine, looked through.

    Attributes:
        weights: What they are.
        paths: The files by their names.
        digest: SHA-256 in hex: of a single file its own, else over the digests of all, as hex text in
            the order of their names.
        known: Whether they are the published ones; False where a hash is not known, so that nobody
            can say. A file with another hash than the published one never comes so far.
    """

    weights: Weights
    paths: Mapping[str, Path]
    digest: str
    known: bool
