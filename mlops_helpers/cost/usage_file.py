"""Counts of calls beyond one process: a SQLite file that many processes add to, CSV, a BigQuery table.

save(log, "usage.sqlite")            # adds what is new, in one transaction; nothing is counted twice or lost
load("usage.sqlite").frame()
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from .price_table import PriceTable
from .usage_log import COLUMNS, NUMBERS, Key, UsageLog

WAIT = 30.0  # seconds that a process waits for another one's transaction
NANO = Decimal("0.000000001")  # BigQuery's NUMERIC keeps nine decimals
TABLE = (
    "CREATE TABLE IF NOT EXISTS usage (day TEXT, model TEXT, prompt_version TEXT, team TEXT, lesson TEXT,"
    ' batch INTEGER, "long" INTEGER, calls INTEGER, prompt INTEGER, cached INTEGER, candidates INTEGER,'
    ' thoughts INTEGER, tool_use INTEGER, PRIMARY KEY (day, model, prompt_version, team, lesson, batch, "long"))'
)
ADD = f"INSERT INTO usage VALUES ({', '.join('?' * len(COLUMNS + NUMBERS))}) ON CONFLICT DO UPDATE SET " + ", ".join(
    f"{name} = {name} + excluded.{name}" for name in NUMBERS
)
TYPES = {"day": "DATE", "batch": "BOOL", "long": "BOOL", "cost": "NUMERIC"} | dict.fromkeys(NUMBERS, "INT64")


@contextmanager
def _transaction(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    finally:  # an unfinished transaction is rolled back
        connection.close()


def save(log: UsageLog, path: Path | str) -> None:
    """Move what a log has counted into a file, adding to what is there; the log is then empty.

    If the file cannot be written, the counts go back into the log and the error (sqlite3.Error) is raised.
    """
    taken = log.drain()
    try:
        with _transaction(Path(path)) as connection:
            connection.execute(TABLE)
            connection.executemany(ADD, [(key.day.isoformat(), *key[1:], *sums) for key, sums in taken.items()])
    except BaseException:
        log.merge(taken)
        raise


def load(path: Path | str) -> UsageLog:
    """Read a file into a new log. Raises FileNotFoundError if there is none."""
    if not Path(path).exists():
        raise FileNotFoundError(f"no usage file {path}: `save` makes one")
    log = UsageLog()
    with _transaction(Path(path)) as connection:
        connection.execute(TABLE)
        rows = connection.execute("SELECT * FROM usage").fetchall()
    width = len(COLUMNS)
    log.merge(
        {Key(date.fromisoformat(r[0]), *r[1:5], bool(r[5]), bool(r[6])): list(r[width:]) for r in rows},
    )
    return log


def write_csv(log: UsageLog, path: Path | str, *, at: date | None = None, table: PriceTable | None = None) -> Path:
    """Write the frame of a log as CSV, whole or not at all; amounts keep all decimals. Returns the path."""
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        log.frame(at=at, table=table).to_csv(temporary, index=False, lineterminator="\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def to_bigquery(log: UsageLog, table_id: str, *, client: Any, at: date | None = None) -> int:
    """Replace a table's rows by the frame of a log; returns how many there are.

    `client` is a `bigquery.Client`. Days are DATE, amounts NUMERIC (rounded to nine decimals), counts INT64.
    Raises google.api_core's errors, for example NotFound for a missing dataset.
    """
    from google.cloud import bigquery

    frame = log.frame(at=at)
    rows = [_plain(row) for row in frame.to_dict("records")]
    schema = [bigquery.SchemaField(name, TYPES.get(name, "STRING")) for name in frame.columns]
    config = bigquery.LoadJobConfig(schema=schema, write_disposition="WRITE_TRUNCATE")
    client.load_table_from_json(rows, table_id, job_config=config).result()
    return len(rows)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: amounts as texts, so that no digit is lost."""
    return row | {"day": row["day"].isoformat(), "cost": str(row["cost"].quantize(NANO))}
