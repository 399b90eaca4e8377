"""The DuckDB database behind the offline BigQuery: in memory, spilling to the cloud's folder, closed to the world.

SQL comes from whoever can reach the port, so DuckDB may read and write one staging folder and nothing else: no other
file, no network, no extension, and no statement can open any of that again (`lock_configuration`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .types import literal

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "1GB"  # beyond it DuckDB moves data to `temp_directory`
SCHEMA = "main"


def open_engine(folder: str) -> duckdb.DuckDBPyConnection:
    """A fresh DuckDB whose only door to the disk is `staging_folder(folder)`."""
    import duckdb

    os.makedirs(staging_folder(folder), exist_ok=True)
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    connection = duckdb.connect(":memory:", config=config)
    for setting in _settings(folder):
        connection.execute(f"SET {setting}")
    return connection


def staging_folder(folder: str) -> str:
    """Where uploaded files wait to be loaded and extracted files to be sent."""
    return os.path.join(folder, "bigquery", "staging")


def _settings(folder: str) -> list[str]:
    return [
        "TimeZone='UTC'",
        "ieee_floating_point_ops=false",
        "python_enable_replacements=false",
        "preserve_insertion_order=true",
        "disabled_optimizers='late_materialization'",  # DuckDB 2.0 fails on rowid conditions under LIMIT with it
        f"memory_limit='{MEMORY_LIMIT}'",
        f"temp_directory={literal(os.path.join(folder, 'bigquery', 'spill'))}",
        f"allowed_directories=[{literal(staging_folder(folder))}]",
        "enable_external_access=false",
    ]


def lock_engine(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the settings final. Called once the functions that SQL may use are defined."""
    connection.execute("SET lock_configuration=true")
