"""Pictures of the class: the user's own, or what the base itself paints, kept for the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import stylecli
from stylecli_dreambooth.options import DreamboothOptions

STAGE = "painting class pictures"
FINGERPRINT = "class-pictures.txt"
"""In the run's folder: which pictures they are."""


def class_dataset(run: stylecli.TrainRun) -> stylecli.Dataset:
    """The class pictures of a run; the base paints those that are missing.

    Raises:
        UsageError: The user's folder holds no picture, only style pictures, or other pictures than
            when the run that goes on was started.
    """
    options: DreamboothOptions = run.options
    if options.class_place is not None:
        found = _given(run, options.class_place, options.class_pictures)
    else:
        found = _painted(run, options.class_pictures or 2 * len(run.dataset.items))
    _check_same(run, found)
    return found


def _given(run: stylecli.TrainRun, folder: Path, limit: int | None) -> stylecli.Dataset:
    dataset = stylecli.read_dataset(folder)
    for problem in dataset.problems:
        run.progress(stylecli.Event(STAGE, message=problem, level="warning"))
    styled = {item.digest for item in run.dataset.items}
    items = [item for item in dataset.items if item.digest not in styled]
    if not items:
        raise stylecli.UsageError(
            f"--class-folder {folder}: its pictures are the style pictures themselves.",
            "It takes pictures of the class in no particular style.",
        )
    if len(items) < len(dataset.items):
        message = (
            f"{folder}: style pictures among the class pictures are left out ({len(dataset.items) - len(items)}); "
            "they would hold the style back."
        )
        run.progress(stylecli.Event(STAGE, message=message, level="warning"))
    if limit is not None and len(items) < limit:
        message = (
            f"{folder}: holds {len(items)} class pictures, fewer than --class-pictures {limit}."
        )
        run.progress(stylecli.Event(STAGE, message=message, level="warning"))
    others = _foreign(folder, dataset)
    if others:
        named = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
        message = f"{folder}: left out, being no pictures: {named}"
        run.progress(stylecli.Event(STAGE, message=message))
    return replace(dataset, items=tuple(items[:limit]))


def _check_same(run: stylecli.TrainRun, dataset: stylecli.Dataset) -> None:
    """Keep which pictures they are in the run's folder; those of a run that goes on must be the same."""
    kept = run.folder / FINGERPRINT
    if run.resume and kept.is_file() and kept.read_text(encoding="utf-8") != dataset.fingerprint:
        raise stylecli.UsageError(
            f"{dataset.folder}: the class pictures have changed since the run was started.",
            "Start a new run without --resume.",
        )
    # Half a fingerprint would be taken for that of other pictures.
    unfinished = kept.with_suffix(".part")
    unfinished.write_text(dataset.fingerprint, encoding="utf-8")
    unfinished.replace(kept)


def _foreign(folder: Path, dataset: stylecli.Dataset) -> list[str]:
    """Files that are neither pictures nor captions of some, nor told of already."""
    known = {item.path.stem for item in dataset.items}
    told = " ".join(dataset.problems)
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and path.stem not in known
        and path.name not in told
    )


def _painted(run: stylecli.TrainRun, count: int) -> stylecli.Dataset:
    options: DreamboothOptions = run.options
    base, prompt = run.base, options.class_prompt
    stylecli.apply_styles(base, ())
    sampling = stylecli.SamplingOptions(
        steps=options.class_steps,
        scheduler=options.class_scheduler,
        guidance=options.class_guidance,
        size=options.resolution,
        batch_size=options.class_batch_size,
    )
    made = {
        "base": base.denoiser_hash,
        "encoders": [base.text_encoder_hash, base.vae_hash],
        "prompt": prompt,
        "steps": sampling.steps,
        "scheduler": sampling.scheduler,
        "guidance": sampling.guidance,
        "size": sampling.size,
    }
    unseen = [base.dtype, *sorted(base.scheduler_config.items())]
    unseen.append((base.folder / "unet" / "config.json").read_text(encoding="utf-8"))
    folder = run.cache.folder / "class-pictures" / run.cache.key(*made.items(), *unseen)[:24]
    paths = [folder / f"{number:05d}.png" for number in range(count)]
    missing = [number for number, path in enumerate(paths) if not _readable(path)]
    said = f"Class pictures of {prompt!r}: {count}, {count - len(missing)} of them painted before; in {folder}"
    run.progress(stylecli.Event(STAGE, message=said))
    if missing:
        with run.costs.phase("class pictures"):
            _paint(run, {number: paths[number] for number in missing}, sampling, made)
    return _only(stylecli.read_dataset(folder), paths)


def _readable(path: Path) -> bool:
    import PIL.Image

    try:
        with PIL.Image.open(path) as image:
            image.load()
    # Decoders raise anything on damaged files.
    except Exception:
        return False
    return True


def _paint(
    run: stylecli.TrainRun,
    missing: Mapping[int, Path],
    sampling: stylecli.SamplingOptions,
    made: Mapping[str, Any],
) -> None:
    """Paint class pictures by number, which is their seed; each process its share of them."""
    from accelerate import PartialState

    state = PartialState(cpu=run.base.device.type == "cpu")
    share = list(missing)[state.process_index :: state.num_processes]
    for start in range(0, len(share), sampling.batch_size):
        numbers = share[start : start + sampling.batch_size]

        def hear(event: stylecli.Event, done: int = start) -> None:
            run.progress(stylecli.Event(STAGE, done, len(share)))

        prompts = [made["prompt"]] * len(numbers)
        images = stylecli.paint_prompts(run.base, prompts, numbers, sampling, hear)
        for number, image in zip(numbers, images, strict=True):
            stylecli.save_png(image, missing[number], {"class picture": number, **made})
        run.progress(stylecli.Event(STAGE, start + len(numbers), len(share)))
    state.wait_for_everyone()


def _only(dataset: stylecli.Dataset, paths: Sequence[Path]) -> stylecli.Dataset:
    wanted = set(paths)
    return replace(dataset, items=tuple(item for item in dataset.items if item.path in wanted))
