"""A style: what training makes and transfer uses."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stylecli.errors import UsageError
from stylecli.loras.keys import is_lora, parts_of
from stylecli.styles.header import PICKLED, SUFFIX

if TYPE_CHECKING:
    from torch import Tensor

_FILES = (SUFFIX, *PICKLED)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


ANY_LORA = "lora"
"""In place of a method's name, of a LoRA that another program made: whichever method takes such."""


@dataclass(frozen=True)
class Prompt:
    """The words that belong to a style; training and transfer use the same.

    Attributes:
        prefix: What stands before every caption: "A Monet painting,".
        token: A rare token that names the style, or "".
    """

    prefix: str = ""
    token: str = ""

    def with_subject(self, subject: str) -> str:
        """Put the prefix before a caption, unless it is there; an empty one leaves the bare prefix.

        A caption that has the token as a word of its own says itself where the style stands.
        """
        subject, bare = subject.strip(), self.prefix.rstrip(" ,")
        if not subject:
            return bare
        if self.token and self.token in subject.split():
            return subject
        if bare and re.match(rf"{re.escape(bare)}(?!\w)", subject, re.IGNORECASE):
            return subject
        return f"{self.prefix} {subject}".strip()


@dataclass(frozen=True)
class Provenance:
    """How a style came to be. Everything here is kept in the file and shown by ``styles show``.

    Attributes:
        base: Name or hub id of the base it was trained on.
        base_hash: SHA-256 of the base's denoiser weights, in hex.
        options: Every option as run.
        dataset: Count, fingerprint, caption sources and short hashes of the pictures.
        training: Steps, epochs, seconds, final loss, seed, device.
        resolution: The short side in pixels that its base works at, or 0 where it is not known.
        prediction_type: What the base predicts: "epsilon" or "v_prediction".
        created: ISO 8601 time in UTC.
        version: The stylecli version that made it.
        embedded: Whether the base is one of stylecli's own, which no other tool has.
        author: Who made it, or "".
        licence: What others may do with it, or "".
        tags: How often each caption, or part of one between commas, stood beside the pictures.
        source: Of a style that came from elsewhere or was merged: where from.
    """

    base: str = ""
    base_hash: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    resolution: int = 0
    prediction_type: str = "epsilon"
    created: str = ""
    version: str = ""
    embedded: bool = False
    author: str = ""
    licence: str = ""
    tags: Mapping[str, int] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Style:
    """What a method learnt.

    Attributes:
        name: Its name in the library.
        method: The method that made it and can use it, or `ANY_LORA`.
        family: "sd15" or "sdxl".
        tensors: The file's tensors by key; a LoRA stands in kohya's layout (docs: style file).
        prompt: The words that belong to it.
        transfer: Good settings for transfer, by option name.
        provenance: How it came to be.
        thumbnail: A small JPEG of what it does, or b"".
    """

    name: str
    method: str
    family: str
    tensors: Mapping[str, Tensor]
    prompt: Prompt = field(default_factory=Prompt)
    transfer: Mapping[str, Any] = field(default_factory=dict)
    provenance: Provenance = field(default_factory=Provenance)
    thumbnail: bytes = b""

    @cached_property
    def parts(self) -> frozenset[str]:
        """The parts of the base that it changes as a LoRA: "unet", "text_encoder", "vae", …"""
        return parts_of(self.tensors)

    @cached_property
    def is_lora(self) -> bool:
        """Whether it is a LoRA and nothing else."""
        return is_lora(self.tensors)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over keys and values, in hex: styles that do the same have the same."""
        digest = hashlib.sha256()
        for key in sorted(self.tensors):
            digest.update(key.encode())
            digest.update(self.tensors[key].contiguous().float().numpy().tobytes())
        return digest.hexdigest()


def relabelled(style: Style, prefix: str | None, author: str | None, licence: str | None) -> Style:
    """The style with what the user says of it in place of what it says itself; None keeps that.

    Raises:
        UsageError: The prefix is without the word that the style stands for.
    """
    made, token = style.provenance, style.prompt.token
    if prefix is not None and token and token not in prefix.split():
        raise UsageError(
            f"--prefix {prefix!r}: {style.name!r} learnt what {token!r} means, which must be a word of its own in it."
        )
    return replace(
        style,
        prompt=style.prompt if prefix is None else replace(style.prompt, prefix=prefix),
        provenance=replace(
            made,
            author=made.author if author is None else author,
            licence=made.licence if licence is None else licence,
        ),
    )


@dataclass(frozen=True)
class ScaledStyle:
    """A style and how strongly it is applied: 1 as trained, 0 not at all."""

    style: Style
    scale: float = 1.0


def check_name(name: str) -> str:
    """Return a name that can be a style's, or raise `UsageError`."""
    if not _NAME.fullmatch(name) or ".." in name or name.lower().endswith(_FILES):
        raise UsageError(
            f"{name!r} cannot name a style.",
            "A name starts with a letter or digit, has up to 64 letters, digits, dots, dashes and underscores, "
            "and no file's ending.",
        )
    return name


def suggested_name(text: str) -> str:
    """Make a style name out of a folder's name: "Van Gogh!" gives "van-gogh"."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-._")
    name = re.sub(r"\.{2,}", ".", name)[:64]
    while name.endswith(_FILES):
        name = name.rpartition(".")[0].strip("-._")
    return name or "style"


def words_of_style(name: str, prefix: str | None, token: str | None = None) -> Prompt:
    """The words that belong to a style: the user's, or "A {Name} painting,".

    With a token the default is "A painting in the style of {token}", without a comma: CLIP's
    tokenizer takes "**," for another word than "**".

    Raises:
        UsageError: The token is no single word, or the prefix is without it.
    """
    if token is None:
        return Prompt(suggested_prefix(name) if prefix is None else prefix)
    if len(token.split()) != 1 or token != token.strip():
        raise UsageError(
            f"--token {token!r}: not a single word.", "Such as --token '**', without spaces."
        )
    text = f"A painting in the style of {token}" if prefix is None else prefix
    if token not in text.split():
        raise UsageError(
            f"--prefix {text!r}: the token {token!r} must be a word of its own in it.",
            f"Such as --prefix 'A painting in the style of {token}', or leave --prefix out.",
        )
    return Prompt(text, token)


def suggested_prefix(name: str) -> str:
    """The prompt prefix of a style that was given none: "van-gogh" gives "A Van Gogh painting,"."""
    return f"A {' '.join(re.split(r'[-_.]+', name)).title()} painting,"
