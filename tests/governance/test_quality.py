"""`check_quality` against tables worked out by hand, the report's views, and the gate."""

import datetime
import json

import pandas as pd
import pytest

from mlops_helpers.governance import (
    DuplicateColumn,
    EmptyData,
    Fresh,
    InRange,
    InSet,
    InvalidSetting,
    MissingColumn,
    NaiveTimestamp,
    NotNull,
    QualityGateFailed,
    RowRule,
    Suite,
    Unique,
    check_quality,
    gate,
    number,
)
from mlops_helpers.governance.expectations import DIMENSIONS
from mlops_helpers.governance.quality import pandera_schema
from tests.governance.quality_samples import AS_OF, EXPECTED, customers, suite, trusted


@pytest.fixture(scope="module")
def report():
    return check_quality(customers(), suite(), as_of=AS_OF, references={"billing": trusted()})


@pytest.mark.parametrize("expectation", EXPECTED)
def test_each_finding_equals_the_hand_worked_one(report, expectation):
    finding = report.finding(expectation)
    assert (finding.checked, finding.failed, finding.rows) == EXPECTED[expectation]


def test_the_suite_covers_every_dimension_and_the_report_says_so(report):
    by_dimension = report.by_dimension.set_index("dimension")
    assert tuple(by_dimension.index) == DIMENSIONS
    assert (by_dimension["expectations"] > 0).all()
    assert by_dimension.loc["accuracy", "failed_rows"] == 1


def test_the_table_has_a_line_per_expectation(report):
    line = report.table.set_index("expectation").loc["in_range(age)"]
    assert len(report.table) == len(EXPECTED)
    assert (line["severity"], line["failed"], line["examples"]) == ("stop", 1, "C0000004")
    assert line["share"] == pytest.approx(1 / 7)


def test_failed_rows_are_the_rows_of_the_data(report):
    rows = report.failed_rows(customers(), "unique(customer_id)")
    assert rows.index.tolist() == [2, 3]
    assert len(report.failed_rows(customers())) == 8


def test_without_a_key_rows_are_named_by_their_index():
    frame = pd.DataFrame({"age": [20, 150, 30, 140]}, index=list("wxyz"))
    report = check_quality(frame, Suite("ages", (InRange("age", maximum=110),)))
    assert report.failures("in_range(age)") == ("x", "z")
    assert report.failed_rows(frame)["age"].tolist() == [150, 140]


def test_lists_are_cut_and_counts_are_not():
    frame = pd.DataFrame({"age": [150] * 9})
    report = check_quality(frame, Suite("ages", (InRange("age", maximum=110),), row_limit=4))
    assert (report.finding("in_range(age)").failed, report.failures("in_range(age)")) == (9, (0, 1, 2, 3))
    with pytest.raises(InvalidSetting, match="larger row_limit"):
        report.failed_rows(frame)


def test_the_report_is_json_and_the_same_each_time(report):
    again = check_quality(customers(), suite(), as_of=AS_OF, references={"billing": trusted()})
    assert json.dumps(report.to_dict()) == json.dumps(again.to_dict())
    assert report.to_dict()["passed"] is False


def test_html_escapes_what_the_data_says():
    frame = pd.DataFrame({"<b>": ["<script>"]})
    html = check_quality(frame, Suite("<i>", (InSet("<b>", ("x",)),), key="<b>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_gate_names_what_stops_it(report):
    with pytest.raises(QualityGateFailed, match=r"in_range\(age\) failed 1 of 7 \(first: 'C0000004'\)") as stopped:
        gate(report)
    assert "not_null(age)" not in stopped.value.failures
    assert stopped.value.failures["unique(customer_id)"] == 2


def test_the_gate_lets_lesser_failures_pass_unless_told():
    report = check_quality(pd.DataFrame({"a": [None, 1.0]}), Suite("s", (NotNull("a", severity="record"),)))
    assert gate(report) is report
    assert gate(report, stop_at="repair") is report
    with pytest.raises(QualityGateFailed):
        gate(report, stop_at="record")
    with pytest.raises(InvalidSetting, match="record, repair, stop"):
        gate(report, stop_at="never")


def test_the_gate_passes_a_clean_report():
    report = check_quality(pd.DataFrame({"a": [1, 2]}), Suite("s", (Unique("a"), NotNull("a"))))
    assert report.passed
    assert gate(report) is report


def test_the_data_is_not_touched():
    frame, before = customers(), customers()
    check_quality(frame, suite(), as_of=AS_OF, references={"billing": trusted()})
    pd.testing.assert_frame_equal(frame, before)


def test_pandera_runs_the_checks():
    """The schema is an ordinary pandera schema, with one check per expectation."""
    schema = pandera_schema(suite(), lambda expectation, frame: True)
    on_columns = sum(len(column.checks) for column in schema.columns.values())
    assert on_columns + len(schema.checks) == len(suite().expectations)
    assert {check.name for check in schema.columns["age"].checks} == {
        "not_null(age)",
        "ages are whole",
        "in_range(age)",
    }


def test_no_setting_of_pandera_switches_the_checks_off():
    from pandera.config import config_context

    with config_context(validation_enabled=False):
        report = check_quality(pd.DataFrame({"a": [None, 1.0]}), Suite("s", (NotNull("a"),)))
    assert report.failures("not_null(a)") == (0,)


def test_a_missing_column_is_named_with_those_there_are():
    with pytest.raises(MissingColumn, match=r"no column 'age'.*'b', 'c'|no column 'age'") as error:
        check_quality(pd.DataFrame({"b": [1]}), Suite("s", (InRange("age", 0),)))
    assert error.value.expected == "one of: b"


def test_a_duplicate_column_is_refused():
    with pytest.raises(DuplicateColumn, match="'a' more than once"):
        check_quality(pd.DataFrame([[1, 2]], columns=["a", "a"]), Suite("s", (NotNull("a"),)))


def test_an_empty_table_is_refused():
    with pytest.raises(EmptyData, match="a table without rows"):
        check_quality(pd.DataFrame({"a": []}), Suite("s", (NotNull("a"),)))


@pytest.mark.parametrize(
    ("as_of", "error", "found"),
    [
        (None, InvalidSetting, "no as_of"),
        (datetime.datetime(2026, 3, 1), NaiveTimestamp, "as_of=2026-03-01T00:00:00"),
    ],
)
def test_freshness_needs_an_aware_moment(as_of, error, found):
    frame = pd.DataFrame({"seen": pd.to_datetime(["2026-03-01"], utc=True)})
    with pytest.raises(error, match=found):
        check_quality(frame, Suite("s", (Fresh("seen", 1),)), as_of=as_of)


def test_timestamps_without_a_zone_are_refused():
    frame = pd.DataFrame({"seen": pd.to_datetime(["2026-03-01"])})
    with pytest.raises(NaiveTimestamp, match="column 'seen'"):
        check_quality(frame, Suite("s", (Fresh("seen", 1),)), as_of=AS_OF)


def test_a_rule_that_reads_numbers_from_dates_is_refused():
    frame = pd.DataFrame({"seen": pd.to_datetime(["2026-03-01"], utc=True)})
    with pytest.raises(InvalidSetting, match="holds instant values .* reads it as number"):
        check_quality(frame, Suite("s", (RowRule(number("seen") > 0),)))


def test_an_unknown_reference_is_named_with_those_there_are():
    with pytest.raises(InvalidSetting, match="no reference 'billing'.*crm"):
        check_quality(customers(), suite(), as_of=AS_OF, references={"crm": trusted()})
    with pytest.raises(InvalidSetting, match="no reference 'billing'.*no reference was given"):
        check_quality(customers(), suite(), as_of=AS_OF)


def test_an_absent_key_is_told_from_an_absent_column():
    with pytest.raises(MissingColumn, match=r"no column 'row' in .* \(the key of the suite, 'row', names the rows\)"):
        check_quality(pd.DataFrame({"b": [1]}), Suite("s", (InRange("b", 0),), key="row"))
