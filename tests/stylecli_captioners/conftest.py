"""Captioning models with random weights, of the true architectures, as small as they get."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image
from tagger import write_tagger

import stylecli

WORDS = (
    "a",
    "the",
    "of",
    "painting",
    "boat",
    "sea",
    "house",
    "tree",
    "red",
    "blue",
    "small",
    "old",
)


def randomise(model) -> None:
    """Weights large enough that what comes out depends on the picture; norms stay as they are."""
    import torch

    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 or "embedding" in name:
                fan = max(parameter[0].numel(), 1)
                # What is seen weighs more than what was written before.
                gain = 8.0 if "encoder_attn" in name or "crossattention" in name else 2.0
                parameter.copy_(
                    torch.randn(parameter.shape, generator=generator) * (gain / fan**0.5)
                )


@pytest.fixture(scope="session")
def blip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import (
        AutoImageProcessor,
        BertTokenizer,
        BlipConfig,
        BlipForConditionalGeneration,
    )

    folder = tmp_path_factory.mktemp("models") / "blip"
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: number for number, word in enumerate([*specials, *WORDS])}
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    text = {
        **sizes,
        # The token that a caption begins with is one that BLIP's tokenizer does not know.
        "vocab_size": len(vocabulary) + 1,
        "bos_token_id": len(vocabulary),
        "encoder_hidden_size": 32,
        "num_attention_heads": 4,
        "sep_token_id": vocabulary["[SEP]"],
        "eos_token_id": vocabulary["[SEP]"],
        "pad_token_id": vocabulary["[PAD]"],
    }
    vision = {**sizes, "num_attention_heads": 4, "image_size": 32, "patch_size": 8}
    model = BlipForConditionalGeneration(BlipConfig(text_config=text, vision_config=vision))
    randomise(model)
    model.save_pretrained(folder)
    BertTokenizer(vocab=vocabulary, do_lower_case=True).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"image_processor_type": "BlipImageProcessor", "size": {"height": 32, "width": 32}}'
    )
    AutoImageProcessor.from_pretrained(folder).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def florence2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import (
        BartTokenizer,
        Florence2Config,
        Florence2ForConditionalGeneration,
        Florence2Processor,
    )
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    folder = tmp_path_factory.mktemp("models") / "florence2"
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces = bytes_to_unicode()
    letters = [pieces[letter] for letter in b" ?.,<>_" + string.ascii_letters.encode()]
    vocabulary = {piece: number for number, piece in enumerate([*specials, *letters])}
    tokenizer = BartTokenizer(
        vocab=vocabulary, merges=[], extra_special_tokens={"image_token": "<image>"}
    )
    config = Florence2Config(
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        text_config={
            "model_type": "bart",
            "vocab_size": len(tokenizer),
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 48,
            "decoder_ffn_dim": 48,
            "max_position_embeddings": 256,
        },
        vision_config={
            "depths": [1, 1, 1, 1],
            "embed_dim": [8, 16, 16, 32],
            "num_heads": [1, 2, 2, 4],
            "num_groups": [1, 2, 2, 4],
            "projection_dim": 32,
            "window_size": 4,
        },
    )
    model = Florence2ForConditionalGeneration(config)
    randomise(model)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"image_processor_type": "CLIPImageProcessor", "size": {"height": 64, "width": 64}, '
        '"crop_size": {"height": 64, "width": 64}, "image_seq_length": 5}'
    )
    tokenizer.save_pretrained(folder)
    Florence2Processor.from_pretrained(folder).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tagger_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tagger(tmp_path_factory.mktemp("models") / "tagger")


@pytest.fixture
def subjects(picture: Callable[..., Image.Image]) -> Sequence[stylecli.Subject]:
    """Seven pictures of different content and aspect."""
    return [
        stylecli.Subject(Path(f"{seed}.png"), picture(seed, (40 + 9 * seed, 60)))
        for seed in range(7)
    ]
