"""Plausible wrong answers to lesson 8, and what the learner is told."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.learning import lesson_08
from mlops_helpers.learning.lending_papers import (
    ASSESSMENT,
    CARD,
    CAVEATS,
    lending_harms,
    lending_model,
    line_or_refusal,
)

GROUPS = [("Female", "50+"), ("Female", "<50"), ("Male", "50+"), ("Male", "<50")]
REASON = "Of the women of 50 and more who qualify 40 % get an offer, of others 56 %."


@pytest.fixture(scope="module")
def people():
    """400 people in each of four groups: half qualify in two of them, a quarter in the others."""
    rows = [
        (sex, band, int(place < share), place / 400)
        for (sex, band), share in zip(GROUPS, (100, 100, 200, 200), strict=True)
        for place in range(400)
    ]
    table = pd.DataFrame(rows, columns=["sex", "band", "qualified", "place"])
    return table.assign(offer=(table["qualified"] == 1) & (table["sex"] == "Male")).astype({"offer": int})


def leaving_out(people, group):
    """Decisions that are right, but give nothing to most of one group who qualify."""
    hurt = (people["sex"] == group[0]) & (people["band"] == group[1]) & (people["place"] > 0.05)
    return (people["qualified"].where(~hurt, 0)).to_numpy()


def a_little_less(people, group):
    """Every second of those who qualify gets an offer, of one group a few less."""
    place = (people["place"] * 400).round()
    hurt = (people["sex"] == group[0]) & (people["band"] == group[1]) & (place < 14)
    return ((people["qualified"] == 1) & (place % 2 == 0) & ~hurt).astype(int).to_numpy()


@pytest.mark.parametrize("sentence", lesson_08.SENTENCES)
def test_each_wrong_sentence_is_told_why(sentence):
    other = {"shown": "not shown", "not shown": "shown"}[lesson_08.SENTENCES[sentence]]
    assert lesson_08.WHY_SO[sentence] in lesson_08._sentences(lesson_08.SENTENCES | {sentence: other})


def everybody(people):
    return lambda criterion: np.ones(len(people), dtype=int)


def nobody_who_is_a_man(people):
    return lambda criterion: ((people["sex"] == "Female") & (people["qualified"] == 1)).astype(int).to_numpy()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"criterion": ..., "lost_qualified": ..., "unhappy": [...]}, "Choose a criterion first"),
        ({"criterion": "justice"}, "is none of demographic parity"),
        ({"criterion": "equal opportunity"}, "Count who pays"),
        ({"criterion": "equal opportunity", "lost_qualified": 7}, "is not the number in the row `all rows`"),
        ({"criterion": "equal opportunity", "lost_qualified": 75}, "75 is from the bill above"),
        ({"criterion": "equal opportunity", "lost_qualified": 400}, "list who stays unhappy"),
        ({"criterion": "equal opportunity", "lost_qualified": 400, "unhappy": ["the press"]}, "did not write to you"),
        ({"criterion": "equal opportunity", "lost_qualified": 400, "unhappy": []}, "equality officer wants"),
        ({"criterion": "equal opportunity", "lost_qualified": 400, "unhappy": ["ombudsman", "finance"]}, "wants"),
    ],
)
def test_a_defence_that_leaves_out_who_pays(people, answer, told):
    assert told in lesson_08._defence(answer, test=people, decide=nobody_who_is_a_man(people))


def test_a_defence_that_counts_everybody_who_lost(people):
    generous = people.assign(offer=1)
    answer = {"criterion": "equal opportunity", "lost_qualified": 1400}
    assert "how many of them are qualified" in lesson_08._defence(
        answer, test=generous, decide=nobody_who_is_a_man(people)
    )


@pytest.mark.parametrize("criterion", ["demographic parity", " Equal Opportunity ", "equalized odds"])
def test_any_criterion_can_be_defended(people, criterion):
    answer = {"criterion": criterion, "lost_qualified": 0, "unhappy": "finance"}
    assert lesson_08._defence(answer, test=people, decide=everybody(people)) is True


def test_names_in_any_order_and_form(people):
    answer = {"criterion": "equal opportunity", "lost_qualified": 400, "unhappy": ("The Ombudsman", "equality officer")}
    assert lesson_08._defence(answer, test=people, decide=nobody_who_is_a_man(people)) is True


def test_repairs_that_are_none(people):
    for answer, told in (
        (people["qualified"], "Those are the labels"),
        (people["place"], "not scores"),
        (people["qualified"].head(9), "shape (9,)"),
        (people["qualified"] * 0, "no offer"),
        (leaving_out(people, ("Female", "50+")), "Female & 50+ and"),
        (a_little_less(people, ("Female", "50+")), "0.070 apart: within chance, but more than 0.05"),
        (people["qualified"] * 0 + 1, "Fair, but only 37.5% are right"),
    ):
        assert told in lesson_08._repaired(answer, test=people)


def test_a_repair_may_be_a_list_a_series_or_an_array(people):
    almost = people["qualified"].where(people["place"] > 0.01, 1 - people["qualified"])
    for answer in (almost, almost.tolist(), almost.to_numpy().astype(bool)):
        assert lesson_08._repaired(answer, test=people) is True


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"verdict": ..., "reason": ...}, "an empty line is a refusal"),
        ({"verdict": "maybe", "reason": REASON}, "neither 'released' nor 'refused'"),
        ({"verdict": "released", "reason": ...}, "now the reason"),
        ({"verdict": "released", "reason": "85 % is fine"}, "is a feeling"),
        ({"verdict": "refused", "reason": "It does not feel right to release this model to people now"}, "a figure"),
        ({"verdict": "released", "reason": "The accuracy is 85 percent and the curve looks good enough"}, "whom"),
        ({"verdict": "refused", "reason": "This does not work for women of 50 and more at all"}, "in digits"),
        ({"verdict": "released", "reason": "I think that this version 1 is good for our customers"}, "in digits"),
        ({"verdict": "refused", "reason": "Only two in five older women who qualify get an offer"}, "in digits"),
        ({"verdict": "refused", "reason": "Of the women who qualify only 99 percent get an offer"}, "99 is no figure"),
        ({"verdict": "refused", "reason": "women " * 7 + "0.41"}, "2 different words"),
    ],
)
def test_lines_that_nobody_could_contest(line, told):
    assert told in lesson_08._line(line)


@pytest.mark.parametrize("verdict", ["released", "refused"])
@pytest.mark.parametrize(
    "figure", ["0.405", "40 %", "41 percent", "108", "2,094", "11 of 74", "52 of a hundred", "0.49"]
)
def test_both_verdicts_can_be_right_with_any_figure_of_the_lesson(verdict, figure):
    assert lesson_08._line({"verdict": verdict, "reason": REASON}) is True
    reason = f"The figure that matters most to those who apply is {figure} here"
    assert lesson_08._line({"verdict": verdict, "reason": reason}) is True


def test_sentences_that_are_open_are_counted():
    assert lesson_08._sentences(dict.fromkeys(lesson_08.SENTENCES, ...)).startswith("5 of 5 open")
    one = {"the team wanted this": "not shown"}
    assert lesson_08._sentences(one).startswith("4 of 5 open")


@pytest.mark.parametrize("line", [{}, {"verdict": ..., "reason": ...}, {"verdict": "maybe", "reason": REASON}])
def test_a_line_that_no_decision_takes_is_a_refusal(line):
    from mlops_helpers.ethics import Decision

    given = line_or_refusal(line)
    assert given["verdict"] == "refused"
    Decision(**given, role="engineer", by="on-call", on=date(2026, 11, 6))
    assert line_or_refusal({"verdict": "Released ", "reason": REASON}) == {"verdict": "released", "reason": REASON}


def test_the_teams_papers_lack_one_section_each_time():
    from mlops_helpers.ethics import IMPACT_ASSESSMENT, MODEL_CARD

    filled_by_the_lesson = {"details", "quantitative_analyses"}
    assert set(MODEL_CARD.sections) - set(CARD) - filled_by_the_lesson == {"caveats"}
    assert CAVEATS
    assert set(IMPACT_ASSESSMENT.sections) - set(ASSESSMENT) == {"harms", "residual_risk"}
    assert max(harm.residual for harm in lending_harms()) < 15


def test_a_model_without_sex_and_race_does_not_look_at_them():
    words = lending_model(without=("sex", "race"))[0].transformers[1][2]
    assert not {"sex", "race"} & set(words)
    assert {"sex", "race"} <= set(lending_model()[0].transformers[1][2])
