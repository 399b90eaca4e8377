"""The same facts by polars, in the environment of polars."""

from __future__ import annotations

from collections.abc import Callable

KEY = "customer_id"


def cases(path: str) -> dict[str, Callable[[], object]]:
    """Return the one case, on the Parquet file at `path`."""
    import polars as pl
    import polars.selectors as cs

    frame = pl.read_parquet(path)

    def profile() -> tuple:
        numbers = frame.select(cs.numeric().min().name.suffix("_min"), cs.numeric().max().name.suffix("_max"))
        missing, distinct = frame.null_count(), frame.select(pl.exclude(KEY).n_unique())
        repeated = frame.height - frame[KEY].n_unique()
        levels = [frame[name].value_counts(sort=True).head(3) for name in ("contract_type", "payment_method")]
        return missing, distinct, repeated, numbers, levels

    return {"profile": profile}
