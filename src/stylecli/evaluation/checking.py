"""What a metric gave, as plain numbers; or why it can be no measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from stylecli.errors import StylecliError
from stylecli.metric import Caution, Measurement


def checked(found: Any, outputs: int, subsets: int) -> Measurement:
    """A measurement of plain floats, strings and lists, whatever number types a plugin used.

    Args:
        found: What a meter returned.
        outputs: How many pictures it was given.
        subsets: How many subsets.

    Raises:
        StylecliError: It is no measurement, its numbers are not finite, or too few or too many.
    """
    if not isinstance(found, Measurement):
        raise StylecliError(f"it gave {type(found).__name__}, which is no Measurement")
    value = None if found.value is None else _finite(found.value)
    per_picture = tuple(_finite(each) for each in found.per_picture)
    replicates = tuple(_finite(each) for each in found.replicates)
    if per_picture and len(per_picture) != outputs:
        raise StylecliError(f"it gave {len(per_picture)} values for {outputs} pictures")
    if replicates and len(replicates) != subsets:
        raise StylecliError(f"it gave {len(replicates)} values for {subsets} subsets")
    if not all(isinstance(each, Caution) for each in found.cautions):
        raise StylecliError("its cautions are no Cautions")
    flags = {
        str(code): tuple(int(place) for place in places) for code, places in found.flags.items()
    }
    if any(not 0 <= place < outputs for places in flags.values() for place in places):
        raise StylecliError("it flagged a picture that is not there")
    details = {str(name): _plain(each) for name, each in found.details.items()}
    return Measurement(value, per_picture, replicates, details, flags, tuple(found.cautions))


def _finite(number: Any) -> float:
    value = float(number)
    # Larger ones overflow as soon as two are subtracted or squared.
    if not math.isfinite(value) or abs(value) > 1e150:
        raise StylecliError("it gave what is no finite number")
    return value


def _plain(value: Any) -> Any:
    """Numpy's numbers and arrays as Python's."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _plain(value.tolist()) if hasattr(value, "tolist") else value
