"""A safety checker: which pictures show what is better not shown, and a black picture in their place."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.base import Base
from stylecli.bases.loading import image_processor, telling_damage
from stylecli.errors import UsageError
from stylecli.models import model_folder, quiet_transformers
from stylecli.progress import Progress, silent

if TYPE_CHECKING:
    from PIL.Image import Image

CHECKER, EXTRACTOR = "safety_checker", "feature_extractor"
_WEIGHTS = "model.safetensors"
_PREPARATION = "preprocessor_config.json"
_TELLS_OF_FLAGGED = "diffusers.pipelines.stable_diffusion.safety_checker"


class SafetyChecker:
    """Says which pictures come too near to one of the checker's concepts, as diffusers' pipelines do.

    Every picture is judged alone: its answer does not depend on the others in the call.

    Args:
        model: A `diffusers` `StableDiffusionSafetyChecker`, in fp32.
        prepare: CLIP's image processor that goes with it.
    """

    def __init__(self, model: Any, prepare: Any) -> None:
        self._model = model
        self._prepare = prepare

    def __call__(self, images: Sequence[Image]) -> list[bool]:
        """Which of the pictures are flagged, in their order.

        Args:
            images: Of any sizes. Of a picture that is no square the middle is seen.
        """
        import numpy as np

        answers = []
        for image in images:
            pixels = self._prepare([image.convert("RGB")], return_tensors="pt").pixel_values
            # It would black out the second argument itself, in place.
            with _untold():
                _, (flagged,) = self._model(pixels.to(self._model.device), [np.zeros(1)])
            answers.append(bool(flagged))
        return answers


def black_out(images: Sequence[Image], flagged: Sequence[bool]) -> list[Image]:
    """The pictures, with a black one of the same size and mode in the place of each that is flagged."""
    import PIL.Image

    return [
        PIL.Image.new(image.mode, image.size) if bad else image
        for image, bad in zip(images, flagged, strict=True)
    ]


def load_safety_checker(name: str, base: Base, progress: Progress = silent) -> SafetyChecker:
    """Load a safety checker onto the device of a base.

    Args:
        name: A folder or a hub id with diffusers' `StableDiffusionSafetyChecker` and its
            preprocessor, such as ``CompVis/stable-diffusion-safety-checker``; a pipeline's folder that
            has them in ``safety_checker`` and ``feature_extractor``, or of one on the hub
            ``org/name/safety_checker``.
        base: What made the pictures.
        progress: Hears of a download.

    Raises:
        UsageError: There is none, it is damaged, or its weights are pickled.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    import torch
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker

    checker, extractor = _folders(name, progress)
    with telling_damage(checker), quiet_transformers():
        model, report = StableDiffusionSafetyChecker.from_pretrained(
            checker,
            local_files_only=True,
            use_safetensors=True,
            torch_dtype=torch.float32,
            output_loading_info=True,
        )
    # What is missing would be made up at random, and so would be every answer.
    if missing := sorted(report["missing_keys"]):
        raise UsageError(
            f"{checker / _WEIGHTS}: no whole safety checker; it has no {missing[0]}.",
            "Take diffusers' own, CompVis/stable-diffusion-safety-checker.",
        )
    with telling_damage(extractor):
        prepare = image_processor().from_pretrained(extractor, local_files_only=True)
    model.requires_grad_(False).eval()
    return SafetyChecker(model.to(base.device), prepare)


def _folders(name: str, progress: Progress) -> tuple[Path, Path]:
    """The folders of the checker and of what prepares pictures for it."""
    place, inside = _place(name)
    checker, extractor = (f"{CHECKER}/", f"{EXTRACTOR}/") if inside else ("", "")
    needed = (f"{checker}config.json", f"{checker}{_WEIGHTS}", f"{extractor}{_PREPARATION}")
    instead = "leave the safety checker out, or name a local folder with it"
    folder = model_folder(place, needed, progress, instead=instead)
    return folder / checker, folder / extractor


def _place(name: str) -> tuple[str, bool]:
    """The folder or repository that a name stands for, and whether it is a pipeline's."""
    here = Path(name).expanduser()
    if not name or not here.is_dir():
        pipeline = name.removesuffix(f"/{CHECKER}")
        # org/safety_checker is a repository of its own.
        return (pipeline, True) if pipeline != name and "/" in pipeline else (name, False)
    if here.absolute().name == CHECKER and not (here / _PREPARATION).is_file():
        return str(here.absolute().parent), True
    return name, (here / CHECKER).is_dir()


@contextmanager
def _untold() -> Iterator[None]:
    """Keep diffusers from telling of flagged pictures: who asked is answered."""
    logger = logging.getLogger(_TELLS_OF_FLAGGED)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
