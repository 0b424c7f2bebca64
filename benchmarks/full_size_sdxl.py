"""The rows of `full_size.py --family sdxl`: LoRAs on SDXL, and photos repainted with one, in the order of worth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import plain_sdxl
from full_size_rows import ATTENTION, Figures, Row, looped, matmul, ours, stock, style_pictures
from full_size_setting import Setting
from timed_training import timed_training

RANK = 16


def sdxl_rows(setting: Setting) -> Iterator[Row]:
    """All rows."""
    yield Row("matmul", "bf16", partial(matmul, setting))
    for batch, checkpointing, encoders in (
        (1, True, False),
        (1, False, False),
        (1, True, True),
        (setting.batch, True, False),
        (setting.batch, True, True),
    ):
        label = f"batch {batch}, bf16"
        label += ", gradient checkpointing" if checkpointing else ""
        label += ", both text encoders" if encoders else ""
        given = (setting, batch, checkpointing, encoders)
        yield Row("sdxl-lora", label, partial(sdxl_lora, *given))
        yield Row("plain-sdxl-lora", label, partial(plain, *given))
    one, some, many = setting.photos
    for count, batch in ((one, 1), (some, 1), (many, some)):
        label = f"{count} photos, {batch} at once"
        yield Row("transfer", label, partial(ours, setting, count, batch))
        if count > 1:
            yield Row("plain-transfer", label, partial(stock, setting, count, batch))


def sdxl_lora(setting: Setting, batch: int, checkpointing: bool, encoders: bool) -> Figures:
    """LoRAs on the denoiser's attention and, if wanted, both text encoders'; encoding counts for the memory."""
    values = {
        "resolution": setting.side,
        "batch_size": batch,
        "precision": "bf16",
        "rank": RANK,
        "target_modules": ATTENTION,
        "gradient_checkpointing": checkpointing,
        "train_text_encoders": encoders,
    }
    timer = setting.timer(operations=True)
    return timed_training(
        "sdxl-lora", setting.base, style_pictures(setting), values, timer, encode=True
    )


def plain(setting: Setting, batch: int, checkpointing: bool, encoders: bool) -> Figures:
    """The same by the plain loop."""
    timer = setting.timer()
    given = ["--base", setting.base, "--pictures", style_pictures(setting)]
    given += ["--out", setting.folder / "unused", "--steps", timer.steps]
    given += ["--batch-size", batch, "--resolution", setting.side, "--precision", "bf16"]
    given += ["--rank", RANK, "--targets", ATTENTION]
    given += ["--gradient-checkpointing"] if checkpointing else []
    given += ["--train-text-encoders"] if encoders else []
    return looped(plain_sdxl, given, timer)
