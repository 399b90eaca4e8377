"""What the phone company's endpoint is asked on one day, second by second, and what lies in its largest bucket."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.billing import LAST_DAY

SEED = 20261120
SECONDS = 86_400
QUIET, BUSY = 4.0, 46.0  # requests per second at night and in the busiest hour
CAMPAIGN = (18 * 3600, 240, 110.0)  # a message to all customers: from when, seconds until half is over, extra a second
OBJECTS = 2_000
KINDS = {  # share, median GiB, days for which things are kept, reads in the first month, reads a year later on
    "recordings": (0.45, 22.0, 900, 0.8, 0.10),
    "exports": (0.25, 12.0, 500, 6.0, 2.5),
    "models": (0.10, 3.0, 400, 9.0, 5.0),
    "logs": (0.15, 9.0, 700, 0.3, 0.02),
    "tmp": (0.05, 5.0, 300, 0.5, 0.00),
}


def endpoint_traffic() -> pd.DataFrame:
    """Requests in every second of a working day from midnight: Poisson counts around a daily curve, and a campaign."""
    rng, second = np.random.default_rng(SEED), np.arange(SECONDS)
    hour = second / 3600
    curve = np.exp(-(((hour - 11) / 3.2) ** 2)) + 0.8 * np.exp(-(((hour - 19.5) / 2.2) ** 2))
    rate = QUIET + (BUSY - QUIET) * curve / curve.max()
    start, half, extra = CAMPAIGN
    since = second - start
    rate += np.where(since >= 0, extra * 0.5 ** (np.maximum(since, 0) / half), 0.0)
    return pd.DataFrame({"requests": rng.poisson(rate).astype("int16")})


def storage_objects() -> pd.DataFrame:
    """2,000 objects of class STANDARD on the last day of the bill, with the ages (days) at which they were read.

    Reads get rarer with age: a rate of the first month, another afterwards; both differ from object to object.
    """
    rng, today = np.random.default_rng(SEED + 1), pd.Timestamp(LAST_DAY, tz="UTC")
    kind = rng.choice(list(KINDS), OBJECTS, p=[share for share, *_ in KINDS.values()])
    numbers = pd.DataFrame({name: values[1:] for name, values in KINDS.items()}).T.loc[kind].to_numpy()
    size, kept, early, later = numbers.T
    age = rng.integers(1, kept.astype(int) + 1)
    popular = rng.gamma(0.6, 1 / 0.6, OBJECTS)
    reads = [_reads(rng, *row) for row in zip(age, popular * early, popular * later, strict=True)]
    last = [today - pd.Timedelta(days=int(days - ages[-1])) if len(ages) else pd.NaT
            for days, ages in zip(age, reads, strict=True)]  # fmt: skip
    table = pd.DataFrame(
        {
            "name": [f"{where}/{number:05d}.bin" for number, where in enumerate(kind)],
            "kind": kind,
            "size_bytes": (size * rng.lognormal(0, 0.6, OBJECTS) * 2**30).astype("int64"),
            "storage_class": "STANDARD",
            "created": today - pd.to_timedelta(age, "D"),
            "last_read": pd.to_datetime(pd.Series(last), utc=True),
            "age_days": age,
            "read_ages": [ages.tolist() for ages in reads],
        }
    )
    for column in ("created", "last_read"):
        table[column] = table[column].astype("datetime64[us, UTC]")
    return table.sort_values(["created", "name"], ignore_index=True)


def _reads(rng: np.random.Generator, age: int, early: float, later: float) -> np.ndarray:
    """Ages in days at which an object was read, oldest read first; `early` reads in 30 days, `later` in 365."""
    first = rng.integers(0, 30, rng.poisson(early))
    rest = rng.integers(30, 395, rng.poisson(later * max(age - 30, 0) / 365)) if age > 30 else np.array([], int)
    if age > 395:
        rest = 30 + (rest - 30) * (age - 30) // 365
    ages = np.concatenate([first, rest])
    return np.sort(ages[ages < age]).astype(int)


def traffic_files() -> dict[str, pd.DataFrame]:
    """File name -> table."""
    return {"endpoint_traffic.parquet": endpoint_traffic(), "storage_objects.parquet": storage_objects()}
