"""The one page of an ablation: a table of figures, and every entry's pictures side by side."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from stylecli.evaluation.report.wording import encodable, figure_text
from stylecli.evaluation.result import Evaluation

_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.what { white-space: normal; min-width: 14rem; }
.wide img { max-width: 100%; height: auto; display: block; background: white; }
"""


def page_of(
    title: str,
    entries: Mapping[str, str],
    compared: Sequence[tuple[str, Evaluation, str, str]],
) -> str:
    """The page as HTML; it loads nothing but the pictures beside it.

    Args:
        title: The style's name.
        entries: What is trained in each entry, by its name.
        compared: For each way to use the styles: what it is called, the figures, and paths from the
            page to its grid of pictures and to its whole report.
    """
    heads, rows = [""], {name: [name] for name in entries}
    for what, evaluation, _, _ in compared:
        for metric in (each for each in evaluation.metrics if each.headline and each.axis):
            heads.append(f"{metric.symbol}, {what}")
            for entry in evaluation.entries:
                rows[entry.name].append(figure_text(evaluation, entry, metric))
    meanings = {
        metric.symbol: metric.summary
        for _, evaluation, _, _ in compared
        for metric in evaluation.metrics
        if metric.headline and metric.axis
    }
    body = [
        f"<h1>{_text(title)}: what each part is good for</h1>",
        "<p>Trained alike, with one seed and one schedule. In brackets: 95 % intervals over the pictures.</p>",
        '<div class="wide"><table><tr>' + "".join(f"<th>{_text(head)}</th>" for head in heads),
        "<th></th></tr>",
    ]
    for name, cells in rows.items():
        told = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
        body.append(f'<tr>{told}<td class="what">{_text(entries[name])}</td></tr>')
    body.append("</table></div><ul>")
    body += [f"<li>{_text(symbol)}: {_text(meaning)}</li>" for symbol, meaning in meanings.items()]
    body.append("</ul>")
    for what, _, grid, report in compared:
        body.append(f"<h2>{_text(what[:1].upper() + what[1:])}</h2>")
        body.append(f'<p><a href="{_text(report)}">All pictures and figures</a></p>')
        body.append(
            f'<div class="wide"><a href="{_text(grid)}"><img src="{_text(grid)}" alt="{_text(what)}"></a></div>'
        )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_text(title)}: ablation</title><style>{_STYLE}</style></head><body>"
        + "\n".join(body)
        + "</body></html>\n"
    )


def _text(text: str) -> str:
    return html.escape(encodable(text), quote=True)
