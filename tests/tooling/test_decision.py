"""Decision matrices: sums by hand, ties, exact bounds held against a change of the weights, and the record."""

import datetime as dt
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlops_helpers.tooling.decision_figure import sensitivity_alt, sensitivity_figure
from mlops_helpers.tooling.decision_matrix import weigh_options
from mlops_helpers.tooling.decision_record import record_decision
from mlops_helpers.tooling.decision_sensitivity import flip_table, score_flips, weight_flips
from mlops_helpers.tooling.errors import BadMatrix, InvalidSetting

WEIGHTS = {"quality": 5, "cost": 3, "lock-in": 2}
SCORES = {
    "managed": {"quality": 9, "cost": 4, "lock-in": 3},  # 4.5 + 1.2 + 0.6 = 6.3
    "own": {"quality": 5, "cost": 7, "lock-in": 9},  # 2.5 + 2.1 + 1.8 = 6.4
    "bought": {"quality": 5, "cost": 6, "lock-in": 3},  # 2.5 + 1.8 + 0.6 = 4.9
}
TOLD = {
    "title": "Which pipeline runner?",
    "context": "Cron jobs fail unseen.",
    "deciders": ["ML engineer"],
    "date": dt.date(2026, 3, 2),
}
TINY = Fraction(1, 10**9)


def flips(found):
    return {flip.criterion: flip for flip in found}


@pytest.fixture
def matrix():
    return weigh_options(SCORES, WEIGHTS)


def test_the_sums_are_those_worked_out_by_hand(matrix):
    assert matrix.totals == {"managed": Fraction("6.3"), "own": Fraction("6.4"), "bought": Fraction("4.9")}
    assert matrix.ranking["option"].tolist() == ["own", "managed", "bought"]
    assert matrix.ranking["rank"].tolist() == [1, 2, 3]
    assert str(matrix) == "own with 6.40, 0.10 ahead of managed"


def test_a_table_may_be_given_as_a_frame(matrix):
    frame = pd.DataFrame.from_dict(SCORES, orient="index")
    assert weigh_options(frame, WEIGHTS) == matrix
    pd.testing.assert_frame_equal(matrix.table, frame.rename_axis("option").astype(float))


def test_tenths_are_tenths_so_that_ties_are_ties():
    """0.1 + 0.2 is not 0.3 for a computer; for a decision it is."""
    tied = weigh_options({"a": {"x": 0.1, "y": 0.2}, "b": {"x": 0.3, "y": 0}}, {"x": 1, "y": 1})
    assert tied.winners == ("a", "b")
    assert tied.ranking["rank"].tolist() == [1, 1]
    assert str(tied) == "a tie: a and b with 0.15 each"


def test_the_weight_that_flips_is_the_one_worked_out_by_hand(matrix):
    """In quality managed leads by 4; in the rest own leads by (3·3 + 2·6)/5 = 4.2. Even at 4.2 / 8.2."""
    quality = flips(weight_flips(matrix))["quality"]
    assert (quality.at, quality.to, quality.low) == (Fraction(42, 82), ("managed",), None)
    assert str(quality) == "quality: above 51.2% (now 50.0%) managed would win"
    assert weight_flips(matrix)[0] == quality


def test_a_single_score_flips_by_the_lead_over_the_weight(matrix):
    found = {(flip.option, flip.criterion): flip for flip in score_flips(matrix)}
    assert found["managed", "quality"].change == Fraction(1, 5)
    assert found["own", "lock-in"].change == Fraction(-1, 2)
    assert found["own", "lock-in"].to == ("managed",)
    assert found["bought", "lock-in"].at is None  # 1.5 / 0.2 = 7.5 more would be above 10
    assert "no score changes the winner" in str(found["bought", "lock-in"])


def test_what_is_better_in_everything_wins_whatever_the_weights():
    matrix = weigh_options({"good": {"x": 8, "y": 8}, "bad": {"x": 1, "y": 7}}, {"x": 1, "y": 1})
    assert [flip.change for flip in weight_flips(matrix)] == [None, None]
    assert flip_table(matrix)["flips at"].tolist() == ["never", "never"]


def test_a_criterion_without_weight_may_flip_but_its_scores_do_not():
    matrix = weigh_options({"a": {"x": 8, "y": 5, "z": 0}, "b": {"x": 7, "y": 5, "z": 9}}, {"x": 1, "y": 1, "z": 0})
    assert flips(weight_flips(matrix))["z"].at == Fraction(1, 19)  # 0.5 (1 - v) = 9 v
    assert all(flip.at is None for flip in score_flips(matrix) if flip.criterion == "z")


number = st.integers(0, 10)
tables = st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(number, min_size=n, max_size=n), min_size=2, max_size=4))


@st.composite
def matrices(draw):
    rows = draw(tables)
    names = "xyzw"[: len(rows[0])]
    weights = {name: draw(number) for name in names}
    assume(sum(weight > 0 for weight in weights.values()) > 1)
    return weigh_options({f"o{n}": dict(zip(names, row, strict=True)) for n, row in enumerate(rows)}, weights)


def winners(matrix, criterion, value):
    """Who wins with one weight moved and the others rescaled, added up here and not by the code under test."""
    rest = 1 - matrix.weights[criterion]
    weights = {name: weight * (1 - value) / rest for name, weight in matrix.weights.items()} | {criterion: value}
    totals = {option: sum(weights[name] * row[name] for name in row) for option, row in matrix.scores.items()}
    return tuple(option for option, total in totals.items() if total == max(totals.values()))


@given(matrices())
@settings(max_examples=50)
def test_beyond_a_bound_the_winner_never_wins_and_up_to_it_always(matrix):
    for flip in weight_flips(matrix):
        low = 0 if flip.low is None else flip.low
        high = 1 if flip.high is None else flip.high
        assert all(matrix.winner in winners(matrix, flip.criterion, end) for end in (low, (low + high) / 2, high))
        if flip.low is not None:
            assert matrix.winner not in winners(matrix, flip.criterion, low - TINY)
            assert matrix.winner not in winners(matrix, flip.criterion, 0)
        if flip.high is not None:
            assert matrix.winner not in winners(matrix, flip.criterion, high + TINY)
            assert matrix.winner not in winners(matrix, flip.criterion, 1)


@given(matrices())
@settings(max_examples=50)
def test_the_nearer_bound_is_told_with_who_wins_beyond_it(matrix):
    for flip in weight_flips(matrix):
        bounds = [bound for bound in (flip.low, flip.high) if bound is not None]
        assert abs(flip.change or 0) == min((abs(bound - flip.weight) for bound in bounds), default=0)
        assert bool(bounds) == bool(flip.to)
        if bounds:
            beyond = flip.at + (TINY if flip.at == flip.high else -TINY)
            assert winners(matrix, flip.criterion, beyond) == flip.to


@given(matrices())
@settings(max_examples=30)
def test_a_score_beyond_its_bound_makes_another_win(matrix):
    for flip in score_flips(matrix):
        if flip.at is None:
            continue
        up = flip.to == (flip.option,)
        for step, wins in ((TINY, False), (-TINY, True)):
            value = flip.at + (step if up else -step)
            if 0 <= value <= 10:
                row = {**matrix.scores[flip.option], flip.criterion: value}
                changed = weigh_options({**matrix.scores, flip.option: row}, matrix.weights)
                kept = matrix.winner in changed.winners
                assert kept is wins or flip.change == 0  # tied already: before the bound is beyond the other's


@pytest.mark.parametrize(
    ("scores", "weights", "message"),
    [
        ({"a": {"x": 1, "y": 1}}, {"x": 1, "y": 1}, "at least two"),
        ({"a": {"x": 1, "y": 1}, "b": {"x": 1}}, {"x": 1, "y": 1}, "no score of b in y"),
        ({"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": float("nan")}}, {"x": 1, "y": 1}, "nan as the score of b in y"),
        ({"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": "good"}}, {"x": 1, "y": 1}, "'good' as the score of b in y"),
        ({"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": 1, "z": 2}}, {"x": 1, "y": 1}, "scores of b in z, which has no"),
        ({"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": 11}}, {"x": 1, "y": 1}, "the score 11 of b in y"),
        (SCORES, {"quality": 5, "cost": -3, "lock-in": 2}, "a negative weight of cost"),
        (SCORES, {"quality": 0, "cost": 0, "lock-in": 0}, "weight above 0"),
        (SCORES, {"quality": 5, "cost": 0, "lock-in": 0}, "nothing to weigh"),
        (SCORES, {"quality": float("inf"), "cost": 1, "lock-in": 1}, "inf as the weight of quality"),
        ({"": {"x": 1, "y": 1}, "b": {"x": 1, "y": 1}}, {"x": 1, "y": 1}, "the option ''"),
        (pd.DataFrame({"x": [1, 2], "y": [1, 2]}, index=["a", "a"]), {"x": 1, "y": 1}, "the option a twice"),
    ],
)
def test_what_cannot_be_weighed_is_refused_by_name(scores, weights, message):
    with pytest.raises(BadMatrix, match=message):
        weigh_options(scores, weights)


def test_a_scale_upside_down_is_refused():
    with pytest.raises(BadMatrix, match="lowest score first"):
        weigh_options(SCORES, WEIGHTS, scale=(10, 0))


def test_the_record_tells_all_that_was_decided(matrix):
    text = record_decision(matrix, **TOLD)
    assert text.startswith("# Which pipeline runner?\n\nDate: 2026-03-02. Decided by: ML engineer.")
    assert "| quality | 50.0% | 9 | 5 | 5 |" in text
    assert "| **weighted sum** | 100.0% | **6.30** | **6.40** | **4.90** |" in text
    assert "Own with 6.40, 0.10 ahead of managed." in text
    assert "- quality: above 51.2% (now 50.0%) managed would win" in text


def test_a_tie_is_recorded_with_what_decided_it():
    tied = weigh_options({"a": {"x": 1, "y": 2}, "b": {"x": 2, "y": 1}}, {"x": 1, "y": 1})
    with pytest.raises(InvalidSetting, match="a tie of a, b without a reason"):
        record_decision(tied, **TOLD)
    assert "A tie: a and b with 1.50 each. We know a." in record_decision(tied, **TOLD, reason="We know a.")


def test_a_name_cannot_break_the_record():
    odd = {"a|b\n## Decision": {"x": 1, "y": 2}, "<script>": {"x": 0, "y": 1}}
    matrix = weigh_options(odd, {"x": 1, "y": 1})
    text = record_decision(matrix, **TOLD)
    assert text.count("\n## Decision\n") == 1
    assert "a\\|b ## Decision" in text
    assert "<script>" not in text + matrix._repr_html_()


@pytest.mark.parametrize("wrong", [{"title": " "}, {"context": ""}, {"deciders": []}, {"deciders": "me"}])
def test_a_record_says_what_who_and_why(matrix, wrong):
    with pytest.raises(InvalidSetting):
        record_decision(matrix, **{**TOLD, **wrong})


def test_the_picture_names_the_criteria_and_who_would_win(matrix):
    [axes] = sensitivity_figure(matrix).axes
    assert {label.get_text() for label in axes.get_yticklabels()} == set(WEIGHTS)
    assert "managed" in {text.get_text() for text in axes.texts}
    assert "quality: above 51.2% (now 50.0%) managed would win" in sensitivity_alt(matrix)
