"""``stylecli train --ablate``: a method with and without its ideas, trained alike and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.cli.console import note
from stylecli.cli.train_report import costs_line
from stylecli.datasets.folder import DIGITS
from stylecli.errors import Cancelled, UsageError, did_you_mean
from stylecli.evaluation.sets import picture_files
from stylecli.images.reading import PictureError, list_pictures, read_picture
from stylecli.method import Ablation, Method
from stylecli.options import Layer, Resolved, as_record, resolve
from stylecli.progress import Progress
from stylecli.styles.format import read_style, write_style
from stylecli.styles.header import SUFFIX, StyleFileError
from stylecli.styles.style import Style
from stylecli.training.options import TrainingOptions
from stylecli.training.run_folder import (
    drop_empty_run,
    finish_run,
    has_checkpoint,
    new_run_folder,
    read_description,
    unfinished_run,
)

if TYPE_CHECKING:
    from stylecli.cli.train_setup import Setup

STYLES, TEXTS = "styles", "from-text"
PAGE, PICTURE = "ablation.html", "grid.png"
BASE = "base-alone"
"""The folder, beside those of the entries, of what the base paints without a style."""
AGAIN = "Give the same command again to go on: what is finished is kept."


@dataclass(frozen=True)
class Ablating:
    """An ablation as the user asked for it.

    Attributes:
        name: Of the style that nothing is left out of.
        chosen: What is left out, one at a time, by what it is called beside the whole.
        content: Photos to compare on.
        reference: Pictures in the style, or None for those that are trained on.
        report: Where styles, pictures and report go.
        overwrite: Whether a report that is there is replaced.
    """

    name: str
    chosen: Mapping[str, Ablation]
    content: Path
    reference: Path | None
    report: Path
    overwrite: bool

    @staticmethod
    def read(
        method: Method,
        name: str,
        names: str | None,
        content: Path | None,
        reference: Path | None,
        report: Path | None,
        overwrite: bool,
        resume: bool,
    ) -> Ablating | None:
        """What the options of ``train`` ask for; None where they ask for no ablation.

        Raises:
            UsageError: A name that the method does not have, or photos are missing; nothing has
                been trained yet.
        """
        if names is None:
            if content or reference or report:
                raise UsageError("--content, --reference and --report go with --ablate.")
            return None
        if resume:
            raise UsageError("--ablate goes on by itself with what is there: leave out --resume.")
        from stylecli.cli.eval_report import check_report

        chosen = _chosen(method, names)
        if content is None:
            raise UsageError("--ablate: give photos to compare on with --content FOLDER.")
        place = report or Path(f"{name}-ablation")
        for folder in (content, reference):
            if folder is not None:
                _check_readable(folder)
                if folder.resolve() == place.resolve():
                    raise UsageError(f"--report {place}: holds the pictures to compare with.")
        if name in chosen or name == BASE:
            raise UsageError(f"{name!r} is also what is left out.", "Choose another --name.")
        check_report(place, overwrite)
        if method.GenerateOptions is not None:
            check_report(place / TEXTS, overwrite)
        for made in (PICTURE, PAGE):
            if (place / made).exists() and not overwrite:
                raise UsageError(
                    f"--report {place}: already holds {made}.",
                    "Replace it with --overwrite, or choose another folder.",
                )
        return Ablating(name, chosen, content, reference, place, overwrite)

    @property
    def whole(self) -> dict[str, Any]:
        """Training options that the whole has for something to be left out of it."""
        return {
            name: value
            for ablation in self.chosen.values()
            for name, value in ablation.whole.items()
        }

    def train(self, setup: Setup, resolved: Resolved, progress: Progress) -> list[Path]:
        """Train what is not there yet, with one seed and one schedule.

        Returns:
            The style files: of the whole method, then of each ablation.
        """
        photos = {file.digest[:DIGITS] for file in picture_files(list_pictures(self.content))}
        if len(photos & _digests(setup.dataset.digests)) > len(photos) / 2:
            raise UsageError("--content: these pictures are those that are trained on.")
        variants = [(self.name, resolved.options, setup.transfer)]
        for name, ablation in self.chosen.items():
            options = resolve(
                setup.method.TrainOptions,
                [
                    Layer(f"--ablate {name}", ablation.changes(resolved.options)),
                    Layer("the whole", _given(resolved.options)),
                ],
            ).options
            variant = (name, options, {**setup.transfer, **ablation.transfer})
            if variant[1:] == variants[0][1:]:
                note(f"{name}: left out already, so there is nothing to compare.")
            else:
                variants.append(variant)
        if len(variants) == 1:
            raise UsageError(
                f"--ablate: nothing that is named is in the whole, so there is nothing to compare with {self.name}."
            )
        for name, options, _ in variants:
            if self._file(name).exists() and not self._there(setup, name, options):
                self._check_free(self._file(name))
        whole: Style | None = None
        for name, options, transfer in variants:
            same = whole if options == resolved.options else None
            style = self._trained(setup, name, options, transfer, same, progress)
            whole = whole or style
        return [self._file(name) for name, _, _ in variants]

    def _check_free(self, path: Path) -> None:
        if not self.overwrite:
            raise UsageError(
                f"{path}: is already there, and was not trained in this way.",
                "Replace it with --overwrite, or choose another folder with --report.",
            )

    def _trained(
        self,
        setup: Setup,
        name: str,
        options: Any,
        transfer: Mapping[str, Any],
        same: Style | None,
        progress: Progress,
    ) -> Style:
        """The style of one entry: the one that is there, the one that is the same, or a new one."""
        there = self._there(setup, name, options)
        if there is not None and dict(there.transfer) == dict(transfer):
            note(f"{name}: already trained.")
            return there
        style = there or same
        if style is None:
            summary = self.chosen[name].summary if name in self.chosen else "nothing left out"
            note(f"{name}: {summary}.")
            style = self._run(setup, f"{self.name}-{name}", options, progress)
        style = replace(style, name=name, transfer=dict(transfer))
        write_style(style, self._file(name))
        return style

    def _run(self, setup: Setup, run_name: str, options: Any, progress: Progress) -> Style:
        runs = setup.places.runs
        folder, resume = None, False
        try:
            folder = unfinished_run(runs, run_name)
            resume = _alike(read_description(folder), setup.description(run_name, options))
        except UsageError:
            pass
        if folder is None or not resume:
            folder = new_run_folder(runs, run_name)
        try:
            style = setup.train(run_name, options, folder, resume, progress)
        except Cancelled as stopped:
            if not has_checkpoint(folder):
                drop_empty_run(folder)
            raise Cancelled(f"Training of {run_name!r} stopped.", AGAIN) from stopped
        finish_run(folder)
        note(costs_line(style.provenance.training))
        return style

    def _there(self, setup: Setup, name: str, options: Any) -> Style | None:
        """A style that was trained before in just this way."""
        path = self._file(name)
        if not path.is_file():
            return None
        try:
            style = read_style(path)
        except StyleFileError:
            return None
        made = style.provenance
        known = (made.dataset.get("fingerprint"), made.training.get("seed"))
        same = known == (setup.dataset.fingerprint, setup.seed)
        same = same and _alike({"options": made.options}, {"options": as_record(options)})
        same = same and made.base_hash == setup.base.denoiser_hash and style.prompt == setup.prompt
        return style if same and style.method == setup.method.name else None

    def _file(self, name: str) -> Path:
        return self.report / STYLES / f"{name}{SUFFIX}"


def _chosen(method: Method, names: str) -> dict[str, Ablation]:
    known = method.ablations
    if not known:
        raise UsageError(f"{method.name} names nothing that can be left out.")
    if names == "all":
        return {each.label or name: each for name, each in known.items()}
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known) or f"There are: {', '.join(known)}; or all."
            raise UsageError(f"--ablate: {method.name} has no {name!r} to leave out.", hint)
    if not wanted:
        raise UsageError(
            "--ablate: say what to leave out.", f"There are: {', '.join(known)}; or all."
        )
    return {known[name].label or name: known[name] for name in wanted}


def _check_readable(folder: Path) -> None:
    """Make sure that a folder has a picture that can be read; raises `UsageError`."""
    pictures = list_pictures(folder)
    for path in pictures:
        try:
            read_picture(path)
        except PictureError:
            continue
        return
    raise UsageError(f"{folder}: none of its {len(pictures)} pictures can be read.")


def _digests(text: str) -> set[str]:
    return {text[start : start + DIGITS] for start in range(0, len(text), DIGITS)}


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two descriptions say that the same is learnt."""

    def learnt(description: Mapping[str, Any]) -> dict[str, Any]:
        options = dict(description.get("options", {}))
        for name in TrainingOptions.free_on_resume:
            options.pop(name, None)
        return {**description, "options": options}

    return learnt(one) == learnt(other)


def _given(options: Any) -> dict[str, Any]:
    """The options as a layer: of two that exclude each other only the one that is set."""
    return {name: value for name, value in as_record(options).items() if value is not None}
