"""A training run: what a method is given, and the doors to the core's services."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.bases.device import matrix_products
from stylecli.bases.lora import apply_styles
from stylecli.datasets.folder import Dataset
from stylecli.errors import UsageError
from stylecli.images.writing import jpeg_thumbnail
from stylecli.progress import Progress
from stylecli.sampling.options import SamplingOptions
from stylecli.styles.format import write_style
from stylecli.styles.style import Prompt, Style
from stylecli.training.cache import TensorCache
from stylecli.training.comparison import Comparison, Trial, compare
from stylecli.training.copies import copy_path, drop_older
from stylecli.training.costs import Costs
from stylecli.training.examples import Examples, encode_dataset
from stylecli.training.feed import BatchSource
from stylecli.training.loop import Fitted, fit
from stylecli.training.loss import Loss
from stylecli.training.memory import whole_training
from stylecli.training.memory_check import check_memory
from stylecli.training.options import TrainingOptions
from stylecli.training.previews import Preview, paint_previews, preview_options, preview_prompts
from stylecli.training.provenance import provenance_of
from stylecli.training.reconstruction import Pictures, reconstruction_loss

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

COSTS = "costs.json"
VAE_PHASE = "vae"
"""The folder in a run's own of the autoencoder's phase."""


@dataclass
class TrainRun:
    """One training run of a method.

    Attributes:
        name: Of the style that is made.
        method: The method's name.
        base: The base, its parts not loaded yet.
        dataset: The style pictures.
        prompt: The words that belong to the style.
        options: An instance of the method's `TrainOptions`, a subclass of `PictureOptions` where
            `encode` is used, and of its `TrainingOptions` where `fit` is.
        transfer: Settings for transfer that suit the base; kept in the style.
        seed: Of everything random.
        folder: The run's own folder.
        cache: For encoded pictures and captions.
        resume: Whether to go on from the folder's checkpoint.
        progress: Hears of everything.
        author: Who makes the style, or "".
        licence: What others may do with it, or "".
        trial: Photos to try the style on at the end, and their judge, or None.
        costs: Time and memory of what was done so far.
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
    trial: Trial | None = None
    costs: Costs = field(init=False)

    def __post_init__(self) -> None:
        self.costs = Costs(self.base.device, self.folder / COSTS)
        if self.resume:
            self.costs.recall()

    def encode(
        self,
        captions: Sequence[str] | None = None,
        keep: Collection[str] = (),
        *,
        cache_captions: bool = True,
        dataset: Dataset | None = None,
    ) -> Examples:
        """Encode pictures and captions once, then drop the encoders; raises as `encode_dataset` does.

        Styles that still act on the base are switched off: they are not part of the pictures. A
        LoRA that is being trained on the autoencoder stays and is.

        Args:
            captions: The whole caption of every picture, in the data set's order; default: the data
                set's, each with the words of the style.
            keep: Encoders that training needs, "text_encoder" say. All are kept where there are
                previews.
            cache_captions: False where the text encoder is trained: then each batch's captions are
                encoded when it is drawn, with gradients.
            dataset: Other pictures than the run's own.
        """
        apply_styles(self.base, ())
        pictures = self.dataset if dataset is None else dataset
        with self._working("encoding"):
            examples = encode_dataset(
                *(self.base, pictures, self.prompt, self.options, self.cache, self.progress),
                captions,
                cache_captions=cache_captions,
            )
        previews = isinstance(self.options, TrainingOptions) and self.options.previews
        if not previews:
            self.base.free(*({"vae", "text_encoder", "text_encoder_2"} - set(keep)))
        return examples

    def fit(
        self,
        parameters: Mapping[str, Tensor],
        loss: Loss,
        examples: BatchSource,
        preview: Callable[[], Sequence[Preview]] | None = None,
        tensors: Callable[[], Mapping[str, Tensor]] | None = None,
        rates: Mapping[str, float] | None = None,
    ) -> Fitted:
        """Train parameters in the core's loop; see `stylecli.training.loop.fit`.

        Args:
            parameters: What is trained, by name; fp32.
            loss: Gives the loss of a batch.
            examples: What `encode` gave.
            preview: Makes pictures to look at; the last ones come back with `Fitted`.
            tensors: Gives what was learnt so far in the style file's layout; `save_every` needs it.
            rates: Peak learning rates of those parameters that have their own, by name.

        Raises:
            UsageError: `save_every` is set and the method gives no `tensors`.
        """
        snapshot = None
        if self.options.save_every:
            if tensors is None:
                raise UsageError(f"The method {self.method} cannot do --save-every.")
            pictures = getattr(examples, "pictures", len(examples))
            snapshot = partial(self._save_step, tensors, pictures)
        with self._working("training"):
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
                rates=rates,
            )

    def fit_vae(
        self, parameters: Mapping[str, Tensor], options: TrainingOptions, side: int
    ) -> tuple[Fitted, int]:
        """Train the autoencoder in a phase of its own, before `encode`, by `reconstruction_loss`.

        It has a folder of its own in the run's; one that was finished before is not done again.

        Args:
            parameters: What is trained of it, by name; fp32.
            options: The phase's own: its steps, batch, learning rate.
            side: Of the squares that are cut out of the pictures, in pixels; made whole latent cells.

        Returns:
            What the loop says, and how many pictures it was.
        """
        with self._working("autoencoder"):
            cell = self.base.pixels_per_latent
            whole = max(cell, side // cell * cell)
            pictures = Pictures(self.dataset, options, whole, self.progress)
            fitted = fit(
                parameters,
                reconstruction_loss(self.base),
                pictures,
                options,
                seed=self.seed,
                folder=self.folder / VAE_PHASE,
                dtype=self.base.vae_dtype,
                resume=self.resume,
                progress=self.progress,
                stage="training the autoencoder",
            )
        return fitted, len(pictures)

    def check_memory(self, parts: Sequence[str], pictures: int, last: str = "") -> None:
        """Refuse a fine-tuning of whole parts that cannot fit into memory, before they are loaded.

        Args:
            parts: "unet", "text_encoder" or both.
            pictures: All that go through the denoiser in one pass.
            last: What the method has that needs far less: "--variant lora".

        Raises:
            UsageError: With what to switch on.
        """
        training = whole_training(self.options, parts, pictures, self.base.device)
        check_memory(self.base, training, self.progress, last=last)

    def photos(self, count: int) -> list[Image]:
        """Photos to try the style on, in the base's size; none where nothing judges them."""
        return self.trial.photos(count, self.base.spec.resolution) if self.trial else []

    def compare(
        self, photos: Sequence[Image], painted: Mapping[str, Sequence[Image]]
    ) -> Comparison | None:
        """Keep and measure photos that were repainted in two ways, and say how far these are apart.

        Args:
            photos: What `photos` gave; nothing is done without any.
            painted: Two ways by name, each with a picture of every photo.
        """
        if self.trial is None or not photos:
            return None
        with self.costs.phase("comparing"):
            return compare(self.folder, photos, painted, self.trial, self.progress)

    def preview_options(self, pictures: int) -> SamplingOptions:
        """How previews are painted: as suits the base, so many at once, in few steps."""
        return preview_options(self.transfer, pictures)

    def paint_previews(
        self, count: int = 2, prompt: str | None = None, **sampling: Any
    ) -> list[Preview]:
        """Paint what was learnt so far, always with the same prompts and seeds.

        Args:
            count: How many pictures.
            prompt: A whole prompt for all; default: several subjects in the style.
            sampling: `SamplingOptions` by name, in place of those of `preview_options`.
        """
        prompts = [prompt] * count if prompt else preview_prompts(self.prompt, count)
        options = replace(self.preview_options(count), **sampling)
        return paint_previews(self.base, prompts, self.seed, options)

    @contextmanager
    def _working(self, phase: str) -> Iterator[None]:
        """Time and memory are counted inside, and matrices multiplied as the options say."""
        tf32 = isinstance(self.options, TrainingOptions) and self.options.tf32
        with self.costs.phase(phase), matrix_products(self.base.device, tf32):
            yield

    def _save_step(
        self, tensors: Callable[[], Mapping[str, Tensor]], pictures: int, fitted: Fitted
    ) -> None:
        path = copy_path(self.folder, self.name, fitted.steps)
        write_style(self.style(tensors(), fitted, pictures), path)
        if self.options.save_limit:
            drop_older(self.folder, self.name, fitted.steps, self.options.save_limit)

    def style(
        self,
        tensors: Mapping[str, Tensor],
        fitted: Fitted | None = None,
        pictures: int | None = None,
        thumbnail: Image | None = None,
    ) -> Style:
        """Make the style out of what was learnt.

        Args:
            tensors: In the style file's layout.
            fitted: What `fit` returned; None where there was no loop.
            pictures: How many pictures it was learnt from; default: all.
            thumbnail: A picture of what it does, of any size; default: the first preview.
        """
        spec = self.base.spec
        if thumbnail is None and fitted is not None:
            thumbnail = fitted.thumbnail
        pictures = len(self.dataset.items) if pictures is None else pictures
        return Style(
            name=self.name,
            method=self.method,
            family=spec.family,
            tensors=tensors,
            prompt=self.prompt,
            transfer=self.transfer,
            thumbnail=jpeg_thumbnail(thumbnail) if thumbnail else b"",
            provenance=provenance_of(
                self.base,
                self.dataset,
                self.options,
                fitted,
                pictures,
                seed=self.seed,
                phases=self.costs.record(),
                author=self.author,
                licence=self.licence,
            ),
        )
