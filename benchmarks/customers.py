"""A million customers in seven columns, with a few defects: what the quality benchmarks read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1_000_000
CONTRACTS = ("Month-to-month", "One year", "Two year", "Lifetime")
PAYMENTS = ("Credit card", "Direct debit", "Transfer", "Voucher")


def customers(rows: int = ROWS, *, seed: int = 7) -> pd.DataFrame:
    """Return two text columns (one an id), a category, two whole and two fractional numbers, the same each time.

    Defects: 1 id in 1,000 occurs twice, 1 age in 200 is 150, 1 contract in 1,000 is not sold, 1 total in 100 missing.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    numbers = rng.permutation(rows)
    numbers[::1000] = numbers[1::1000][: len(numbers[::1000])]
    tenure, monthly = rng.integers(0, 73, rows), rng.uniform(15, 120, rows).round(2)
    contract = rng.choice(CONTRACTS, rows, p=[0.549, 0.25, 0.2, 0.001])
    total = np.where(rng.random(rows) < 0.01, np.nan, (tenure * monthly).round(2))
    return pd.DataFrame(
        {
            "customer_id": pd.Series(numbers).astype("str").str.zfill(7).radd("C"),
            "contract_type": pd.Series(contract).astype("str"),
            "payment_method": pd.Categorical.from_codes(rng.integers(0, 4, rows), PAYMENTS),
            "age": np.where(rng.random(rows) < 0.005, 150, rng.integers(18, 93, rows)),
            "tenure_months": tenure,
            "monthly_charges": monthly,
            "total_charges": total,
        }
    )


def stored(folder: Path, rows: int = ROWS) -> Path:
    """Return a Parquet file of the customers, made in `folder` unless it is there."""
    path = folder / f"customers_{rows}.parquet"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        customers(rows).to_parquet(unfinished, index=False)
        unfinished.replace(path)
    return path
