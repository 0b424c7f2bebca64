"""Taking the features of many picture files: each is read once, and only its features are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from stylecli.errors import StylecliError
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.sets import PictureFile
from stylecli.images.reading import PictureError, read_picture
from stylecli.metric import Extractor, PairExtractor, PictureSet
from stylecli.progress import Event, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Row = dict[str, NDArray[np.float32]]

Item = TypeVar("Item")
# Pictures that are decoded ahead of the one that is waited for.
_AHEAD = 4


@dataclass(frozen=True)
class Taken:
    """Features of the files that could be read.

    Attributes:
        pictures: Their features.
        files: The files, in the order given.
        unreadable: The others, each with a sentence.
    """

    pictures: PictureSet
    files: tuple[PictureFile, ...]
    unreadable: Mapping[PictureFile, str]


def take_features(
    files: Sequence[PictureFile],
    extractors: Mapping[str, Extractor],
    cache: FeatureCache,
    progress: Progress,
    stage: str,
) -> Taken:
    """Take features of pictures.

    Args:
        files: The pictures.
        extractors: Functions by feature name.
        cache: Where features are found and kept.
        progress: Hears of every picture.
        stage: What is said of it.

    Returns:
        Features as float32, the same whether they come from the cache or not, whatever the order
        and the number of threads.
    """
    import numpy as np

    def row(file: PictureFile) -> Row:
        found = {name: cache.get(name, file.digest) for name in extractors}
        missing = [name for name, values in found.items() if values is None]
        row = {name: values for name, values in found.items() if values is not None}
        if missing:
            image = read_picture(file.path)
            for name in missing:
                row[name] = _measured(name, file, partial(extractors[name], image))
                cache.put(name, row[name], file.digest)
        return row

    rows, readable, unreadable = _each(files, row, progress, stage)
    features = {
        name: np.stack([row[name] for row in rows]) if rows else np.empty((0,), np.float32)
        for name in extractors
    }
    names = tuple(file.path.name for file in readable)
    digests = tuple(file.digest for file in readable)
    return Taken(PictureSet(names, digests, features), tuple(readable), unreadable)


def compare_pairs(
    pairs: Sequence[tuple[PictureFile, PictureFile]],
    extractors: Mapping[str, PairExtractor],
    cache: FeatureCache,
    progress: Progress,
    stage: str,
) -> dict[str, NDArray[np.float32]]:
    """Compare outputs with their content pictures: values (n,) by name.

    Both were read before; see `take_features` for the rest.
    """
    import numpy as np

    by_output = {(output, content): None for output, content in pairs}

    def row(pair: tuple[PictureFile, PictureFile]) -> Row:
        digests = (pair[0].digest, pair[1].digest)
        found = {name: cache.get(name, *digests) for name in extractors}
        missing = [name for name, values in found.items() if values is None]
        row = {name: values for name, values in found.items() if values is not None}
        if missing:
            first, second = (read_picture(file.path) for file in pair)
            for name in missing:
                row[name] = _measured(name, pair[0], partial(extractors[name], first, second))
                cache.put(name, row[name], *digests)
        return row

    rows, _, problems = _each(list(by_output), row, progress, stage) if extractors else ([], [], {})
    for message in problems.values():
        raise StylecliError(message)
    found = dict(zip(by_output, rows, strict=True)) if extractors else {}
    return {
        name: np.array([float(found[pair][name]) for pair in pairs], dtype=np.float32)
        for name in extractors
    }


def _each(
    items: Sequence[Item], work: Callable[[Item], Row], progress: Progress, stage: str
) -> tuple[list[Row], list[Item], dict[Item, str]]:
    """Work on items in threads, a few ahead; files that cannot be read are put aside."""
    rows: list[Row] = []
    done: list[Item] = []
    failed: dict[Item, str] = {}
    workers = os.cpu_count() or 1
    executor = ThreadPoolExecutor(workers)
    try:
        waiting: list[tuple[Item, Future[Row]]] = []
        rest = iter(items)
        while True:
            for item in rest:
                waiting.append((item, executor.submit(work, item)))
                if len(waiting) >= workers + _AHEAD:
                    break
            if not waiting:
                break
            item, future = waiting.pop(0)
            try:
                rows.append(future.result())
                done.append(item)
            except PictureError as problem:
                failed[item] = problem.message
            progress(Event(stage, len(done) + len(failed), len(items)))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return rows, done, failed


def _measured(name: str, file: PictureFile, extract: Callable[[], Any]) -> NDArray[np.float32]:
    """A feature as it is kept; a plugin's failure is told as one."""
    import numpy as np

    try:
        kept = np.asarray(extract(), dtype=np.float32)
    # A metric is anybody's code and may raise anything.
    except Exception as problem:
        raise StylecliError(
            f"{file.path}: measuring {name} failed ({type(problem).__name__}: {problem}).",
            "Leave the metric that needs it out with --metrics.",
        ) from problem
    if not np.isfinite(kept).all():
        raise StylecliError(
            f"{file.path}: measuring {name} gave what is no finite number.",
            "Leave the metric that needs it out with --metrics.",
        )
    return kept
