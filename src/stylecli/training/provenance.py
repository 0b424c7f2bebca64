"""What a style's file remembers of the run that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stylecli.bases.base import Base
from stylecli.datasets.folder import Dataset
from stylecli.options import as_record
from stylecli.styles.style import Provenance
from stylecli.training.loop import Fitted
from stylecli.version import library_versions, version


def provenance_of(
    base: Base,
    dataset: Dataset,
    options: Any,
    fitted: Fitted | None,
    pictures: int,
    *,
    seed: int,
    phases: Sequence[Mapping[str, object]],
    author: str,
    licence: str,
) -> Provenance:
    """How a style came to be; see `Provenance`.

    Args:
        base: What it was trained on.
        dataset: The pictures of the folder.
        options: An instance of the method's `TrainOptions`.
        fitted: What the loop said, or None where there was none.
        pictures: How many pictures were trained on.
        seed: Of everything random.
        phases: What they cost.
        author: Who made it, or "".
        licence: What others may do with it, or "".
    """
    spec = base.spec
    return Provenance(
        base=spec.public_name,
        base_hash=base.denoiser_hash,
        options={name: public_value(value) for name, value in as_record(options).items()},
        dataset={
            "count": pictures,
            "fingerprint": dataset.fingerprint,
            "captions": dict(dataset.caption_sources),
            "digests": dataset.digests,
            **({} if dataset.hub is None else {"source": dataset.hub.pinned}),
        },
        training={
            **({} if fitted is None else _of_loop(fitted)),
            "seed": seed,
            "device": base.device.type,
            "libraries": library_versions(),
            "phases": list(phases),
        },
        resolution=spec.resolution,
        prediction_type=base.prediction_type,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=version(),
        embedded=spec.embedded,
        author=author,
        licence=licence,
        tags=dataset.tags(),
    )


def _of_loop(fitted: Fitted) -> dict[str, float]:
    return {
        "steps": fitted.steps,
        "epochs": round(fitted.epochs, 3),
        "seconds": round(fitted.seconds, 1),
        "final_loss": round(fitted.final_loss, 6),
    }


def public_value(value: Any) -> Any:
    """An option's value as it is recorded; of a folder only its last name, never a path of this machine."""
    if isinstance(value, str) and Path(value).expanduser().is_absolute():
        return Path(value).name
    return value
