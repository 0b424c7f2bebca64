import csv
import io
from dataclasses import replace

import pytest
from made_evaluation import entry, evaluation, everything

from stylecli.evaluation.report.table import csv_of


def rows_of(found):
    return list(csv.DictReader(io.StringIO(csv_of(found))))


def test_every_output_has_a_row_with_its_values():
    found = everything()
    rows = rows_of(found)
    outputs = [(item.name, row) for item in found.entries for row in item.pictures]
    assert len(rows) == len(outputs) == 48
    for line, (name, row) in zip(rows, outputs, strict=True):
        assert (line["entry"], line["output"], line["content"]) == (name, row.output, row.content)
        assert line["sha256"] == row.digest
        for metric in found.metrics:
            value = row.values.get(metric.name)
            assert line[metric.name] == ("" if value is None else f"{value:.6g}")
    assert rows[36]["flags"] == "borders constant"


def test_columns_are_the_metrics_in_their_order():
    heading = csv_of(everything()).splitlines()[0]
    assert heading == (
        "entry,output,content,sha256,style-closure,content-retention,deception-lite,palette,ssim,flags"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_name_is_no_formula(start):
    name = f'{start}HYPERLINK("x","y")'
    made = entry(name, 1)
    row = replace(made.pictures[0], output=name, content=name, values={"ssim": -0.25})
    line = rows_of(evaluation([replace(made, pictures=(row,))]))[0]
    assert line["entry"] == line["output"] == line["content"] == f"'{name}"
    assert line["ssim"] == "-0.25"


def test_quotes_commas_line_breaks_and_letters_survive():
    name = 'a "b", c\nd 絵.png'
    made = entry("x", 1)
    made = replace(made, pictures=(replace(made.pictures[0], output=name, content=None),))
    line = rows_of(evaluation([made]))[0]
    assert (line["output"], line["content"]) == (name, "")
