"""Rules between columns: three-valued logic, JSON, and what is refused while they are built."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance import InvalidSetting, Missing, NaiveTimestamp, date, instant, number, text
from mlops_helpers.governance.rules import Both, Either, Negation, columns_of
from mlops_helpers.governance.rules_json import rule_from_dict, rule_to_dict, rule_to_text
from mlops_helpers.governance.rules_pandas import judge

NUMBERS = pd.DataFrame({"a": [1.0, 2.0, np.nan, 4.0], "b": [1.0, 1.0, 1.0, 0.0]}, index=[7, 5, 3, 1])


def leaves():
    value = st.one_of(st.integers(-5, 5), st.sampled_from(["a", "b"]).map(number))
    comparison = st.tuples(st.sampled_from(["a", "b"]).map(number), value, st.sampled_from(["lt", "le", "eq"]))
    signs = {"lt": lambda x, y: x < y, "le": lambda x, y: x <= y, "eq": lambda x, y: x.equals(y)}
    return st.one_of(comparison.map(lambda parts: signs[parts[2]](parts[0], parts[1])), st.just(Missing(number("a"))))


def conditions():
    return st.recursive(
        leaves(),
        lambda inner: st.one_of(
            st.builds(Both, inner, inner), st.builds(Either, inner, inner), st.builds(Negation, inner)
        ),
        max_leaves=6,
    )


def truth(outcome):
    return [True if yes else False if no else None for yes, no in zip(outcome.true, outcome.false, strict=True)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (number("a") > number("b"), [False, True, None, True]),
        (~(number("a") > number("b")), [True, False, None, False]),
        ((number("a") > 1) & (number("b") > 0), [False, True, None, False]),
        ((number("a") > 1) | (number("b") > 0), [True, True, True, True]),
        ((number("a") / number("b")).equals(2), [False, True, None, None]),
        (number("a").close_to(number("b") + 1, within=0.5), [False, True, None, False]),
        (number("a").close_to(3, share=0.34), [False, True, None, True]),
        (number("a").differs_from(number("b") - 0), [False, True, None, True]),
        ((1 + number("a")).equals(3), [False, True, None, False]),
        ((5 - number("a")).equals(1), [False, False, None, True]),
        ((3 * number("a")).equals(6), [False, True, None, False]),
        ((2 / number("a")).equals(2), [True, False, None, False]),
        ((1 / number("b")).equals(1), [True, True, True, None]),
        (16 + number("a") / 12 <= number("b") * 17, [True, True, None, False]),
        (Missing(number("a")), [False, False, True, False]),
    ],
)
def test_a_missing_value_makes_the_outcome_unknown(rule, expected):
    assert truth(judge(rule, NUMBERS)) == expected


@given(conditions())
def test_nothing_is_both_true_and_false(rule):
    outcome = judge(rule, NUMBERS)
    assert not (outcome.true & outcome.false).any()


@given(conditions(), conditions())
def test_de_morgan_holds_for_unknowns_too(one, two):
    assert truth(judge(~(one & two), NUMBERS)) == truth(judge(~one | ~two, NUMBERS))


@given(conditions())
def test_a_rule_survives_json(rule):
    assert rule_from_dict(json.loads(json.dumps(rule_to_dict(rule)))) == rule


def test_dates_texts_and_instants_compare_whatever_the_index():
    frame = pd.DataFrame(
        {
            "day": ["2026-01-01", "2026-02-30", "2026-03-01", None],
            "at": ["2026-01-01T00:30:00+01:00", "2026-01-01 00:00:00", "2026-01-01T00:00:00Z", ""],
            "who": ["x", "y", None, "x"],
        },
        index=[9, 4, 2, 0],
    )
    noon = datetime.datetime(2025, 12, 31, 23, 45, tzinfo=datetime.UTC)
    assert truth(judge(date("day") < datetime.date(2026, 2, 1), frame)) == [True, None, False, None]
    assert truth(judge(instant("at") < noon, frame)) == [True, None, False, None]
    assert truth(judge(text("who").equals("x"), frame)) == [True, False, None, True]


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: number("a") < "x", InvalidSetting),
        (lambda: text("a") + text("b"), InvalidSetting),
        (lambda: "x" + text("b"), InvalidSetting),
        (lambda: date("a") < number("b"), InvalidSetting),
        (lambda: number("a").close_to(1, within=-1), InvalidSetting),
        (lambda: number("a") < True, InvalidSetting),
        (lambda: instant("a") < datetime.datetime(2026, 1, 1), NaiveTimestamp),
    ],
)
def test_rules_that_make_no_sense_are_refused(build, error):
    with pytest.raises(error):
        build()


@pytest.mark.parametrize("data", [None, {}, {"column": 3, "as": "colour"}, {"<": [1]}, {"not": "x"}, {"date": "x"}])
def test_other_forms_of_rule_are_refused(data):
    with pytest.raises(InvalidSetting):
        rule_from_dict(data)


def test_a_rule_can_be_read_by_people():
    rule = number("total").close_to(number("fee") * (number("months") + 1), share=0.1) & ~Missing(text("id"))
    assert rule_to_text(rule) == "(total = fee * (months + 1) ± 10%) and (not (id is missing))"
    assert columns_of(rule) == ("total", "fee", "months", "id")


@pytest.mark.parametrize("half", [lambda: 18 <= number("age") <= 110, lambda: (number("a") > 1) and (number("b") > 1)])
def test_conditions_are_never_dropped_in_silence(half):
    with pytest.raises(InvalidSetting, match="joined by & or"):
        half()
