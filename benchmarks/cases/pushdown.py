"""The same nine expectations by SQL: a BigQuery table, checked where it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.cases.checks import plain, require_equal, suite
from benchmarks.customers import ROWS, stored


def cases(folder: str, rows: str = str(ROWS)) -> dict[str, Callable[[], object]]:
    """Return `sql` and `pandas` for a million rows; for more of them, `sql` alone."""
    from google.cloud import bigquery

    from mlops_helpers.cloud import connect
    from mlops_helpers.governance.quality import check_quality

    session = connect("offline")
    client, path, agreed = bigquery.Client(), stored(Path(folder)), suite()
    table = f"{session.project}.{_load(client, path, copies=int(rows) // ROWS)}"
    found = {"sql": lambda: check_quality(table, agreed, client=client)}
    if int(rows) > ROWS:
        return found
    import pandas as pd

    frame = pd.read_parquet(path)
    require_equal({item.expectation.id: item.failed for item in found["sql"]().findings}, plain(frame))
    return found | {"pandas": lambda: plain(frame)}


def _load(client, path: Path, *, copies: int) -> str:
    """Load the file and return the table; more copies of its rows are made inside BigQuery, with ids of their own."""
    from google.cloud import bigquery

    client.create_dataset("bench")
    parquet = bigquery.LoadJobConfig(source_format="PARQUET")
    with path.open("rb") as file:
        client.load_table_from_file(file, "bench.customers", job_config=parquet).result()
    if copies == 1:
        return "bench.customers"
    columns = "one.* REPLACE (CONCAT('C', CAST(copy AS STRING), SUBSTR(one.customer_id, 3)) AS customer_id)"
    source = f"bench.customers AS one CROSS JOIN UNNEST(GENERATE_ARRAY(0, {copies - 1})) AS copy"
    client.query_and_wait(f"CREATE TABLE bench.many AS SELECT {columns} FROM {source}")
    return "bench.many"
