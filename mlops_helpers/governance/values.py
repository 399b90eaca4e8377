"""Four ways to read a column of a DataFrame: as numbers, text, dates or instants.

A file brings numbers as text, and a warehouse brings them typed. Expectations should not care, and pandas and
BigQuery should agree, so both read columns through the same four readings with the same grammar for text
(`NUMBER`, `DATE`, `INSTANT`). What does not follow the grammar reads as missing: an expectation about *types*
(`TypeIs`) reports it; an expectation about *values* then has nothing to judge in that row.

`sql_values.py` is the twin of this module for BigQuery.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import InvalidSetting, NaiveTimestamp

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

READINGS = ("number", "text", "date", "instant")

# The grammars are regular expressions that RE2 (BigQuery, DuckDB, Arrow) and Python read alike.
BLANK = r"[ \t\r\n]*"
INTEGER = r" *[+-]?[0-9]{1,18} *"
NUMBER = r" *[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})? *"
BOOLEAN = r"(?i:true|false)"
DATE = r"[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
INSTANT = DATE + r"[T ]" + CLOCK + r"(Z|[+-]([01][0-9]):[0-5][0-9])"


def family_of(column: pd.Series) -> str:
    """Return the family of a column: integer, number, boolean, text, date, instant or naive.

    `naive` is a timestamp without a zone. A categorical belongs to the family of its levels.
    """
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return family_of(dtype.categories.to_series())
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "instant"
    if str(dtype) == "dbdate":
        return "date"
    tests = pd.api.types
    if tests.is_bool_dtype(dtype):
        return "boolean"
    if tests.is_datetime64_dtype(dtype):
        return "naive"
    if tests.is_numeric_dtype(dtype):
        return "integer" if tests.is_integer_dtype(dtype) else "number"
    return _family_of_objects(column)


def _family_of_objects(column: pd.Series) -> str:
    """Return the family of a column of Python objects; a mixture counts as text."""
    import pandas as pd

    if not pd.api.types.is_object_dtype(column.dtype):
        return "text"
    found = pd.api.types.infer_dtype(column, skipna=True)
    families = {"integer": "integer", "floating": "number", "mixed-integer-float": "number", "decimal": "number"}
    return {**families, "boolean": "boolean", "date": "date"}.get(found, "text")


def as_numbers(column: pd.Series) -> np.ndarray:
    """Return the column as float64, with NaN where it holds no number; integers come back as they are.

    Raises InvalidSetting for dates and instants, which are not numbers.
    """
    import numpy as np

    family = family_of(column)
    if family == "text":
        return _parse(column, NUMBER, _parse_numbers)
    _require(column, family, ("integer", "number", "boolean"), "number")
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.to_numpy()
    return column.astype("object").to_numpy(dtype="float64", na_value=np.nan)


def as_texts(column: pd.Series) -> pa.Array:
    """Return the column as an Arrow array of strings, null where missing.

    Raises InvalidSetting for a column that is not text: the spelling of a float differs between engines.
    """
    import pandas as pd
    import pyarrow as pa

    family = family_of(column)
    _require(column, family, ("text",), "text")
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("str")
    elif pd.api.types.is_object_dtype(column.dtype):
        column = column.where(column.isna(), column.astype(str))
    array = pa.array(column, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array if pa.types.is_string(array.type) else array.cast(pa.large_string())


def as_instants(column: pd.Series) -> pd.Series:
    """Return the column as UTC timestamps, NaT where missing.

    Raises NaiveTimestamp for timestamps without a zone, InvalidSetting for what is no time at all.
    """
    import pandas as pd

    family = family_of(column)
    if family in ("naive", "date"):
        raise NaiveTimestamp(f"column {column.name!r} of {column.dtype} values, which carry no zone")
    if family == "text":
        parsed = _parse(column, INSTANT, _parse_instants)
        return pd.Series(pd.to_datetime(parsed, utc=True), index=column.index)
    _require(column, family, ("instant",), "instant")
    return column.dt.tz_convert("UTC")


def as_dates(column: pd.Series) -> pd.Series:
    """Return the column as midnights without zone (datetime64), NaT where missing; instants give their UTC day."""
    import pandas as pd

    family = family_of(column)
    if family == "text":
        return pd.Series(pd.to_datetime(_parse(column, DATE, _parse_dates)), index=column.index)
    _require(column, family, ("date", "naive", "instant"), "date")
    if family == "instant":
        return column.dt.tz_convert("UTC").dt.tz_localize(None).dt.normalize()
    if family == "naive":
        return column.dt.normalize()
    return pd.to_datetime(column.astype("object"), errors="coerce")


def parse_column(column: pd.Series, kind: str) -> pd.Series:
    """Return the column as integers, numbers, booleans, dates or instants; what spells no such value is missing.

    Integers with missing ones among them come as Int64, booleans as boolean, which can both hold a missing value.
    """
    import pandas as pd

    if kind in ("date", "instant"):
        return as_dates(column) if kind == "date" else as_instants(column)
    if kind == "boolean":
        truth = column.astype("object").map(
            lambda value: {"true": True, "false": False}.get(str(value).strip().lower())
        )
        return truth.astype("boolean")
    numbers = pd.Series(as_numbers(column), index=column.index, name=column.name)
    if kind == "number":
        return numbers.astype("float64")
    whole = numbers.where(numbers == numbers.round())
    return whole.astype("Int64" if whole.isna().any() else "int64")


def full_match(texts: pa.Array, pattern: str) -> np.ndarray:
    """Return True where the whole text matches; missing text does not match. RE2 does the matching, as in BigQuery."""
    import pyarrow.compute as pc

    return pc.fill_null(pc.match_substring_regex(texts, f"^(?:{pattern})$"), False).to_numpy(zero_copy_only=False)


def is_blank(texts: pa.Array) -> np.ndarray:
    """Return True where a text is nothing but spaces.

    All blanks sort before '!', so that the cheap comparison spares nearly every row the regular expression.
    """
    import pyarrow.compute as pc

    early = pc.fill_null(pc.less(texts, "!"), False)
    blank = early.to_numpy(zero_copy_only=False).copy()
    if blank.any():
        blank[blank] = full_match(texts.filter(early), BLANK)
    return blank


def _parse(column: pd.Series, grammar: str, parse: Callable[[pd.Series], np.ndarray]) -> np.ndarray:
    """Parse the texts that follow the grammar; the others become NaN or NaT."""
    import numpy as np

    follows = full_match(as_texts(column), grammar)
    parsed = parse(column[follows].astype("str").str.strip())
    nothing = np.datetime64("NaT", "us") if parsed.dtype.kind == "M" else np.nan
    whole = np.full(len(column), nothing, dtype=parsed.dtype)
    whole[follows] = parsed
    return whole


def _parse_numbers(texts: pd.Series) -> np.ndarray:
    import pandas as pd

    return pd.to_numeric(texts).to_numpy(dtype="float64")


def _parse_instants(texts: pd.Series) -> np.ndarray:
    import pandas as pd

    instants = pd.to_datetime(texts, utc=True, format="ISO8601", errors="coerce")
    return instants.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")


def _parse_dates(texts: pd.Series) -> np.ndarray:
    import pandas as pd

    return pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce").to_numpy(dtype="datetime64[us]")


def _require(column: pd.Series, family: str, accepted: tuple[str, ...], reading: str) -> None:
    if family not in accepted:
        raise InvalidSetting(
            f"column {column.name!r} holds {family} values ({column.dtype}) but a rule reads it as {reading}",
            f"a column of one of: {', '.join(accepted)}",
            "correct the rule, or convert the column in a cleaning step first",
        )
