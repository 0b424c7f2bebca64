"""IP-Adapters (Ye et al. 2023): finding the one that goes with a base, and letting it act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.conditions import ImagePrompt
from stylecli.bases.loading import image_processor, load_part
from stylecli.bases.modules import context_width
from stylecli.bases.spec import HOMES, BaseSpec
from stylecli.errors import UsageError
from stylecli.models import model_folder
from stylecli.progress import Progress

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

WEIGHTS, ENCODER = "ip-adapter.safetensors", "image_encoder"
TOKENS = 4
"""Prompt tokens that a picture becomes in the plain form of IP-Adapter."""
_CROSS = "attn2.processor"
_WITHOUT = "Leave --image-cond-scale at 0, or take another base: tiny and sd15 have an IP-Adapter."


class ImageAdapter:
    """An IP-Adapter: makes tokens of pictures, and lets a denoiser attend to them.

    All of it is kept apart from the denoiser, which has it only inside `acting`.

    Args:
        encoder: A `transformers.CLIPVisionModelWithProjection`, in fp32.
        projection: From its embeddings to tokens (`diffusers.models.embeddings.ImageProjection`), in fp32.
        processors: diffusers' attention processors by the path of the attention that each is for.
    """

    def __init__(self, encoder: Any, projection: Any, processors: Mapping[str, Any]) -> None:
        side = int(encoder.config.image_size)
        self._prepare = image_processor()(size=side, crop_size=side)
        self._encoder = encoder
        self._projection = projection
        self._processors = processors

    def encode(self, pictures: Sequence[Image]) -> Tensor:
        """What the denoiser attends to for each picture.

        Args:
            pictures: RGB, of any sizes. Of a picture that is no square the middle is seen, as in
                diffusers.

        Returns:
            ``(B, 4, width)`` float32.
        """
        import torch

        pixels = self._prepare(list(pictures), return_tensors="pt").pixel_values
        with torch.no_grad():
            embedded = self._encoder(pixels.to(self._encoder.device)).image_embeds
            tokens: Tensor = self._projection(embedded)
        return tokens

    def nothing(self, count: int) -> Tensor:
        """What it attends to where there is no picture, ``(count, 4, width)``: a zero embedding."""
        import torch

        embedded = torch.zeros(
            count, self._encoder.config.projection_dim, device=self._encoder.device
        )
        with torch.no_grad():
            tokens: Tensor = self._projection(embedded)
        return tokens

    @contextmanager
    def acting(self, denoiser: Any, scale: float) -> Iterator[None]:
        """Let a denoiser attend to tokens, too, inside; it is left as it was.

        Its context is then a pair: the words' as always, and a list with the tokens.
        """
        before = []
        try:
            for path, processor in self._processors.items():
                attention = denoiser.get_submodule(path)
                before.append((attention, attention.processor))
                processor.scale = [scale]
                attention.set_processor(processor)
            yield
        finally:
            for attention, former in before:
                attention.set_processor(former)


@contextmanager
def seen_by(denoiser: Any, image: ImagePrompt | None, context: Tensor) -> Iterator[Any]:
    """Let a denoiser see a picture prompt inside, where there is one; gives what it is to be told.

    Args:
        denoiser: A `diffusers.UNet2DConditionModel`.
        image: The picture prompt, or None.
        context: The words, ``(B, 77, width)``.
    """
    if image is None or image.scale == 0:
        yield context
        return
    with image.model.acting(denoiser, image.scale):
        yield context, [image.tokens.to(context.device, context.dtype)]


def load_image_adapter(spec: BaseSpec, denoiser: Any, progress: Progress) -> ImageAdapter:
    """Load the IP-Adapter of a base; see `Base.image_adapter`."""
    weights, folder = adapter_files(spec, int(denoiser.config.cross_attention_dim), progress)
    encoder = load_part(folder, "image_encoder", denoiser.device, denoiser.dtype)
    parts = _read(weights)
    _check_fit(spec, weights, parts, denoiser, int(encoder.config.projection_dim))
    # What `load_ip_adapter` puts on a pipeline; made by these, the denoiser stays bare. The other way
    # of loading would round the projection to the denoiser's type.
    projection = denoiser._convert_ip_adapter_image_proj_to_diffusers(
        parts["image_proj"], low_cpu_mem_usage=False
    )
    made = denoiser._convert_ip_adapter_attn_to_diffusers([parts], low_cpu_mem_usage=False)
    processors = {
        path.removesuffix(".processor"): made[path].to(denoiser.device, denoiser.dtype)
        for path in _cross_attentions(denoiser)
    }
    for model in (projection.to(denoiser.device), *processors.values()):
        model.requires_grad_(False).eval()
    return ImageAdapter(encoder, projection, processors)


def adapter_files(spec: BaseSpec, width: int, progress: Progress) -> tuple[Path, Path]:
    """The weights of the IP-Adapter that goes with a base, and the folder of its image encoder.

    Args:
        spec: The base.
        width: Of its context: a base like SD 1.5 takes SD 1.5's, being a fine-tuned one.
        progress: Hears of a download.

    Raises:
        UsageError: There is none.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    source = spec.ip_adapter
    if source is None and width == context_width(spec.family):
        source = HOMES[spec.family].ip_adapter
    if source is None:
        raise UsageError(
            f"Base {spec.name!r} has no IP-Adapter, which makes a photo a picture prompt.", _WITHOUT
        )
    place, inside, name = _split(source)
    encoder = f"{inside}{ENCODER}"
    needed = (f"{inside}{name}", f"{encoder}/config.json", f"{encoder}/model.safetensors")
    instead = "leave --image-cond-scale at 0"
    folder = model_folder(place, needed, progress, instead=instead)
    return folder / needed[0], folder / encoder


def _split(source: Path | str) -> tuple[str, str, str]:
    """A source as the folder or repository, the folder in the repository, and the weights' name."""
    path, name = str(source), WEIGHTS
    if path.endswith(".safetensors"):
        path, _, name = path.replace("\\", "/").rpartition("/")
    if isinstance(source, Path) or Path(path).expanduser().is_dir():
        return path, "", name
    owner, _, rest = path.partition("/")
    repository, _, inside = rest.partition("/")
    return f"{owner}/{repository}", f"{inside}/" if inside else "", name


def _read(weights: Path) -> dict[str, dict[str, Any]]:
    """An IP-Adapter's tensors in its two parts, "image_proj" and "ip_adapter"."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(weights)
    except (OSError, SafetensorError) as problem:
        raise UsageError(f"{weights}: cannot be loaded ({problem}).") from problem
    parts: dict[str, dict[str, Any]] = {"image_proj": {}, "ip_adapter": {}}
    for key, value in tensors.items():
        part, _, rest = key.partition(".")
        parts.setdefault(part, {})[rest] = value
    if "proj.weight" not in parts["image_proj"]:
        raise UsageError(
            f"{weights}: no IP-Adapter in the plain form; others (Plus, Full Face, FaceID) are not read.",
            _WITHOUT,
        )
    return parts


def _check_fit(
    spec: BaseSpec,
    weights: Path,
    parts: Mapping[str, Mapping[str, Tensor]],
    denoiser: Any,
    embedded: int,
) -> None:
    """Compare shapes with the denoiser's and with the width of the image encoder's embeddings."""
    width = int(denoiser.config.cross_attention_dim)
    needed = {
        "image_proj.proj.weight": (TOKENS * width, embedded),
        "image_proj.proj.bias": (TOKENS * width,),
        "image_proj.norm.weight": (width,),
        "image_proj.norm.bias": (width,),
    }
    for place, path in enumerate(_cross_attentions(denoiser)):
        attention = denoiser.get_submodule(path.removesuffix(".processor"))
        # The format counts self-attentions, too, and leaves their numbers out.
        for matrix in ("to_k_ip", "to_v_ip"):
            key = f"ip_adapter.{2 * place + 1}.{matrix}.weight"
            needed[key] = (attention.inner_dim, width)
    found = {
        f"{part}.{key}": tuple(value.shape)
        for part, tensors in parts.items()
        for key, value in tensors.items()
    }
    for key in sorted(needed | found):
        if found.get(key) != needed.get(key):
            raise UsageError(
                f"{weights}: this IP-Adapter does not fit base {spec.name!r}: {key} is "
                f"{found.get(key, 'missing')}, the base needs {needed.get(key, 'none')}.",
                _WITHOUT,
            )


def _cross_attentions(denoiser: Any) -> list[str]:
    return [path for path in denoiser.attn_processors if path.endswith(_CROSS)]
