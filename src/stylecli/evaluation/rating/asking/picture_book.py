"""The pictures as people see them: under ids that say nothing, without what their files say."""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import StylecliError
from stylecli.evaluation.rating.asking.material import Material, Picture, Source
from stylecli.evaluation.rating.asking.questions import Question
from stylecli.files import sha256_of
from stylecli.images.reading import PictureError, picture_size, read_picture

if TYPE_CHECKING:
    from PIL import Image

_DIGITS = 20
_KEPT = 128


class OutOfReach(StylecliError):
    """A folder of pictures that are judged is gone, perhaps with its drive: it may come back."""


class Unreadable(StylecliError):
    """A picture that is judged cannot be shown: it is damaged, gone, or another by now.

    Attributes:
        picture: The picture.
    """

    def __init__(self, picture: Picture, message: str) -> None:
        super().__init__(message)
        self.picture = picture


@dataclass(frozen=True)
class Leaf:
    """A picture of the book.

    Attributes:
        id: Says nothing about the picture.
        width: Of its shape; what is sent may be smaller.
        height: Likewise.
    """

    id: str
    width: int
    height: int

    def plain(self) -> dict[str, str | int]:
        """As JSON."""
        return {"id": self.id, "width": self.width, "height": self.height}


class PictureBook:
    """Gives pictures their ids, and encodes them anew.

    Args:
        material: What can be asked about.
        square: Side of the centred squares in which real-or-fake shows pictures, in pixels.
        longest: Longest side of what is sent, in pixels.
        quality: Of the JPEGs.
    """

    def __init__(
        self, material: Material, square: int, longest: int = 1280, quality: int = 95
    ) -> None:
        self._material = material
        self._beside: dict[Path, list[Path]] = {}
        for each in (*material.pictures, *material.references):
            self._beside.setdefault(each.path.parent, []).append(each.path)
        self._square = square
        self._longest = longest
        self._quality = quality
        # Whoever knows the names of files, or has eval.json, could otherwise look ids up.
        self._key = secrets.token_bytes(32)
        self._sources: dict[str, tuple[Source, bool]] = {}
        self._pictures: dict[str, Picture] = {}
        self._leaves: dict[tuple[Source, bool], Leaf] = {}
        self._encode = lru_cache(maxsize=_KEPT)(self._encoded)

    def hidden(self, text: str) -> str:
        """What stands for a text before raters: always the same in this book, and another in each."""
        return self._hidden(text.encode("utf-8"))

    def judged(self, question: Question) -> list[Leaf]:
        """The pictures that a question is about.

        Raises:
            Unreadable: One cannot be read any more.
            OutOfReach: Nor can the others of its folder.
        """
        leaves = []
        for picture in question.pictures:
            try:
                leaf = self._leaf(picture.path, question.kind == "real")
            except StylecliError as problem:
                raise self._trouble(picture, problem) from problem
            self._pictures[leaf.id] = picture
            leaves.append(leaf)
        return leaves

    def beside(self, question: Question) -> tuple[Leaf | None, list[Leaf]]:
        """The photo and the pictures of the reference that stand beside a question."""
        if question.kind == "real":
            return None, []
        photo = self._material.photos.get(question.content)
        shown = self._material.shown.get(question.target, ())
        return (
            None if photo is None else self._shown(photo),
            [leaf for source in shown if (leaf := self._shown(source)) is not None],
        )

    def jpeg(self, leaf: str) -> bytes | None:
        """A picture as JPEG: upright, sRGB, without metadata; None where no picture has this id.

        Raises:
            Unreadable: It is judged, and cannot be read any more, or was painted anew.
            OutOfReach: Nor can the others of its folder.
            StylecliError: It stands beside questions, and cannot be read any more.
        """
        known = self._sources.get(leaf)
        if known is None:
            return None
        judged = self._pictures.get(leaf)
        try:
            return self._encode(*known, None if judged is None else judged.digest)
        except StylecliError as problem:
            if judged is not None:
                raise self._trouble(judged, problem) from problem
            raise

    def _trouble(self, picture: Picture, problem: StylecliError) -> StylecliError:
        folder = picture.path.parent
        if any(map(os.path.isfile, self._beside[folder])):
            return Unreadable(picture, problem.message)
        return OutOfReach(f"{folder}: none of its pictures is there. Put them back, and go on.")

    def _shown(self, source: Source) -> Leaf | None:
        try:
            return self._leaf(source, False)
        except StylecliError:
            return None

    def _leaf(self, source: Source, square: bool) -> Leaf:
        known = self._leaves.get((source, square))
        if known is not None:
            return known
        width, height = (self._square,) * 2 if square else _size(source)
        told = (
            source if isinstance(source, bytes) else str(source).encode("utf-8", "surrogateescape")
        )
        leaf = Leaf(self._hidden(told + (b"square" if square else b"")), width, height)
        self._sources[leaf.id] = (source, square)
        self._leaves[source, square] = leaf
        return leaf

    def _hidden(self, content: bytes) -> str:
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()[:_DIGITS]

    def _encoded(self, source: Source, square: bool, digest: str | None) -> bytes:
        from PIL import Image, ImageOps

        image = _opened(source)
        # Hashed after it was read: so it is noticed, too, when it is painted anew in between.
        if digest and isinstance(source, Path) and _digest(source) != digest:
            raise PictureError(
                f"{source}: was painted anew; it is not the one that was found here."
            )
        if square:
            side = min(self._square, self._longest)
            image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
        image.thumbnail((self._longest, self._longest), Image.Resampling.LANCZOS)
        target = io.BytesIO()
        image.save(target, "JPEG", quality=self._quality, subsampling=0, optimize=True)
        return target.getvalue()


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as problem:
        raise PictureError(f"{path}: cannot be read ({problem.strerror}).") from problem


def _size(source: Source) -> tuple[int, int]:
    if isinstance(source, Path):
        return picture_size(source)
    return _opened(source).size


def _opened(source: Source) -> Image.Image:
    from PIL import Image

    if isinstance(source, Path):
        return read_picture(source)
    try:
        with Image.open(io.BytesIO(source)) as image:
            return image.convert("RGB")
    except (OSError, ValueError) as problem:
        raise PictureError(
            f"A small copy on the report's page is damaged ({problem})."
        ) from problem
