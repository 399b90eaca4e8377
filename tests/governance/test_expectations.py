"""Expectations as data: defaults, refusals, and the way to JSON and back."""

import json

import pandas as pd
import pytest

from mlops_helpers.governance import (
    AgreesWith,
    DuplicateId,
    Fresh,
    Informative,
    InRange,
    InSet,
    InvalidSetting,
    Matches,
    NotNull,
    RowCount,
    RowRule,
    Suite,
    TypeIs,
    Unique,
    UnknownExpectation,
    expectation_from_dict,
    expectation_to_dict,
    number,
    suite_from_dict,
    suite_to_dict,
)
from mlops_helpers.governance.suites import KINDS
from tests.governance.quality_samples import suite


def test_ids_and_dimensions_have_defaults():
    assert NotNull("age").id == "not_null(age)"
    assert Unique(("a", "b")).id == "unique(a, b)"
    assert RowCount().id == "row_count"
    assert (InRange("age", 0).dimension, InRange("age", 0, dimension="accuracy").dimension) == ("validity", "accuracy")


def test_a_suite_survives_json():
    assert suite_from_dict(json.loads(json.dumps(suite_to_dict(suite())))) == suite()


def test_the_sample_suite_holds_every_kind():
    assert {item.kind for item in suite().expectations} == set(KINDS)


@pytest.mark.parametrize("expectation", suite().expectations, ids=lambda item: item.id)
def test_an_expectation_survives_its_dictionary(expectation):
    assert expectation_from_dict(expectation_to_dict(expectation)) == expectation


def test_an_unknown_kind_is_answered_with_the_known_ones():
    with pytest.raises(UnknownExpectation, match="kind 'not_nul'.*not_null"):
        expectation_from_dict({"kind": "not_nul", "column": "age"})


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"kind": "in_range", "column": "age", "min": 3}, "unknown: min"),
        ({"kind": "in_range"}, "absent: column"),
        ({"kind": "row_rule", "rule": {"almost": []}}, "almost"),
    ],
)
def test_settings_are_checked_by_name(data, found):
    with pytest.raises(InvalidSetting, match=found):
        expectation_from_dict(data)


@pytest.mark.parametrize("data", [None, [], {"name": "s"}, {"name": "s", "expectations": [], "colour": 1}])
def test_a_suite_of_another_form_is_refused(data):
    with pytest.raises(InvalidSetting, match="as a suite"):
        suite_from_dict(data)


@pytest.mark.parametrize(
    ("build", "found"),
    [
        (lambda: NotNull("a", severity="panic"), "severity 'panic'.*record, repair, stop"),
        (lambda: NotNull("a", dimension="beauty"), "dimension 'beauty'.*relevance"),
        (lambda: InRange("a"), "no bound"),
        (lambda: InRange("a", 3, 2), "minimum 3 above maximum 2"),
        (lambda: InSet("a", ()), "all texts or all numbers"),
        (lambda: InSet("a", ("x", 1)), "all texts or all numbers"),
        (lambda: Matches("a", r"(?=x)"), "RE2"),
        (lambda: Matches("a", r"(a)\1"), "RE2"),
        (lambda: Fresh("a", 0), "greater than 0"),
        (lambda: TypeIs("a", "complex"), "integer, number"),
        (lambda: RowRule("age < 3"), "as a row rule"),
        (lambda: RowCount(None, None), "no bound"),
        (lambda: AgreesWith("a", reference="r", key="k", within=0.5), "for numbers only"),
    ],
)
def test_settings_are_refused_when_they_are_made(build, found):
    with pytest.raises(InvalidSetting, match=found):
        build()


def test_two_expectations_of_one_id_are_refused():
    with pytest.raises(DuplicateId, match=r"in_range\(a\) more than once in suite 's'"):
        Suite("s", (InRange("a", 0), InRange("a", 1)))


def test_a_suite_knows_the_columns_it_reads():
    rule = RowRule(number("b") < number("c"))
    assert Suite("s", (NotNull("a"), rule, Informative("a")), key="k").columns == ("k", "a", "b", "c")


def test_reference_and_key_of_a_trusted_table_are_given_by_name():
    with pytest.raises(TypeError, match="positional argument"):
        AgreesWith("fee", "billing", "customer_id")
    assert AgreesWith("fee", key="customer_id", reference="billing").columns == ("fee", "customer_id")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((NotNull("age"), number("age") >= 18), r"a Comparison as .*'s'.*RowRule\(condition\)"),
        (number("age") >= 18, r"a Comparison as .*RowRule\(condition\)"),
        ((pd.Series([True, False]),), r"a Series as .*RowRule\(condition\)"),
        (pd.Series([True, False]), r"a Series as .*expectations, in a tuple or a list"),
        (("not_null",), "a str as "),
        ("not_null", "a str as "),
        (3, "an int as "),
        (NotNull("age"), r"a NotNull as .*write \[NotNull"),
    ],
)
def test_a_suite_takes_expectations_only(given, message):
    with pytest.raises(InvalidSetting, match=message):
        Suite("s", given)


def test_a_suite_takes_any_list_of_expectations():
    assert Suite("s", [NotNull("a")]) == Suite("s", iter((NotNull("a"),))) == Suite("s", (NotNull("a"),))
