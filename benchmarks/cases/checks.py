"""Nine expectations of a million customers: by `governance.check_quality`, by pandera alone, and by plain pandas calls.

All three count the same failures, which is verified before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.customers import CONTRACTS, PAYMENTS, stored

if TYPE_CHECKING:
    import pandas as pd

    from mlops_helpers.governance.suites import Suite

SOLD = CONTRACTS[:3]
FORM = r"C\d{7}"


def cases(folder: str) -> dict[str, Callable[[], object]]:
    """Return the three ways."""
    import pandas as pd

    from mlops_helpers.governance.quality import check_quality

    frame, agreed, schema = pd.read_parquet(stored(Path(folder))), suite(), pandera_alone()
    ours = {finding.expectation.id: finding.failed for finding in check_quality(frame, agreed).findings}
    require_equal(ours, plain(frame))
    require_equal({"pandera": validate(schema, frame)}, {"pandera": sum(1 for failed in ours.values() if failed)})
    return {
        "check": lambda: check_quality(frame, agreed),
        "pandera": lambda: validate(schema, frame),
        "pandas": lambda: plain(frame),
    }


def suite() -> Suite:
    """Return the expectations as `governance` writes them."""
    from mlops_helpers.governance.expectations import InRange, InSet, Matches, NotNull, Unique
    from mlops_helpers.governance.suites import Suite

    expectations = (
        NotNull("customer_id", id="id present"),
        Unique("customer_id", id="id once"),
        Matches("customer_id", FORM, id="id form"),
        InSet("contract_type", SOLD, id="contract sold"),
        InSet("payment_method", PAYMENTS, id="payment known"),
        InRange("age", 18, 110, id="age"),
        InRange("tenure_months", 0, 100, id="tenure"),
        InRange("monthly_charges", 0, 500, id="charge"),
        NotNull("total_charges", id="total present"),
    )
    return Suite("bench", expectations, key="customer_id", row_limit=100)


def pandera_alone():
    """Return the same expectations as pandera's own checks."""
    import pandera.pandas as pandera
    from pandera import Check, Column

    columns = {
        "customer_id": Column(nullable=False, unique=True, checks=Check.str_matches(rf"^(?:{FORM})$")),
        "contract_type": Column(nullable=True, checks=Check.isin(SOLD)),
        "payment_method": Column(nullable=True, checks=Check.isin(PAYMENTS)),
        "age": Column(nullable=True, checks=Check.in_range(18, 110)),
        "tenure_months": Column(nullable=True, checks=Check.in_range(0, 100)),
        "monthly_charges": Column(nullable=True, checks=Check.in_range(0, 500)),
        "total_charges": Column(nullable=False),
    }
    return pandera.DataFrameSchema(columns)


def validate(schema, frame: pd.DataFrame) -> int:
    """Return how many of pandera's checks fail, all of them having run."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return len(errors.schema_errors)
    return 0


def plain(frame: pd.DataFrame) -> dict[str, int]:
    """Return the failures of each expectation, counted by the pandas call that one would type."""
    ids = frame["customer_id"]
    return {
        "id present": int((ids.isna() | (ids.str.strip() == "")).sum()),
        "id once": int(ids.duplicated(keep=False).sum()),
        "id form": int((~ids.str.fullmatch(FORM)).sum()),
        "contract sold": int((~frame["contract_type"].isin(SOLD)).sum()),
        "payment known": int((~frame["payment_method"].isin(PAYMENTS)).sum()),
        "age": int((~frame["age"].between(18, 110)).sum()),
        "tenure": int((~frame["tenure_months"].between(0, 100)).sum()),
        "charge": int((~frame["monthly_charges"].between(0, 500)).sum()),
        "total present": int(frame["total_charges"].isna().sum()),
    }


def require_equal(ours: Mapping[str, int], theirs: Mapping[str, int]) -> None:
    """Refuse to time two ways that do not give the same answer."""
    if dict(ours) != dict(theirs):
        raise ValueError(f"found {dict(ours)}, expected the same as {dict(theirs)}: not the same work")
