"""A training run: what a method is given, and the doors to the core's services."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.bases.lora import apply_styles
from stylecli.datasets.folder import Dataset
from stylecli.errors import StylecliError, UsageError
from stylecli.files import write_text_whole
from stylecli.images.writing import jpeg_thumbnail
from stylecli.options import as_record, known_values
from stylecli.progress import Progress
from stylecli.sampling.options import SamplingOptions
from stylecli.styles.format import write_style
from stylecli.styles.style import Prompt, Provenance, Style
from stylecli.training.cache import TensorCache
from stylecli.training.checkpoint import FILE_NAME
from stylecli.training.examples import Examples, encode_dataset
from stylecli.training.loop import Fitted, fit
from stylecli.training.loss import Loss
from stylecli.training.record import METRICS
from stylecli.version import library_versions, version

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

DESCRIPTION = "run.json"
PREVIEW_STEPS = 20
STEPS = "checkpoints"
"""The folder in a run's own that holds the style as it was every so many steps."""


@dataclass
class TrainRun:
    """One training run of a method.

    Attributes:
        name: Of the style that is made.
        method: The method's name.
        base: The base, its parts not loaded yet.
        dataset: The style pictures.
        prompt: The words that belong to the style.
        options: An instance of the method's `TrainOptions`, a subclass of `TrainingOptions` where
            `fit` is used.
        transfer: Settings for transfer that suit the base; kept in the style.
        seed: Of everything random.
        folder: The run's own folder.
        cache: For encoded pictures and captions.
        resume: Whether to go on from the folder's checkpoint.
        progress: Hears of everything.
        author: Who makes the style, or "".
        licence: What others may do with it, or "".
    """

    name: str
    method: str
    base: Base
    dataset: Dataset
    prompt: Prompt
    options: Any
    transfer: Mapping[str, Any]
    seed: int
    folder: Path
    cache: TensorCache
    resume: bool
    progress: Progress
    author: str = ""
    licence: str = ""

    def encode(self, captions: Sequence[str] | None = None, keep: Collection[str] = ()) -> Examples:
        """Encode the data set once, then drop the encoders; raises as `encode_dataset` does.

        Styles that still act on the base are switched off: they are not part of the pictures.

        Args:
            captions: The whole caption of every picture, in the data set's order; default: the data
                set's, each with the words of the style.
            keep: Encoders that training needs, "text_encoder" say. All are kept where there are
                previews.
        """
        apply_styles(self.base, ())
        examples = encode_dataset(
            self.base, self.dataset, self.prompt, self.options, self.cache, self.progress, captions
        )
        if not self.options.preview_every:
            self.base.free(*({"vae", "text_encoder"} - set(keep)))
        return examples

    def fit(
        self,
        parameters: Mapping[str, Tensor],
        loss: Loss,
        examples: Examples,
        preview: Callable[[], Sequence[Image]] | None = None,
        tensors: Callable[[], Mapping[str, Tensor]] | None = None,
    ) -> Fitted:
        """Train parameters in the core's loop; see `stylecli.training.loop.fit`.

        Args:
            parameters: What is trained, by name; fp32.
            loss: Gives the loss of a batch.
            examples: What `encode` gave.
            preview: Makes pictures to look at.
            tensors: Gives what was learnt so far in the style file's layout; `save_every` needs it.

        Raises:
            UsageError: `save_every` is set and the method gives no `tensors`.
        """
        snapshot = None
        if self.options.save_every:
            if tensors is None:
                raise UsageError(f"The method {self.method} cannot do --save-every.")
            snapshot = partial(self._save_step, tensors, len(examples))
        return fit(
            parameters,
            loss,
            examples,
            self.options,
            seed=self.seed,
            folder=self.folder,
            dtype=self.base.dtype,
            resume=self.resume,
            progress=self.progress,
            preview=preview,
            snapshot=snapshot,
        )

    def preview_options(self, pictures: int) -> SamplingOptions:
        """How previews are painted: as suits the base, so many at once, in few steps."""
        settings = known_values(SamplingOptions, self.transfer)
        return SamplingOptions(**{"steps": PREVIEW_STEPS, **settings, "batch_size": pictures})

    def _save_step(
        self, tensors: Callable[[], Mapping[str, Tensor]], pictures: int, fitted: Fitted
    ) -> None:
        path = self.folder / STEPS / f"{self.name}-{fitted.steps:06d}.safetensors"
        write_style(self.style(tensors(), fitted, pictures), path)

    def style(
        self,
        tensors: Mapping[str, Tensor],
        fitted: Fitted,
        pictures: int,
        thumbnail: Image | None = None,
    ) -> Style:
        """Make the style out of what was learnt.

        Args:
            tensors: In the style file's layout.
            fitted: What `fit` returned.
            pictures: How many pictures were trained on.
            thumbnail: A picture of what it does, of any size.
        """
        spec = self.base.spec
        return Style(
            name=self.name,
            method=self.method,
            family=spec.family,
            tensors=tensors,
            prompt=self.prompt,
            transfer=self.transfer,
            thumbnail=jpeg_thumbnail(thumbnail) if thumbnail else b"",
            provenance=Provenance(
                base=spec.public_name,
                base_hash=self.base.denoiser_hash,
                options=as_record(self.options),
                dataset={
                    "count": pictures,
                    "fingerprint": self.dataset.fingerprint,
                    "captions": dict(self.dataset.caption_sources),
                    "digests": self.dataset.digests,
                },
                training={
                    "steps": fitted.steps,
                    "epochs": round(fitted.epochs, 3),
                    "seconds": round(fitted.seconds, 1),
                    "final_loss": round(fitted.final_loss, 6),
                    "seed": self.seed,
                    "device": self.base.device.type,
                    "libraries": library_versions(),
                },
                resolution=spec.resolution,
                prediction_type=self.base.prediction_type,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                version=version(),
                embedded=spec.embedded,
                author=self.author,
                licence=self.licence,
                tags=self.dataset.tags(),
            ),
        )


def new_run_folder(runs: Path, name: str) -> Path:
    """A folder for a run of this name that no earlier run has used: ``monet``, ``monet-2``, …

    Raises:
        StylecliError: It cannot be made.
    """
    number = 1
    while True:
        folder = runs / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
            continue
        except OSError as problem:
            raise StylecliError(
                f"{folder}: cannot be made ({problem.strerror}).",
                "Choose another place with STYLECLI_HOME.",
            ) from problem
        return folder


def unfinished_run(runs: Path, name: str) -> Path:
    """The newest run of this name that did not finish.

    Raises:
        UsageError: There is none.
    """
    described = {folder: read_description(folder) for folder in runs.glob(f"{name}*")}
    candidates = [
        folder
        for folder, description in described.items()
        if description.get("name") == name and not description.get("finished")
    ]
    if not candidates:
        raise UsageError(
            f"No unfinished run named {name!r} to resume.",
            "Start it without --resume, or give its --name.",
        )
    return max(candidates, key=lambda folder: (folder / DESCRIPTION).stat().st_mtime)


def drop_empty_run(folder: Path) -> None:
    """Delete a run's folder if it failed before anything was learnt."""
    if not (folder / FILE_NAME).exists() and not (folder / METRICS).exists():
        shutil.rmtree(folder, ignore_errors=True)


def describe_run(folder: Path, description: Mapping[str, Any]) -> None:
    """Keep what a run was started with in its folder."""
    write_text_whole(
        folder / DESCRIPTION,
        json.dumps(description, indent=2, ensure_ascii=False, sort_keys=True) + "\n",
    )


def finish_run(folder: Path) -> None:
    """Keep that a run came to its end."""
    describe_run(folder, {**read_description(folder), "finished": True})


def read_description(folder: Path) -> dict[str, Any]:
    """What a run was started with; empty where that is not known."""
    with contextlib.suppress(OSError, ValueError):
        content = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}
