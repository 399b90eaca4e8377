"""Choose an alert policy instead of guessing one: false alarms per month against days until a change is noticed.

    quiet = draw_statistic(reference, psi, rows=500)
    changed = draw_statistic(reference, psi, rows=500, change=lambda window: window * 1.1)
    table = simulate_policies(quiet, policy_grid([0.02, 0.03, 0.05]), changed=changed)
    policy_figure(table)

No policy is best in both: the figure shows the ones that no other beats. Which of them is right depends on what a
night's sleep and a day of wrong predictions cost, and that is for people to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.alerts import AlertPolicy
from mlops_helpers.monitoring.errors import BadValue, EmptyWindow, InvalidSetting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure

    Source = Sequence[float] | Callable[[np.random.Generator, tuple[int, int]], np.ndarray]

DAYS_IN_MONTH = 30
_MARKERS = "os^Dv*Pp"


def simulate_policies(
    quiet: Source, policies: Iterable[AlertPolicy], *, changed: Source, days: int = 60, runs: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Run every policy over the same simulated days: `days` quiet ones, then as many after the change.

    `quiet` and `changed` are values of the daily statistic, drawn again independently day by day, or a function
    `(generator, (runs, days)) -> values` where days hang together. One row for each policy, in their order:

    - policy, threshold, needed, of, cool_down_days
    - alerts_per_month: alarms on quiet days, per 30 days
    - detection_delay_days: days from the first changed day to the first alarm, on average; 0 means on that very day.
      A run without an alarm counts as `days`: a lower bound then, and `missed` is the share of such runs.
    - best: no other policy here is as good in alarms and in delay, and better in one of them

    A false alarm shortly before the change delays its detection by the cool-down; that is part of the price and is
    simulated. Raises EmptyWindow, BadValue and InvalidSetting.
    """
    import numpy as np
    import pandas as pd

    candidates = list(policies)
    if not candidates or days < 1 or runs < 1:
        found = f"{len(candidates)} policies, days={days}, runs={runs}"
        raise InvalidSetting(found, "at least 1 of each", "Make policies with `policy_grid`.")
    generator = np.random.default_rng(seed)
    parts = [_draw(source, generator, (runs, days)) for source in (quiet, changed)]
    table = pd.DataFrame([_row(policy, np.hstack(parts), days) for policy in candidates])
    table["best"] = _unbeaten(table["alerts_per_month"].to_numpy(), table["detection_delay_days"].to_numpy())
    return table


def policy_figure(table: pd.DataFrame) -> Figure:
    """The trade-off as a picture: a marker for each (needed, of), a line through the policies that no other beats."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    best = table[table["best"]].sort_values(["alerts_per_month", "detection_delay_days"])
    axes.plot(best["alerts_per_month"], best["detection_delay_days"], color="#555555", linewidth=1, label="not beaten")
    for number, ((needed, of), rows) in enumerate(table.groupby(["needed", "of"])):
        marker = _MARKERS[number % len(_MARKERS)]
        axes.plot(rows["alerts_per_month"], rows["detection_delay_days"], marker, label=f"{needed} of {of}")
    axes.set_xlabel("false alarms per month")
    axes.set_ylabel("days until the change is noticed")
    axes.set_title("Every policy trades sleep for speed")
    axes.legend(title="breaches needed")
    return figure


def _row(policy: AlertPolicy, values: np.ndarray, days: int) -> dict[str, object]:
    """What one policy makes of all runs; `values` has twice `days` columns."""
    import numpy as np

    fired = policy.fire(values > policy.limit, np.arange(2 * days, dtype=float))
    after = fired[:, days:]
    noticed = after.any(axis=1)
    delay = np.where(noticed, after.argmax(axis=1), days)
    return {
        "policy": str(policy),
        "threshold": policy.limit,
        "needed": policy.needed,
        "of": policy.of,
        "cool_down_days": policy.cool_down_days,
        "alerts_per_month": float(fired[:, :days].sum(axis=1).mean() * DAYS_IN_MONTH / days),
        "detection_delay_days": float(delay.mean()),
        "missed": float(1 - noticed.mean()),
    }


def _draw(source: Source, generator: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Values of simulated days, (runs, days), from past values or from a function."""
    import numpy as np

    past = np.empty(0) if callable(source) else np.asarray(source, dtype=float)
    if not callable(source) and not past.size:
        raise EmptyWindow("no values to draw days from", "values of the daily statistic", "Make `draw_statistic` ones.")
    values = np.asarray(source(generator, shape) if callable(source) else generator.choice(past, size=shape))
    if values.shape != shape or not np.isfinite(values).all():
        found = f"simulated values of shape {values.shape}, {int((~np.isfinite(values)).sum())} of them not finite"
        raise BadValue(found, f"finite numbers of shape {shape}", "Check what the values are drawn from.")
    return values


def _unbeaten(alerts: np.ndarray, delays: np.ndarray) -> np.ndarray:
    """Which points no other one beats: none has at most as much of both and less of one."""
    import numpy as np

    fewer, sooner = alerts[:, None] <= alerts, delays[:, None] <= delays
    less = (alerts[:, None] < alerts) | (delays[:, None] < delays)
    return ~np.any(fewer & sooner & less, axis=0)
