"""Encoding prompts, also with learnt vectors in a word's place (textual inversion, Gal et al. 2022)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stylecli.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class WordVectors:
    """Vectors that stand in for a word, one for each of the texts that are encoded together.

    Attributes:
        word: One token of the base's vocabulary, such as "*"; it stands in every text.
        vectors: ``(B, width)``: what the text encoder sees in its place.
    """

    word: str
    vectors: Tensor

    def apart(self, prompts: Sequence[str]) -> list[str]:
        """The prompts with the word standing alone: "*," would be one token, and no "*"."""
        found = re.compile(rf"(?<!\w){re.escape(self.word)}(?!\w)")
        return [found.sub(f" {self.word} ", prompt) for prompt in prompts]

    @contextmanager
    def among(self, ids: Tensor, tokenizer: Any, text_encoder: Any) -> Iterator[None]:
        """Let a text encoder see the vectors inside, while it encodes these tokens.

        Args:
            ids: ``(B, 77)``.
            tokenizer: Whose they are.
            text_encoder: A `transformers.CLIPTextModel`; it is left as it was.

        Raises:
            UsageError: The word is more than one token, or a text is without it.
        """
        places = ids == token_of(tokenizer, self.word)
        if not places.any(dim=1).all():
            raise UsageError(
                f"A prompt is without the word {self.word!r} that the style stands for, or too long to reach it.",
                "It stands in the prompt as a word of its own, among the first 75 tokens.",
            )

        def replace(module: Any, inputs: Any, embedded: Tensor) -> Tensor:
            own = self.vectors.to(embedded.device, embedded.dtype)[:, None]
            return own.where(places[..., None], embedded)

        hook = text_encoder.get_input_embeddings().register_forward_hook(replace)
        try:
            yield
        finally:
            hook.remove()


def encode_prompts(
    prompts: Sequence[str],
    tokenizer: Any,
    text_encoder: Any,
    vectors: WordVectors | None = None,
    trainable: bool = False,
) -> Tensor:
    """The hidden states of prompts, ``(B, 77, width)``; see `stylecli.bases.base.Base.contexts`."""
    import torch

    told = vectors.apart(prompts) if vectors is not None else prompts
    ids = tokens_of(told, tokenizer, text_encoder.device)
    context: Tensor
    if vectors is None:
        with nullcontext() if trainable else torch.no_grad():
            context = text_encoder(ids)[0]
    else:
        with vectors.among(ids, tokenizer, text_encoder):
            context = text_encoder(ids)[0]
    return context


def tokens_of(prompts: Sequence[str], tokenizer: Any, device: Any) -> Tensor:
    """The numbers of the prompts' tokens, each cut or padded to the encoder's: ``(B, 77)``."""
    tokens = tokenizer(
        list(prompts),
        padding="max_length",
        truncation=True,
        max_length=tokenizer.model_max_length,
        return_tensors="pt",
    )
    ids: Tensor = tokens.input_ids.to(device)
    return ids


def word_vector(word: str, tokenizer: Any, text_encoder: Any) -> Tensor:
    """What a text encoder sees for a word, ``(width,)``; raises as `token_of`."""
    embedding: Tensor = text_encoder.get_input_embeddings().weight[token_of(tokenizer, word)]
    return embedding.detach().clone()


def token_of(tokenizer: Any, word: str) -> int:
    """The number of a word that is one token.

    Raises:
        UsageError: It is none, or several.
    """
    ids = tokenizer(word, add_special_tokens=False).input_ids
    if len(ids) != 1:
        pieces = " + ".join(tokenizer.convert_ids_to_tokens(ids)) or "nothing"
        raise UsageError(f"{word!r} is {pieces} to this base, not one word that it knows.")
    return int(ids[0])
