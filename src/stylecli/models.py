"""Models that captioners and the like load: a local folder, or fetched from the hub.

Only configuration, vocabularies and weights that cannot run code are ever fetched or loaded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from stylecli.errors import StylecliError, UsageError
from stylecli.hub import told
from stylecli.progress import Event, Progress
from stylecli.styles.header import PICKLED

STAGE = "fetching the model"


_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@([^/\s]+))?")
_INDEX = ".safetensors.index.json"


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' own bars and advice off the terminal inside, where ours are."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def model_folder(
    name: str,
    needed: Sequence[str],
    progress: Progress,
    wanted: Sequence[str] = (),
    instead: str = "name a local folder with --model",
) -> Path:
    """A folder with a model's files.

    Args:
        name: A folder, or ``org/name`` or ``org/name@revision`` on the hub.
        needed: Names of files without which it is no such model; the first without wildcards, the
            others may have some (``*.safetensors``). Only files at the top level count, or in the
            folder that a name begins with (``image_encoder/config.json``).
        progress: Hears of the download.
        wanted: Names of further files to fetch where they are there.
        instead: What the user can do without a connection, for the error's hint.

    Returns:
        The folder as it is; or the snapshot in the hub cache, which is taken without asking the
        network where all that is needed is there, and else fetched.

    Raises:
        UsageError: Files are missing, its weights are pickled, or there is no such repository.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    place = Path(name).expanduser()
    if name and place.is_dir():
        _check(str(place), _names(place, needed), needed)
        _check_shards(place)
        return place
    match = _ID.fullmatch(name)
    if match is None or place.is_file():
        raise UsageError(
            f"{name!r} is no folder here, and no hub id.", "Write a hub id as org/name."
        )
    repository, revision = match.groups()
    return _cached(repository, revision, needed) or _fetch(
        repository, revision, needed, wanted, progress, instead
    )


def _cached(repository: str, revision: str | None, needed: Sequence[str]) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(repository, needed[0], revision=revision)
    except HFValidationError:
        return None
    if not isinstance(found, str):
        return None
    folder = Path(found).parents[needed[0].count("/")]
    try:
        _check(repository, _names(folder, needed), needed)
        _check_shards(folder)
    except UsageError:
        return None
    return folder


def _fetch(
    repository: str,
    revision: str | None,
    needed: Sequence[str],
    wanted: Sequence[str],
    progress: Progress,
    instead: str,
) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    hint = (
        "Check the connection and run the command again: files that have arrived are kept. "
        f"Without a connection {instead}."
    )
    with told("model", repository, revision, "the hub cannot be reached", hint):
        # Unlike the listing of files, this one request is not repeated for half a minute offline.
        info = HfApi().model_info(repository, revision=revision, timeout=10)
    names = [entry.rfilename for entry in info.siblings or ()]
    _check(repository, names, needed)
    chosen = _chosen(names, [*needed, *wanted])
    progress(
        Event(STAGE, message=f"Fetching {repository} ({len(chosen)} files) into the hub cache.")
    )
    with told("model", repository, revision, "the download was interrupted", hint):
        folder = Path(snapshot_download(repository, revision=revision, allow_patterns=chosen))
        _check_shards(folder)
    return folder


def _chosen(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    chosen = [name for name in names if any(_matches(name, pattern) for pattern in patterns)]
    return [name for name in chosen if not name.endswith(PICKLED)]


def _matches(name: str, pattern: str) -> bool:
    # A wildcard does not reach into another folder.
    return _folder(name) == _folder(pattern) and fnmatchcase(name, pattern)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _check(place: str, names: Sequence[str], needed: Sequence[str]) -> None:
    missing = [pattern for pattern in needed if not _chosen(names, [pattern])]
    if not missing:
        return
    places = {_folder(pattern) for pattern in missing}
    pickled = [name for name in names if name.endswith(PICKLED) and _folder(name) in places]
    if pickled and missing == [pattern for pattern in missing if pattern.endswith(".safetensors")]:
        raise UsageError(
            f"{place}: its weights are pickled ({', '.join(pickled[:3])}), which can run any code "
            "when they are opened, and are not read.",
            "Take a model, or a revision of it, with .safetensors weights.",
        )
    raise UsageError(f"{place}: not such a model; it has no {', no '.join(missing)}.")


def _check_shards(folder: Path) -> None:
    for index in folder.glob(f"*{_INDEX}"):
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise StylecliError(f"{index}: cannot be read ({problem}).") from problem
        missing = sorted(shard for shard in shards if not (folder / shard).is_file())
        if missing:
            raise UsageError(f"{folder}: {index.name} names {missing[0]!r}, which is not there.")


def _names(folder: Path, patterns: Sequence[str]) -> list[str]:
    """The files in a folder and in those of its folders that patterns name."""
    return sorted(
        entry.relative_to(folder).as_posix()
        for place in {_folder(pattern) for pattern in patterns}
        if (folder / place).is_dir()
        for entry in (folder / place).iterdir()
        if entry.is_file()
    )
