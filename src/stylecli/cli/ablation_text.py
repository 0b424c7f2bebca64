"""The other half of ``stylecli train --ablate``: pictures made from text with every entry.

After the three-part LoRA's report, which shows a doctor, a car and a boy in the style. The base's own
pictures of the same words and seeds, without a style, stand where photos stand in transfer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.bases.lora import apply_styles
from stylecli.cli.ablation import BASE, TEXTS, Ablating
from stylecli.cli.transfer import made_record
from stylecli.errors import UsageError
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.images.writing import read_record, save_png
from stylecli.options import Layer, as_record, known_values, resolve
from stylecli.progress import Event, Progress
from stylecli.recommended import recommended_for
from stylecli.sampling.painted import pictures_of
from stylecli.sampling.text2image import paint_prompts
from stylecli.styles.format import read_style
from stylecli.styles.style import Prompt, ScaledStyle, Style, words_of_style

if TYPE_CHECKING:
    from PIL.Image import Image

    from stylecli.cli.train_setup import Setup

SUBJECTS = ("A photo of a doctor", "A photo of a car", "A photo of a boy")
SEEDS = 7
"""21 pictures an entry: with fewer than 20, what they show outweighs how they are painted."""


def text_plan(
    asked: Ablating,
    setup: Setup,
    files: Sequence[Path],
    references: dict[str, list[Path]],
    progress: Progress,
) -> Plan:
    """Make the pictures of every entry and of the base alone, and pair them.

    Pictures that are there, made in the same way, are kept.

    Args:
        asked: The ablation.
        setup: What was trained, on which base.
        files: The styles.
        references: Pictures in the style, by one name.
        progress: Hears of every picture.

    Raises:
        UsageError: A picture is there that was made in another way.
    """
    [target] = references
    styles = [read_style(path) for path in files]
    options = _options(setup, styles[0])
    folder = asked.report / TEXTS

    def plain(prompts: Sequence[str], seeds: Sequence[int]) -> list[Image]:
        apply_styles(setup.base, ())
        return paint_prompts(setup.base, prompts, seeds, options)

    ground, _ = _pictures(asked, setup, plain, (), options, folder / BASE, progress)
    entries = []
    for style in styles:
        own, styled = _options(setup, style), [ScaledStyle(style)]
        generator = setup.method.generator(setup.base, styled, own)
        outputs, seconds = _pictures(
            asked, setup, generator, styled, own, folder / style.name, progress
        )
        entries.append(
            EntryPlan(
                name=style.name,
                target=target,
                outputs=outputs,
                content=tuple(range(len(ground))),
                style=style.name,
                method=setup.method.name,
                base=setup.base.spec.public_name,
                settings={
                    name: value for name, value in as_record(own).items() if value is not None
                },
                seconds=seconds,
            )
        )
    return Plan(
        entries=tuple(entries),
        references={name: tuple(paths) for name, paths in references.items()},
        content=ground,
        content_name=f"{setup.base.spec.public_name} alone",
        seed=setup.seed,
    )


def in_the_style(subject: str, prompt: Prompt) -> str:
    """A subject as the styles of this prompt are asked for it.

    Where a token has no words of the user's around it, the report's own: "… in the style of **".
    """
    token = prompt.token
    plain = token and prompt.prefix in (token, words_of_style("", None, token).prefix)
    return f"{subject} in the style of {token}" if plain else subject


def _options(setup: Setup, style: Style) -> Any:
    kind = setup.method.GenerateOptions
    if kind is None:
        raise UsageError(f"The method {setup.method.name} cannot make pictures from text.")
    spec = setup.base.spec
    layers = [
        Layer(f"base {spec.name}", recommended_for(setup.method, spec, "generate")),
        Layer("style", known_values(kind, style.transfer)),
    ]
    return resolve(kind, layers).options


def _pictures(
    asked: Ablating,
    setup: Setup,
    paint: Callable[[Sequence[str], Sequence[int]], list[Image]],
    styles: Sequence[ScaledStyle],
    options: Any,
    folder: Path,
    progress: Progress,
) -> tuple[tuple[Path, ...], float | None]:
    """The pictures of one entry, and the seconds that each of those took that were made now."""
    targets = []
    waiting = []
    for subject, seed in product(SUBJECTS, range(setup.seed, setup.seed + SEEDS)):
        prompt = in_the_style(subject, setup.prompt) if styles else subject
        target = folder / f"{subject.lower().replace(' ', '-')}-{seed}.png"
        record = made_record(
            "generate", setup.method, setup.base.spec, styles, options, prompt, seed
        )
        targets.append(target)
        if read_record(target) == json.loads(json.dumps(record)):
            continue
        if target.exists() and not asked.overwrite:
            raise UsageError(
                f"{target}: is already there, made in another way.",
                "Replace it with --overwrite, or choose another folder with --report.",
            )
        waiting.append((prompt, seed, target, record))
    size = getattr(options, "batch_size", 1)
    started = time.perf_counter()
    for start in range(0, len(waiting), size):
        chunk = waiting[start : start + size]
        painted = paint([one[0] for one in chunk], [one[1] for one in chunk])
        images = pictures_of(setup.method.name, painted, len(chunk))
        for image, (_, _, target, record) in zip(images, chunk, strict=True):
            save_png(image, target, record)
        progress(Event(f"from text: {folder.name}", start + len(chunk), len(waiting)))
    seconds = (time.perf_counter() - started) / len(waiting) if waiting else None
    return tuple(targets), seconds
