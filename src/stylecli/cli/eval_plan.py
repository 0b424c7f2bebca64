"""From what the user asked of ``stylecli eval`` to a plan: paints, pairs, names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylecli.cli.eval_checkpoints import read_checkpoints
from stylecli.cli.eval_settings import Typed
from stylecli.cli.selection import read_scaled
from stylecli.datasets.folder import DIGITS
from stylecli.errors import UsageError
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.presets import EvalPreset, preset_named
from stylecli.evaluation.result import Warned
from stylecli.evaluation.sets import named_folders, picture_files, target_of
from stylecli.images.reading import list_pictures
from stylecli.progress import Progress
from stylecli.registry import Registry
from stylecli.styles.style import ScaledStyle


@dataclass(frozen=True)
class Asked:
    """The options of ``stylecli eval``, as its help describes them."""

    styles: tuple[str, ...]
    outputs: tuple[str, ...]
    checkpoints: str | None
    content: Path | None
    references: tuple[str, ...]
    baseline: Path | None
    limit: int | None
    skip_unpaired: bool
    pair_by_order: bool
    typed: Typed
    own_settings: bool
    with_base: bool
    prompt: str
    base: str | None
    seed: int
    preset: str
    overwrite: bool

    def check(self) -> None:
        """Refuse what cannot be evaluated.

        Raises:
            UsageError: What is missing or too much.
        """
        if not (self.styles or self.outputs or self.checkpoints):
            raise UsageError(
                "Nothing to evaluate.",
                "Give --style NAME, --checkpoints RUN, or --outputs FOLDER.",
            )
        if not self.references:
            raise UsageError(
                "Give pictures in the style with --reference FOLDER.",
                "Best some that the style was not trained on.",
            )
        if self.content is None and (self.styles or self.checkpoints):
            raise UsageError("Give the photos to repaint with --content FOLDER.")
        if self.content is None and self.baseline is None:
            raise UsageError(
                "Outputs alone cannot be judged.",
                "Give the photos they were made from with --content, or for pictures made from text the base's own "
                "with --baseline.",
            )
        if self.content is not None and self.baseline is not None:
            raise UsageError("--baseline is for pictures made from text: leave out --content.")
        painting = self.typed.strengths or self.typed.texts or self.with_base
        if painting and not (self.styles or self.checkpoints):
            raise UsageError(
                "--strength, --set and --with-base are about repainting photos; these outputs are made already."
            )
        preset_named(self.preset)

    def reference_pictures(self) -> dict[str, list[Path]]:
        """The pictures of each known style; raises as `named_folders` does."""
        return named_folders("--reference", self.references)


def plan_for(
    registry: Registry,
    asked: Asked,
    references: Mapping[str, Sequence[Path]],
    folder: Path,
    progress: Progress,
    tell: Callable[[str], None],
) -> Plan:
    """Paint what is to be painted, and pair what was made.

    Args:
        registry: What is there.
        asked: The options.
        references: From `Asked.reference_pictures`.
        folder: Where pictures that are painted go.
        progress: Hears of everything.
        tell: Says a sentence to the user.

    Raises:
        UsageError: Something that was asked for cannot be had.
    """
    preset = preset_named(asked.preset)
    content = _content(asked, preset)
    entries: list[EntryPlan] = []
    warnings: list[Warned] = []
    entries += _from_outputs(asked, preset, content, references, warnings)
    entries += _from_styles(
        registry, asked, content, references, entries, folder, progress, tell, warnings
    )
    return Plan(
        entries=tuple(entries),
        references={name: tuple(paths) for name, paths in references.items()},
        content=tuple(content),
        content_name=asked.content.absolute().name if asked.content else "",
        baseline=tuple(list_pictures(asked.baseline)) if asked.baseline else (),
        preset=preset,
        seed=asked.seed,
        warnings=tuple(warnings),
    )


def _content(asked: Asked, preset: EvalPreset) -> list[Path]:
    if asked.content is None:
        return []
    paths = list_pictures(asked.content)
    limits = [limit for limit in (asked.limit, preset.limit) if limit is not None]
    return paths[: min(limits)] if limits else paths


def _from_outputs(
    asked: Asked,
    preset: EvalPreset,
    content: Sequence[Path],
    references: Mapping[str, Sequence[Path]],
    warnings: list[Warned],
) -> list[EntryPlan]:
    from stylecli.evaluation.pairing import pair_outputs

    entries = []
    every = list_pictures(asked.content) if asked.content else []
    for name, paths in named_folders("--outputs", asked.outputs).items():
        target = target_of(name, list(references), outputs=True)
        if not every:
            entries.append(EntryPlan(name, target, tuple(paths), ()))
            continue
        try:
            pairs = pair_outputs(
                paths,
                every,
                pattern=preset.pattern,
                references=references[target],
                skip_unpaired=asked.skip_unpaired,
                by_order=asked.pair_by_order,
            )
        except UsageError as problem:
            raise _if_swapped(paths, references[target], problem) from problem
        if pairs.left_out:
            message = (
                f"{len(pairs.left_out)} of {len(paths)} outputs have no photo and were left out"
            )
            warnings.append(Warned("unpaired", message, (name,)))
        if pairs.guessed:
            warnings.append(Warned("pairing-guessed", _GUESSED[pairs.guessed], (name,)))
        if pairs.unknown:
            message = (
                f"{pairs.unknown} of {len(pairs.outputs)} outputs name no picture of the reference"
            )
            warnings.append(Warned("style-unknown", message, (name,)))
        kept = [place for place, index in enumerate(pairs.content) if index < len(content)]
        if not kept:
            raise UsageError(f"{name}: no output of the first {len(content)} photos.")
        outputs = tuple(pairs.outputs[place] for place in kept)
        places = tuple(pairs.content[place] for place in kept)
        after = tuple(pairs.styles[place] for place in kept) if pairs.styles else ()
        entries.append(EntryPlan(name, target, outputs, places, styles=after))
    return entries


def _from_styles(
    registry: Registry,
    asked: Asked,
    content: Sequence[Path],
    references: Mapping[str, Sequence[Path]],
    others: Sequence[EntryPlan],
    folder: Path,
    progress: Progress,
    tell: Callable[[str], None],
    warnings: list[Warned],
) -> list[EntryPlan]:
    # Reading styles, and what paints, waits for torch; outputs alone do not need it.
    if not (asked.styles or asked.checkpoints):
        return []
    from stylecli.cli.eval_painting import paint
    from stylecli.cli.eval_styles import bases_alone, candidates, entry_of, trained_on

    styled = [read_scaled(registry, text, asked.base) for text in asked.styles]
    names = [_label(each) for each in styled]
    steps: list[int | None] = [None] * len(styled)
    if asked.checkpoints:
        for checkpoint in read_checkpoints(registry, asked.checkpoints, asked.base):
            styled.append(checkpoint.styled)
            names.append(f"step {checkpoint.step}")
            steps.append(checkpoint.step)
    if asked.with_base:
        alone = bases_alone(styled)
        styled += alone.values()
        names += alone
        steps += [None] * len(alone)
    found, unequal, told = candidates(
        registry, styled, names, steps, asked.base, asked.typed, asked.own_settings
    )
    if told:
        tell(told)
    warnings += unequal
    # Before anything is painted for nothing.
    _check_names([*(entry.name for entry in others), *(each.name for each in found)])
    photos = {file.digest[:DIGITS] for file in picture_files(content)}
    for each in found:
        if photos and len(photos & trained_on(each)) > len(photos) / 2:
            raise UsageError(
                f"The content pictures are what {each.styled.style.name!r} was trained on.",
                "Are --content and --reference swapped? --content takes photos, --reference paintings.",
            )
        if each.styled.scale and not trained_on(each):
            message = (
                "whether the reference was trained on is not known: the style's file does not say"
            )
            warnings.append(Warned("training-unknown", message, (each.name,)))
        target_of(each.styled.style.name if each.step is not None else each.name, list(references))
    given = [*references.values(), *(entry.outputs for entry in others), content]
    sources = {path.resolve() for paths in given for path in paths}
    painted = paint(
        found, content, folder, asked.prompt, asked.seed, asked.overwrite, progress, sources
    )
    kept = sum(result.kept for result in painted)
    if kept:
        tell(
            f"{kept} pictures were there already, made in the same way, and are measured as they are."
        )
    entries = []
    for candidate, result in zip(found, painted, strict=True):
        warnings += [Warned("unreadable", reason, (candidate.name,)) for reason in result.failed]
        if not result.targets:
            raise UsageError(
                f"{candidate.name}: none of the photos could be repainted.", result.failed[0]
            )
        entries.append(entry_of(candidate, result.targets, result.seconds, list(references)))
    return entries


_GUESSED = {
    "order": "outputs and photos were paired by the order of their names, which may be wrong",
    "beginnings": "several outputs begin with the name of one photo while others have none: are they its?",
}


def _if_swapped(
    outputs: Sequence[Path], reference: Sequence[Path], problem: UsageError
) -> UsageError:
    """The problem, or a better one where the outputs belong to the reference pictures."""
    from stylecli.evaluation.pairing import pair_outputs

    try:
        pair_outputs(outputs, reference)
    except UsageError:
        return problem
    return UsageError(
        "The outputs are named after the reference pictures.",
        "Are --content and --reference swapped? --content takes the photos that were repainted.",
    )


def _check_names(names: Sequence[str]) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise UsageError(
            f"Two entries are called {twice!r}.", "Give outputs a name: --outputs NAME=FOLDER."
        )


def _label(styled: ScaledStyle) -> str:
    return styled.style.name if styled.scale == 1 else f"{styled.style.name}:{styled.scale:g}"
