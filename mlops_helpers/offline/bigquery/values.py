"""JSON rows as clients send them (streaming inserts, newline-delimited files) to typed values for Arrow.

`RowReader` is built once per table: a function per column, so that a million cells cost a second or two.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from .types import Field, cast_list

if TYPE_CHECKING:
    import pyarrow

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


class CellError(ValueError):
    """A value that does not fit its column; `path` is the column (`address.city`, `tags[2]`)."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path, self.message = path, message


class Problem(NamedTuple):
    """What is wrong with a row: the column and a sentence."""

    path: str
    message: str


def _bad(kind: str, value: Any) -> ValueError:
    return ValueError(f"Cannot convert value to {kind} (bad value): {value}")


def _integer(value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise _bad("integer", value) from None
    whole = not isinstance(value, bool) and not (isinstance(value, float) and value != number)
    if not whole or not INT64_MIN <= number <= INT64_MAX:
        raise _bad("integer", value)
    return number


def _float(value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError):
        raise _bad("float", value) from None


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise _bad("boolean", value)
    return text == "true"


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        raise ValueError(f"This field: found a JSON {type(value).__name__}, expected a string")
    return json.dumps(value)


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise _bad("bytes, base64 expected", value) from None


def _numeric(value: Any) -> str:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        raise _bad("numeric", value) from None
    if not number.is_finite():
        raise _bad("numeric", value)
    return format(number, "f")


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"Invalid date: {value!r}, expected the form 2026-01-31") from None


def _time(value: Any) -> time:
    try:
        return time.fromisoformat(value).replace(tzinfo=None)
    except (TypeError, ValueError):
        raise ValueError(f"Invalid time: {value!r}, expected the form 09:30:00") from None


def _datetime(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"Invalid datetime: {value!r}, expected the form 2026-01-31T09:30:00") from None
    if moment.tzinfo is not None:
        raise ValueError(f"Invalid datetime: {value!r} has a time zone, which only a TIMESTAMP has")
    return moment


def _timestamp(value: Any) -> datetime:
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value.removesuffix(" UTC"))
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise ValueError(f"Invalid timestamp: {value!r}, expected e.g. 2026-01-31T09:30:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _json_text(value: Any) -> str:
    if isinstance(value, str):  # the clients send JSON columns as text already
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(value)
        return value
    return json.dumps(value, separators=(",", ":"))


READERS: dict[str, Callable[[Any], Any]] = {
    "INTEGER": _integer,
    "FLOAT": _float,
    "BOOLEAN": _boolean,
    "STRING": _string,
    "BYTES": _bytes,
    "NUMERIC": _numeric,
    "BIGNUMERIC": _numeric,
    "DATE": _date,
    "TIME": _time,
    "DATETIME": _datetime,
    "TIMESTAMP": _timestamp,
    "JSON": _json_text,
    "INTERVAL": _string,
}


class RowReader:
    """Reads JSON objects as rows of a table with these columns.

    `ignore_unknown` drops members that are no column instead of reporting them.
    """

    def __init__(self, fields: list[Field], *, ignore_unknown: bool = False) -> None:
        self.fields = fields
        self._ignore_unknown = ignore_unknown
        self._columns = [
            (field["name"], field["name"].lower(), _cell_reader(field, ignore_unknown)) for field in fields
        ]
        self._known = {field["name"].lower() for field in fields}

    def read(self, row: dict[str, Any]) -> tuple[list[Any], list[Problem]]:
        """The values in column order (None where the row has none) and everything that is wrong."""
        members = {name.lower(): value for name, value in row.items()}
        problems = []
        if not self._ignore_unknown and not self._known.issuperset(members):
            unknown = [name for name in row if name.lower() not in self._known]
            problems = [Problem(name, f"no such field: {name}.") for name in unknown]
        values = []
        for name, lower, reader in self._columns:
            try:
                values.append(reader(members.get(lower)))
            except CellError as wrong:
                values.append(None)
                problems.append(Problem(wrong.path, wrong.message))
            except ValueError as wrong:
                values.append(None)
                problems.append(Problem(name, str(wrong)))
        return values, problems

    def arrow(self, rows: Iterable[list[Any]]) -> pyarrow.Table:
        """Rows of values as an Arrow table with these columns."""
        import pyarrow

        columns = list(zip(*rows, strict=True)) or [() for _ in self.fields]
        arrays = [pyarrow.array(cells, arrow_type(f)) for cells, f in zip(columns, self.fields, strict=True)]
        return pyarrow.table(arrays, names=[field["name"] for field in self.fields])

    def select(self, view: str) -> str:
        """A DuckDB SELECT that turns such an Arrow table, registered as `view`, into the columns' types."""
        return f'SELECT {cast_list(self.fields)} FROM "{view}"'


def _cell_reader(field: Field, ignore_unknown: bool) -> Callable[[Any], Any]:
    single = _record_reader(field, ignore_unknown) if field["type"] == "RECORD" else READERS[field["type"]]
    name = field["name"]
    if field["mode"] == "REPEATED":
        return lambda value: _read_list(name, value, single)
    if field["mode"] == "REQUIRED":
        return lambda value: _read_required(name, value, single)
    return lambda value: None if value is None else single(value)


def _read_required(name: str, value: Any, single: Callable[[Any], Any]) -> Any:
    if value is None:
        raise CellError(name, f"Missing required field: {name}.")
    return single(value)


def _read_list(name: str, value: Any, single: Callable[[Any], Any]) -> list:
    if value is None:
        return []
    if not isinstance(value, list):
        raise CellError(name, f"Array specified for non-repeated field: found {value!r}, expected a list for {name}.")
    if None in value:
        raise CellError(name, f"Only optional fields can be set to NULL. Field: {name}; the list holds a null.")
    return [single(item) for item in value]


def _record_reader(field: Field, ignore_unknown: bool) -> Callable[[Any], dict]:
    inner = RowReader(field["fields"], ignore_unknown=ignore_unknown)
    names = [child["name"] for child in field["fields"]]

    def read(value: Any) -> dict:
        if not isinstance(value, dict):
            raise CellError(field["name"], f"This field: {field['name']} is a record, found {value!r}.")
        values, problems = inner.read(value)
        if problems:
            raise CellError(f"{field['name']}.{problems[0].path}", problems[0].message)
        return dict(zip(names, values, strict=True))

    return read


def arrow_type(field: Field) -> pyarrow.DataType:
    """The Arrow type that carries a column's values to DuckDB."""
    import pyarrow

    if field["type"] == "RECORD":
        kind = pyarrow.struct([(child["name"], arrow_type(child)) for child in field["fields"]])
    else:
        kind = _plain_arrow_type(field["type"])
    return pyarrow.list_(kind) if field["mode"] == "REPEATED" else kind


def _plain_arrow_type(kind: str) -> pyarrow.DataType:
    import pyarrow

    types = {
        "INTEGER": pyarrow.int64(),
        "FLOAT": pyarrow.float64(),
        "BOOLEAN": pyarrow.bool_(),
        "BYTES": pyarrow.binary(),
        "DATE": pyarrow.date32(),
        "TIME": pyarrow.time64("us"),
        "DATETIME": pyarrow.timestamp("us"),
        "TIMESTAMP": pyarrow.timestamp("us", tz="UTC"),
    }
    return types.get(kind, pyarrow.string())  # NUMERIC, JSON and INTERVAL travel as text
