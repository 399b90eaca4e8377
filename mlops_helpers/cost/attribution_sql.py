"""The split of a billing export as one BigQuery statement: one scan, however many labels and credits a line has.

Unnesting ten million lists is slow and needs memory; reading the first few places of each is not. So the statement
looks at a fixed number of places and also returns the longest list it saw: if one was longer, it is asked again.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from .errors import BillingError
from .shares import DIMENSIONS, Share

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery

LABELS, CREDITS = 4, 2  # places looked at first
DAY = "usage_start_time"  # what Google partitions the export by
TABLE_ID = re.compile(r"[\w:.-]+\.[\w$-]+")


def split_statement(table: str, by: str, *, labels: int = LABELS, credits: int = CREDITS, month: bool = False) -> str:
    """The statement: label, currency, cost, credits, lines, and the longest lists of labels and credits.

    Parameters of the query: `@key`, the label's name, and `@month` if `month`. Raises BillingError for a table id
    that is none.
    """
    if not TABLE_ID.fullmatch(table):
        raise BillingError(f"a table {table!r}", "an id such as project.dataset.table", "Correct the id.")
    if by in DIMENSIONS:
        owner = ".".join(DIMENSIONS[by])
    else:
        places = " ".join(
            f"WHEN labels[SAFE_OFFSET({n})].key = @key THEN labels[SAFE_OFFSET({n})].value" for n in range(labels)
        )
        owner = f"CASE {places} END"
    credit = " + ".join(f"IFNULL(SUM(CAST(credits[SAFE_OFFSET({n})].amount AS NUMERIC)), 0)" for n in range(credits))
    where = "WHERE invoice.month = @month " if month else ""
    return (
        f"SELECT NULLIF({owner}, '') AS label, currency, SUM(CAST(cost AS NUMERIC)) AS cost, {credit} AS credits, "
        "COUNT(*) AS lines, COUNTIF(cost IS NULL OR IS_NAN(cost)) AS blanks, "
        "MAX(ARRAY_LENGTH(labels)) AS most_labels, MAX(ARRAY_LENGTH(credits)) AS most_credits "
        f"FROM `{table}` {where}GROUP BY label, currency"
    )


def load_export(export: pd.DataFrame, table: str, *, client: bigquery.Client) -> int:
    """Write an export into a new table, in partitions of a day as Google has it; return its number of lines.

    `export` has Google's columns, nested ones as lists and dictionaries; a table that exists is replaced. Raises
    BillingError without the time that it is partitioned by, and google.api_core's errors of the load job.
    """
    from google.cloud import bigquery

    if DAY not in export:
        raise BillingError(f"an export without {DAY}", "the columns of Google's export", "See data/README.md.")
    lists = bigquery.ParquetOptions()
    lists.enable_list_inference = True
    config = bigquery.LoadJobConfig(
        source_format="PARQUET",
        parquet_options=lists,
        time_partitioning=bigquery.TimePartitioning(field=DAY),
        write_disposition="WRITE_TRUNCATE",
    )
    file = io.BytesIO(export.to_parquet())
    return client.load_table_from_file(file, table, job_config=config).result().output_rows


def split_by_sql(table: str, by: str, *, client: Any, month: str | None = None) -> list[tuple[str, Share]]:
    """Groups of a table, as pairs (currency, share). Raises BillingError, and google.api_core's errors."""
    if client is None:
        raise BillingError("a table id without a client", "client=bigquery.Client()", "Pass the client.")
    rows = _ask(client, split_statement(table, by, month=month is not None), by, month)
    labels = max((row.most_labels or 0 for row in rows), default=0)
    credits = max((row.most_credits or 0 for row in rows), default=0)
    if labels > LABELS or credits > CREDITS:
        widths = {"labels": max(labels, 1), "credits": max(credits, 1)}
        rows = _ask(client, split_statement(table, by, month=month is not None, **widths), by, month)
    if blanks := sum(row.blanks for row in rows):
        raise BillingError(f"{blanks} lines without an amount", "a number in every line", "Find the lines.")
    if by not in DIMENSIONS and labels and all(row.label is None for row in rows):
        remedy = "Correct its name: a misspelt label looks as if nobody owned anything."
        raise BillingError(f"no label {by.removeprefix('label:')!r} in any line", "one that some line has", remedy)
    return [(row.currency, Share(row.label, row.cost, row.credits, row.lines)) for row in rows]


def _ask(client: Any, statement: str, by: str, month: str | None) -> list[Any]:
    from google.cloud import bigquery

    values = {"key": None if by in DIMENSIONS else by.removeprefix("label:"), "month": month}
    given = [
        bigquery.ScalarQueryParameter(name, "STRING", value) for name, value in values.items() if value is not None
    ]
    return list(client.query_and_wait(statement, job_config=bigquery.QueryJobConfig(query_parameters=given)))
