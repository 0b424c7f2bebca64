"""Text-to-image in a style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.bases.lora import apply_styles
from stylecli.images.tensors import to_pictures
from stylecli.progress import Event, Progress, silent
from stylecli.sampling.denoise import denoise, generators_for, noise_like
from stylecli.sampling.options import SamplingOptions
from stylecli.sampling.prompting import Guide, guide_by_prompts
from stylecli.sampling.schedulers import make_schedule
from stylecli.styles.style import ScaledStyle

if TYPE_CHECKING:
    from PIL.Image import Image

STAGE = "painting"


class TextToImage:
    """Makes square pictures from text with LoRA styles on the base, or with what a guide says.

    Args:
        base: The base; styles act on it only while pictures are made.
        styles: LoRAs to paint in, with scales; several are mixed.
        options: Steps, sampler, guidance, size.
        guide: What the denoiser is told; default: the prompts with the styles' words, and the two
            forms of guidance.

    Raises:
        UsageError: A style that does not fit the base.
    """

    def __init__(
        self,
        base: Base,
        styles: Sequence[ScaledStyle],
        options: SamplingOptions,
        *,
        guide: Guide | None = None,
    ) -> None:
        apply_styles(base, styles)
        self._base = base
        self._styles = tuple(styles)
        self._options = options
        self._guide = guide or guide_by_prompts(base, styles, options)

    def __call__(
        self, prompts: Sequence[str], seeds: Sequence[int], progress: Progress = silent
    ) -> list[Image]:
        """Make pictures; see `stylecli.sampling.stylizer.Generator`."""
        apply_styles(self._base, self._styles)
        return paint_prompts(self._base, prompts, seeds, self._options, progress, guide=self._guide)


def paint_prompts(
    base: Base,
    prompts: Sequence[str],
    seeds: Sequence[int],
    options: SamplingOptions,
    progress: Progress = silent,
    *,
    guide: Guide | None = None,
) -> list[Image]:
    """Make one picture for each prompt with the base as it stands: also while a style is being trained.

    Args:
        base: The base.
        prompts: Whole ones, unless the guide adds the words of a style.
        seeds: One a picture.
        options: Steps, sampler, guidance, size.
        progress: Hears of every step.
        guide: What the denoiser is told; default: just the prompts.
    """
    guide = guide or guide_by_prompts(base, (), options)
    multiple, cells = base.size_multiple, base.pixels_per_latent
    side = -(-(options.size or base.spec.resolution) // multiple) * multiple
    shape = (int(base.denoiser.config.in_channels), side // cells, side // cells)
    images: list[Image] = []
    for start in range(0, len(prompts), options.batch_size):
        chosen = slice(start, start + options.batch_size)
        schedule = make_schedule(
            options.scheduler, base.scheduler_config, options.steps, 1.0, base.device
        )
        generators = generators_for(seeds[chosen])
        noise = noise_like(shape, generators, base) * schedule.scheduler.init_noise_sigma
        total = len(schedule.timesteps)
        clean = denoise(
            base,
            noise,
            schedule,
            guide(prompts[chosen], ()),
            generators,
            lambda done, total=total: progress(Event(STAGE, done, total)),  # type: ignore[misc]
        )
        images += to_pictures(base.decode(clean))
    return images
