"""Eight customers in whom each defect of the lesson occurs once or twice, and the suite that finds them."""

import datetime

import pandas as pd

from mlops_helpers.governance import (
    AgreesWith,
    ColumnsExactly,
    Fresh,
    Informative,
    InRange,
    InSet,
    Matches,
    NotNull,
    RowCount,
    RowRule,
    Suite,
    TypeIs,
    Unique,
    date,
    instant,
    number,
)

AS_OF = datetime.datetime(2026, 3, 1, 6, tzinfo=datetime.UTC)
FRESH, STALE = "2026-02-28T23:00:00+01:00", "2025-11-01T00:00:00+00:00"
TYPES = {
    "customer_id": "text",
    "signup_date": "date",
    "record_date": "instant",
    "age": "number",
    "contract_type": "text",
    "monthly_charges": "number",
    "tenure_months": "integer",
    "total_charges": "text",
}


def customers():
    """Row 3 repeats row 2; rows 4 to 7 hold an impossible age, cents, a blank, and a stale row."""
    rows = [
        ("C0000001", "2024-01-01", FRESH, 40, "One year", 20.0, 10, "200"),
        ("C0000002", "2024-02-01", FRESH, 41, "Two year", 30.5, 2, "61.0"),
        ("C0000003", "2024-03-01", FRESH, 42, "One year", 50.0, 1, "50"),
        ("C0000003", "2024-03-01", FRESH, 42, "One year", 50.0, 1, "50"),
        ("C0000004", "2024-04-01", FRESH, 150, "Two year", 10.0, 3, "30"),
        ("C0000005", "2026-05-01", FRESH, None, "Two year", 2000.0, 2, "40"),
        ("C0000006", "2024-06-01", None, 44, "Lifetime", None, 2, " "),
        ("C-7", "2024-07-01", STALE, 45, None, 10.0, 4, "n/a"),
    ]
    frame = pd.DataFrame(rows, columns=list(TYPES))
    return frame.assign(
        signup_date=pd.to_datetime(frame["signup_date"]).dt.date,
        record_date=pd.to_datetime(frame["record_date"], utc=True),
    )


def trusted():
    """The billing system's view: it knows three customers, one of them twice."""
    return pd.DataFrame(
        {"customer_id": ["C0000001", "C0000002", "C0000003", "C0000003"], "monthly_charges": [20.0, 33.0, 1.0, 2.0]}
    )


def suite():
    """Every kind of expectation once."""
    expected = number("monthly_charges") * number("tenure_months")
    expectations = (
        NotNull("total_charges", severity="repair"),
        NotNull("age", severity="record"),
        TypeIs("total_charges", "number"),
        TypeIs("age", "integer", id="ages are whole"),
        InRange("age", 18, 110),
        InSet("contract_type", ("Month-to-month", "One year", "Two year")),
        Matches("customer_id", "C[0-9]{7}"),
        Unique("customer_id"),
        Unique(id="no row twice"),
        Unique(("age", "contract_type"), id="key outside"),
        RowRule(number("total_charges").close_to(expected, share=0.1), severity="repair"),
        RowRule(date("signup_date") <= date("record_date"), id="signed up before"),
        RowRule(instant("record_date") <= AS_OF, id="not from the future"),
        Fresh("record_date", days=2),
        AgreesWith("monthly_charges", reference="billing", key="customer_id", reading="number", within=0.5),
        Informative("contract_type"),
        Informative("customer_id", max_distinct_share=0.5, severity="record"),
        RowCount(1, 5),
        ColumnsExactly(tuple(TYPES)),
    )
    return Suite("customers", expectations, key="customer_id")


# expectation id: (checked, failed, keys), worked out by hand from the rows above
EXPECTED = {
    "not_null(total_charges)": (8, 1, ("C0000006",)),
    "not_null(age)": (8, 1, ("C0000005",)),
    "type_is(total_charges)": (7, 1, ("C-7",)),
    "ages are whole": (7, 7, ("C-7", "C0000001", "C0000002", "C0000003", "C0000004", "C0000006")),
    "in_range(age)": (7, 1, ("C0000004",)),
    "in_set(contract_type)": (7, 1, ("C0000006",)),
    "matches(customer_id)": (8, 1, ("C-7",)),
    "unique(customer_id)": (8, 2, ("C0000003",)),
    "no row twice": (8, 2, ("C0000003",)),
    "key outside": (8, 2, ("C0000003",)),
    "row_rule(total_charges, monthly_charges, tenure_months)": (6, 1, ("C0000005",)),
    "signed up before": (7, 1, ("C0000005",)),
    "not from the future": (7, 0, ()),
    "fresh(record_date)": (7, 1, ("C-7",)),
    "agrees_with(monthly_charges, customer_id)": (2, 1, ("C0000002",)),
    "informative(contract_type)": (1, 0, ()),
    "informative(customer_id)": (1, 1, ()),
    "row_count": (1, 1, ()),
    "columns_exactly": (1, 0, ()),
}
