"""Which criteria cannot hold together on this data: what equality in one of them forces on the others.

In every group, whatever the model, three figures fix the fourth (Chouldechova, Big Data 2017, eq. 2.6):

    fpr = base_rate / (1 - base_rate) · (1 - ppv) / ppv · tpr

So where base rates differ and the model is not perfect, ppv, tpr and fpr cannot all be equal (Kleinberg, Mullainathan
and Raghavan, ITCS 2017, show the same for scores). In the same way

    selection_rate = base_rate · tpr + (1 - base_rate) · fpr

so equalized odds force unequal selection, unless tpr = fpr, which is no better than a coin. And

    base_rate = selection_rate · ppv + (1 - selection_rate) · (1 - npv)

so equal selection with equal ppv and npv would need equal base rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.ethics.criteria import UNDEFINED
from mlops_helpers.ethics.outcomes import Outcomes, rate_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CANNOT, CAN = "cannot hold together", "can hold together"
CLOSE = 0.005  # forced rates that differ by less are told apart by nobody
COLUMNS = ("group", "base_rate", "tpr", "fpr", "ppv", "npv", "forced_fpr", "forced_selection_rate", "implied_base_rate")
PAIRS = (
    ("predictive parity and equalized odds", "ppv and tpr", "fpr", "forced_fpr"),
    ("equalized odds and demographic parity", "tpr and fpr", "selection rate", "forced_selection_rate"),
)


@dataclass(frozen=True)
class Impossibility:
    """What equal rates would force on each group.

    held   the common rates that the groups are given: those of all rows together
    table  one row per group: its rates, and
           forced_fpr              the fpr it would have with the common ppv and tpr; more than 1 is out of reach
           forced_selection_rate   the selection rate it would have with the common tpr and fpr
           implied_base_rate       its base rate out of selection_rate, ppv and npv: equal to base_rate, a check
    """

    held: dict[str, float]
    table: pd.DataFrame

    @property
    def verdicts(self) -> pd.DataFrame:
        """One row per pair of criteria: what is held equal, what is forced where, and whether both can hold.

        verdict   "cannot hold together" (forced rates are more than half a point apart), "can hold together" or
                  "undefined"
        """
        import pandas as pd

        return pd.DataFrame([self._verdict(*pair) for pair in PAIRS])

    def __str__(self) -> str:
        """Return the verdicts in sentences."""
        lines = []
        for row in self.verdicts.itertuples():
            forced = ", ".join(f"{group} {value:.3f}" for group, value in row.forced.items())
            lines.append(f"{row.criteria} {row.verdict}: equal {row.held} would force on each group a {row.what} of")
            lines[-1] += f" {forced}."
        return "\n".join(lines)

    def _verdict(self, criteria: str, held: str, what: str, column: str) -> dict[str, object]:
        import numpy as np

        forced = self.table.set_index("group")[column]
        known = forced.dropna()
        verdict = UNDEFINED
        if len(known) >= 2:
            verdict = CANNOT if np.ptp(known) > CLOSE else CAN
        return {
            "criteria": criteria,
            "held": held,
            "what": what,
            "forced": forced.to_dict(),
            "gap": float(np.ptp(known)) if len(known) >= 2 else np.nan,
            "verdict": verdict,
        }


def cannot_hold_together(outcomes: Outcomes) -> Impossibility:
    """Hold the rates equal that all rows have together, and compute what follows for each group.

    Pass `report.outcomes` of `group_metrics`, or that of `report.by("sex")`. What divides by zero is NaN.
    """
    import pandas as pd

    total = outcomes.counts.sum(axis=0)
    held = {name: float(rate_of(total, name)) for name in ("tpr", "fpr", "ppv")}
    rates = {name: rate_of(outcomes.counts, name) for name in COLUMNS[1:6]}
    base = rates["base_rate"]
    selection = rate_of(outcomes.counts, "selection_rate")
    table = pd.DataFrame({"group": outcomes.labels, **rates})
    table["forced_fpr"] = forced_fpr(base, held["ppv"], held["tpr"])
    table["forced_selection_rate"] = base * held["tpr"] + (1 - base) * held["fpr"]
    chosen = selection * _or_zero(rates["ppv"])
    table["implied_base_rate"] = chosen + (1 - selection) * (1 - _or_one(rates["npv"]))
    return Impossibility(held, table)


def forced_fpr(base_rate: np.ndarray, ppv: float | np.ndarray, tpr: float | np.ndarray) -> np.ndarray:
    """Return the false-positive rate that base rate, ppv and tpr leave no choice about; NaN without negatives.

    More than 1 means that no decisions at all have such a ppv and tpr in such a group.
    """
    import numpy as np

    base, ppv = np.asarray(base_rate, dtype=float), np.asarray(ppv, dtype=float)
    below = (1 - base) * ppv
    above = base * (1 - ppv) * tpr
    return np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below > 0)


def _or_zero(rate: np.ndarray) -> np.ndarray:
    """Return the rate, 0 where nobody was selected: it is multiplied by the share of the selected, which is 0."""
    import numpy as np

    return np.nan_to_num(rate, nan=0.0)


def _or_one(rate: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.nan_to_num(rate, nan=1.0)
