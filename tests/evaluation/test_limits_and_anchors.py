import json
from dataclasses import replace

import numpy as np
import pytest
from made_figures import entry, evaluation, figure

from stylecli.errors import UsageError
from stylecli.evaluation.anchors import anchor_tables, anchors_for
from stylecli.evaluation.figures import Stamp
from stylecli.evaluation.presets import PRESETS, preset_named
from stylecli.evaluation.thresholds import Limit, broken, read_limits
from stylecli.evaluation.weights.networks import Networks
from stylecli.metric import declared_weights
from stylecli.registry import load_registry
from stylecli.weights import LocalWeights

METRICS = list(load_registry().metrics.values())


def test_limits_are_read_by_symbol_or_name():
    limits = read_limits("--fail-under", "sc=0.5, content-retention=.3", METRICS, upper=False)
    assert limits == [
        Limit("style-closure", "SC", 0.5, False),
        Limit("content-retention", "CR", 0.3, False),
    ]
    assert read_limits("--fail-over", "palette=8", METRICS, upper=True)[0].upper
    assert read_limits("--fail-under", "", METRICS, upper=False) == []


@pytest.mark.parametrize(
    ("text", "upper", "message"),
    [
        ("sc", False, "not NAME=NUMBER"),
        ("sc=many", False, "not NAME=NUMBER"),
        ("sc=nan", False, "not NAME=NUMBER"),
        ("sd=0.5", False, "'sd' is not measured here"),
        ("palette=3", False, "palette is better when it is smaller"),
        ("sc=0.5", True, "style-closure is better when it is larger"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(text, upper, message):
    with pytest.raises(UsageError, match=message):
        read_limits("--fail-under", text, METRICS, upper)


def test_figures_beyond_a_limit_are_named():
    found = evaluation(entry("a", figure(np.full(20, 0.4))), entry("b", figure(np.full(20, 0.6))))
    assert broken(found, [Limit("m", "M", 0.5, False)]) == ["a: M 0.400 is below 0.5."]
    assert broken(found, [Limit("m", "M", 0.5, True)]) == ["b: M 0.600 is above 0.5."]
    assert broken(found, [Limit("m", "M", 0.4, False)]) == []


def test_published_figures_come_with_their_protocol():
    tables = {table.protocol: table for table in anchor_tables()}
    styleid = tables["styleid-20x40"]
    assert styleid.rows["StyleID"] == {
        "artfid": 28.801,
        "fid-art": 18.131,
        "lpips": 0.505,
        "cfsd": 0.228,
    }
    for table in tables.values():
        assert table.source
        assert table.summary
        for values in table.rows.values():
            assert set(values) <= set(table.metrics)
    json.dumps([dict(table.rows) for table in tables.values()])


def test_published_figures_are_shown_only_for_the_same_protocol_and_metric():
    (table,) = [table for table in anchor_tables() if table.protocol == "styleid-20x40"]
    ours = Stamp("lpips", table.metrics["lpips"], "0" * 64, "", "", "PNG", 800)
    found = anchors_for("styleid-20x40", True, [ours], ())
    assert (found[0].method, found[0].value) == ("AdaIN", 0.608)
    assert {anchor.metric for anchor in found} == {"lpips"}
    assert anchors_for("styleid-20x40", False, [ours], ()) == ()
    assert anchors_for("standard", True, [ours], ()) == ()
    assert anchors_for("styleid-20x40", True, [ours], {"lpips"}) == ()
    for changes in ({"variant": "LPIPS vgg"}, {"n": 799}, {"format": "JPEG"}, {"metric": "fid"}):
        assert anchors_for("styleid-20x40", True, [replace(ours, **changes)], ()) == ()


def test_the_installed_metrics_are_those_of_the_published_figures():
    judges = pytest.importorskip("stylecli_judges")
    variants = {metric.name: metric.variant for metric in judges.stylecli_metrics()}
    (table,) = [table for table in anchor_tables() if table.protocol == "styleid-20x40"]
    assert {name: variants[name] for name in table.metrics} == table.metrics


def test_all_of_styleids_table_is_shown_by_the_published_networks_and_no_other_table_ever():
    judges = pytest.importorskip("stylecli_judges")
    metrics = judges.stylecli_metrics()
    # At best: every file is here, and is the one that is published, where its hash is known.
    found = {
        weights.name: LocalWeights(weights, {}, "0" * 64, all(weights.files.values()))
        for weights in declared_weights(metrics).values()
    }
    unknown = Networks(found).unknown_in(metrics)
    assert unknown == {"deception"}
    styleid, *others = anchor_tables()
    stamps = [Stamp(each.name, each.variant, "0", "", "", "PNG", 800) for each in metrics]
    shown = anchors_for("styleid-20x40", True, stamps, unknown)
    assert {anchor.metric for anchor in shown} == set(styleid.metrics)
    # Their papers do not say how they measured: by no name of ours.
    names = {metric.name for metric in METRICS}
    assert not any(names & set(table.metrics) for table in others)


def test_presets_are_found_by_name():
    assert preset_named("quick").limit == 12
    assert PRESETS["styleid-20x40"].outputs == 800
    with pytest.raises(UsageError, match="No evaluation preset named 'quik'") as caught:
        preset_named("quik")
    assert caught.value.hint == "Did you mean 'quick'?"
