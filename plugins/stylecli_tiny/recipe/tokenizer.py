"""A small byte-level BPE in CLIP's form, trained on the captions; any Unicode text has tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

LENGTH = 77
"""Tokens in a prompt, as in Stable Diffusion 1."""
START, END = "<|startoftext|>", "<|endoftext|>"
_WORD_END = "</w>"

_USUAL_PROMPTS = (
    "a photo",
    "a painting",
    "a drawing",
    "a photo of a house",
    "a landscape at dusk with sun, mountains, water, houses, trees, in the style of",
)
"""What people type whether or not the captions have it; counted as often as a frequent caption."""
_USUAL_WEIGHT = 20

_CLIP_WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


def train_tokenizer(captions: Iterable[str], size: int) -> CLIPTokenizer:
    """A tokenizer of at most `size` tokens: all bytes, the captions' merges, start and end."""
    trainee = Tokenizer(models.BPE(end_of_word_suffix=_WORD_END, continuing_subword_prefix=""))
    trainee.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    trainee.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    reserved = 2 * len(alphabet) + 2
    trainer = trainers.BpeTrainer(
        vocab_size=max(size - reserved + len(alphabet), len(alphabet)),
        initial_alphabet=alphabet,
        end_of_word_suffix=_WORD_END,
        show_progress=False,
    )
    trainee.train_from_iterator([*captions, *_USUAL_PROMPTS * _USUAL_WEIGHT], trainer)
    return _as_clip(alphabet, json.loads(trainee.to_str())["model"]["merges"], size)


def _as_clip(alphabet: list[str], learned: list[list[str]], size: int) -> CLIPTokenizer:
    """CLIP's vocabulary: every byte, every byte ending a word, merges in order, start, end."""
    vocabulary = {symbol: number for number, symbol in enumerate(alphabet)}
    for symbol in alphabet:
        vocabulary[symbol + _WORD_END] = len(vocabulary)
    merges = []
    for left, right in learned:
        if len(vocabulary) >= size - 2:
            break
        # The trainer counts some characters as symbols of their own; merges of those cannot happen.
        if left in vocabulary and right in vocabulary:
            merges.append((left, right))
            vocabulary.setdefault(left + right, len(vocabulary))
    for special in (START, END):
        vocabulary[special] = len(vocabulary)
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=LENGTH)
