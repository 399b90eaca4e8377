"""The counts of group × label × prediction from a BigQuery table: one scan there, a few rows back, no row leaves.

Names stand in backticks after a look at the table's schema; there are no values to pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import require_columns
from mlops_helpers.ethics.errors import BadGroups, BadLabels, EmptyData, InvalidSetting
from mlops_helpers.ethics.groups import MISSING, MOST_GROUPS, MOST_LEVELS, REFUSE, UNKNOWN
from mlops_helpers.ethics.outcomes import Outcomes, listed
from mlops_helpers.governance.errors import UnsafeName
from mlops_helpers.governance.sql_values import quote, quote_table

if TYPE_CHECKING:
    import numpy as np
    from google.cloud import bigquery

TEXTS, TRUTHS, WHOLE = ("STRING",), ("BOOLEAN", "BOOL"), ("INTEGER", "INT64")
GROUPED = (*TEXTS, *TRUTHS, *WHOLE, "DATE")
NUMBERS = (*WHOLE, "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC")


def count_in_bigquery(
    table: str,
    outcome: tuple[str, str],
    groups: Sequence[str],
    *,
    client: bigquery.Client | None,
    missing: str = REFUSE,
) -> Outcomes:
    """Count in BigQuery what `count_outcomes` counts in a DataFrame; `outcome` names label and prediction.

    Raises InvalidSetting without a client, for a table that is not there or a name that cannot be quoted;
    MissingColumn, EmptyData, BadLabels, BadGroups.
    """
    types = _types(table, client)
    require_columns(types, [*outcome, *groups])
    statement = fairness_sql(table, outcome, groups, types=types)
    counts: dict[tuple[object, ...], np.ndarray] = {}
    for row in client.query_and_wait(statement):
        *levels, label, prediction, n = row.values()
        _require_levels(groups, levels, int(n), missing)
        _require_zero_one(dict(zip(outcome, (label, prediction), strict=True)), int(n))
        _cell(counts, tuple(levels))[int(label), int(prediction)] += n
    if not counts:
        raise EmptyData(f"no rows in {table}", "at least one", "Check the query that made the table.")
    _require_few_levels(groups, counts)
    order = sorted(counts, key=lambda levels: [(level is None, level) for level in levels])  # as in a DataFrame
    names = [tuple(MISSING if level is None else str(level) for level in levels) for levels in order]
    return listed(groups, names, [counts[levels] for levels in order])


def fairness_sql(
    table: str, outcome: tuple[str, str], groups: Sequence[str], *, types: dict[str, str] | None = None
) -> str:
    """Return the statement, to read it or to run it elsewhere. Raises InvalidSetting for names that cannot be quoted.

    `types` holds the columns' BigQuery types; without them label and prediction are taken for numbers.
    """
    try:
        keys = [quote(name) for name in groups]
        values = [_number(quote(name), (types or {}).get(name, "INT64"), name) for name in outcome]
        source = quote_table(table)
    except UnsafeName as error:
        raise InvalidSetting(error.found, error.expected, "Rename it in a view.") from error
    for name in groups:
        if types and types[name] not in GROUPED:
            raise InvalidSetting(f"{name!r} of type {types[name]}", f"one of {GROUPED}", "Cut it into bands in a view.")
    asked = ", ".join([*keys, f"{values[0]} AS outcome_label", f"{values[1]} AS outcome_prediction", "COUNT(*) AS n"])
    by = ", ".join([*keys, "outcome_label", "outcome_prediction"])
    return f"SELECT {asked}\nFROM {source}\nGROUP BY {by}\nORDER BY {by}\nLIMIT {4 * MOST_GROUPS + 1}"


def _types(table: str, client: bigquery.Client | None) -> dict[str, str]:
    """Return the columns of a table and their types, as BigQuery tells."""
    from google.api_core.exceptions import NotFound

    if client is None:
        raise InvalidSetting("a table id without a client", "a client to ask", "Pass client=bigquery.Client().")
    try:
        quote_table(table)
        schema = client.get_table(table).schema
    except UnsafeName as error:
        expected = "project.dataset.table, of letters, digits, '_' and '-'"
        raise InvalidSetting(f"table id {table!r}", expected, "Correct it.") from error
    except NotFound as error:
        remedy = "Check project and spelling."
        raise InvalidSetting(f"no table {table} in BigQuery", "a table that exists", remedy) from error
    return {field.name: "ARRAY" if field.mode == "REPEATED" else field.field_type for field in schema}


def _number(quoted: str, kind: str, name: str) -> str:
    """Return a column of 0 and 1 as a number."""
    if kind in TRUTHS:
        return f"CAST({quoted} AS INT64)"
    if kind not in NUMBERS:
        raise BadLabels(f"{name!r} of type {kind}", "a column of 0 and 1, or of truth values", "Derive one in a view.")
    return quoted


def _require_levels(groups: Sequence[str], levels: Sequence[object], n: int, missing: str) -> None:
    """Raise BadGroups for a missing level, unless that is a group."""
    for name, level in zip(groups, levels, strict=True):
        if level is None and missing == REFUSE:
            remedy = UNKNOWN
            raise BadGroups(f"{n:,} or more rows without a value in {name!r}", "a group for every row", remedy)


def _require_zero_one(values: dict[str, object], n: int) -> None:
    for name, value in values.items():
        if value not in (0, 1):
            found = f"{n:,} or more values of {name!r} other than 0 and 1, such as {value!r}"
            raise BadLabels(found, "0 and 1, or truth values", "Leave these rows out in a view, or derive the column.")


def _require_few_levels(groups: Sequence[str], counts: dict[tuple[object, ...], np.ndarray]) -> None:
    for place, name in enumerate(groups):
        levels = len({key[place] for key in counts})
        if levels > MOST_LEVELS:
            remedy = "Cut a quantity into bands in a view; an id is no attribute."
            raise BadGroups(f"{levels:,} levels of {name!r}", f"at most {MOST_LEVELS}", remedy)


def _cell(counts: dict[tuple[object, ...], np.ndarray], key: tuple[object, ...]) -> np.ndarray:
    import numpy as np

    return counts.setdefault(key, np.zeros((2, 2), dtype=np.int64))
