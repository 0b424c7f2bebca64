"""What the checks of a method work with: a miniature base, pictures, and what was made on them once."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base, load_base
from stylecli.bases.spec import BaseSpec
from stylecli.datasets.folder import Dataset, read_dataset
from stylecli.method import Method
from stylecli.options import known_values
from stylecli.progress import Progress, silent
from stylecli.styles.style import ScaledStyle, Style
from stylecli.testing.checks import NotApplicable
from stylecli.testing.memory import Memory
from stylecli.testing.miniature import miniature
from stylecli.testing.pictures import smooth_picture, write_paintings
from stylecli.testing.quick import QUICK_PAINTING, QUICK_TRAINING, resolved
from stylecli.testing.session import Session, observed, package_folders
from stylecli.testing.written import OURS
from stylecli.training.cache import TensorCache
from stylecli.training.run import TrainRun

if TYPE_CHECKING:
    from PIL.Image import Image

SEED = 7
NAME = "monet"
SUBJECTS = ("a house", "", "water")
SEEDS = (11, 12, 13)
TEXTS = 2
"""How many of the subjects pictures from text are made of."""


class Workbench:
    """A method, a miniature base of one family, and what the checks share; everything is made when it is needed.

    Args:
        method: The method; every piece of work gets a fresh copy of it.
        family: Of the base.
        options: Training options that the method needs, beside the core's.
        transfer: Likewise for transfer, and for pictures from text as far as they have these.
    """

    def __init__(
        self,
        method: Method,
        family: str,
        options: Mapping[str, Any] | None = None,
        transfer: Mapping[str, Any] | None = None,
    ) -> None:
        self._method = copy.copy(method)
        self.family = family
        self.options = dict(options or {})
        self.transfer = dict(transfer or {})
        self._failures: dict[str, BaseException] = {}
        self._count = 0

    @property
    def method(self) -> Method:
        """A copy of the method that has done nothing yet."""
        return copy.copy(self._method)

    @cached_property
    def _temporary(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix=OURS)

    def place(self, name: str) -> Path:
        """A fresh folder of ours."""
        self._count += 1
        folder = Path(self._temporary.name) / f"{self._count}-{name}"
        folder.mkdir()
        return folder

    @property
    def spec(self) -> BaseSpec:
        """The miniature base."""
        return miniature(self.family)

    def new_base(self) -> Base:
        """The base as it was written, nothing loaded."""
        import torch

        source = self.spec.source
        return load_base(self.spec, Path(source), "fp32", torch.device("cpu"))

    @cached_property
    def dataset(self) -> Dataset:
        """Six small style pictures."""
        folder = self.place("monet")
        write_paintings(folder)
        return read_dataset(folder)

    @cached_property
    def photos(self) -> tuple[Image, ...]:
        """Three pictures to repaint: two of one size, and one that stands upright."""
        sizes = ((96, 64), (64, 90), (96, 64))
        return tuple(smooth_picture(50 + number, size) for number, size in enumerate(sizes))

    @cached_property
    def cache(self) -> TensorCache:
        """What trainings share."""
        return TensorCache(self.place("cache"))

    def train_options(self, **changes: Any) -> Any:
        """Options for a training of seconds, with the author's over them, and these over both."""
        return resolved(self._method.TrainOptions, QUICK_TRAINING, self.options, changes)

    def transfer_options(self, **changes: Any) -> Any:
        """Likewise for transfer."""
        return resolved(self._method.TransferOptions, QUICK_PAINTING, self.transfer, changes)

    def generate_options(self, **changes: Any) -> Any:
        """Likewise for pictures from text."""
        kind: Any = self._method.GenerateOptions
        return resolved(kind, QUICK_PAINTING, known_values(kind, self.transfer), changes)

    def train(
        self,
        *,
        seed: int = SEED,
        progress: Progress = silent,
        resume: bool = False,
        folder: Path | None = None,
        base: Base | None = None,
        cache: TensorCache | None = None,
        **changes: Any,
    ) -> Session:
        """Train a style.

        Args:
            seed: Of the run.
            progress: Hears of it, too.
            resume: Whether to go on in the folder.
            folder: The run's own; default: a fresh one.
            base: Default: a fresh one.
            cache: Default: the shared one.
            changes: Options that differ.
        """
        folder = folder or self.place("run")
        base = base or self.new_base()
        method = self.method
        run = TrainRun(
            name=NAME,
            method=method.name,
            base=base,
            dataset=self.dataset,
            prompt=method.prompt(NAME, method.prefix(self.train_options())),
            options=self.train_options(**changes),
            transfer=known_values(method.TransferOptions, {**QUICK_PAINTING, **self.transfer}),
            seed=seed,
            folder=folder,
            cache=cache or self.cache,
            resume=resume,
            progress=progress,
        )

        def work(heard: Progress) -> Style:
            run.progress = heard
            return method.train(run)

        return self._observed(work, base, folder, progress, method, [run.cache.folder])

    @cached_property
    def memory(self) -> Memory:
        """What the method's code held before its first training."""
        return Memory(self._method)

    @property
    def trained(self) -> Session:
        """The training that the checks share."""
        _ = self.memory
        return self._once("training", "_trained", self.train)

    @property
    def style(self) -> Style:
        """The style that it made."""
        made = self.trained.made
        if not isinstance(made, Style):
            raise NotApplicable("There is no style to paint with: see the check 'training'.")
        return made

    def paint(
        self,
        styles: Sequence[ScaledStyle],
        *,
        base: Base | None = None,
        numbers: Sequence[int] = (0, 1, 2),
        seeds: Sequence[int] = SEEDS,
        subjects: Sequence[str] = SUBJECTS,
        progress: Progress = silent,
        **changes: Any,
    ) -> Session:
        """Repaint photos.

        Args:
            styles: In these.
            base: Default: a fresh one.
            numbers: Which of the photos.
            seeds: Of all photos.
            subjects: Of all photos.
            progress: Hears of it, too.
            changes: Transfer options that differ.
        """
        base = base or self.new_base()
        method, options = self.method, self.transfer_options(**changes)

        def work(heard: Progress) -> Any:
            stylizer = method.stylizer(base, styles, options)
            images = [self.photos[number].copy() for number in numbers]
            prompts = [subjects[number] for number in numbers]
            return stylizer(images, prompts, [seeds[number] for number in numbers], heard)

        return self._observed(work, base, self.place("painting"), progress, method)

    @property
    def painted(self) -> Session:
        """The photos in the style, painted together."""
        return self._once("pictures", "_painted", lambda: self.paint([ScaledStyle(self.style)]))

    def generate(
        self,
        styles: Sequence[ScaledStyle],
        *,
        base: Base | None = None,
        numbers: Sequence[int] = range(TEXTS),
        seeds: Sequence[int] = SEEDS,
        progress: Progress = silent,
        **changes: Any,
    ) -> Session:
        """Make pictures from text; see `paint`."""
        base = base or self.new_base()
        method, options = self.method, self.generate_options(**changes)

        def work(heard: Progress) -> Any:
            generator = method.generator(base, styles, options)
            prompts = [SUBJECTS[number] for number in numbers]
            return generator(prompts, [seeds[number] for number in numbers], heard)

        return self._observed(work, base, self.place("painting"), progress, method)

    @property
    def generated(self) -> Session:
        """Pictures from text in the style."""
        return self._once(
            "generator", "_generated", lambda: self.generate([ScaledStyle(self.style)])
        )

    def altered(self, change: Callable[[Any], Any]) -> Style:
        """The style with another tensor in the place of each."""
        tensors = {key: change(value) for key, value in self.style.tensors.items()}
        return replace(self.style, tensors=tensors)

    def _once(self, check: str, name: str, work: Callable[[], Session]) -> Session:
        """Do something once; where it failed, only the first check that wanted it says how."""
        if name in self._failures:
            raise NotApplicable(f"There is nothing to look at: see the check {check!r}.")
        if name not in self.__dict__:
            try:
                self.__dict__[name] = work()
            except NotApplicable:
                raise
            except BaseException as problem:
                self._failures[name] = problem
                raise
        session: Session = self.__dict__[name]
        return session

    def _observed(
        self,
        work: Callable[[Progress], Any],
        base: Base,
        folder: Path,
        progress: Progress,
        method: Method,
        allowed: Sequence[Path] = (),
    ) -> Session:
        precious = {"the base": base.folder, "the pictures": self.dataset.folder}
        precious |= package_folders(type(method))
        around = self.place("around")
        return observed(work, base, folder, method, progress, around, precious, allowed)
