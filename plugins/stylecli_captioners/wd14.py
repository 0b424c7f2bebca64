"""WD taggers (SmilingWolf): tags in Danbooru's vocabulary, with onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

import stylecli

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MODEL, TAGS = "model.onnx", "selected_tags.csv"


@dataclass(frozen=True, kw_only=True)
class Wd14Options:
    """Which tagger, and which of its tags are kept."""

    model: Annotated[
        str,
        typer.Option(
            metavar="FOLDER|HUB-ID", help="The tagger; ORG/NAME@REVISION names a revision."
        ),
    ] = "SmilingWolf/wd-vit-tagger-v3"
    batch_size: Annotated[
        int, typer.Option(min=1, max=512, help="Pictures at once; fewer need less memory.")
    ] = 8
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="A tag is kept from this probability on.")
    ] = 0.35
    character_threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Likewise for names of characters, such as 0.85. Default: none are named, "
            "for a painting's people are not Danbooru's.",
        ),
    ] = None
    exclude: Annotated[
        str, typer.Option(help="Tags to leave out, with commas between, as they are written.")
    ] = ""


class Wd14(stylecli.Captioner):
    """Tags pictures with a WD tagger, version 2 or 3; ratings are left out."""

    name = "wd14"
    summary = "comma-separated tags from a WD tagger; fetches a model of 0.4 GB, needs onnxruntime"
    Options = Wd14Options

    def load(self, options: Wd14Options, progress: stylecli.Progress) -> stylecli.Captions:
        """Load the tagger; see `stylecli.Captioner.load`."""
        try:
            import onnxruntime
        except ImportError as problem:
            raise stylecli.StylecliError(
                "The captioner wd14 needs onnxruntime, which is not installed.",
                "Install it with: pip install 'stylecli[wd14]'",
            ) from problem
        from stylecli_captioners.tags import read_tags

        folder = stylecli.model_folder(options.model, (TAGS, MODEL), progress)
        tags = read_tags(folder / TAGS)
        excluded = {name.strip() for name in options.exclude.split(",")} - {""}
        session = _session(onnxruntime, folder)
        (entry,) = session.get_inputs()[:1]
        batch, height, width, channels = (*entry.shape, None, None, None, None)[:4]
        if channels != 3 or not isinstance(height, int) or height != width:
            raise stylecli.UsageError(
                f"{folder / MODEL}: not a WD tagger; it takes {entry.shape}, not square pictures of "
                "three channels."
            )
        most = batch if isinstance(batch, int) else options.batch_size

        def captions(subjects: Sequence[stylecli.Subject]) -> list[str]:
            import numpy as np

            found: list[str] = []
            for start in range(0, len(subjects), most):
                pixels = np.stack(
                    [
                        prepared(subject.image, height)
                        for subject in subjects[start : start + most]
                        if subject.image is not None
                    ]
                )
                (probabilities,) = session.run(None, {entry.name: pixels})[:1]
                if probabilities.shape != (len(pixels), len(tags)):
                    raise stylecli.UsageError(
                        f"{folder}: {MODEL} gives {probabilities.shape[-1]} values and {TAGS} "
                        f"names {len(tags)} tags; they do not belong together."
                    )
                for row in probabilities:
                    chosen = tags.chosen(row, options.threshold, options.character_threshold)
                    found.append(", ".join(name for name in chosen if name not in excluded))
            return found

        return captions


def _session(onnxruntime: Any, folder: Any) -> Any:
    providers = [
        name
        for name in ("CUDAExecutionProvider", "CPUExecutionProvider")
        if name in onnxruntime.get_available_providers()
    ]
    try:
        return onnxruntime.InferenceSession(str(folder / MODEL), providers=providers)
    # onnxruntime's exceptions have no common class but this.
    except Exception as problem:
        raise stylecli.UsageError(
            f"{folder / MODEL}: cannot be loaded ({str(problem)[:160]})."
        ) from problem


def prepared(image: Image, side: int) -> NDArray[np.float32]:
    """A picture as WD taggers take it: on a white square, scaled, BGR.

    Args:
        image: RGB.
        side: The side of the square in pixels.

    Returns:
        Values 0 to 255, (side, side, 3).
    """
    import numpy as np
    from PIL import Image as images

    longer = max(image.size)
    square = images.new("RGB", (longer, longer), "white")
    square.paste(image, ((longer - image.width) // 2, (longer - image.height) // 2))
    if longer != side:
        square = square.resize((side, side), images.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(square, dtype=np.float32)[..., ::-1])
