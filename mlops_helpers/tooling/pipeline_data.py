"""First steps of the churn pipeline: rows of BigQuery, through the quality gate, to rows that a model may see.

The rows up to a moment are copied to a staging table, checked there by SQL, and only then downloaded. A failed gate
raises and leaves the staging table behind: the pipeline's exit handler drops it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mlops_helpers.governance.expectations import InRange, InSet, NotNull, RowCount, Unique
from mlops_helpers.governance.quality import check_quality
from mlops_helpers.governance.report import QualityReport, gate
from mlops_helpers.governance.suites import Suite
from mlops_helpers.tooling.pipeline_settings import PipelineRun, PipelineSettings

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery

BUCKETS = 10_000  # of the hash that divides customers


def pipeline_suite(settings: PipelineSettings) -> Suite:
    """The quality gate of challenge 1 for these columns: keys once, nothing missing, labels 0 or 1, stated ranges."""
    ranges = [InRange(name, low, high) for name, (low, high) in settings.ranges.items()]
    expectations = (
        RowCount(settings.min_rows or 1, None),
        Unique((settings.key,)),
        *(NotNull(name) for name in dict.fromkeys([settings.key, settings.label, *settings.features])),
        InSet(settings.label, (0, 1)),
        *ranges,
    )
    return Suite(f"{settings.model} training rows", expectations, key=settings.key)


def ingest(run: PipelineRun, client: bigquery.Client) -> tuple[pd.DataFrame, QualityReport]:
    """The rows known until `train_until`, sorted by key, and the report that let them through.

    Raises QualityGateFailed with the failed rows by name, and the client's NotFound for a table that is not there.
    """
    stage(run, client)
    report = gate(check_quality(run.staging, pipeline_suite(run.settings), client=client))
    rows = client.list_rows(run.staging).to_arrow(create_bqstorage_client=False).to_pandas()
    drop_staging(run, client)
    return rows.sort_values(run.settings.key, ignore_index=True), report


def stage(run: PipelineRun, client: bigquery.Client) -> None:
    """Copy the columns and rows of one run to its staging table, which is replaced if it is there."""
    from google.cloud import bigquery

    settings = run.settings
    config = bigquery.QueryJobConfig(destination=run.staging, write_disposition="WRITE_TRUNCATE")
    statement = f"SELECT {', '.join(f'`{name}`' for name in settings.columns)} FROM `{run.table}`"
    if settings.time_column:
        statement += f" WHERE `{settings.time_column}` <= @train_until"
        config.query_parameters = [bigquery.ScalarQueryParameter("train_until", "TIMESTAMP", run.moment)]
    client.query(statement, job_config=config).result()


def drop_staging(run: PipelineRun, client: bigquery.Client) -> bool:
    """Drop what `stage` made; False if there is nothing (any more)."""
    from google.api_core.exceptions import NotFound

    try:
        client.delete_table(run.staging)
    except NotFound:
        return False
    return True


def source_version(run: PipelineRun, client: bigquery.Client) -> str:
    """When the table last changed. Steps that take it are computed again if the table is not what it was."""
    return client.get_table(run.table).modified.isoformat()


def is_held_out(keys: pd.Series, share: float) -> pd.Series:
    """Which customers no model may see: by a hash of the key, so that they stay the same in every run."""
    import pandas as pd

    return pd.Series([_bucket(str(key)) < share * BUCKETS for key in keys], index=keys.index, dtype=bool)


def split(rows: pd.DataFrame, settings: PipelineSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and rows to evaluate on; a customer is never in both."""
    held = is_held_out(rows[settings.key], settings.holdout)
    return rows[~held].reset_index(drop=True), rows[held].reset_index(drop=True)


def _bucket(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % BUCKETS
