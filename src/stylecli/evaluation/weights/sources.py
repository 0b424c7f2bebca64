"""Where a network's files can be had: published, on the hub, at an address, or on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

from stylecli.errors import UsageError
from stylecli.evaluation.weights.download import download
from stylecli.files import write_whole
from stylecli.hub import told
from stylecli.progress import Progress
from stylecli.weights import Weights

_HUB = "hub:"
_WEB = ("https://", "http://")
_FILE = "{file}"


@dataclass(frozen=True)
class Source:
    """Where files are taken from.

    Attributes:
        text: As it is shown to the user.
        places: An address or a path by file name; on the hub the file's name.
        kind: "hub", "web" or "folder".
    """

    text: str
    places: Mapping[str, str]
    kind: str

    def said(self, files: Iterable[str]) -> str:
        """Where these files come from, without a place for a name that is yet to be filled in."""
        if self.kind == "web" and _FILE in self.text:
            return ", ".join(self.places[file] for file in files)
        return self.text

    def bring(self, file: str, part: Path, resume: bool, stage: str, progress: Progress) -> None:
        """Bring a file.

        Args:
            file: Its name.
            part: Where to; what has arrived of it stays after an error.
            resume: Go on from what has arrived.
            stage: What is said of it.
            progress: Hears of it.

        Raises:
            UsageError: It is not there, or access to it is not given.
            StylecliError: It cannot be reached, or the disk is full.
        """
        place = self.places[file]
        if self.kind == "web":
            download(place, part, resume, stage, progress)
        elif self.kind == "hub":
            _from_hub(self.text.removeprefix(_HUB), place, part)
        else:
            write_whole(part, partial(_copied, Path(place)))


def source_of(weights: Weights, text: str | None) -> Source:
    """Read where a network's files are taken from.

    Args:
        weights: Which network.
        text: ``hub:owner/name[@revision]``, an address, a folder or a file; None for where they are
            published. An address may have ``{file}`` in it or end with a slash.

    Raises:
        UsageError: It names nothing that could be one of its files.
    """
    text = text or weights.source
    if not text:
        raise UsageError(
            f"{weights.name} is a network of your own: it is published nowhere that stylecli knows.",
            f"Bring its files: stylecli eval weights fetch {weights.name} --from FOLDER|hub:owner/name.",
        )
    names = list(weights.files)
    if text.startswith(_HUB):
        return Source(text, {name: name for name in names}, "hub")
    if text.lower().startswith(_WEB):
        return Source(text, _addresses(weights, text), "web")
    place = Path(text).expanduser()
    if place.is_dir():
        found = {name: place / name for name in names}
        plain = {name: place / PurePosixPath(name).name for name in names}
        chosen = {
            name: each if each.is_file() else plain[name]
            for name, each in found.items()
            if each.is_file() or plain[name].is_file()
        }
        if not chosen:
            raise UsageError(f"{place}: holds none of {weights.name}'s files: {', '.join(names)}.")
        return Source(str(place), {name: str(each) for name, each in chosen.items()}, "folder")
    if not place.is_file():
        raise UsageError(f"--from {text}: no such folder or file, and no address.")
    return Source(str(place), {_one_of(weights, place.name): str(place)}, "folder")


def _addresses(weights: Weights, text: str) -> dict[str, str]:
    names = list(weights.files)
    if _FILE in text or text.endswith("/"):
        pattern = text if _FILE in text else text + _FILE
        return {name: pattern.replace(_FILE, name) for name in names}
    try:
        path = urlparse(text).path
    except ValueError as problem:
        raise UsageError(f"--from {text}: no address ({problem}).") from problem
    return {_one_of(weights, PurePosixPath(path).name): text}


def _one_of(weights: Weights, name: str) -> str:
    """Which file one of this name is: the only one, or that of the same name."""
    names = list(weights.files)
    if len(names) == 1:
        return names[0]
    fitting = [each for each in names if PurePosixPath(each).name == name]
    if len(fitting) != 1:
        raise UsageError(
            f"--from: {name!r} is none of {weights.name}'s files: {', '.join(names)}.",
            "Name the folder that they are in.",
        )
    return fitting[0]


def _from_hub(name: str, file: str, part: Path) -> None:
    from huggingface_hub import HfApi, hf_hub_download

    repository, _, revision = name.partition("@")
    hint = "Check the connection and run the command again: what has arrived is kept."
    around = part.parent / ".hub"
    with told("network", repository, revision or None, "the hub cannot be reached", hint):
        # Unlike the download, this one request is not repeated for half a minute offline.
        HfApi().model_info(repository, revision=revision or None, timeout=10)
    with told("network", repository, revision or None, "the download was interrupted", hint):
        brought = hf_hub_download(repository, file, revision=revision or None, local_dir=around)
    Path(brought).replace(part)
    shutil.rmtree(around, ignore_errors=True)


def _copied(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
