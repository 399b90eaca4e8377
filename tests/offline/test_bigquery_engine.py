"""The database behind the offline BigQuery is closed to the world, even for whoever could write DuckDB SQL."""

import os

import duckdb
import pytest

from mlops_helpers.offline.bigquery.engine import lock_engine, open_engine, staging_folder


@pytest.fixture
def engine(tmp_path):
    connection = open_engine(str(tmp_path))
    lock_engine(connection)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('{staging}/../../secret')",
        "COPY (SELECT 1) TO '{outside}'",
        "ATTACH '{outside}'",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
        "SET enable_external_access=true",
        "SET allowed_directories=['/']",
        "SET memory_limit='1TB'",
    ],
)
def test_no_way_out(engine, tmp_path, sql):
    outside = tmp_path / "outside"
    with pytest.raises(duckdb.Error):
        engine.execute(sql.format(staging=staging_folder(str(tmp_path)), outside=outside)).fetchall()
    assert not outside.exists()


def test_the_staging_folder_is_open(engine, tmp_path):
    path = os.path.join(staging_folder(str(tmp_path)), "x.csv")
    engine.execute(f"COPY (SELECT 1 AS a) TO '{path}' (HEADER false)")
    assert engine.execute(f"SELECT * FROM read_csv('{path}', header=false)").fetchall() == [(1,)]
