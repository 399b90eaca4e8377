"""Facts about each column of a million customers: by `governance.profile` and by the plain pandas calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.customers import stored

if TYPE_CHECKING:
    import pandas as pd

KEY = "customer_id"


def cases(folder: str) -> dict[str, Callable[[], object]]:
    """Return both ways; their counts of missing and distinct values are compared first."""
    import pandas as pd

    from mlops_helpers.governance.profiling import profile

    frame = pd.read_parquet(stored(Path(folder)))
    ours, (missing, distinct, *_) = profile(frame).set_index("column"), plain(frame)
    if ours["missing"].to_dict() != missing.to_dict() or ours["distinct"].drop(KEY).to_dict() != distinct.to_dict():
        raise ValueError("profile and the plain pandas calls disagree: not the same work")
    return {"profile": lambda: profile(frame), "pandas": lambda: plain(frame)}


def plain(frame: pd.DataFrame) -> tuple:
    """Return missing, distinct, repeated keys, ranges and levels by the calls one would type.

    `repeated` already tells how many ids are distinct, so `nunique` is spared the column that costs most.
    """
    missing = frame.isna().sum()
    distinct = frame.drop(columns=KEY).nunique()
    repeated = int(frame[KEY].duplicated().sum())
    ranges = frame.select_dtypes("number").agg(["min", "max"])
    levels = {name: frame[name].value_counts().head(3) for name in ("contract_type", "payment_method")}
    return missing, distinct, repeated, ranges, levels
