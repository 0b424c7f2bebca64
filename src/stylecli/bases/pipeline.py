"""A base with parts that were trained whole, written as a pipeline folder that any program can open."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from stylecli.bases.base import Base
from stylecli.bases.folder import COMPONENTS, variant_of
from stylecli.bases.loading import load_part
from stylecli.errors import StylecliError, UsageError

if TYPE_CHECKING:
    import torch

_INDEX = "model_index.json"


def write_pipeline(base: Base, folder: Path, dtype: torch.dtype) -> None:
    """Write the base as it is now; the folder appears whole or not at all.

    Parts that were trained whole are written in `dtype`, in which they then stay; the others are
    copied from the base's folder. A safety checker does not come along.

    Args:
        base: With what `Base.unfreeze` gave.
        folder: A new one.
        dtype: Of the trained parts' weights.

    Raises:
        UsageError: The folder is there already.
        StylecliError: The disk is full, or the place is read-only.
    """
    if folder.exists():
        raise UsageError(f"{folder}: is there already.", "Move it away first.")
    from safetensors import SafetensorError

    temporary: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        for part in COMPONENTS[base.spec.family]:
            _write_part(base, part, temporary / part, dtype)
        (temporary / _INDEX).write_text(
            _index(base.folder, COMPONENTS[base.spec.family]), encoding="utf-8"
        )
        temporary.chmod(0o755)
        temporary.rename(folder)
    # A full disk is a SafetensorError where weights are written.
    except (OSError, SafetensorError) as problem:
        raise StylecliError(
            f"{folder}: cannot be written ({getattr(problem, 'strerror', None) or problem}).",
            "Free some space, or set STYLECLI_HOME to another place.",
        ) from problem
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _write_part(base: Base, part: str, place: Path, dtype: torch.dtype) -> None:
    import torch

    # Of the autoencoder the base's own: the one for half precision stands in only while stylecli computes.
    source = base.folder / part
    if part in base.whole:
        model = base.whole[part].model
    elif variant_of(source) is not None:
        # Programs look for the plain names, unless they are told of the variant.
        dtype = torch.float16
        model = load_part(source, part, torch.device("cpu"), torch.float32)
    else:
        shutil.copytree(source, place)
        return
    # diffusers' own .to() talks of modules that are to stay in fp32, though there are none.
    torch.nn.Module.to(model, dtype).save_pretrained(place)


def _index(folder: Path, parts: Collection[str]) -> str:
    """The pipeline's description, without the parts that are not written."""
    index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    for name, entry in index.items():
        if isinstance(entry, list) and name not in parts:
            index[name] = [None, None]
    return json.dumps(index, indent=2) + "\n"
