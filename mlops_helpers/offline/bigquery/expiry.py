"""Expiry: tables and partitions vanish when the offline clock passes their time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import millis
from .names import TableKey
from .types import literal, quoted

if TYPE_CHECKING:
    from .catalog import Warehouse

PARTITION_LENGTH = {"HOUR": "1 hour", "DAY": "1 day", "MONTH": "1 month", "YEAR": "1 year"}


class Expiry:
    """Looks for expired tables whenever the clock has moved; costs a comparison when it has not."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._swept: datetime | None = None
        self._sweeping = False

    def sweep(self) -> None:
        """Delete what has expired."""
        now = self._warehouse.now()
        if now == self._swept or self._sweeping:
            return
        self._swept, self._sweeping = now, True
        try:
            for key in self._expired(int(millis(now))):
                self._warehouse.drop_table(key)
            for key in self._with_short_partitions():
                self._drop_partitions(key, now)
        finally:
            self._sweeping = False

    def wake(self) -> None:
        """An expiry was set: look again although the clock has not moved."""
        self._swept = None

    def _expired(self, now: int) -> list[TableKey]:
        tables = self._warehouse.tables.items()
        return [key for key, meta in tables if int(meta.get("expirationTime") or now + 1) <= now]

    def _with_short_partitions(self) -> list[TableKey]:
        tables = self._warehouse.tables.items()
        return [key for key, meta in tables if int((meta.get("timePartitioning") or {}).get("expirationMs") or 0)]

    def _drop_partitions(self, key: TableKey, now: datetime) -> None:
        warehouse = self._warehouse
        layout = warehouse.tables[key]["timePartitioning"]
        column = quoted(layout["field"])
        limit = now - timedelta(milliseconds=int(layout["expirationMs"]))
        end = f"date_trunc('{layout['type']}', {column}) + INTERVAL {PARTITION_LENGTH[layout['type']]}"
        old = f"({end})::TIMESTAMP <= {literal(limit.replace(tzinfo=None).isoformat())}::TIMESTAMP"
        if warehouse.relations.count(f"{warehouse.relation(key)} WHERE {old}"):
            with warehouse.changing(key) as relation:
                warehouse.con.execute(f"DELETE FROM {relation} WHERE {old}")
