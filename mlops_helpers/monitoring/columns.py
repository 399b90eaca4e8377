"""Which columns two tables share, and of what kind they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from .errors import EmptyWindow, InvalidSetting, MismatchedColumns, MissingColumn

if TYPE_CHECKING:
    import pandas as pd

NUMERIC, CATEGORICAL, TIME, NOTHING = "numeric", "categorical", "time", "all missing"
NAMED = 10  # columns that an error names
NUMERIC_OBJECTS = ("integer", "floating", "decimal", "mixed-integer-float")


def list_of_names(names: Sequence[str], option: str) -> list[str]:
    """Return names as a list. Raises InvalidSetting for one plain string, which would be read letter by letter."""
    if isinstance(names, str):
        found = f"{option}={names!r}, one string"
        raise InvalidSetting(found, f"a list of names: [{names!r}]", "Put the name into a list.")
    return list(names)


def check_frames(reference: pd.DataFrame, production: pd.DataFrame, columns: Sequence[str] | None) -> list[str]:
    """Return the names of the columns to compare.

    Raises InvalidSetting unless both are DataFrames, or for `columns` that are one string; EmptyWindow without rows,
    MissingColumn, MismatchedColumns if a name occurs twice.
    """
    import pandas as pd

    for role, frame in (("reference", reference), ("production", production)):
        if not isinstance(frame, pd.DataFrame):
            raise InvalidSetting(f"a {role} of type {type(frame).__name__}", "a DataFrame", "Load the table first.")
        if not len(frame):
            raise EmptyWindow(f"a {role} window without rows", "rows to compare", "Widen the window.")
        if not frame.columns.is_unique:
            twice = ", ".join(str(name) for name in frame.columns[frame.columns.duplicated()])
            raise MismatchedColumns(f"{twice} more than once in {role}", "names that occur once", "Rename one of them.")
    names = list(reference.columns) if columns is None else list_of_names(columns, "columns")
    for role, frame in (("reference", reference), ("production", production)):
        for name in names:
            if name not in frame.columns:
                shared = [other for other in names if other in frame.columns]
                raise absent_column(name, role, frame.columns, shared if columns is None else None)
    if not names:
        raise MissingColumn("no columns", "at least one column to compare", "Name a column.")
    return names


def absent_column(name: str, where: str, columns: Iterable[str], shared: Sequence[str] | None = None) -> MissingColumn:
    """Return the error about a column that `where`, which holds `columns`, does not have.

    `shared` are the names that both sides hold, passed where nobody chose: a reference often holds the label, and
    production cannot have it yet.
    """
    known = [str(other) for other in columns]
    near = get_close_matches(str(name), known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(known[:10])}."
    if shared:
        more = ", …" if len(shared) > NAMED else ""
        hint += f" To leave it out, name what to compare: columns={str(list(shared[:NAMED]))[:-1]}{more}]."
    return MissingColumn(f"no column {name!r} in {where}", "every compared column on both sides", hint)


def kind(column: pd.Series) -> str:
    """Return "numeric", "categorical" (text, categories, truth values), "time", or "all missing"."""
    from pandas.api import types

    if types.is_bool_dtype(column.dtype) or isinstance(column.dtype, types.CategoricalDtype):
        return CATEGORICAL
    if types.is_numeric_dtype(column.dtype):
        return NUMERIC
    if types.is_datetime64_any_dtype(column.dtype) or types.is_timedelta64_dtype(column.dtype):
        return TIME
    if column.isna().all():
        return NOTHING
    if types.is_object_dtype(column.dtype):
        inferred = types.infer_dtype(column, skipna=True)
        if inferred in NUMERIC_OBJECTS:
            return NUMERIC
        return TIME if inferred.startswith(("date", "time", "period")) else CATEGORICAL
    return CATEGORICAL


def kind_of_pair(name: str, reference: pd.Series, production: pd.Series) -> str:
    """Return the kind two columns share; one without values takes the kind of the other.

    Raises MismatchedColumns if one holds, say, numbers and the other text.
    """
    found = [kind(column) for column in (reference, production)]
    if found[0] != found[1]:
        found = [
            NOTHING if column.isna().all() else one for column, one in zip((reference, production), found, strict=True)
        ]
    known = {one for one in found if one != NOTHING}
    if len(known) > 1:
        sides = f"{found[0]} ({reference.dtype}) in reference, {found[1]} ({production.dtype}) in production"
        raise MismatchedColumns(
            f"column {name!r} {sides}", "the same kind of values in both windows", "Convert one of them at its source."
        )
    return known.pop() if known else CATEGORICAL
