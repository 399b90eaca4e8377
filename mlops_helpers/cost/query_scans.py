"""What a query will scan, before it runs: bytes and dollars of a dry run, for several ways to ask the same.

    scans = compare_scans(client, {"all columns": ..., "two columns": ..., "one day": ...}, at=today)

A dry run is free. It counts whole columns of the partitions that the query's filter leaves (on the partition column,
with a constant). It does not know what clustering will save: blocks are pruned while the query runs, so for a clustered
table the estimate is an upper limit, as BigQuery's documentation says. `measured_scan` runs a query, with a limit on
the bytes it may bill, and reports what was billed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from .errors import InvalidSetting
from .money import Money
from .prices import price

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery

ITEM = "bigquery.bytes_billed"
GIB = 2**30
SMALLEST_BILL = 10 * 2**20  # bytes; BigQuery bills at least so much for each table that a query reads


@dataclass(frozen=True)
class Scan:
    """Bytes that a query reads and what they list at. `kind` is "dry run" or "billed".

    `upper_limit` says that a table in it is clustered, so that a run may bill less than the dry run's bytes.
    """

    kind: str
    bytes: int
    money: Money
    upper_limit: bool = False

    def __str__(self) -> str:
        most = "at most " if self.upper_limit else ""
        return f"{self.kind}: {most}{self.bytes / GIB:,.3f} GiB, {self.money.amount:.4f} {self.money.currency}"


def dry_run(
    client: bigquery.Client, sql: str, *, at: date, parameters: Sequence[bigquery.ScalarQueryParameter] = ()
) -> Scan:
    """Return what a query would scan. Nothing runs and nothing is billed.

    Raises google.api_core's BadRequest for a query that is wrong, as the real run would.
    """
    from google.cloud import bigquery

    config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False, query_parameters=list(parameters))
    job = client.query(sql, job_config=config)
    clustered = any(client.get_table(table).clustering_fields for table in job.referenced_tables)
    return Scan("dry run", job.total_bytes_processed, _list_price(job.total_bytes_processed, at), clustered)


def measured_scan(client: bigquery.Client, sql: str, *, at: date, most_bytes: int) -> Scan:
    """Run a query and return what was billed. It fails, and costs nothing, if it would bill more than `most_bytes`.

    Raises InvalidSetting for a limit below the smallest bill (10 MiB), google.api_core's errors of the query.
    """
    from google.cloud import bigquery

    if most_bytes < SMALLEST_BILL:
        raise InvalidSetting(f"most_bytes={most_bytes}", f"at least {SMALLEST_BILL:,}", "Less is never billed.")
    config = bigquery.QueryJobConfig(maximum_bytes_billed=most_bytes, use_query_cache=False)
    job = client.query(sql, job_config=config)
    job.result()
    return Scan("billed", job.total_bytes_billed, _list_price(job.total_bytes_billed, at))


def compare_scans(client: bigquery.Client, queries: Mapping[str, str], *, at: date) -> pd.DataFrame:
    """Return the dry runs of some queries: query, bytes, gib, usd (Decimal), share (of the first), upper_limit.

    Raises InvalidSetting without queries, google.api_core's BadRequest for one that is wrong.
    """
    import pandas as pd

    if not queries:
        raise InvalidSetting("no queries", "at least one by name", "The first is what the others are compared to.")
    scans = {name: dry_run(client, sql, at=at) for name, sql in queries.items()}
    first = next(iter(scans.values())).bytes
    rows = [
        (name, scan.bytes, scan.bytes / GIB, scan.money.amount, scan.bytes / first if first else float("nan"))
        for name, scan in scans.items()
    ]
    table = pd.DataFrame(rows, columns=["query", "bytes", "gib", "usd", "share"])
    return table.assign(upper_limit=[scan.upper_limit for scan in scans.values()])


def _list_price(scanned: int, at: date) -> Money:
    return price(ITEM, at=at).of(scanned)
