import json
import random
from dataclasses import replace

import pytest
from made_answers import choice, line, opinions, score, verdict, write
from made_evaluation import checkpoints, entry, evaluation, everything

from stylecli.evaluation.rating.joined import joined
from stylecli.evaluation.rating.ratings import ratings_of
from stylecli.evaluation.rating.reading import read_answers
from stylecli.evaluation.report.with_ratings import ratings_json


@pytest.fixture
def rated(tmp_path):
    """Analyses lines of one or several files; gives the ratings."""

    def rate(found, *files, names=False):
        paths = [write(tmp_path / f"{at}.jsonl", lines) for at, lines in enumerate(files)]
        what = joined(read_answers(*paths), found)
        return ratings_of(what.observed, what.left_out, found, names)

    return rate


def codes(ratings):
    return {warned.code for warned in ratings.warnings}


def plain(ratings, *without):
    found = json.loads(ratings_json(ratings))
    return {key: value for key, value in found.items() if key not in without}


def two():
    return evaluation([entry("a", style="a"), entry("b", style="b")])


def test_answers_find_their_pictures_and_the_figures(rated):
    found = everything()
    result = rated(found, opinions(found, "abcdef"))
    assert result.raters == 6
    (group,) = result.groups
    assert group.entries[0].entry == "monet at 0.6"
    over = {(each.asked, each.metric, each.over): each for each in result.correlations}
    preferred = over["preferred", "style-closure", "entries"]
    assert preferred.spearman == pytest.approx(1)
    assert over["preferred", "content-retention", "pictures"].spearman < 0
    assert over["score", "style-closure", "pictures"].count == 36
    assert {row.entry for row in result.deceptions} == {each.name for each in found.entries}


def test_the_order_of_lines_and_files_does_not_matter(rated):
    found = everything()
    lines = opinions(found)
    shuffled = random.Random(0).sample(lines, len(lines))
    assert plain(rated(found, lines)) == plain(rated(found, shuffled))
    assert plain(rated(found, lines)) == plain(rated(found, lines[200:], lines[:200]))


def test_the_same_answers_in_two_files_count_once(rated):
    found = two()
    lines = opinions(found)
    once, twice = rated(found, lines), rated(found, lines, lines[:40])
    assert twice.left_out.twice == 39
    assert plain(once, "left_out") == plain(twice, "left_out")


def test_raters_names_are_told_only_when_asked_for(rated):
    found = two()
    hidden, shown = rated(found, opinions(found)), rated(found, opinions(found), names=True)
    assert "anna" not in ratings_json(hidden)
    assert [row.name for row in shown.people] == ["anna", "béla"]
    assert plain(hidden, "people") == plain(shown, "people")


def test_pictures_that_the_report_does_not_hold_are_left_out_and_counted(rated):
    found = two()
    other = evaluation([entry("a", style="a", count=3), entry("c", style="c", count=3)])
    strange = [score("anna", each, row, 9) for each in other.entries for row in each.pictures]
    strange = [each for each in strange if each["entry"] == "c"]
    strange.append(verdict("anna", None, "nobody", "0" * 64, "real"))
    result = rated(found, [*opinions(found), *strange])
    assert result.left_out.strangers == 4
    assert "not-in-report" in codes(result)
    assert "c" not in {row.entry for row in result.scores.means}


def test_a_picture_is_known_by_its_hash_not_by_what_its_entry_was_called(rated):
    found = two()
    lines = json.loads(json.dumps(opinions(found)).replace('"entry": "a"', '"entry": "once"'))
    assert plain(rated(found, lines)) == plain(rated(found, opinions(found)))


def test_without_a_report_answers_are_taken_at_their_word(rated):
    found = two()
    alone, beside = rated(None, opinions(found)), rated(found, opinions(found))
    assert plain(alone, "correlations", "warnings", "pictures") == plain(
        beside, "correlations", "warnings", "pictures"
    )
    assert alone.correlations == ()


def test_an_answer_taken_back_does_not_count(rated):
    found = two()
    lines = opinions(found)
    back = [line("withdraw", "anna", each["question"]) for each in lines[1:] if each["rater"] == "anna"]  # fmt: skip
    result = rated(found, [*lines, *back])
    assert result.raters == 1
    assert result.left_out.withdrawn == len(back)
    assert "one-rater" in codes(result)


def test_repeats_say_how_steady_raters_are_and_nothing_else(rated):
    found = two()
    first, second = found.entries
    lines = opinions(found)
    pairs = list(zip(first.pictures, second.pictures, strict=True))[:8]
    lines = [each for each in lines if each["kind"] != "choice"]
    asked = [
        choice("anna", (first, a), (second, b), "left", question=f"q{at}")
        for at, (a, b) in enumerate(pairs)
    ]
    # Turned round: who still likes the first one says "right" now.
    again = [
        choice("anna", (second, b), (first, a), "right" if at < 2 else "left",
               question=f"q{at}-again", repeat_of=f"q{at}")
        for at, (a, b) in enumerate(pairs)
    ]  # fmt: skip
    result = rated(found, [*lines, *asked, *again])
    assert result.choices == 8
    agreement = next(each for each in result.agreements if each.kind == "choice")
    assert (agreement.same, agreement.repeats) == (0.25, 8)
    assert "unsteady-raters" in codes(result)
    assert (result.sides.left, result.sides.count) == (8, 8)
    by_name = rated(found, [*lines, *asked, *again], names=True).people
    assert next(row.left for row in by_name if row.name == "anna") == 1
    # A repeat of what was taken back says nothing.
    result = rated(found, [*lines, *asked, *again, line("withdraw", "anna", "q0")])
    agreement = next(each for each in result.agreements if each.kind == "choice")
    assert agreement.repeats == 7


def test_pictures_that_are_byte_for_byte_the_same_are_two_pictures(rated):
    # Before it was trained a checkpoint paints what the base paints.
    first, second = two().entries
    same = [replace(row, digest=other.digest)
            for row, other in zip(second.pictures, first.pictures, strict=True)]  # fmt: skip
    second = replace(second, pictures=tuple(same))
    found = evaluation([first, second])
    asked = [
        choice(rater, (first, a), (second, b), "left" if (at % 2) == (rater == "x") else "right",
               question=f"q{at}")
        for rater in "xy"
        for at, (a, b) in enumerate(zip(first.pictures, second.pictures, strict=True))
    ]  # fmt: skip
    turned = choice("x", (second, same[1]), (first, first.pictures[1]), asked[1]["chosen"],
                    question="q1-again", repeat_of="q1")  # fmt: skip
    result = rated(found, [*asked, turned])
    (agreement,) = result.agreements
    assert agreement.same == 0
    assert agreement.alpha < -0.5
    assert agreement.shared == 12


def all_choices(found, chosen, raters="a"):
    first, second = found.entries
    return [
        choice(rater, (first, a), (second, b), chosen)
        for rater in raters
        for a, b in zip(first.pictures, second.pictures, strict=True)
    ]


def test_ties_only_are_equal_and_said_to_be(rated):
    result = rated(two(), all_choices(two(), "tie"))
    assert {"ties-only", "one-rater", "few-answers"} <= codes(result)
    assert [row.chance for row in result.groups[0].entries] == pytest.approx([0.5, 0.5])
    assert result.sides is None


def test_winning_all_is_said(rated):
    result = rated(two(), all_choices(two(), "left", "ab"))
    assert {"all-won", "few-raters", "position-bias"} <= codes(result)
    assert not {"ties-only", "few-answers"} & codes(result)


def test_entries_that_never_met_are_not_ranked(rated):
    found = evaluation([entry(name, style=name) for name in "abcd"])
    a, b, c, d = ((each, each.pictures[0]) for each in found.entries)
    result = rated(found, [choice("x", a, b, "left"), choice("x", c, d, "left")])
    assert len(result.groups) == 2
    assert "not-joined" in codes(result)


def test_pictures_without_a_reference_that_never_met_are_not_ranked(rated):
    found = evaluation([entry(name, style=name) for name in "abcd"])
    a, b, c, d = ((each, each.pictures[0]) for each in found.entries)
    lines = [choice("x", a, b, "left", target=""), choice("x", c, d, "left", target="")]
    assert "not-joined" in codes(rated(None, lines))


def test_chances_that_no_choice_joins_are_not_correlated_as_on_one_scale(rated):
    # Of two who met the liked one has the more style closure; of the pair of much style closure both.
    values = {"a": 0.3, "b": 0.2, "c": 0.9, "d": 0.8}
    found = evaluation(
        [entry(name, style="monet", figures={"style-closure": value})
         for name, value in values.items()]
    )  # fmt: skip
    by_name = {each.name: each for each in found.entries}
    lines = [
        choice("x", (by_name[one], by_name[one].pictures[at]), (by_name[two], by_name[two].pictures[at]),
               "left" if at % 4 else "right")
        for one, two in ("ab", "cd")
        for at in range(12)
    ]  # fmt: skip
    over = {(each.asked, each.metric, each.over): each for each in rated(found, lines).correlations}
    assert over["preferred", "style-closure", "entries"].pearson == pytest.approx(1)


def test_styles_that_were_compared_with_each_other_are_one_group(rated):
    found = everything()
    pairs = [(found.entries[0], found.entries[2]), (found.entries[0], found.entries[1])]
    lines = [
        choice("x", (one, one.pictures[at]), (other, other.pictures[at]), chosen, target="")
        for one, other in pairs
        for at, chosen in enumerate(("left", "right", "left"))
    ]
    (group,) = rated(found, lines).groups
    assert len(group.entries) == 3
    assert group.target == ""


def test_raters_who_hardly_agree_are_said_to(rated):
    found = two()
    lines = [
        score(rater, each, row, 9 if (at % 2) == (rater == "a") else 2)
        for rater in "ab"
        for each in found.entries
        for at, row in enumerate(each.pictures)
    ]
    result = rated(found, lines)
    assert "raters-disagree" in codes(result)
    assert result.agreements[0].alpha < -0.5
    assert any("α −" in warned.message for warned in result.warnings)


def test_steps_are_the_checkpoints(rated):
    found = checkpoints()
    result = rated(found, opinions(found, "abcd"))
    assert result.scores.ranked[0].best_step.step in (120, 160)
    assert [row.step for row in result.scores.means] == [40, 80, 120, 160, 200]
    assert next(
        each.spearman
        for each in result.correlations
        if (each.asked, each.metric, each.over) == ("score", "style-closure", "entries")
    ) > 0.5  # fmt: skip


def test_a_half_written_line_is_left_out_and_said(rated, tmp_path):
    found = two()
    path = write(tmp_path / "cut.jsonl", opinions(found))
    path.write_bytes(path.read_bytes()[:-30])
    what = joined(read_answers(path), found)
    result = ratings_of(what.observed, what.left_out, found)
    assert result.left_out.unreadable == 1
    assert "unreadable-lines" in codes(result)
    assert result.verdicts == 2 * (12 + 12 + 6) - 1
