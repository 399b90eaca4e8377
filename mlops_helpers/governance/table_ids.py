"""What names a BigQuery table: `dataset.table` or `project.dataset.table`. Nothing in a name can end its quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import UnsafeName

if TYPE_CHECKING:
    from google.cloud import bigquery

# Project, dataset and table, as BigQuery takes them.
_PARTS = (re.compile(r"[a-z0-9][a-z0-9.:-]{0,80}[a-z0-9]"), re.compile(r"\w{1,1024}"), re.compile(r"[\w$-]{1,1024}"))


def table_reference(
    client: bigquery.Client, table: str, *, beside: bigquery.TableReference | None = None
) -> bigquery.TableReference:
    """Return the reference of a table id; raise `UnsafeName` if a part could not be one (`../x`, a backtick, blanks).

    A bare name stands in the dataset of `beside`, an id without project in the client's.
    """
    from google.cloud import bigquery

    parts = table.rsplit(".", 2) if isinstance(table, str) else []
    if len(parts) == 1 and beside is not None:
        parts = [beside.project, beside.dataset_id, *parts]
    elif len(parts) == 2:
        parts = [client.project, *parts]
    if len(parts) != 3 or not all(rule.fullmatch(part) for rule, part in zip(_PARTS, parts, strict=True)):
        raise UnsafeName(f"the table id {table!r:.120}", "dataset.table or project.dataset.table")
    return bigquery.TableReference.from_string(".".join(parts))
