"""Repeat a recorded run and say what differs first, in the order in which one should look.

The order is that of cause and effect: code, data, parameters, seed, packages, hardware, result. If data differ, nobody
needs to look at the metrics; if nothing differs but the result, the function itself does not repeat (`determinism`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.differences import first_difference
from mlops_helpers.debugging.errors import InvalidSetting, RunsNotComparable
from mlops_helpers.debugging.run_record import RunRecord, record_run
from mlops_helpers.debugging.surroundings import Workspace, qualified_name

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("code", "data", "parameters", "seed", "packages", "hardware", "result")
ABSENT = "absent"


@dataclass(frozen=True)
class Compared:
    """One fact of two runs. `same` is None where only one of them knows it and it need not matter (packages)."""

    part: str
    item: str
    before: Any
    after: Any
    same: bool | None

    def __str__(self) -> str:
        """Say it in one sentence without a full stop."""
        of = "" if self.item == self.part else f" ({self.item})"
        return f"{self.part}{of}: {self.before} before, {self.after} after"


@dataclass(frozen=True)
class RunComparison:
    """All facts of two runs, in the order of `PARTS`. `again` is the record of the second run."""

    before: RunRecord
    again: RunRecord
    facts: tuple[Compared, ...]

    @property
    def first(self) -> Compared | None:
        """The first thing that differs, None if nothing does."""
        return next((fact for fact in self.facts if fact.same is False), None)

    @property
    def same_result(self) -> bool:
        """Whether all metrics and outputs are equal."""
        return all(fact.same for fact in self.facts if fact.part == "result")

    @property
    def table(self) -> pd.DataFrame:
        """One row for each fact: part, item, before, after, same."""
        import pandas as pd

        return pd.DataFrame(list(self.facts), columns=[item.name for item in fields(Compared)])

    def __str__(self) -> str:
        """Name the first thing that differs and say whether the result does."""
        names = f"{self.before.name} and {self.again.name}"
        if self.first is None:
            return f"{names}: nothing differs."
        result = "the same result all the same" if self.same_result else "another result"
        return f"{names}: the first thing that differs is {self.first}; {result}."

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>{self.table[self.table['same'].ne(True)].to_html(index=False, border=0)}"


def compare_runs(before: RunRecord, after: RunRecord, *, tolerance: float = 0.0) -> RunComparison:
    """Compare two records; numbers among the metrics may differ by `tolerance`.

    A package that only one run had imported is listed with `same` None: it counts for nothing.
    Raises `RunsNotComparable` for runs of different functions or with different metrics.
    """
    _require_comparable(before, after)
    facts = [
        fact
        for part in ("code", "data", "parameters", "seed", "packages", "hardware")
        for fact in _compare(part, _mapping(before, part), _mapping(after, part), 0.0)
    ]
    facts += _compare("result", before.metrics, after.metrics, tolerance)
    facts += _compare("result", before.outputs, after.outputs, 0.0)
    return RunComparison(before, after, tuple(facts))


def replay(
    record: RunRecord,
    function: Callable[..., Any],
    *,
    data: Mapping[str, Any] | None = None,
    tolerance: float = 0.0,
    workspace: Workspace | None = None,
) -> RunComparison:
    """Run again with the recorded parameters and seed, on the data that are given now, and compare.

    Raises, before anything runs: `RunsNotComparable` if it is another function, `InvalidSetting` if data are missing.
    """
    if (name := qualified_name(function)) != record.function:
        raise _other_function(record.function, name)
    given = dict(data or {})
    if given.keys() != record.data.keys():
        expected = f"{sorted(record.data)}, as the record {record.name!r} has it"
        raise InvalidSetting(f"data called {sorted(given)}", expected, "Pass the same data under the same names.")
    name = f"{record.name[:90]}.replay"
    settings = {"parameters": record.parameters, "seed": record.seed, "workspace": workspace}
    return compare_runs(record, record_run(name, function, data=given, **settings), tolerance=tolerance)


def _compare(part: str, before: Mapping[str, Any], after: Mapping[str, Any], tolerance: float) -> list[Compared]:
    """Compare two sets of facts, those of the first run in its order, then those that only the second has."""
    found = []
    for item in (*before, *(name for name in after if name not in before)):
        one, two = before.get(item, ABSENT), after.get(item, ABSENT)
        same: bool | None = first_difference(one, two, tolerance=tolerance) is None
        if part == "packages" and ABSENT in (one, two) and item != "lock":
            same = None
        found.append(Compared(part, item, one, two, same))
    return found


def _mapping(record: RunRecord, part: str) -> Mapping[str, Any]:
    return {"seed": record.seed} if part == "seed" else getattr(record, part)


def _require_comparable(before: RunRecord, after: RunRecord) -> None:
    if before.function != after.function:
        raise _other_function(before.function, after.function)
    names = [[*record.metrics, *record.outputs] for record in (before, after)]
    if odd := sorted(set(names[0]) ^ set(names[1])):
        found = f"results that only one of {before.name!r} and {after.name!r} has: {', '.join(odd)}"
        raise RunsNotComparable(found, "the same results from both", "Run both with the same version of the function.")


def _other_function(before: str, after: str) -> RunsNotComparable:
    remedy = "Compare runs of one function; if it was only renamed, record a run under the new name first."
    return RunsNotComparable(f"a run of {before} and one of {after}", "two runs of one function", remedy)
