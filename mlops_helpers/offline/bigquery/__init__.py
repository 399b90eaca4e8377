"""The offline BigQuery: Google's REST interface (and the Storage Read API) in front of one DuckDB database.

routes, service               every operation and the function that answers it: start reading there
datasets, tables, policies,   one module per resource
projects, tabledata,
streaming, jobs
queries, load, extract,       what the four kinds of job do; `destinations` is where they write
copying, destinations
sources, uploads, load_csv,   files: where they come from and how each format is read
load_json, load_parquet
catalog                       the Warehouse: datasets, tables, their rows and their past
relations, history, expiry,   its parts: DuckDB tables, time travel, vanishing tables, kept results
anonymous
schemas, resources,           BigQuery's rules: which columns, layouts and names are allowed
partitions, defaults, names
types, values, encoding,      column types, JSON in, JSON out, logical bytes, one form for every resource
sizes, canonical, paging
sql                           from BigQuery's SQL to DuckDB's
readapi                       the BigQuery Storage Read API over gRPC
engine, faults                DuckDB: shut off from the world; its errors in BigQuery's words
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
