import itertools
import random
from dataclasses import replace

import pytest
from made_evaluation import METRICS, checkpoints, entry, evaluation, everything

from stylecli.evaluation.figures import Interval
from stylecli.evaluation.report.page.axes import scale_over
from stylecli.evaluation.report.page.labels import Box, Point, place, shortened
from stylecli.evaluation.report.page.marks import marks_of


def line_of(node):
    return [float(node.attributes[name]) for name in ("x1", "y1", "x2", "y2")]


def axes_of(svg):
    """Value to place for both axes, from the labels of two ticks of each."""
    ticks = {"middle": [], "end": []}
    for text in svg.all("text", class_="tick"):
        value = float(text.text.replace("−", "-"))
        anchor = text.attributes["text-anchor"]
        place = (
            float(text.attributes["x"]) if anchor == "middle" else float(text.attributes["y"]) - 4
        )
        ticks[anchor].append((value, place))
    maps = []
    for found in (ticks["middle"], ticks["end"]):
        (low, start), (high, end) = found[0], found[-1]
        maps.append(lambda v, a=low, b=high, s=start, e=end: s + (v - a) / (b - a) * (e - s))
    return maps


def scatter_of(page):
    return page.one("section", id="trade-off").one("svg", class_="scatter")


def test_points_crosses_and_marks_stand_where_the_figures_are(shown):
    svg = scatter_of(shown(everything()))
    x, y = axes_of(svg)
    dot = svg.one("g", data_entry="monet at 0.3").one("circle")
    assert float(dot.attributes["cx"]) == pytest.approx(x(0.78), abs=0.2)
    assert float(dot.attributes["cy"]) == pytest.approx(y(0.21), abs=0.2)
    across, up = (line_of(node) for node in svg.all("line", class_="cross")[:2])
    assert across == pytest.approx([x(0.69), y(0.21), x(0.87), y(0.21)], abs=0.2)
    assert up == pytest.approx([x(0.78), y(0.12), x(0.78), y(0.30)], abs=0.2)
    photos = svg.one("circle", class_="reference").attributes
    assert (float(photos["cx"]), float(photos["cy"])) == pytest.approx((x(1), y(0)), abs=0.2)
    style = line_of(svg.one("line", class_="reference"))
    assert style[1] == style[3] == pytest.approx(y(1), abs=0.2)
    assert x(1) > x(0)
    assert y(1) < y(0)


def test_a_line_joins_one_style_by_rising_strength(shown):
    strengths = (0.6, 0.3, 0.45)
    entries = [
        entry(f"monet at {value}", style="monet", settings={"strength": value},
              figures={"style-closure": value, "content-retention": 1 - value})
        for value in strengths
    ]  # fmt: skip
    svg = scatter_of(shown(evaluation([*entries, entry("other")])))
    x, y = axes_of(svg)
    track = svg.one("polyline", class_="track")
    points = [tuple(map(float, pair.split(","))) for pair in track.attributes["points"].split()]
    wanted = [(x(1 - value), y(value)) for value in sorted(strengths)]
    for found, known in zip(points, wanted, strict=True):
        assert found == pytest.approx(known, abs=0.2)


def test_one_wide_interval_does_not_squeeze_the_points(shown):
    wide, other = entry("wide"), entry("other", figures={"style-closure": 0.3})
    closure = replace(wide.figures["style-closure"], interval=Interval(-30.6, 2.5, "half-samples"))
    wide = replace(wide, figures={**wide.figures, "style-closure": closure})
    section = shown(evaluation([wide, other])).one("section", id="trade-off")
    svg = section.one("svg", class_="scatter")
    _, y = axes_of(svg)
    assert y(0) - y(1) > 150
    bottom = max(line_of(node)[3] for node in svg.all("line", class_="grid")) + 60
    for node in svg.all("line", class_="cross"):
        assert all(0 <= at <= bottom for at in line_of(node))
    # Both of its ends go on, down and up; the words beside the mark say how far.
    assert len(svg.all("polyline", class_="cut")) == 2
    assert "(−30.6 to 2.5)" in svg.one("g", data_entry="wide").text
    assert "arrow" in section.text
    alone = shown(evaluation([other])).one("section", id="trade-off")
    assert "arrow" not in alone.text


def test_an_axis_of_less_is_turned_round_and_has_no_reference_marks(shown):
    metrics = tuple(
        replace(metric, better="less") if metric.axis == "content" else metric for metric in METRICS
    )
    entries = [
        entry("near", figures={"content-retention": 0.2}),
        entry("far", figures={"content-retention": 0.9}),
    ]
    svg = scatter_of(shown(evaluation(entries, metrics=metrics)))
    near, far = (svg.one("g", data_entry=name).children[1] for name in ("near", "far"))
    near_x = float(near.attributes["cx"])
    assert near_x > max(float(pair.split(",")[0]) for pair in far.attributes["points"].split())
    assert svg.all("circle", class_="reference") == []


def test_entries_of_one_style_share_its_colour_and_no_two_share_a_shape():
    names = [f"{style} at {at}" for style in ("monet", "van-gogh") for at in range(4)]
    marks = marks_of(evaluation([entry(name, style=name.split(" at ")[0]) for name in names]))
    assert [marks[name].colour for name in names] == [0] * 4 + [1] * 4
    assert len({(mark.shape, mark.hollow) for mark in marks.values()}) == 8
    many = marks_of(evaluation([entry(f"e{at}", 1) for at in range(16)]))
    assert len({(mark.shape, mark.hollow) for mark in many.values()}) == 16


@pytest.mark.parametrize("seed", range(5))
def test_labels_do_not_cover_one_another(seed):
    rng = random.Random(seed)
    frame = Box(0, 0, 600, 400)
    points = [Point(rng.gauss(300, 60), rng.gauss(200, 45), f"monet at 0.{at}") for at in range(12)]
    placed = place(points, [], frame, 13)
    for one, other in itertools.combinations(placed, 2):
        assert one.box.shared_with(other.box) == 0
    for found in placed:
        assert found.box.shared_with(frame) == pytest.approx(found.box.width * found.box.height)
        for point in points:
            assert found.box.shared_with(Box(point.x - 5, point.y - 5, 10, 10)) == 0


def test_points_on_one_spot_have_labels_apart():
    placed = place([Point(50, 50, "same")] * 6, [], Box(0, 0, 300, 300), 13)
    assert len({(found.x, found.y) for found in placed}) == 6
    assert [found.leader is not None for found in placed].count(True) >= 1


def test_a_long_label_is_cut_in_the_middle():
    words = shortened("a-very-long-style-name-of-somebody at 0.45")
    assert len(words) == 26
    assert words.startswith("a-very-long-")
    assert words.endswith("at 0.45")


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 1.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ([-0.04, 1.02], [0.0, 0.5, 1.0]),
        ([117.4, 99.7], [100.0, 105.0, 110.0, 115.0]),
        ([0.5, 0.5], [0.45, 0.475, 0.5, 0.525, 0.55]),
        ([], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_scales_hold_all_values_and_have_round_ticks(values, ticks):
    scale = scale_over(values, 10, 110)
    assert all(10 <= scale(value) <= 110 for value in values)
    assert len(scale.ticks) >= 3
    assert list(scale.ticks) == pytest.approx(ticks, abs=0.03)


def curve_of(page):
    return page.one("section", id="checkpoints").all("svg", class_="curve")[0]


def test_the_curve_follows_the_steps_with_its_band(shown):
    svg = curve_of(shown(checkpoints()))
    x, y = axes_of(svg)
    known = {40: 0.18, 80: 0.44, 120: 0.58, 160: 0.61, 200: 0.47}
    for step, value in known.items():
        dot = svg.one("g", data_step=str(step)).one("circle").attributes
        assert (float(dot["cx"]), float(dot["cy"])) == pytest.approx((x(step), y(value)), abs=0.4)
    corners = [
        tuple(map(float, pair.split(",")))
        for pair in svg.one("polygon", class_="band").attributes["points"].split()
    ]
    wanted = [(x(step), y(value - 0.09)) for step, value in known.items()]
    wanted += [(x(step), y(value + 0.09)) for step, value in reversed(known.items())]
    for found, place_ in zip(corners, wanted, strict=True):
        assert found == pytest.approx(place_, abs=0.4)


def test_the_best_step_and_those_within_noise_are_marked(shown):
    page = shown(checkpoints())
    svg = curve_of(page)
    x, _ = axes_of(svg)
    best = line_of(svg.one("line", class_="best"))
    assert best[0] == best[2] == pytest.approx(x(160), abs=0.3)
    shade = svg.one("rect", class_="noise").attributes
    left, width = float(shade["x"]), float(shade["width"])
    assert x(80) < left < x(120)
    assert x(160) < left + width < x(200)
    assert "best: 160" in svg.text
    others = page.one("section", id="checkpoints").all("svg", class_="curve")[1:]
    assert len(others) == 2
    assert not [node for svg in others for node in svg.all("rect", class_="noise")]
    assert "Best by style closure: step 160" in page.one("section", id="checkpoints").text


def test_steps_within_noise_that_are_no_neighbours_are_shaded_apart(shown):
    found = checkpoints()
    best = replace(found.best_step, within_noise=(80, 160, 200))
    shades = curve_of(shown(replace(found, best_step=best))).all("rect", class_="noise")
    assert len(shades) == 2


def test_without_steps_there_is_no_curve(shown):
    assert shown(everything()).all("section", id="checkpoints") == []
