"""The page on the style file names what is written, neither more nor less."""

import re
from dataclasses import replace
from pathlib import Path

import torch

from stylecli import LoraModule, Prompt, Style
from stylecli.loras.kohya import to_kohya
from stylecli.styles.header import MAX_FILE, MAX_HEADER
from stylecli.styles.metadata import VERSION, style_metadata
from stylecli.styles.style import Provenance

KOHYA_OPTIONS = (
    "learning_rate",
    "lr_schedule",
    "warmup",
    "batch_size",
    "accumulation",
    "gradient_checkpointing",
    "clip_norm",
    "dropout",
    "caption_dropout",
    "min_snr",
    "noise_offset",
)
PAGE = (Path(__file__).parents[2] / "docs" / "style-files.md").read_text(encoding="utf-8")


def style():
    """A style that has everything that can be said of one."""
    module = LoraModule(torch.ones(2, 4), torch.ones(3, 2), alpha=2.0)
    options = dict.fromkeys(KOHYA_OPTIONS, 1)
    return Style(
        name="monet",
        method="lora-sdedit",
        family="sd15",
        tensors=to_kohya(
            {"unet": {"mid_block.proj_in": module}},
            "sd15",
            {"unet": {"mid_block.proj_in": (3, 4)}},
            torch.float16,
        ),
        prompt=Prompt("A Monet painting,"),
        provenance=Provenance(
            options=options,
            resolution=512,
            dataset={"count": 3},
            training={"steps": 1, "epochs": 1, "seed": 0},
            author="A",
            licence="B",
            tags={"water lilies": 2},
            source={"merged": [{"name": "a"}]},
        ),
        thumbnail=b"jpeg",
    )


def test_every_entry_of_the_metadata_is_explained_and_no_other():
    first_cells = re.findall(r"^\| (`[^|]+`) \|", PAGE, re.MULTILINE)
    named = {name for cell in first_cells for name in re.findall(r"`([\w.]+)`", cell)}
    no_lora = replace(style(), method="lsast", tensors={"stylecli.lsast.prompts": torch.zeros(1)})
    written = style_metadata(style(), "00" * 32) | style_metadata(no_lora, "00" * 32)
    named = {name for name in named if name.startswith(("stylecli.", "modelspec.", "ss"))}
    assert named == set(written)
    assert written["stylecli.format"] == str(VERSION) == "1"


def test_keys_are_as_the_page_says():
    keys = re.findall(r"^\| `lora_unet_<path>(\.[\w.]+)`", PAGE, re.MULTILINE)
    assert sorted(style().tensors) == sorted(f"lora_unet_mid_block_proj_in{key}" for key in keys)


def test_limits_are_those_of_the_reader():
    assert f"than {MAX_HEADER // 1_000_000} MB" in PAGE
    assert f"more than {MAX_FILE // 1_000_000_000} GB" in PAGE
