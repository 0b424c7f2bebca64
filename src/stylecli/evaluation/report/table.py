"""``per_image.csv``: every output in one line."""

from __future__ import annotations

import csv
import io

from stylecli.evaluation.report.wording import prompts_of
from stylecli.evaluation.result import Evaluation

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_of(evaluation: Evaluation) -> str:
    """The outputs as CSV: entry, output, content, sha256, one column a metric, flags.

    Of outputs made from known prompts the third column is the prompt. A metric without per-picture
    values has an empty column. Text that a spreadsheet would take for a formula has an apostrophe
    before it.
    """
    metrics = [metric.name for metric in evaluation.metrics]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    made_from = "prompt" if prompts_of(evaluation) else "content"
    heading = ["entry", "output", made_from, "sha256", *metrics, "flags"]
    writer.writerow([_harmless(name) for name in heading])
    for entry in evaluation.entries:
        for row in entry.pictures:
            writer.writerow(
                [
                    _harmless(entry.name),
                    _harmless(row.output),
                    _harmless(row.content or row.prompt or ""),
                    row.digest,
                    *(f"{row.values[name]:.6g}" if name in row.values else "" for name in metrics),
                    _harmless(" ".join(row.flags)),
                ]
            )
    return file.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
