"""Fetching a network's files: asked for by name, checked before they stand in their place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from stylecli.errors import StylecliError
from stylecli.evaluation.weights.digests import Digests
from stylecli.evaluation.weights.looking import (
    Found,
    WeightFile,
    fits,
    look,
    shown,
    size_of,
    wrong,
)
from stylecli.evaluation.weights.sources import Source, source_of
from stylecli.files import explained, new_mode, sha256_of
from stylecli.progress import Event, Progress
from stylecli.weights import Weights


def fetch(
    weights: Weights,
    folder: Path,
    digests: Digests,
    progress: Progress,
    source: str | None = None,
    overwrite: bool = False,
) -> Found:
    """Bring a network's files into their place.

    A file that is the published one is never touched. One whose published hash is not known is left,
    too, unless it is to be replaced.

    Args:
        weights: Which network.
        folder: Where those of all networks are.
        digests: What is remembered of files.
        progress: Hears what is fetched, from where, how large, under which licence, and how far it is.
        source: Where from, see `source_of`; None for where they are published.
        overwrite: Replace files that are not the published ones, or not known to be.

    Returns:
        The files as they are now.

    Raises:
        UsageError: The source has none of them.
        StylecliError: A wrong file is in the way, the source cannot be reached, what it gave is another
            file, the disk is full, or another process is fetching this network.
    """
    before = look(weights, folder, digests)
    wanted = _wanted(before, progress, overwrite)
    if not wanted:
        return before
    chosen = source_of(weights, source)
    able = [file for file in wanted if file.name in chosen.places]
    if able:
        with _alone(weights, folder):
            progress(Event(weights.name, message=_announced(weights, able, chosen)))
            for file in able:
                _bring(weights, file, chosen, digests, progress)
    return look(weights, folder, digests)


def _wanted(found: Found, progress: Progress, overwrite: bool) -> list[WeightFile]:
    wanted = []
    for file in found.files:
        if file.state == "missing" or (overwrite and file.state != "present"):
            wanted.append(file)
        elif file.state == "wrong":
            raise wrong(found.weights, file)
        else:
            said = f"{file.path} is there already"
            if file.state == "unknown":
                said += (
                    "; whether it is the published one is not known. Replace it with --overwrite"
                )
            progress(Event(found.weights.name, message=f"{said}."))
    return wanted


def _announced(weights: Weights, files: Sequence[WeightFile], source: Source) -> str:
    names = ", ".join(file.name for file in files)
    where = source.said([file.name for file in files])
    size = f", {megabytes} MB" if (megabytes := size_of(weights)) else ""
    return f"{weights.name}: {names} from {where}{size}, licence: {weights.licence}."


@contextmanager
def _alone(weights: Weights, folder: Path) -> Iterator[None]:
    """Keep other processes from fetching the same network meanwhile: they would share what has arrived."""
    from filelock import FileLock, Timeout

    # It stays there: one that is taken away can be held twice.
    lock = FileLock(folder / f".{weights.name}.lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as problem:
        raise StylecliError(
            f"{weights.name}: another stylecli is fetching it.",
            "Wait for it, or stop it, and run the command again.",
        ) from problem
    except OSError as problem:
        raise explained(folder / weights.name, problem) from problem
    try:
        yield
    finally:
        lock.release()


def _bring(
    weights: Weights, file: WeightFile, source: Source, digests: Digests, progress: Progress
) -> None:
    part = file.path.with_name(f".{file.path.name}.part")
    # Of a file whose whole hash is not known nobody could say that the two halves belong together.
    known = len(file.published) == hashlib.sha256().digest_size * 2
    stage = f"fetching {PurePosixPath(file.name).name} (MB)"
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        # One that was stopped after its last byte is whole.
        digest = sha256_of(part) if known and part.exists() else ""
        if not known or digest != file.published:
            try:
                source.bring(file.name, part, known, stage, progress)
            except StylecliError as problem:
                if not known:
                    part.unlink(missing_ok=True)
                raise _with_hint(weights, problem, part.exists()) from problem
            digest = sha256_of(part)
        if fits(digest, file.published) == "wrong":
            part.unlink()
            raise StylecliError(
                f"{weights.name}: {file.name} from {source.places[file.name]} is not the published file. Its SHA-256 "
                f"is {digest}; the published one is {shown(file.published)}. It was not kept.",
                "Fetch it again, or take it from elsewhere with --from FOLDER|FILE|URL.",
            )
        part.chmod(new_mode())
        part.replace(file.path)
    except OSError as problem:
        raise explained(file.path, problem) from problem
    digests.of(file.path, digest=digest)
    if not file.published:
        said = f"{file.path}: SHA-256 {digest}; the published hash is not known, so compare it yourself."
        progress(Event(weights.name, message=said, level="warning"))


def _with_hint(weights: Weights, problem: StylecliError, resumable: bool) -> StylecliError:
    if problem.hint:
        return problem
    again = "Run the command again to go on from what has arrived" if resumable else "Try again"
    hint = f"{again}, or bring it yourself: stylecli eval weights fetch {weights.name} --from FOLDER|FILE|URL."
    return type(problem)(problem.message, hint)
