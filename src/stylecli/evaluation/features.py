"""Taking the features of many picture files: each is read once, and only its features are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from stylecli.errors import told
from stylecli.evaluation.feature_cache import FeatureCache
from stylecli.evaluation.sets import PictureFile
from stylecli.images.reading import PictureError, read_picture
from stylecli.metric import Extractor, PairExtractor, PictureSet
from stylecli.progress import Event, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]
    Row = dict[str, Values | str]

Item = TypeVar("Item")
# Pictures that are decoded ahead of the one that is waited for.
_AHEAD = 4


@dataclass(frozen=True)
class Taken:
    """Features of the files that could be read.

    Attributes:
        pictures: Their features.
        files: The files, in the order given.
        unreadable: The others, each with a sentence that names no place.
        broken: Features that failed on a picture, with what happened: they are left out.
    """

    pictures: PictureSet
    files: tuple[PictureFile, ...]
    unreadable: Mapping[PictureFile, str]
    broken: Mapping[str, str]


@dataclass(frozen=True)
class Compared:
    """Comparisons of pairs.

    Attributes:
        values: Values (n,) by name.
        broken: Comparisons that failed on a pair, with what happened.
    """

    values: Mapping[str, Values]
    broken: Mapping[str, str]


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
        extractors: Functions by feature name; each gets a picture of its own.
        cache: Where features are found and kept.
        progress: Hears of every picture.
        stage: What is said of it.

    Returns:
        Features as float32, read-only: the same whether they come from the cache or not, whatever
        the order and the number of threads.
    """

    def row(file: PictureFile) -> Row:
        row = _cached(extractors, cache, file.digest)
        missing = [name for name in extractors if name not in row]
        if missing:
            image = read_picture(file.path)
            for name in missing:
                row[name] = _measured(file, partial(extractors[name], image.copy()))
                _keep(cache, name, row[name], file.digest)
        return row

    rows, readable, unreadable = _each(files, row, progress, stage)
    features, broken = _stacked(rows, list(extractors))
    names = tuple(file.path.name for file in readable)
    digests = tuple(file.digest for file in readable)
    return Taken(PictureSet(names, digests, features), tuple(readable), unreadable, broken)


def compare_pairs(
    pairs: Sequence[tuple[PictureFile, PictureFile]],
    extractors: Mapping[str, PairExtractor],
    cache: FeatureCache,
    progress: Progress,
    stage: str,
) -> Compared:
    """Compare outputs with their content pictures, which were read before; see `take_features`."""
    if not extractors:
        return Compared({}, {})

    def row(pair: tuple[PictureFile, PictureFile]) -> Row:
        digests = (pair[0].digest, pair[1].digest)
        row = _cached(extractors, cache, *digests)
        missing = [name for name in extractors if name not in row]
        if missing:
            first, second = (read_picture(file.path) for file in pair)
            for name in missing:
                compare = partial(extractors[name], first.copy(), second.copy())
                row[name] = _measured(pair[0], compare)
                _keep(cache, name, row[name], *digests)
        return row

    distinct = list(dict.fromkeys(pairs))
    rows, done, _ = _each(distinct, row, progress, stage)
    found = dict(zip(done, rows, strict=True))
    values, broken = _stacked([found[pair] for pair in pairs], list(extractors))
    return Compared({name: each.reshape(len(pairs)) for name, each in values.items()}, broken)


def _cached(names: Mapping[str, Any], cache: FeatureCache, *digests: str) -> Row:
    found: Row = {}
    for name in names:
        values = cache.get(name, *digests)
        if values is not None:
            found[name] = values
    return found


def _keep(cache: FeatureCache, name: str, values: Values | str, *digests: str) -> None:
    if not isinstance(values, str):
        cache.put(name, values, *digests)


def _stacked(rows: Sequence[Row], names: Sequence[str]) -> tuple[dict[str, Values], dict[str, str]]:
    """One read-only array a feature, and why there is none of the others."""
    import numpy as np

    stacked: dict[str, Values] = {}
    broken: dict[str, str] = {}
    for name in names:
        values = [row[name] for row in rows]
        failure = next((each for each in values if isinstance(each, str)), "")
        arrays = [each for each in values if not isinstance(each, str)]
        shapes = sorted({each.shape for each in arrays})
        if failure or len(shapes) > 1:
            broken[name] = failure or f"gave arrays of the shapes {shapes[0]} and {shapes[1]}"
            continue
        stacked[name] = np.stack(arrays) if arrays else np.empty((0,), np.float32)
        # Metrics share them: none may change what another sees.
        stacked[name].flags.writeable = False
    return stacked, broken


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
                failed[item] = _without_place(problem.message, item)
            progress(Event(stage, len(done) + len(failed), len(items)))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return rows, done, failed


def _without_place(message: str, item: object) -> str:
    if isinstance(item, PictureFile):
        return message.replace(str(item.path), item.path.name)
    return message


def _measured(file: PictureFile, extract: Callable[[], Any]) -> Values | str:
    """A feature as it is kept, or what happened: a metric is anybody's code and may raise anything."""
    import numpy as np

    try:
        kept = np.array(extract(), dtype=np.float32)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        return f"failed on {file.path.name} ({told(problem)})"
    if not np.isfinite(kept).all():
        return f"gave what is no finite number for {file.path.name}"
    return kept
