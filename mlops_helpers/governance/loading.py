"""A DataFrame becomes a BigQuery table with the schema that `schema_of` states: nothing is left to be guessed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from mlops_helpers.governance.schema import schema_of, to_bigquery_schema
from mlops_helpers.governance.table_ids import table_reference

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery


def load_table(
    client: bigquery.Client, frame: pd.DataFrame, table: str, *, required: tuple[str, ...] = (), replace: bool = False
) -> bigquery.Table:
    """Load a DataFrame into `dataset.table` as Parquet, and return the table as BigQuery reports it.

    The index is left out. `required` columns refuse missing values; `replace` must say so if the table holds rows.
    Raises `UnsafeName` for a table id that could not be one, `DuplicateColumn`, `InvalidSetting`, and the client's
    `Conflict` if the table holds rows already; the load is all or nothing.
    """
    from google.cloud import bigquery

    target = table_reference(client, table)
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.PARQUET,
        schema=to_bigquery_schema(schema_of(frame), required=required),
        write_disposition="WRITE_TRUNCATE" if replace else "WRITE_EMPTY",
    )
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    client.load_table_from_file(parquet, target, rewind=True, job_config=config).result()
    return client.get_table(target)
