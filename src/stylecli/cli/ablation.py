"""``stylecli train --ablate``: a method with and without its ideas, trained alike and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylecli.cli.console import note
from stylecli.cli.eval_settings import Typed
from stylecli.errors import Cancelled, UsageError, did_you_mean
from stylecli.images.reading import list_pictures, read_picture
from stylecli.images.writing import grid, save_png
from stylecli.method import Ablation, Method
from stylecli.options import Layer, Resolved, as_record, resolve
from stylecli.progress import Progress
from stylecli.styles.format import read_style, write_style
from stylecli.styles.header import SUFFIX, StyleFileError
from stylecli.styles.style import Style
from stylecli.training.run import finish_run, new_run_folder, read_description, unfinished_run

if TYPE_CHECKING:
    from stylecli.cli.train_setup import Setup
    from stylecli.evaluation.evaluate import Evaluated
    from stylecli.registry import Registry

STYLES = "styles"
ROWS = 6
_AGAIN = "Give the same command again to go on: what is finished is kept."


@dataclass(frozen=True)
class Ablating:
    """An ablation as the user asked for it.

    Attributes:
        name: Of the style that nothing is left out of.
        chosen: What is left out, one at a time, by name.
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
        from stylecli.cli.eval_report import check_report

        chosen = _chosen(method, names)
        if content is None:
            raise UsageError("--ablate: give photos to compare on with --content FOLDER.")
        for folder in (content, reference):
            if folder is not None:
                list_pictures(folder)
        place = report or Path(f"{name}-ablation")
        if name in chosen:
            raise UsageError(f"{name!r} is also what is left out.", "Choose another --name.")
        check_report(place, overwrite)
        return Ablating(name, chosen, content, reference, place, overwrite)

    def train(self, setup: Setup, resolved: Resolved, progress: Progress) -> list[Path]:
        """Train what is not there yet, with one seed and one schedule.

        Returns:
            The style files: of the whole method, then of each ablation.
        """
        made = [self._file(self.name)]
        whole = self._trained(setup, self.name, resolved.options, setup.transfer, None, progress)
        for name, ablation in self.chosen.items():
            options = resolve(
                setup.method.TrainOptions,
                [
                    Layer(f"--ablate {name}", ablation.train),
                    Layer("the whole", _given(resolved.options)),
                ],
            ).options
            transfer = {**setup.transfer, **ablation.transfer}
            same = whole if options == resolved.options else None
            self._trained(setup, name, options, transfer, same, progress)
            made.append(self._file(name))
        return made

    def compare(
        self, registry: Registry, files: Sequence[Path], setup: Setup, as_json: bool
    ) -> None:
        """Repaint the photos with every style, each at its own settings, and report."""
        from stylecli.cli.console import Reporter
        from stylecli.cli.eval_metrics import chosen_metrics
        from stylecli.cli.eval_plan import Asked, plan_for
        from stylecli.cli.eval_report import report_on
        from stylecli.evaluation.evaluate import evaluate
        from stylecli.evaluation.feature_cache import FeatureCache

        asked = Asked(
            styles=tuple(map(str, files)),
            outputs=(),
            checkpoints=None,
            content=self.content,
            references=(str(self.reference or setup.dataset.folder),),
            baseline=None,
            limit=None,
            skip_unpaired=False,
            pair_by_order=False,
            typed=Typed((), {}),
            own_settings=True,
            prompt="",
            base=setup.base_name,
            seed=setup.seed,
            preset="standard",
            overwrite=self.overwrite,
        )
        styles = asked.reference_pictures()
        try:
            with Reporter() as progress:
                plan = plan_for(registry, asked, styles, self.report / "outputs", progress, note)
                cache = FeatureCache(setup.places.cache / "features")
                found = evaluate(
                    plan, chosen_metrics(registry, None, {"content"}), cache, progress, chosen=False
                )
        except Cancelled as stopped:
            raise Cancelled("The comparison was stopped.", _AGAIN) from stopped
        report_on(found, self.report, as_json, None)
        note(f"Picture: {self._picture(found)}")
        note(f"Keep one: stylecli styles import {files[0]} --name NAME")

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
            resume = read_description(folder) == setup.description(run_name, options)
        except UsageError:
            pass
        if folder is None or not resume:
            folder = new_run_folder(runs, run_name)
        try:
            style = setup.train(run_name, options, folder, resume, progress)
        except Cancelled as stopped:
            raise Cancelled(f"Training of {run_name!r} stopped.", _AGAIN) from stopped
        finish_run(folder)
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
        known = (made.options, made.dataset.get("fingerprint"), made.training.get("seed"))
        same = known == (as_record(options), setup.dataset.fingerprint, setup.seed)
        same = same and made.base_hash == setup.base.denoiser_hash and style.prompt == setup.prompt
        return style if same and style.method == setup.method.name else None

    def _file(self, name: str) -> Path:
        return self.report / STYLES / f"{name}{SUFFIX}"

    def _picture(self, found: Evaluated) -> Path:
        """One picture to look at: some photos, and what every entry made of them."""
        made = {
            name: dict(zip(found.gallery.content[name], outputs, strict=True))
            for name, outputs in found.gallery.outputs.items()
        }
        photos = [
            photo for photo in made[self.name] if all(photo in each for each in made.values())
        ]
        rows = [
            [(read_picture(photo), "photo")]
            + [(read_picture(outputs[photo]), name) for name, outputs in made.items()]
            for photo in photos[:ROWS]
        ]
        path = self.report / "grid.png"
        save_png(grid(rows, height=192), path, {"ablation": list(made)})
        return path


def _chosen(method: Method, names: str) -> dict[str, Ablation]:
    known = method.ablations
    if not known:
        raise UsageError(f"{method.name} names nothing that can be left out.")
    if names == "all":
        return dict(known)
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known) or f"There are: {', '.join(known)}; or all."
            raise UsageError(f"--ablate: {method.name} has no {name!r} to leave out.", hint)
    if not wanted:
        raise UsageError(
            "--ablate: say what to leave out.", f"There are: {', '.join(known)}; or all."
        )
    return {name: known[name] for name in wanted}


def _given(options: Any) -> dict[str, Any]:
    """The options as a layer: of two that exclude each other only the one that is set."""
    return {name: value for name, value in as_record(options).items() if value is not None}
