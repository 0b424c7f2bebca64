"""Folders of outputs, as people are asked about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from stylecli.evaluation.pairing import pair_outputs
from stylecli.evaluation.rating.asking.material import (
    Material,
    Picture,
    pictures_of,
    reference_pictures,
    some_of,
)
from stylecli.evaluation.report.wording import counted, encodable
from stylecli.evaluation.sets import target_of


def material_of_outputs(
    outputs: Mapping[str, Sequence[Path]],
    content: Sequence[Path],
    references: Mapping[str, Sequence[Path]],
    *,
    skip_unpaired: bool = False,
    pair_by_order: bool = False,
) -> Material:
    """The pictures of several folders, paired as ``stylecli eval`` pairs them.

    Args:
        outputs: The files of each entry by its name.
        content: The photos; without any, outputs of one name are of one photo.
        references: Pictures of each known style by name.
        skip_unpaired: Leave outputs out whose photo cannot be told.
        pair_by_order: Pair by the order of names where no name fits.

    Raises:
        UsageError: As `pair_outputs` and `target_of`.
    """
    pictures: list[Picture] = []
    notes = []
    for name, paths in outputs.items():
        target = target_of(name, list(references), outputs=True) if references else ""
        if not content:
            pictures += pictures_of(name, target, paths, [path.stem for path in paths])
            continue
        pairs = pair_outputs(paths, content, skip_unpaired=skip_unpaired, by_order=pair_by_order)
        if pairs.left_out:
            notes.append(
                f"{name}: {counted(len(pairs.left_out), 'output')} without a photo left out."
            )
        if pairs.guessed == "order":
            notes.append(f"{name}: outputs and photos were paired by the order of their names.")
        named = [content[index].name for index in pairs.content]
        pictures += pictures_of(name, target, pairs.outputs, named)
    return Material(
        tuple(pictures),
        {encodable(path.name): path for path in content},
        {encodable(name): some_of(paths) for name, paths in references.items()},
        tuple(
            each for name, paths in references.items() for each in reference_pictures(name, paths)
        ),
        notes=tuple(notes),
    )
