"""What captioners with a language model share: their options, loading, and generating in batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import stylecli

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

NEEDED = ("config.json", "*processor_config.json", "tokenizer.json", "model*.safetensors")
WANTED = ("*.json", "*.txt")


@dataclass(frozen=True, kw_only=True)
class GenerationOptions:
    """How captions are generated."""

    batch_size: Annotated[
        int, typer.Option(min=1, max=512, help="Pictures at once; fewer need less memory.")
    ] = 8
    max_tokens: Annotated[
        int, typer.Option(min=1, max=1024, help="Most tokens of a caption; about 3 make 2 words.")
    ] = 75
    beams: Annotated[
        int, typer.Option(min=1, max=32, help="Captions tried side by side; 1 is fastest.")
    ] = 3


def load_model(model_class: Any, folder: Path, kind: str) -> Any:
    """Load a model's weights, on the accelerator in half precision where there is a CUDA one.

    Args:
        model_class: A model class of transformers.
        folder: Its configuration and ``.safetensors`` weights.
        kind: The ``model_type`` that its configuration must have.

    Returns:
        The model, for inference.

    Raises:
        UsageError: Another kind of model, one that brings code of its own, or incomplete weights.
    """
    import torch

    config = _read_config(folder)
    if config.get("model_type") != kind or "auto_map" in config:
        own = " with code of its own" if "auto_map" in config else ""
        raise stylecli.UsageError(
            f"{folder}: a model of the kind {config.get('model_type')!r}{own}, which is not run; "
            f"needed is a {kind!r} in the layout of transformers."
        )
    cuda = torch.cuda.is_available()
    with _told(folder), stylecli.quiet_transformers():
        model, report = model_class.from_pretrained(
            folder,
            dtype=torch.float16 if cuda else torch.float32,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    wrong = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if wrong:
        raise stylecli.UsageError(
            f"{folder}: its weights are no whole {kind} model; {len(wrong)} tensors are missing or "
            f"of another shape, such as {wrong[0]!r}."
        )
    return model.to(device_of()).eval()


def load_part(part: Callable[..., Any], folder: Path) -> Any:
    """Load a tokenizer or processor of transformers from a folder.

    Args:
        part: Its class, such as ``AutoTokenizer``.
        folder: Where its files are.

    Raises:
        UsageError: Its files are missing or broken.
    """
    with _told(folder), stylecli.quiet_transformers():
        return part.from_pretrained(folder, local_files_only=True)  # type: ignore[attr-defined]


def generate(model: Any, inputs: Mapping[str, Any], options: GenerationOptions) -> torch.Tensor:
    """Generate token ids, without chance: beam search, or the likeliest token for one beam.

    Args:
        model: The model.
        inputs: Its tensors; floating ones are cast to its precision.
        options: Beams and length.

    Returns:
        Ids, (B, T).

    Raises:
        StylecliError: The accelerator's memory is too small.
    """
    import torch

    moved = {
        name: value.to(model.device, model.dtype)
        if value.is_floating_point()
        else value.to(model.device)
        for name, value in inputs.items()
    }
    try:
        with torch.inference_mode():
            ids: torch.Tensor = model.generate(
                **moved,
                max_new_tokens=options.max_tokens,
                num_beams=options.beams,
                do_sample=False,
            )
    except torch.OutOfMemoryError as problem:
        raise stylecli.StylecliError(
            f"The memory of {model.device} is too small for {options.batch_size} pictures at once.",
            "Give a smaller --batch-size, or fewer --beams.",
        ) from problem
    return ids


def device_of() -> torch.device:
    """The accelerator where there is one, else the CPU."""
    import torch

    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return found or torch.device("cpu")


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise stylecli.UsageError(f"{folder}: its config.json cannot be read.") from problem
    return config if isinstance(config, dict) else {}


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Name the folder in whatever transformers raises on missing or damaged files."""
    try:
        yield
    except Exception as problem:
        first = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
        raise stylecli.UsageError(f"{folder}: cannot be loaded ({first}).") from problem
