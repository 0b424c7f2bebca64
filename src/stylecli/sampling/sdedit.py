"""SDEdit: noise a photo part of the way, then denoise it in the style (Meng et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from stylecli.bases.base import Base
from stylecli.bases.lora import apply_styles
from stylecli.images.sizing import Framed, frame, unframe
from stylecli.images.tensors import to_pictures, to_tensor
from stylecli.progress import Event, Progress, silent
from stylecli.sampling.denoise import denoise, generators_for, noise_like, predicted_noise
from stylecli.sampling.options import RepaintOptions, SdeditOptions
from stylecli.sampling.picture_prompts import with_pictures
from stylecli.sampling.prompting import Guide, guide_by_prompts
from stylecli.sampling.schedulers import make_schedule, steps_for
from stylecli.styles.style import ScaledStyle

if TYPE_CHECKING:
    from PIL.Image import Image

STAGE = "painting"


class Sdedit:
    """Repaints pictures by SDEdit with LoRA styles on the base, or with what a guide says.

    Args:
        base: The base; styles act on it only while pictures are made.
        styles: LoRAs to paint in, with scales; several are mixed.
        options: Strength, steps, sampler, guidance; with `SdeditOptions`, how strongly the photo is a
            picture prompt, too: the IP-Adapter is loaded with the first photo, and not at 0.
        guide: What the denoiser is told; default: the prompts with the styles' words, and the two
            forms of guidance.
        noise: What a photo is noised with: gaussian noise, or what the model takes for the noise in
            the photo that was noised with it (stochastic inversion, Zhang et al. 2023).

    Raises:
        UsageError: A style that does not fit the base, a strength that leaves no step; and when a
            photo is a picture prompt, a base that has no IP-Adapter.
    """

    def __init__(
        self,
        base: Base,
        styles: Sequence[ScaledStyle],
        options: RepaintOptions,
        *,
        guide: Guide | None = None,
        noise: Literal["gaussian", "predicted"] = "gaussian",
    ) -> None:
        steps_for(options.strength, options.steps)
        apply_styles(base, styles)
        self._base = base
        self._styles = tuple(styles)
        self._options = options
        self._guide = guide or guide_by_prompts(base, styles, options)
        self._noise = noise
        self._image_scale = options.image_cond_scale if isinstance(options, SdeditOptions) else 0.0

    def __call__(
        self,
        images: Sequence[Image],
        prompts: Sequence[str],
        seeds: Sequence[int],
        progress: Progress = silent,
    ) -> list[Image]:
        """Repaint pictures; see `stylecli.sampling.stylizer.Stylizer`."""
        apply_styles(self._base, self._styles)
        side = self._options.size or self._base.spec.resolution
        framed = [frame(image, side, self._base.size_multiple) for image in images]
        results: dict[int, Image] = {}
        for group in _batches(framed, self._options.batch_size):
            batch = self._paint(
                [framed[index] for index in group],
                [prompts[index] for index in group],
                [seeds[index] for index in group],
                progress,
            )
            results.update(zip(group, batch, strict=True))
        return [results[index] for index in range(len(images))]

    def _paint(
        self,
        framed: Sequence[Framed],
        prompts: Sequence[str],
        seeds: Sequence[int],
        progress: Progress,
    ) -> list[Image]:
        options, base = self._options, self._base
        schedule = make_schedule(
            options.scheduler, base.scheduler_config, options.steps, options.strength, base.device
        )
        latents, _ = base.encode(to_tensor([item.image for item in framed]))
        generators = generators_for(seeds)
        guidance = self._guide(prompts, [item.image for item in framed])
        if self._image_scale > 0:
            photos = [unframe(item.image, item) for item in framed]
            adapter = base.image_adapter(progress)
            guidance = with_pictures(guidance, adapter, photos, self._image_scale)
        noise = noise_like(latents.shape[1:], generators, base)
        if self._noise == "predicted":
            noise = predicted_noise(base, latents, noise, schedule, guidance)
        noisy = schedule.add_noise(latents, noise)
        total = len(schedule.timesteps)
        clean = denoise(
            base,
            noisy,
            schedule,
            guidance,
            generators,
            lambda done: progress(Event(STAGE, done, total)),
        )
        painted = to_pictures(base.decode(clean))
        return [unframe(image, item) for image, item in zip(painted, framed, strict=True)]


def _batches(framed: Sequence[Framed], limit: int) -> list[list[int]]:
    """Group pictures of one padded size, at most `limit` together."""
    by_size: dict[tuple[int, int], list[int]] = {}
    for index, item in enumerate(framed):
        by_size.setdefault(item.image.size, []).append(index)
    return [
        group[start : start + limit]
        for group in by_size.values()
        for start in range(0, len(group), limit)
    ]
