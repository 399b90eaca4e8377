"""Versions of a BigQuery table: snapshots that stay, and time travel over the last days.

    snapshot_table(client, "crm.churn", "churn_2026_03_01", expires=in_a_year)
    list_snapshots(client, "crm.churn")
    restore_table(client, "crm.churn_2026_03_01", "crm.churn", overwrite=True)
    rows_as_of(client, "crm.churn", yesterday)

A snapshot is read-only and costs only what differs from its table. Time travel needs no preparation, but ends after
two to seven days. Table ids are `table` (with a dataset from the other id), `dataset.table` or `project.dataset.table`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import UnknownArtifact, VersionConflict, VersionNotFound
from mlops_helpers.governance.moments import require_aware
from mlops_helpers.governance.table_ids import table_reference

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery


def snapshot_table(
    client: bigquery.Client, table: str, name: str, *, expires: dt.datetime | None = None
) -> bigquery.Table:
    """Take a snapshot of `table` called `name` and return it; it deletes itself at `expires` (aware), if given.

    Raises `UnsafeName`, `NaiveTimestamp`, `UnknownArtifact` (no such table), `VersionConflict` (the name is taken).
    """
    from google.cloud import bigquery

    source = table_reference(client, table)
    target = table_reference(client, name, beside=source)
    _refuse_taken(client, target)
    config = bigquery.CopyJobConfig(operation_type="SNAPSHOT", write_disposition="WRITE_EMPTY")
    if expires is not None:
        config.destination_expiration_time = _rfc3339(require_aware(expires, "expires"))
    _copy(client, source, target, config)
    return client.get_table(target)


def list_snapshots(client: bigquery.Client, table: str) -> pd.DataFrame:
    """Return the snapshots of a table in its dataset, oldest first: name, taken, expires, rows."""
    import pandas as pd

    base = table_reference(client, table)
    rows = [(item.table_id, item.snapshot_definition.snapshot_time, item.expires, item.num_rows)
            for item in _snapshots(client, base)]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "taken", "expires", "rows"]).sort_values("taken", ignore_index=True)


def restore_table(client: bigquery.Client, snapshot: str, table: str, *, overwrite: bool = False) -> bigquery.Table:
    """Write the content of a snapshot to `table` and return it; `overwrite` must say so if the table exists.

    Raises `VersionNotFound` with the snapshots there are, `VersionConflict` if the table exists and `overwrite` is off.
    """
    from google.cloud import bigquery

    target = table_reference(client, table)
    source = table_reference(client, snapshot, beside=target)
    known = {item.table_id for item in _snapshots(client, source, of_table=False)}
    if source.table_id not in known:
        raise VersionNotFound(f"no snapshot {source}", f"one of: {', '.join(sorted(known)) or 'none'}")
    disposition = "WRITE_TRUNCATE" if overwrite else "WRITE_EMPTY"
    _copy(client, source, target, bigquery.CopyJobConfig(operation_type="RESTORE", write_disposition=disposition))
    return client.get_table(target)


def rows_as_of(client: bigquery.Client, table: str, moment: dt.datetime) -> pd.DataFrame:
    """Return the rows a table had at `moment`, an aware datetime within its time-travel window.

    Raises `NaiveTimestamp`, `UnsafeName`, `VersionNotFound` if nothing is kept for that moment.
    """
    from google.api_core.exceptions import BadRequest, NotFound

    reference = table_reference(client, table)
    instant = _rfc3339(require_aware(moment, "moment"))
    # The id was checked and the time is written by us, so nothing foreign enters the statement.
    sql = f"SELECT * FROM `{reference}` FOR SYSTEM_TIME AS OF TIMESTAMP '{instant}'"
    try:
        return client.query_and_wait(sql).to_arrow().to_pandas()  # to_dataframe is about to be deprecated
    except (BadRequest, NotFound) as error:
        raise VersionNotFound(
            f"nothing of {reference} at {instant} ({error.message})",
            "a moment after the table was made and within its time-travel window, at most seven days back",
            "choose a later moment, or restore a snapshot",
        ) from error


def _rfc3339(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat()


def _snapshots(
    client: bigquery.Client, beside: bigquery.TableReference, *, of_table: bool = True
) -> list[bigquery.Table]:
    """Return the snapshots in the dataset of `beside`: those of this table, or all."""
    from google.cloud import bigquery

    listed = client.list_tables(bigquery.DatasetReference(beside.project, beside.dataset_id))
    found = [client.get_table(item.reference) for item in listed if item.table_type == "SNAPSHOT"]
    return [item for item in found if not of_table or item.snapshot_definition.base_table_reference == beside]


def _refuse_taken(client: bigquery.Client, target: bigquery.TableReference) -> None:
    """Ask before a job is started; a name taken between this question and the job is a 409, see `_copy`."""
    from google.api_core.exceptions import NotFound

    try:
        client.get_table(target)
    except NotFound:
        return
    raise _taken(target)


def _taken(target: bigquery.TableReference) -> VersionConflict:
    return VersionConflict(
        f"a table {target} that exists already",
        "a name that is free",
        "choose another name; only restore_table can replace a table, with overwrite=True",
    )


def _copy(
    client: bigquery.Client,
    source: bigquery.TableReference,
    target: bigquery.TableReference,
    config: bigquery.CopyJobConfig,
) -> None:
    """Run one copy job; say in our words when the source is absent or the target is taken."""
    from google.api_core.exceptions import Conflict, NotFound

    try:
        client.copy_table(source, target, job_config=config).result()
    except NotFound as error:
        raise UnknownArtifact(f"no table {source}", "a table that exists", "check project, dataset and name") from error
    except Conflict as error:
        raise _taken(target) from error
