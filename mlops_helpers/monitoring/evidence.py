"""One line of evidence: what was checked, in which column, what was found against which limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """A check with its outcome; `column` is empty where the check is about the rows as a whole."""

    check: str
    column: str
    found: bool
    value: float
    limit: float
    what: str


def evidence_table(lines: Iterable[Evidence]) -> pd.DataFrame:
    """Return the evidence as a table, what was found first; otherwise in the order of the checks."""
    import pandas as pd

    table = pd.DataFrame([asdict(line) for line in lines], columns=list(Evidence.__dataclass_fields__))
    return table.sort_values("found", ascending=False, kind="stable", ignore_index=True)
