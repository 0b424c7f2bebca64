"""Which pictures a step sees: each epoch goes through all of them in a new order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from stylecli.training.options import TrainingOptions

if TYPE_CHECKING:
    import numpy as np


class BatchSource(Protocol):
    """What the loop draws batches from.

    It may have ``groups``, one hashable value a picture: then a batch is of one group, and the last
    one of each may be smaller, so that an epoch still sees every picture once. And ``pictures``, how
    many pictures of the data set it holds, where that is not its length.
    """

    def __len__(self) -> int:
        """How many pictures there are."""
        ...

    def batch(self, indices: Sequence[int], random: np.random.Generator) -> Any:
        """Draw a batch of these pictures; all that is random comes from the generator."""
        ...


class Feed:
    """The batches of a run, by step.

    Args:
        source: What they are drawn from.
        options: Batch size and accumulation.
        seed: Of the orders, and of what is random in a batch.
        process: The number of this process.
        processes: How many share the work.
    """

    def __init__(
        self,
        source: BatchSource,
        options: TrainingOptions,
        seed: int,
        process: int = 0,
        processes: int = 1,
    ) -> None:
        self._source = source
        self._options = options
        self._seed = seed
        self._process = process
        self._processes = processes
        groups: Sequence[Hashable] = getattr(source, "groups", ())
        self._groups: dict[Hashable, list[int]] = {}
        for index, group in enumerate(groups):
            self._groups.setdefault(group, []).append(index)
        self._epoch = -1
        self._order: list[list[int]] = []

    @property
    def batches_an_epoch(self) -> float:
        """Batches that one pass over the pictures makes; whole where they are grouped."""
        size = self._options.batch_size
        if self._grouped:
            return sum(-(-len(members) // size) for members in self._groups.values())
        return len(self._source) / size

    def batch(self, step: int, part: int) -> Any:
        """The batch of a step's pass, both counted from 0; raises as the source does."""
        import numpy as np

        passes = step * self._options.accumulation + part
        number = passes * self._processes + self._process
        random = np.random.default_rng([self._seed, 1, passes, self._process])
        return self._source.batch(self._indices(number), random)

    @property
    def _grouped(self) -> bool:
        return len(self._groups) > 1

    def _indices(self, number: int) -> list[int]:
        size = self._options.batch_size
        if self._grouped:
            epoch, place = divmod(number, int(self.batches_an_epoch))
            return self._batches(epoch)[place]
        # One stream over all epochs: a batch may hold the end of one and the start of the next.
        found = []
        for position in range(number * size, (number + 1) * size):
            epoch, place = divmod(position, len(self._source))
            found.append(self._batches(epoch)[0][place])
        return found

    def _batches(self, epoch: int) -> list[list[int]]:
        import numpy as np

        if epoch != self._epoch:
            random = np.random.default_rng([self._seed, 0, epoch])
            if self._grouped:
                self._order = self._cut(random)
            else:
                self._order = [random.permutation(len(self._source)).tolist()]
            self._epoch = epoch
        return self._order

    def _cut(self, random: np.random.Generator) -> list[list[int]]:
        """Every group's pictures in a new order, cut into batches, and these mixed."""
        size = self._options.batch_size
        batches = []
        for members in self._groups.values():
            order = random.permutation(members).tolist()
            batches += [order[start : start + size] for start in range(0, len(order), size)]
        return [batches[place] for place in random.permutation(len(batches))]
