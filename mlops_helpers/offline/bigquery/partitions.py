"""Partition decorators: `table$20260101` is one partition of a table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import invalid
from .names import TableKey
from .types import literal, quoted

if TYPE_CHECKING:
    from .catalog import Warehouse

FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}
NULL_PARTITION = "__NULL__"


def condition(meta: dict, decorator: str) -> str:
    """A DuckDB condition that holds for the rows of one partition.

    Raises ApiError 400 when the table is not partitioned or the decorator does not fit its partitions.
    """
    if time := meta.get("timePartitioning"):
        return _time_condition(time, decorator)
    if ranges := meta.get("rangePartitioning"):
        return _range_condition(ranges, decorator)
    raise invalid(
        f"Partition decorator ${decorator} on {meta['id']}: found a table without partitions, expected one with"
    )


def _time_condition(layout: dict, decorator: str) -> str:
    column = quoted(layout["field"])
    if decorator == NULL_PARTITION:
        return f"{column} IS NULL"
    form = FORMATS[layout["type"]]
    try:
        start = datetime.strptime(decorator, form)
    except ValueError:
        example = datetime(2026, 1, 31, 9).strftime(form)
        raise invalid(f"Invalid partition ${decorator}: expected the form ${example} ({layout['type']})") from None
    end = _next(start, layout["type"])
    return f"{column}::TIMESTAMP >= {_moment(start)} AND {column}::TIMESTAMP < {_moment(end)}"


def _next(start: datetime, kind: str) -> datetime:
    if kind == "YEAR":
        return start.replace(year=start.year + 1)
    if kind == "MONTH":
        return (start + timedelta(days=32)).replace(day=1)
    return start + (timedelta(days=1) if kind == "DAY" else timedelta(hours=1))


def _moment(at: datetime) -> str:
    return f"{literal(at.isoformat(sep=' '))}::TIMESTAMP"


def _range_condition(layout: dict, decorator: str) -> str:
    bounds = {name: int(layout["range"][name]) for name in ("start", "end", "interval")}
    if decorator == NULL_PARTITION:
        return f"{quoted(layout['field'])} IS NULL"
    digits = decorator.removeprefix("-")
    start = int(decorator) if digits.isascii() and digits.isdigit() else None
    fits = start is not None and bounds["start"] <= start < bounds["end"]
    if not fits or (start - bounds["start"]) % bounds["interval"]:
        raise invalid(f"Invalid partition ${decorator}: expected the start of a range, from {bounds}")
    return f"{quoted(layout['field'])} >= {start} AND {quoted(layout['field'])} < {start + bounds['interval']}"


def delete_partition(warehouse: Warehouse, key: TableKey, decorator: str) -> None:
    """Delete the rows of one partition."""
    rows = condition(warehouse.table(key), decorator)
    with warehouse.changing(key) as relation:
        warehouse.con.execute(f"DELETE FROM {relation} WHERE {rows}")
