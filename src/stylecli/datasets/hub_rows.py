"""Reading a data set of the hub with the `datasets` library; no code that comes with one is run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylecli.datasets.hub_columns import caption_column, caption_of, choice, image_column
from stylecli.datasets.hub_set import HubSet
from stylecli.errors import UsageError
from stylecli.hub import told

SPLIT = "train"
_ARCHIVES = ("zip://", "tar://", "gzip://", "bz2://", "xz://", "zstd://")
"""What a file may lie in, as fsspec writes it."""


@dataclass(frozen=True)
class Row:
    """One picture as the data set has it.

    Attributes:
        number: Counted from 1.
        content: The picture file's bytes, or None where they are missing.
        caption: Its caption, or "".
    """

    number: int
    content: bytes | None
    caption: str


@dataclass(frozen=True)
class Table:
    """An opened data set.

    Attributes:
        image_column: Where its pictures are.
        caption_column: Where its captions are, or None.
        total: How many rows it has, or None where that is not known.
        rows: The rows, each read from the hub or the disk as it is asked for.
    """

    image_column: str
    caption_column: str | None
    total: int | None
    rows: Iterator[Row]


def check_library(wanted: HubSet) -> None:
    """Make sure that the library is installed; raises `UsageError`."""
    try:
        import datasets  # noqa: F401
    except ImportError as problem:
        raise UsageError(
            f"{wanted.repository}: no such folder here, and a data set of the hub needs the datasets library.",
            "Install it with: pip install 'stylecli[datasets]'",
        ) from problem


def commit_of(wanted: HubSet, hint: str) -> str:
    """Ask the hub what a revision stands for.

    Raises:
        UsageError: No such data set or revision, no access to it, or one that is made by a program.
        StylecliError: The hub cannot be reached.
    """
    from huggingface_hub import HfApi

    repository = wanted.repository
    with told("data set", repository, wanted.revision, "the hub cannot be reached", hint):
        info = HfApi().dataset_info(repository, revision=wanted.revision, timeout=10)
        if info.gated:
            # The library would not say what is to be done.
            HfApi().auth_check(repository, repo_type="dataset")
    files = [entry.rfilename for entry in info.siblings or ()]
    script = f"{repository.partition('/')[2]}.py"
    if script in files:
        raise UsageError(
            f"{repository}: is made by a program of its own ({script}), and such programs are not run.",
            f"The hub may have converted it: try {repository}@refs/convert/parquet.",
        )
    return str(info.sha)


def open_table(wanted: HubSet, place: Path, hint: str) -> Table:
    """Open a data set, of which the commit is known.

    Where only some of its pictures are wanted, only they are read; else its files are fetched into
    the hub cache first, so that what has arrived is not fetched again after an interruption. Its
    columns are looked at before.

    Args:
        wanted: What is to be read.
        place: A folder for files that are not needed afterwards.
        hint: What the user can do where it fails.

    Raises:
        UsageError: It has no such configuration, split or column, or nothing that can be read. Its
            rows raise it likewise.
        StylecliError: The download was cut off; rows raise it likewise.
    """
    import datasets

    # They would count rows that are counted again when they are written.
    datasets.disable_progress_bars()
    repository = wanted.repository
    with told("data set", repository, wanted.commit, "it cannot be fetched", hint):
        try:
            builder = _builder(wanted, place)
            data = builder.as_streaming_dataset(split=_split(wanted, builder))
            if data.features is None:
                data = data._resolve_features()
            features = data.features
            pictures = image_column(repository, features, wanted.image_column)
            captions = caption_column(repository, features, wanted.caption_column)
            # Else they are decoded before it is seen that the files themselves are wanted.
            data = data.decode(False) if wanted.most is not None else _fetched(wanted, builder)
        except datasets.exceptions.DatasetGenerationError as problem:
            raise problem.__cause__ or problem from None
        except FileNotFoundError as problem:
            raise UsageError(
                f"{repository}: holds no data that can be read ({problem})."
            ) from problem
        names = [pictures] if captions is None else [pictures, captions]
        feature = None if captions is None else features[captions]
        data = data.select_columns(names).cast_column(pictures, datasets.Image(decode=False))
    roots = _own_places(repository, place)

    def rows() -> Iterator[Row]:
        with told("data set", repository, wanted.commit, "the download was interrupted", hint):
            for number, row in enumerate(data, 1):
                caption = "" if captions is None else caption_of(feature, row[captions])
                yield Row(number, _content(row[pictures], roots), caption)

    total = len(data) if wanted.most is None else None
    return Table(pictures, captions, total, rows())


def _builder(wanted: HubSet, place: Path) -> Any:
    import datasets

    repository, config = wanted.repository, wanted.config
    try:
        return datasets.load_dataset_builder(
            repository, config, revision=wanted.commit, cache_dir=str(place)
        )
    except ValueError:
        known = datasets.get_dataset_config_names(repository, revision=wanted.commit)
        if config is None and len(known) > 1:
            raise UsageError(
                f"{repository}: has several configurations.",
                f"Choose one with --data-config. {choice(None, known)}",
            ) from None
        if config is not None and config not in known:
            raise UsageError(
                f"--data-config {config}: {repository} has no such configuration.",
                choice(config, known),
            ) from None
        raise


def _split(wanted: HubSet, builder: Any) -> str:
    split = wanted.split or SPLIT
    known = list(map(str, builder.config.data_files or builder.info.splits or ()))
    if split not in known:
        raise UsageError(
            f"--split {split}: {wanted.repository} has no such split.", choice(split, known)
        )
    if builder.config.data_files:
        # The library would fetch those of the other splits, too.
        files = builder.config.data_files
        builder.config.data_files = type(files)({split: files[split]})
    return split


def _fetched(wanted: HubSet, builder: Any) -> Any:
    builder.download_and_prepare(verification_mode="no_checks")
    return builder.as_dataset(split=wanted.split or SPLIT)


def _own_places(repository: str, place: Path) -> tuple[str, ...]:
    """What the names of the data set's own files begin with."""
    from huggingface_hub.constants import HF_HUB_CACHE

    cached = Path(HF_HUB_CACHE) / f"datasets--{repository.replace('/', '--')}"
    return (
        f"hf://datasets/{repository}@",
        *(f"{os.path.abspath(folder)}{os.sep}" for folder in (cached, place)),
    )


def _content(value: Any, roots: tuple[str, ...]) -> bytes | None:
    """A picture's bytes: those in the row, or those of the file that it names."""
    if not value:
        return None
    content, path = value.get("bytes"), value.get("path")
    if content is not None or not path:
        return content or None
    # A file inside an archive is written zip://file::archive; the first link is what is opened.
    *links, source = path.split("::")
    if "://" not in source:
        source = os.path.abspath(source)
    # A row may name any file of this machine, or any address, which is not the data set's to give.
    if not source.startswith(roots) or not all(link.startswith(_ARCHIVES) for link in links):
        return None
    import fsspec

    try:
        with fsspec.open(path, "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None
