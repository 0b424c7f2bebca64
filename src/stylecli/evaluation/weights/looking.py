"""Which files of a network are on this machine, and whether they are the published ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stylecli.errors import StylecliError
from stylecli.evaluation.weights.digests import Digests
from stylecli.weights import LocalWeights, Weights

State = Literal["present", "unknown", "missing", "wrong"]
_WORST: tuple[State, ...] = ("wrong", "missing", "unknown", "present")


@dataclass(frozen=True)
class WeightFile:
    """One file of a network.

    Attributes:
        name: What it is called.
        path: Where it belongs.
        published: Its published SHA-256, or the first digits of it, or "".
        digest: Its SHA-256 here; "" where it is not there or cannot be read.
        state: "present": the published one; "unknown": its published hash is not known; "missing";
            "wrong": another file, or one that cannot be read.
        problem: Why it cannot be read, or "".
    """

    name: str
    path: Path
    published: str
    digest: str
    state: State
    problem: str = ""


@dataclass(frozen=True)
class Found:
    """A network's files, those that are missing too.

    Attributes:
        weights: What they are.
        files: Each, in the order of their names.
    """

    weights: Weights
    files: tuple[WeightFile, ...]

    @property
    def state(self) -> State:
        """That of the worst file."""
        return min((file.state for file in self.files), key=_WORST.index)

    @property
    def problem(self) -> StylecliError | None:
        """Why the network cannot be used; None where it can."""
        for file in self.files:
            if file.state == "wrong":
                return wrong(self.weights, file)
            if file.state == "missing":
                return missing(self.weights, file)
        return None

    def local(self) -> LocalWeights:
        """The files for a metric.

        Raises:
            StylecliError: One is wrong or missing.
        """
        if self.problem is not None:
            raise self.problem
        digests = [file.digest for file in self.files]
        digest = digests[0]
        if len(digests) > 1:
            digest = hashlib.sha256("".join(digests).encode()).hexdigest()
        paths = {file.name: file.path for file in self.files}
        return LocalWeights(self.weights, paths, digest, self.state == "present")


def look(weights: Weights, folder: Path, digests: Digests, anew: bool = False) -> Found:
    """Look at a network's files.

    Args:
        weights: Which.
        folder: Where those of all networks are: ``NAME/FILE``.
        digests: What is remembered of them.
        anew: Hash them whatever is remembered.
    """
    files = []
    for name, published in sorted(weights.files.items()):
        path = folder / weights.name / name
        digest = problem = ""
        try:
            digest = digests.of(path, anew)
            state: State = fits(digest, published)
        except FileNotFoundError:
            state = "missing"
        except OSError as failed:
            state, problem = "wrong", failed.strerror or str(failed)
        files.append(WeightFile(name, path, published, digest, state, problem))
    return Found(weights, tuple(files))


def fits(digest: str, published: str) -> Literal["present", "unknown", "wrong"]:
    """Whether a file is the published one, of which the first digits may be all that is known."""
    if not published:
        return "unknown"
    return "present" if digest.startswith(published) else "wrong"


def wrong(weights: Weights, file: WeightFile) -> StylecliError:
    """The error of a file that is another than the published one."""
    if file.problem:
        return StylecliError(f"{file.path}: cannot be read ({file.problem}).")
    return StylecliError(
        f"{file.path}: not the published file. Its SHA-256 is {file.digest}; the published one is "
        f"{shown(file.published)}.",
        f"Replace it with stylecli eval weights fetch {weights.name} --overwrite, or delete it.",
    )


def missing(weights: Weights, file: WeightFile) -> StylecliError:
    """The error of a file that is not there."""
    size = f"{megabytes} MB, " if (megabytes := size_of(weights)) else ""
    return StylecliError(
        f"{file.path}: not there; {weights.summary} ({size}{weights.licence}).",
        f"Fetch it with {fetch_of([weights])}, or put it there.",
    )


def size_of(weights: Weights) -> int | None:
    """In megabytes; None of a network that users bring themselves, which may be of any size."""
    return weights.megabytes if weights.source else None


def fetch_of(networks: Sequence[Weights]) -> str:
    """The commands that fetch some networks; those that users bring themselves need a place each."""
    published = " ".join(each.name for each in networks if each.source)
    wanted = [published] if published else []
    wanted += [f"{each.name} --from FOLDER" for each in networks if not each.source]
    return " and ".join(f"stylecli eval weights fetch {each}" for each in wanted)


def shown(published: str) -> str:
    """A published hash, or what is known of it."""
    return published if len(published) == hashlib.sha256().digest_size * 2 else f"{published}…"
