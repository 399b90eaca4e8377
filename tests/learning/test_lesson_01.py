"""Plausible wrong answers to lesson 1, and what the learner is told."""

import pandas as pd
import pytest

from mlops_helpers.governance import RowRule, load_table, number
from mlops_helpers.learning import Course, Journal, Tutor, course_data

RIGHT = {"copies": "repair", "lifetime": "stop", "cents": "repair", "country": "record"}
AT_SIGNING = number("age") - number("tenure_months") / 12


@pytest.fixture
def tutor(tmp_path):
    return Tutor(Course(), Journal(tmp_path))


@pytest.fixture(scope="module")
def customers():
    return pd.read_csv(course_data("customers.csv"))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A client, and a table in which one customer stands three times."""
    from google.cloud import bigquery

    from mlops_helpers.cloud import connect

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline"):
            client = bigquery.Client()
            client.create_dataset("lesson_one")
            table = f"{client.project}.lesson_one.thrice"
            load_table(client, pd.DataFrame({"customer_id": ["C1", "C1", "C1", "C2", "C3"]}), table)
            yield {"client": client, "tables": [table]}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"copies": "stop"}, "copies: think again about 'stop'; exact copies can be removed"),
        ({"lifetime": "repair"}, "only the sender can"),
        ({"cents": "stop"}, "every value can be put right"),
        ({"country": "repair"}, "a constant column does no harm today"),
        ({"country": "ignore"}, "'ignore' is none of"),
        ({"cents": ...}, "Decide about cents"),
    ],
)
def test_severities(tutor, wrong, told):
    assert tutor.check("governance.1", RIGHT)
    result = tutor.check("governance.1", RIGHT | wrong)
    assert not result
    assert told in result.message


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (AT_SIGNING > 16, "155 rows; the one asked for fails 149. Exactly 16 is allowed."),
        (AT_SIGNING <= 16, "Is the sign turned round?"),
        (AT_SIGNING < 16, "Is the sign turned round?"),
        (number("age") - number("tenure_months") >= 16, "Mind the units"),
        (number("age") >= 16, "fails 0 rows"),
    ],
)
def test_a_promise_between_columns(tutor, customers, rule, told):
    assert tutor.check("governance.2", RowRule(AT_SIGNING >= 16), customers=customers)
    result = tutor.check("governance.2", RowRule(rule), customers=customers)
    assert not result
    assert told in result.message


def by_customer(table):
    tested = table["customer_id"].drop_duplicates().sample(frac=0.25, random_state=1)
    held_out = table["customer_id"].isin(tested)
    return table.index[~held_out], table.index[held_out]


def by_row(table):
    return table.index[len(table) // 4 :], table.index[: len(table) // 4]


@pytest.mark.parametrize(
    ("split", "told"),
    [
        (by_row, "customers are still on both sides"),
        (lambda table: None, "Your function returned nothing"),
        (lambda table: (by_customer(table)[0], []), "Every row belongs on exactly one side"),
        (lambda table: by_customer(table)[::-1], "75% of the rows are held out"),
        (lambda table: [*by_customer(table), []], "Return exactly two lists"),
        (([0, 1], [2]), "Give the function, not its result"),
    ],
)
def test_an_honest_split(tutor, customers, split, told):
    shuffled = customers.sample(frac=1, random_state=0)
    assert tutor.check("governance.3", by_customer, customers=customers)
    result = tutor.check("governance.3", split, customers=shuffled)
    assert not result
    assert told in result.message


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "SELECT COUNT(*) FROM (SELECT customer_id FROM `{table}` GROUP BY customer_id HAVING COUNT(*) > 1)",
            "For the table thrice the query says 1; it holds 2 rows too many.",
        ),
        ("SELECT COUNT(DISTINCT customer_id) FROM `{table}`", "it holds 2 rows too many"),
        ("SELECT customer_id FROM `{table}`", "returns 5 rows; it should return one number"),
        ("SELECT COUNT(*) FROM customers", "with {table} where the table's name belongs"),
        (7, "as a plain string"),
    ],
)
def test_counting_copies_where_they_are(tutor, warehouse, query, told):
    assert tutor.check("governance.4", "SELECT COUNT(*) - COUNT(DISTINCT customer_id) FROM `{table}`", **warehouse)
    result = tutor.check("governance.4", query, **warehouse)
    assert not result
    assert told in result.message


def test_a_refused_query_says_why_and_not_where(tutor, warehouse):
    result = tutor.check("governance.4", "SELECT COUNT(customer) FROM `{table}`", **warehouse)
    assert "Unrecognized name: customer" in result.message
    assert "http" not in result.message
