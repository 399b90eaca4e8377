"""Cleaning that leaves a record: a recipe of steps, and a log of what each of them did to which rows.

    clean, log = Recipe("customers", (DropDuplicates(), Parse("total_charges"), …)).apply(raw)

The recipe and the log are JSON-able: they travel in the metadata of the cleaned table. The log also knows, for every
row of the cleaned table, the raw rows it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlops_helpers.governance import cleaning_steps as known
from mlops_helpers.governance.cleaning_steps import Step
from mlops_helpers.governance.errors import DuplicateColumn, InvalidSetting, UnknownStep
from mlops_helpers.governance.rules import Condition
from mlops_helpers.governance.rules_json import rule_from_dict, rule_to_dict, rule_to_text

if TYPE_CHECKING:
    import pandas as pd

    from mlops_helpers.governance.rowmap import RowMap

STEPS = MappingProxyType(
    {
        cls.kind: cls
        for cls in (
            known.DropDuplicates,
            known.Parse,
            known.Rescale,
            known.SetMissing,
            known.Clip,
            known.FillMissing,
            known.DropWhere,
            known.Rename,
            known.DropColumn,
        )
    }
)
SAMPLE = 5  # row labels shown per step


@dataclass(frozen=True, eq=False)
class LogEntry:
    """What one step did: rows before and after, cells changed, and the labels of all rows changed or dropped."""

    step: Step
    rows_before: int
    rows_after: int
    cells_changed: int
    rows: pd.Index

    def to_dict(self) -> dict:
        """Return the entry as JSON-able values, with the first few labels."""
        return {
            "step": step_to_dict(self.step),
            "rows_before": self.rows_before,
            "rows_after": self.rows_after,
            "cells_changed": self.cells_changed,
            "rows_touched": len(self.rows),
            "sample": self.rows[:SAMPLE].tolist(),
        }


@dataclass(frozen=True, eq=False)
class CleaningLog:
    """What a recipe did. `before` and `after` are row labels; `merged` maps a dropped copy to the row kept for it."""

    recipe: str
    entries: tuple[LogEntry, ...]
    before: pd.Index
    after: pd.Index
    merged: Mapping[object, object]

    @property
    def table(self) -> pd.DataFrame:
        """Return one row per step."""
        import pandas as pd

        columns = ["step", "setting", "rows_before", "rows_after", "cells_changed", "rows_touched", "sample"]
        return pd.DataFrame([_line(entry) for entry in self.entries], columns=columns)

    @property
    def dropped(self) -> pd.Index:
        """Return the labels of rows that no row of the cleaned table stands for."""
        gone = self.before.difference(self.after, sort=False)
        return gone[~gone.isin(list(self.merged))]

    def row_map(self) -> RowMap:
        """Return which raw rows each cleaned row stands for, as lineage stores it."""
        from mlops_helpers.governance.rowmap import RowMap

        return RowMap.kept(self.before, self.after, merged=self.merged)

    def to_dict(self) -> dict:
        """Return the log as JSON-able values."""
        counts = {"rows_before": len(self.before), "rows_after": len(self.after), "rows_merged": len(self.merged)}
        return {"recipe": self.recipe, **counts, "steps": [entry.to_dict() for entry in self.entries]}

    def _repr_html_(self) -> str:
        title = f"<p><b>{escape(self.recipe)}</b>: {len(self.before):,} rows became {len(self.after):,}</p>"
        return title + self.table.to_html(index=False, border=0)


@dataclass(frozen=True)
class Recipe:
    """A named sequence of cleaning steps. The same recipe on the same table always gives the same table and log."""

    name: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        """Keep the steps as a tuple."""
        object.__setattr__(self, "steps", tuple(self.steps))

    def apply(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, CleaningLog]:
        """Return the cleaned table and the log; `frame` itself is not touched.

        Raises DuplicateColumn, InvalidSetting (row labels that occur twice), MissingColumn, or what a step refuses.
        """
        _require_labels(frame)
        entries, merged, table = [], {}, frame
        for step in self.steps:
            change = step.run(table)
            entries.append(LogEntry(step, len(table), len(change.frame), change.cells, change.rows))
            merged |= change.merged
            table = change.frame
        standing = _settle(merged, table.index)
        return table.copy(), CleaningLog(self.name, tuple(entries), frame.index, table.index, standing)

    def to_dict(self) -> dict:
        """Return the recipe as JSON-able values."""
        return {"name": self.name, "steps": [step_to_dict(step) for step in self.steps]}

    @classmethod
    def from_dict(cls, data: dict) -> Recipe:
        """Rebuild a recipe. Raises UnknownStep, with the accepted kinds, for a step nobody has written."""
        return cls(data["name"], tuple(step_from_dict(step) for step in data["steps"]))


def step_to_dict(step: Step) -> dict:
    """Return {"step": kind, …settings}, JSON-able."""
    settings = {item.name: getattr(step, item.name) for item in fields(step)}
    if "where" in settings:
        settings["where"] = rule_to_dict(settings["where"])
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
    return {"step": step.kind, **plain}


def step_from_dict(data: dict) -> Step:
    """Rebuild a step. Raises UnknownStep for an unknown kind, InvalidSetting for settings it does not have or lacks."""
    settings = dict(data)
    kind = settings.pop("step", None)
    if kind not in STEPS:
        raise UnknownStep(f"a cleaning step {kind!r}", f"one of: {', '.join(sorted(STEPS))}")
    accepted = {item.name: item for item in fields(STEPS[kind])}
    needed = {name for name, item in accepted.items() if item.default is MISSING}
    if set(settings) - set(accepted) or needed - set(settings):
        raise InvalidSetting(f"settings {sorted(settings)} for step {kind}", f"settings among: {', '.join(accepted)}")
    if "where" in settings:
        settings["where"] = rule_from_dict(settings["where"])
    return STEPS[kind](**{name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()})


def _require_labels(frame: pd.DataFrame) -> None:
    if not frame.columns.is_unique:
        raise DuplicateColumn(f"{list(frame.columns[frame.columns.duplicated()])} more than once")
    if not frame.index.is_unique:
        raise InvalidSetting(
            f"row label {frame.index[frame.index.duplicated()].tolist()[0]!r} more than once",
            "row labels that occur once, so that the log can name rows",
            "number the rows when the file is read: frame.reset_index(drop=True)",
        )


def _settle(merged: dict, after: pd.Index) -> dict:
    """Follow each merged row to the row that stands for it in the end; forget those whose row was dropped later."""
    present, settled = set(after), {}
    for label, kept in merged.items():
        while kept in merged:
            kept = merged[kept]
        if kept in present:
            settled[label] = kept
    return settled


def _line(entry: LogEntry) -> tuple:
    plain = entry.to_dict()
    settings = {item.name: getattr(entry.step, item.name) for item in fields(entry.step)}
    setting = ", ".join(f"{name}: {_shown(value)}" for name, value in settings.items() if value not in (None, ()))
    sample = ", ".join(map(str, plain["sample"])) + (", …" if len(entry.rows) > SAMPLE else "")
    numbers = (entry.rows_before, entry.rows_after, entry.cells_changed, len(entry.rows))
    return (entry.step.kind, setting, *numbers, sample)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return rule_to_text(value) if isinstance(value, Condition) else str(value)
