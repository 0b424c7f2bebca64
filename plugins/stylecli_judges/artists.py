"""A classifier of artists: any image classifier of transformers, from local files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

import stylecli


class ArtistClassifier(nn.Module):  # type: ignore[misc]
    """A classifier with its own way of looking at pictures."""

    def __init__(self, model: nn.Module, prepare: Any) -> None:
        super().__init__()
        self.model = model
        self._prepare = prepare

    def forward(self, picture: Tensor) -> Tensor:
        """The probability of each artist, (1, artists), of a picture (1, 3, H, W) of uint8."""
        image = Image.fromarray(picture[0].permute(1, 2, 0).cpu().numpy())
        shown = self._prepare(images=image, return_tensors="pt")["pixel_values"]
        logits: Tensor = self.model(pixel_values=shown.to(picture.device)).logits
        return logits.softmax(dim=-1)


def read_classifier(config: Path, model: Path, processor: Path) -> ArtistClassifier:
    """A classifier from the three files of its folder.

    Raises:
        StylecliError: They are no image classifier's.
    """
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    folder = config.parent
    try:
        with stylecli.quiet_transformers():
            network, loaded = AutoModelForImageClassification.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
            )
            # Torchvision's would resize in another way, where it is installed.
            prepare = AutoImageProcessor.from_pretrained(
                folder, local_files_only=True, backend="pil"
            )
    # Each library fails in its own way on files that are damaged or do not belong together.
    except Exception as problem:
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise stylecli.StylecliError(
            f"{config.name}, {model.name} and {processor.name} are no image classifier ({reason})."
        ) from problem
    # Transformers would fill these with random numbers and go on.
    if missing := sorted(loaded["missing_keys"]):
        raise stylecli.StylecliError(
            f"{model.name} is not the classifier of its {config.name}: it lacks {missing[0]}."
        )
    return ArtistClassifier(network.eval(), prepare)


def artists_of(config: Path) -> tuple[str, ...]:
    """What a classifier calls the artists, in the order of its outputs.

    Raises:
        StylecliError: The file does not say.
    """
    try:
        labels = json.loads(config.read_text(encoding="utf-8"))["id2label"]
        return tuple(str(labels[str(place)]) for place in range(len(labels)))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise stylecli.StylecliError(
            f"{config.name} does not say which artists the classifier knows (id2label)."
        ) from problem
