"""Which machine a service or a job really needs: the cheapest that holds its busiest hours, with the reason for each.

    need = Need(cores=cpu, memory_gib=memory, latency_ms=45, limit_ms=120)
    choice = right_size(need, machines(at=today))
    choice.best.sku, choice.table

The rule: at the 99th percentile of the series, the cores in use are at most 70 % and the memory at most 90 % of the
machine; and where people wait, the latency at that load stays below the limit. A machine that is busy to a share u
answers in about latency / (1 - u), the waiting time of an M/M/1 queue in processor sharing (L. Kleinrock, Queueing
Systems II, 1976): a fair first guess and no load test. Spot is allowed only for what may be interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from .errors import BadSeries, InvalidSetting, NothingFits
from .money import Money
from .price_table import PriceTable, list_prices
from .series import need_series

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

PEAK, BUSIEST, FULLEST = 0.99, 0.70, 0.90
SPOT = ".spot"
FITS = "fits"


@dataclass(frozen=True)
class Machine:
    """A machine that can be had: its item in the price table, an hour's price, cores, memory, accelerator or ""."""

    sku: str
    hourly: Money
    vcpus: int
    memory_gib: float
    accelerator: str = ""

    @property
    def spot(self) -> bool:
        """Whether it can be taken away at any time."""
        return self.sku.endswith(SPOT)


@dataclass(frozen=True, eq=False)
class Need:
    """What was measured, on the machine of today.

    cores, memory_gib    in use, over time (any length of 1 or more each)
    latency_ms           of one request when nothing else runs; `limit_ms` is the most it may take. None: nobody waits
    interruptible        whether the work may stop at any time and go on from a checkpoint
    speedup              how many times faster the work is with an accelerator, by its name ("one L4": 6.0). One that
                         is not named does not help: its machine counts by its cores alone
    """

    cores: ArrayLike
    memory_gib: ArrayLike
    latency_ms: float | None = None
    limit_ms: float | None = None
    interruptible: bool = False
    speedup: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        need_series(self.cores, "cores in use")
        need_series(self.memory_gib, "memory in use")
        if (self.latency_ms is None) != (self.limit_ms is None):
            raise InvalidSetting("a latency without a limit, or a limit without one", "both or none", "Measure both.")
        if self.limit_ms is not None and not 0 < self.latency_ms <= self.limit_ms:
            found = f"{self.latency_ms} ms where {self.limit_ms} ms are allowed"
            raise InvalidSetting(found, "a latency above 0 and within its limit", "No size helps: make it faster.")
        if any(not factor > 0 for factor in self.speedup.values()):
            raise InvalidSetting(f"speedup={dict(self.speedup)}", "factors above 0", "Measure them.")


@dataclass(frozen=True)
class Choice:
    """The cheapest machine that fits, and `table` with one row for each: what was checked, and why not."""

    best: Machine
    reason: str
    table: pd.DataFrame = field(repr=False, compare=False)

    def _repr_html_(self) -> str:
        return f"<p>{self.reason}</p>{self.table.to_html(index=False, border=0)}"


def machines(
    family: str = "compute", *, at: date, region: str = "us-central1", table: PriceTable | None = None
) -> list[Machine]:
    """Return the machines of the price table: `compute` for virtual machines, `endpoint` for online prediction.

    Raises NothingFits if there are none on this day.
    """
    rows = [row for row in (table or list_prices()).rows(f"{family}.") if row.holds(at) and row.region == region]
    found = [
        Machine(
            row.sku,
            row.each,
            int(row.details["vcpus"]),
            float(row.details["memory_gib"]),
            row.details.get("accelerator", ""),
        )
        for row in rows
        if "vcpus" in row.details
    ]
    if not found:
        raise NothingFits(f"no machine {family!r} in {region} on {at}", "one in the price table", "Add dated rows.")
    return found


def right_size(need: Need, offers: Sequence[Machine]) -> Choice:
    """Return the cheapest machine that fits. Raises NothingFits that names the closest one, and why it does not.

    The table has the columns sku, usd_per_hour (Decimal), busy and memory (shares at the peak), latency_ms (NaN where
    nobody waits), verdict ("fits", or why not); cheapest first.
    """
    import pandas as pd

    if not offers:
        raise BadSeries("no machines", "at least one", "See `machines`.")
    cores = float(np.quantile(np.asarray(need.cores, dtype=float), PEAK))
    memory = float(np.quantile(np.asarray(need.memory_gib, dtype=float), PEAK))
    ordered = sorted(offers, key=lambda machine: (machine.hourly, machine.sku))
    judged = [_judge(need, machine, cores, memory) for machine in ordered]
    names = ["sku", "usd_per_hour", "busy", "memory", "latency_ms", "verdict"]
    table = pd.DataFrame(judged, columns=names)
    fitting = [machine for machine, row in zip(ordered, judged, strict=True) if row[-1] == FITS]
    if not fitting:
        closest = judged[-1]
        remedy = "Split the work over several machines, or give it more time."
        raise NothingFits(f"{closest[0]}, the largest price: {closest[-1]}", "a machine that fits", remedy)
    best = fitting[0]
    reason = f"{best.sku} at {best.hourly} an hour is the cheapest of {len(fitting)} that fit ({len(offers)} looked at)"
    return Choice(best, reason, table)


def _judge(need: Need, machine: Machine, cores: float, memory: float) -> tuple:
    faster = need.speedup.get(machine.accelerator, 1.0)
    busy, full = cores / faster / machine.vcpus, memory / machine.memory_gib
    latency = float("nan")
    if need.latency_ms is not None:
        latency = need.latency_ms / faster / (1 - busy) if busy < 1 else float("inf")
    verdict = FITS
    if machine.spot and not need.interruptible:
        verdict = "may be taken away, and the work cannot be interrupted"
    elif full > FULLEST:
        verdict = f"memory {full:.0%} full, {FULLEST:.0%} allowed"
    elif busy > BUSIEST:
        verdict = f"cores {busy:.0%} busy, {BUSIEST:.0%} allowed"
    elif need.limit_ms is not None and latency > need.limit_ms:
        verdict = f"{latency:.0f} ms, {need.limit_ms:g} ms allowed"
    return machine.sku, machine.hourly.amount, busy, full, latency, verdict
