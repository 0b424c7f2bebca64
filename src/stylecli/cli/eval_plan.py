"""From what the user asked of ``stylecli eval`` to a plan: paints, pairs, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylecli.cli.eval_prompts import Wanted, read_lines, wanted_pictures
from stylecli.cli.eval_settings import Typed
from stylecli.errors import UsageError
from stylecli.evaluation.plan import EntryPlan, Plan
from stylecli.evaluation.presets import EvalPreset, preset_named
from stylecli.evaluation.result import Warned
from stylecli.evaluation.sets import named_folders, target_of
from stylecli.images.reading import list_pictures
from stylecli.progress import Progress
from stylecli.registry import Registry


@dataclass(frozen=True)
class Asked:
    """The options of ``stylecli eval``, as its help describes them."""

    styles: tuple[str, ...]
    outputs: tuple[str, ...]
    checkpoints: str | None
    content: Path | None
    prompts: Path | None
    per_prompt: int | None
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
        self._check_prompts()
        if self.content is None and self.prompts is None and (self.styles or self.checkpoints):
            raise UsageError(
                "Give the photos to repaint with --content FOLDER.",
                "To judge pictures made from text instead: --prompts FILE.",
            )
        if self.content is None and self.prompts is None and self.baseline is None:
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

    def _check_prompts(self) -> None:
        if self.prompts is None:
            if self.per_prompt is not None:
                raise UsageError("--per-prompt is about pictures made from text: add --prompts.")
            return
        excluded = {
            "--content": (self.content is not None, "pictures made from text have no photo"),
            "--outputs": (
                bool(self.outputs),
                "judge these with --baseline in a command of their own",
            ),
            "--prompt": (bool(self.prompt), "the words stand in the file"),
            "--strength": (bool(self.typed.strengths), "it is how much of a photo is repainted"),
        }
        for option, (given, why) in excluded.items():
            if given:
                raise UsageError(f"--prompts and {option} exclude each other: {why}.")

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
    wanted = _wanted(asked, preset)
    entries: list[EntryPlan] = []
    warnings: list[Warned] = []
    entries += _from_outputs(asked, preset, content, references, warnings)
    baseline = list_pictures(asked.baseline) if asked.baseline else []
    words: list[str] = []
    # Reading styles, and what paints, waits for torch; outputs alone do not need it.
    if asked.styles or asked.checkpoints:
        from stylecli.cli.eval_entries import Studio, entries_from_photos, entries_from_text

        given = [*references.values(), *(entry.outputs for entry in entries), content, baseline]
        sources = {path.resolve() for paths in given for path in paths}
        studio = Studio(
            registry, asked, references, tuple(entries), folder, sources, progress, tell, warnings
        )
        if asked.prompts is None:
            entries += entries_from_photos(studio, content)
        else:
            rows, painted = entries_from_text(studio, wanted)
            entries += rows
            if painted:
                baseline, words = painted, [each.words for each in wanted]
    return Plan(
        entries=tuple(entries),
        references={name: tuple(paths) for name, paths in references.items()},
        content=tuple(content),
        content_name=asked.content.absolute().name if asked.content else "",
        baseline=tuple(baseline),
        baseline_prompts=tuple(words),
        preset=preset,
        seed=asked.seed,
        warnings=tuple(warnings),
    )


def _content(asked: Asked, preset: EvalPreset) -> list[Path]:
    if asked.content is None:
        return []
    return list_pictures(asked.content)[: _most(asked, preset)]


def _wanted(asked: Asked, preset: EvalPreset) -> list[Wanted]:
    if asked.prompts is None:
        return []
    lines = read_lines(asked.prompts)[: _most(asked, preset)]
    return wanted_pictures(lines, asked.per_prompt or 1, asked.seed)


def _most(asked: Asked, preset: EvalPreset) -> int | None:
    """How many photos or prompts are taken; None for all."""
    limits = [limit for limit in (asked.limit, preset.limit) if limit is not None]
    return min(limits, default=None)


def _from_outputs(
    asked: Asked,
    preset: EvalPreset,
    content: Sequence[Path],
    references: Mapping[str, Sequence[Path]],
    warnings: list[Warned],
) -> list[EntryPlan]:
    from stylecli.evaluation.pairing import pair_outputs, some_names

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
                f"{len(pairs.unknown)} of {len(pairs.outputs)} outputs name no picture of the reference: "
                f"{some_names(pairs.unknown)}"
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
