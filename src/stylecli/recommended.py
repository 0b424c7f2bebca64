"""What a base recommends for a method."""

from __future__ import annotations

from typing import Any, Literal

from stylecli.bases.spec import ANY_METHOD, BaseSpec
from stylecli.method import Method
from stylecli.options import known_values
from stylecli.sampling.options import SamplingOptions
from stylecli.training.picture_options import PictureOptions

Command = Literal["train", "transfer", "generate"]


def recommended_for(method: Method, spec: BaseSpec, command: Command) -> dict[str, Any]:
    """Option values that suit a base.

    What it recommends for every method is taken where the method's options are the core's own
    or derive from them: a method's `steps` of its own may mean anything.
    """
    kinds = {
        "train": method.TrainOptions,
        "transfer": method.TransferOptions,
        "generate": method.GenerateOptions,
    }
    kind = kinds[command]
    shared: dict[str, Any] = {}
    if kind is not None and issubclass(kind, (SamplingOptions, PictureOptions)):
        shared = known_values(kind, spec.recommended(ANY_METHOD, command))
    return {**shared, **spec.recommended(method.name, command)}
