"""Published figures, each with its protocol: shown beside ours only where the protocols agree."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from stylecli.evaluation.figures import Stamp
from stylecli.evaluation.result import Anchor


@dataclass(frozen=True)
class AnchorTable:
    """A published table.

    Attributes:
        protocol: Its protocol; that of an evaluation preset where there is one.
        summary: What it was measured on.
        metrics: What each of its columns is, by name: the variant that a metric of ours must have.
        n: How many outputs it was measured on; None where that is not stated.
        format: Their format, or "" where it is not stated.
        rows: Values by column, by method.
        source: Where it was published.
        ordinal: Whether only the order of its rows says something.
    """

    protocol: str
    summary: str
    metrics: Mapping[str, str]
    n: int | None
    format: str
    rows: Mapping[str, Mapping[str, float]]
    source: str
    ordinal: bool


def anchor_tables() -> tuple[AnchorTable, ...]:
    """All published tables that come along."""
    text = resources.files(__package__).joinpath("anchors.json").read_text(encoding="utf-8")
    tables: list[dict[str, Any]] = json.loads(text)
    return tuple(
        AnchorTable(
            table["protocol"],
            table["summary"],
            table["metrics"],
            table["n"],
            table["format"],
            {row["method"]: row["values"] for row in table["rows"]},
            table["source"],
            table["ordinal"],
        )
        for table in tables
    )


def anchors_for(
    protocol: str, whole: bool, stamps: Sequence[Stamp], unknown: Collection[str]
) -> tuple[Anchor, ...]:
    """The published figures of one protocol whose stamps are those of figures that were measured.

    Args:
        protocol: The preset's name.
        whole: Whether the pictures are those that the protocol prescribes, see `preset_warnings`.
        stamps: Of what was measured: variant, number and format must be those of the table.
        unknown: Metrics whose networks are not known to be the published ones: none of theirs.
    """
    if not whole:
        return ()
    measured = {
        (stamp.metric, stamp.variant, stamp.n, stamp.format)
        for stamp in stamps
        if stamp.metric not in unknown
    }
    return tuple(
        Anchor(method, metric, value, table.source)
        for table in anchor_tables()
        if table.protocol == protocol
        for method, values in table.rows.items()
        for metric, value in values.items()
        if (metric, table.metrics[metric], table.n, table.format) in measured
    )
