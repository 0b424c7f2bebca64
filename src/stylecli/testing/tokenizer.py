"""A tokenizer in CLIP's form that knows a few words whole, and spells the others."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

WORDS = ("painting", "photo", "style", "landscape", "water", "house", "by", "of", "the", "in")
"""Those that are one token each, beside single letters and signs."""
_END = "</w>"


def tokenizer_at(folder: Path | None) -> Any:
    """The tokenizer in a folder, or the small one."""
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder) if folder is not None else small_tokenizer()


def small_tokenizer() -> Any:
    """A byte-level `transformers.CLIPTokenizer`: every byte, every byte ending a word, and `WORDS`."""
    from tokenizers import pre_tokenizers
    from transformers import CLIPTokenizer

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*alphabet, *(symbol + _END for symbol in alphabet)]
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        symbols = [*word[:-1], word[-1] + _END]
        grown = list(accumulate(symbols))
        merges += zip(grown[:-1], symbols[1:], strict=True)
        tokens += grown[1:]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocabulary, merges=list(dict.fromkeys(merges)), model_max_length=77)
