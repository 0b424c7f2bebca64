"""Learnt vectors in the place of a word."""

from __future__ import annotations

import copy
import re

import pytest
import torch

from stylecli.bases.base import Base
from stylecli.bases.words import WordVectors, token_of
from stylecli.errors import UsageError


def test_a_vector_reads_as_if_it_were_the_words_own_embedding(base: Base):
    vector = torch.randn(2, 32, generator=torch.Generator().manual_seed(0))
    texts = ["*", "a boat by *"]
    found = base.contexts(texts, WordVectors("*", vector)).context
    for number, text in enumerate(texts):
        encoder = copy.deepcopy(base.text_encoder)
        with torch.no_grad():
            encoder.get_input_embeddings().weight[token_of(base.tokenizer, "*")] = vector[number]
        ids = base.tokenizer(text, padding="max_length", max_length=77, return_tensors="pt")
        with torch.no_grad():
            assert torch.allclose(found[number], encoder(ids.input_ids)[0][0], atol=1e-6)


def test_the_text_encoder_is_left_as_it_was(base: Base):
    before = base.contexts(["a boat by *"]).context
    base.contexts(["a boat by *"], WordVectors("*", torch.zeros(1, 32)))
    assert torch.equal(base.contexts(["a boat by *"]).context, before)


def test_a_words_own_vector_changes_nothing(base: Base):
    own = WordVectors("*", base.word_vector("*")[None])
    assert torch.equal(base.contexts(["by *"], own).context, base.contexts(["by *"]).context)


def test_what_a_prompt_says_can_be_differentiated_by_the_vectors(base: Base):
    vectors = torch.zeros(2, 32, requires_grad=True)
    base.contexts(["*", "*"], WordVectors("*", vectors)).context[1].sum().backward()
    assert vectors.grad is not None
    assert vectors.grad[1].any()
    assert not vectors.grad[0].any()


@pytest.mark.parametrize("text", ["by *, a boat", "(*) a boat", "*", "by *."])
def test_the_word_may_stand_next_to_punctuation(base: Base, text: str):
    """A tokenizer takes "*," for one token: then the vector would be nowhere."""
    spaced = " ".join(re.findall(r"[a-z]+|[^a-z\s]", text))
    vector = torch.ones(1, 32)
    glued = base.contexts([text], WordVectors("*", vector)).context
    assert torch.equal(glued, base.contexts([spaced], WordVectors("*", vector)).context)
    assert not torch.equal(glued, base.contexts([spaced]).context)


def test_a_word_within_another_is_not_the_word(base: Base):
    vectors = WordVectors("boat", torch.ones(1, 32))
    assert vectors.apart(["a boathouse, a boat's boat"]) == ["a boathouse, a  boat 's  boat "]


@pytest.mark.parametrize("text", ["a boat", "word " * 90 + "*"])
def test_a_prompt_without_the_word_is_refused(base: Base, text: str):
    with pytest.raises(UsageError, match="without the word '\\*'"):
        base.contexts(["*", text], WordVectors("*", torch.zeros(2, 32)))


@pytest.mark.parametrize("word", ["", "two words", "qqxzzq"])
def test_a_word_is_one_token(base: Base, word: str):
    with pytest.raises(UsageError, match="not one word"):
        base.word_vector(word)
