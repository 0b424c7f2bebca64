"""Networks that metrics rest on: files that the user puts in their place, and never an unasked download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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
        source: Where they are published: ``https://…/{file}`` or ``hub:owner/name@revision``.
        megabytes: Of all of them.
        licence: Under which they are published: ``Apache-2.0``, ``research only``.
    """

    name: str
    summary: str
    files: Mapping[str, str]
    source: str
    megabytes: int
    licence: str


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
