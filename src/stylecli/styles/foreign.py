"""LoRAs that other programs made: read with every key accounted for, and adopted as styles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.errors import UsageError
from stylecli.files import sha256_of
from stylecli.loras.family import family_of_lora
from stylecli.loras.keys import layout_of, parts_of
from stylecli.loras.kohya import to_kohya
from stylecli.loras.module import LoraModules, ModuleShapes
from stylecli.loras.reading import Gathered, fit, gather
from stylecli.loras.scales import Scales, diffusers_scales, peft_scales
from stylecli.styles.format import metadata_of, read_tensors
from stylecli.styles.header import StyleFileError, checked_header
from stylecli.styles.metadata import thumbnail_in
from stylecli.styles.style import ANY_LORA, Prompt, Provenance, Style
from stylecli.styles.weights import Weights, weights_in
from stylecli.version import version

if TYPE_CHECKING:
    from torch import Tensor

MAX_THUMBNAIL = 1_000_000


@dataclass(frozen=True)
class ForeignLora:
    """A LoRA from elsewhere, before it is known which base it goes with.

    Attributes:
        name: Of its file or folder.
        layout: Whose keys it has: "kohya", "diffusers" or "peft".
        family: "sd15", "sdxl", or "" where it cannot be told.
        gathered: Its modules, and the keys that mean nothing here.
        metadata: Of its file.
        sha256: Of its file, or of its files' hashes.
    """

    name: str
    layout: str
    family: str
    gathered: Gathered
    metadata: Mapping[str, str]
    sha256: str


@dataclass(frozen=True)
class ForBase:
    """What a foreign LoRA is fitted to.

    Attributes:
        name: Of the base.
        family: "sd15" or "sdxl".
        modules: Shapes of the base's modules.
        resolution: The short side in pixels that it works at.
        prediction_type: "epsilon" or "v_prediction".
        embedded: Whether it is one of stylecli's own.
    """

    name: str
    family: str
    modules: ModuleShapes
    resolution: int
    prediction_type: str
    embedded: bool


def read_foreign(path: Path) -> ForeignLora:
    """Read a LoRA in kohya's, diffusers' or peft's layout.

    Args:
        path: A `.safetensors` file, or a folder with one, with a peft adapter, or with one peft
            adapter for each part of the pipeline.

    Raises:
        StyleFileError: It cannot be read, or is damaged.
        UsageError: It is no LoRA, or one that cannot be used here.
    """
    tensors: dict[str, Tensor] = {}
    scales: dict[str, Scales] = {}
    metadata: dict[str, str] = {}
    hashes = []
    files = weights_in(path)
    for weights in files:
        header = checked_header(weights.path)
        metadata |= metadata_of(header, weights.path)
        shapes = shapes_in(header, weights.part)
        family_of_lora(shapes, path.name)
        for key, tensor in read_tensors(weights.path).items():
            tensors[_in_part(key, weights.part)] = tensor
        scales |= _scales(weights, shapes)
        hashes.append(sha256_of(weights.path))
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    return ForeignLora(
        name=path.stem if path.is_file() else path.absolute().name,
        layout=layout_of(tensors),
        family=family_of_lora(shapes, path.name),
        gathered=gather(tensors, path.name, scales | diffusers_scales(metadata, path.name)),
        metadata=metadata,
        sha256=hashes[0]
        if len(hashes) == 1
        else hashlib.sha256("".join(hashes).encode()).hexdigest(),
    )


def adopt(lora: ForeignLora, base: ForBase) -> Style:
    """Make a style of a foreign LoRA, with exactly its effect.

    What could not be mapped stands in ``provenance.source["left_out"]``, key by key.

    Raises:
        UsageError: It does not fit the base.
    """
    if lora.family and lora.family != base.family:
        known = {"sd15": "SD 1.5", "sdxl": "SDXL"}
        raise UsageError(
            f"{lora.name} is an {known[lora.family]} style; base {base.name!r} is {known[base.family]}."
        )
    fitted = fit(lora.gathered, base.modules, lora.name, f"base {base.name!r}")
    known_modules = sum(len(changes) for changes in fitted.modules.values())
    if len(fitted.strangers) >= known_modules:
        listed = ", ".join(fitted.strangers[:5]) + (" …" if len(fitted.strangers) > 5 else "")
        raise UsageError(
            f"{lora.name} does not fit base {base.name!r}: {len(fitted.strangers)} of its "
            f"{len(lora.gathered.modules)} modules are not there: {listed}."
        )
    metadata = lora.metadata
    left_out = [*lora.gathered.left_out, *fitted.strangers]
    return Style(
        name=lora.name,
        method=ANY_LORA,
        family=base.family,
        tensors=_exact(fitted.modules, base),
        prompt=Prompt(_prefix(metadata.get("modelspec.trigger_phrase", ""))),
        provenance=Provenance(
            base=base.name,
            dataset={"count": _count(metadata.get("ss_num_train_images", ""))},
            resolution=base.resolution,
            prediction_type=base.prediction_type,
            created=metadata.get("modelspec.date", ""),
            version=version(),
            embedded=base.embedded,
            author=metadata.get("modelspec.author", ""),
            licence=metadata.get("modelspec.license", ""),
            source={
                "name": lora.name,
                "layout": lora.layout,
                "sha256": lora.sha256,
                "title": metadata.get("modelspec.title") or metadata.get("ss_output_name") or "",
                "left_out": left_out,
            },
        ),
        thumbnail=foreign_thumbnail(metadata),
    )


def shapes_in(
    header: Mapping[str, dict[str, list[int]]], part: str = ""
) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors in a checked header, by key."""
    return {
        _in_part(key, part): tuple(entry["shape"])
        for key, entry in header.items()
        if key != "__metadata__"
    }


def foreign_thumbnail(metadata: Mapping[str, str]) -> bytes:
    """The thumbnail in another program's metadata, or b"" where there is none of ours' kind."""
    data = metadata.get("modelspec.thumbnail", "")
    if not data.startswith("data:image/jpeg;base64,") or len(data) > MAX_THUMBNAIL:
        return b""
    try:
        return thumbnail_in(metadata)
    except ValueError:
        return b""


def _in_part(key: str, part: str) -> str:
    return f"{part}.{key}" if part else key


def _scales(weights: Weights, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Scales]:
    if weights.config is None:
        return {}
    try:
        config = json.loads(weights.config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise StyleFileError(f"{weights.config}: damaged or unreadable.") from problem
    if not isinstance(config, dict):
        raise StyleFileError(f"{weights.config}: damaged or unreadable.")
    found = peft_scales(config, str(weights.config))
    return dict.fromkeys(parts_of(shapes), found)


def _exact(modules: LoraModules, base: ForBase) -> dict[str, Tensor]:
    """Lay the LoRA out in the smallest number type that holds it without rounding."""
    import torch

    exact = to_kohya(modules, base.family, base.modules, torch.float32)
    for dtype in (torch.float16, torch.bfloat16):
        laid = to_kohya(modules, base.family, base.modules, dtype)
        if all(torch.equal(laid[key].float(), tensor) for key, tensor in exact.items()):
            return laid
    return exact


def _prefix(trigger: str) -> str:
    trigger = trigger.strip()
    return f"{trigger}," if trigger and trigger[-1].isalnum() else trigger


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
