"""From what the user gave ``stylecli eval rate`` to what people can be asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stylecli.cli.run_places import place_with
from stylecli.errors import UsageError, did_you_mean
from stylecli.evaluation.rating.asking.from_outputs import material_of_outputs
from stylecli.evaluation.rating.asking.from_report import RECORD, material_of_report
from stylecli.evaluation.rating.asking.from_run import is_run, material_of_run
from stylecli.evaluation.rating.asking.material import Material, checked
from stylecli.evaluation.rating.asking.questions import Kind
from stylecli.evaluation.report.wording import encodable
from stylecli.evaluation.sets import named_folders, split_named
from stylecli.images.reading import list_pictures

_HINT = (
    "Give a report of `stylecli eval --report`, a training run with previews (train --save-every 50), or "
    "--outputs NAME=FOLDER for each entry."
)


@dataclass(frozen=True)
class Given:
    """The options of ``stylecli eval rate`` that say what is rated, as its help describes them."""

    folder: str | None
    outputs: Sequence[str]
    content: Path | None
    references: Sequence[str]
    skip_unpaired: bool
    pair_by_order: bool

    def place(self) -> Path | None:
        """The report or run; None where only outputs are given.

        Raises:
            UsageError: Nothing is given, no such folder or run, or nothing to rate in it.
        """
        if self.folder is None:
            if not self.outputs:
                raise UsageError("Nothing to rate.", _HINT)
            return None
        folder = Path(self.folder).expanduser()
        if folder.name == RECORD and folder.is_file():
            return folder.parent
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: not a folder.", _HINT)
        return place_with(
            self.folder,
            lambda each: (each / RECORD).is_file() or is_run(each),
            f"neither a report ({RECORD}) nor previews",
            _HINT,
        )

    def material(self) -> Material:
        """What can be asked about.

        Raises:
            StylecliError: Pictures are missing, damaged or cannot be paired.
        """
        place = self.place()
        outputs = named_folders("--outputs", self.outputs)
        references = named_folders("--reference", self.references)
        content = list_pictures(self.content) if self.content else []
        if place is None:
            found = material_of_outputs(
                outputs,
                content,
                references,
                skip_unpaired=self.skip_unpaired,
                pair_by_order=self.pair_by_order,
            )
        elif (place / RECORD).is_file():
            found = material_of_report(place, outputs, content, references)
            _check_names(self.outputs, found.entries)
        else:
            if outputs or content:
                raise UsageError(
                    "The previews of a training run were made from text: leave out --outputs and --content."
                )
            found = material_of_run(place, references)
        return checked(found)


@dataclass(frozen=True)
class Asked:
    """What people are asked.

    Attributes:
        material: What about.
        kinds: Which questions.
        side: Of real-or-fake's squares in pixels, or 0.
        count: How many each rater is asked at most.
        seed: Of everything random.
        rater: Who is asked, or "".
    """

    material: Material
    kinds: Sequence[Kind]
    side: int
    count: int
    seed: int
    rater: str


def _check_names(outputs: Sequence[str], entries: Sequence[str]) -> None:
    # "monet at 0.6" is called monet where its folder is asked for.
    known = {*entries, *(entry.split()[0] for entry in entries)}
    for text in outputs:
        name = encodable(split_named(text)[0])
        if name and name not in known:
            raise UsageError(
                f"--outputs {text}: the report has no entry {name!r}; it has {', '.join(entries)}.",
                did_you_mean(name, entries),
            )
