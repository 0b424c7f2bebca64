"""Prompts as SDXL reads them: by two text encoders side by side (Podell et al. 2024)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.conditions import Conditions
from stylecli.bases.words import WordVectors, tokens_of
from stylecli.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

_PENULTIMATE = -2


def told_by_two(
    prompts: Sequence[str],
    part: Callable[[str], Any],
    folder: Path,
    vectors: WordVectors | None,
    trainable: bool,
) -> Conditions:
    """Encode prompts; see `stylecli.bases.base.Base.contexts`.

    The context is the penultimate hidden states of both, one behind the other; the pooled output of
    the second is added as "text_embeds". Where the pipeline wants it, an empty prompt says nothing at
    all: zeros.

    Args:
        prompts: The texts.
        part: Gives a part of the pipeline by its name.
        folder: The pipeline's.
        vectors: Must be None.
        trainable: Whether what comes out can be differentiated by what is trained of the encoders.

    Raises:
        UsageError: Vectors were given.
    """
    import torch

    if vectors is not None:
        raise UsageError("Learnt words are for bases with one text encoder, such as sd15.")
    states: list[Tensor] = []
    with nullcontext() if trainable else torch.no_grad():
        for number in ("", "_2"):
            encoder = part(f"text_encoder{number}")
            said = encoder(
                tokens_of(prompts, part(f"tokenizer{number}"), encoder.device),
                output_hidden_states=True,
            )
            states.append(said.hidden_states[_PENULTIMATE])
        context, pooled = torch.cat(states, dim=-1), said.text_embeds
    if _empty_is_nothing(folder):
        speaks = torch.tensor([bool(prompt) for prompt in prompts], device=context.device)
        context = context * speaks.view(-1, 1, 1)
        pooled = pooled * speaks.view(-1, 1)
    return Conditions(context, {"text_embeds": pooled})


def _empty_is_nothing(folder: Path) -> bool:
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    return bool(index.get("force_zeros_for_empty_prompt", True))
