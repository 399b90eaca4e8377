"""The offline BigQuery: Google's REST interface (and the Storage Read API) in front of one DuckDB database.

routes      every operation and the function that answers it: start reading there
catalog     the Warehouse: datasets, tables, their rows and their past
jobs        query, load, extract and copy jobs; queries, load, extract, copying do the work
sql         from BigQuery's SQL to DuckDB's
readapi     the BigQuery Storage Read API over gRPC
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import BigQuery


def open_service(cloud: OfflineCloud) -> BigQuery:
    """Called by the cloud on the first BigQuery request."""
    from .service import BigQuery

    return BigQuery(cloud)
