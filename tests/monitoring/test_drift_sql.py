"""Two BigQuery tables through the real client: the counts and the report are those of the DataFrames."""

import io
import re

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.cloud import connect
from mlops_helpers.monitoring import (
    EmptyWindow,
    InvalidSetting,
    MismatchedColumns,
    MissingColumn,
    detect_drift,
    drift_sql,
)
from mlops_helpers.monitoring.bigquery_drift import AT_ONCE, Table, compare_tables
from mlops_helpers.monitoring.bigquery_statements import Column, counts_statement
from mlops_helpers.monitoring.sketch import Sketch

SIZES = ("statistic", "psi", "jensen_shannon", "wasserstein")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            from google.cloud import bigquery

            client = bigquery.Client()
            client.create_dataset("drift")
            yield client
            session.close()


def window(rows, *, shift=0.0, seed=0):
    """A table with what columns come in: skew, integers, repeats, gaps, levels and truth values."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "price": np.exp(rng.normal(shift, 1, rows)),
            "visits": rng.poisson(3, rows),
            "discount": np.where(rng.random(rows) < 0.6, 0.0, rng.random(rows)),
            "age of account": rng.normal(100, 20, rows),
            "city": rng.choice(["Ulm", "Genève", "O'Fallon", "Łódź"], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "member": rng.random(rows) < 0.5 + shift / 4,
        }
    )
    frame.loc[frame.index % 11 == 0, "age of account"] = np.nan
    frame.loc[frame.index % 13 == 0, "city"] = None
    return frame


def load(client, name, frame):
    """Load a DataFrame by way of Parquet and return the table's id."""
    from google.cloud import bigquery

    file = io.BytesIO()
    frame.to_parquet(file)
    file.seek(0)
    parquet = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
    client.load_table_from_file(file, f"drift.{name}", job_config=parquet).result()
    return f"{client.project}.drift.{name}"


@pytest.fixture(scope="module")
def tables(client):
    frames = window(4_000), window(3_000, shift=0.5, seed=1)
    return frames, tuple(load(client, name, frame) for name, frame in zip(("a", "b"), frames, strict=True))


def test_the_same_edges_count_the_same(client, tables):
    frames, ids = tables
    columns = [Column("price", "FLOAT64"), Column("visits", "INT64"), Column("discount", "FLOAT64")]
    edges = {column.name: Sketch.of(frames[0][column.name]).edges for column in columns}
    table = Table(ids[1], {}, client)
    found = table.sketches(columns, table.facts(columns), edges)
    for name, sketch in found.items():
        expected = Sketch.of(frames[1][name], edges=edges[name])
        assert (sketch.counts == expected.counts).all()
        assert (sketch.minimum, sketch.maximum, sketch.missing) == (expected.minimum, expected.maximum, 0)
        assert (sketch.mean, sketch.variance) == pytest.approx((expected.mean, expected.variance), rel=1e-12)


def test_the_report_is_that_of_the_dataframes_with_the_same_edges(client, tables):
    from mlops_helpers.monitoring.bigquery_drift import _edges
    from mlops_helpers.monitoring.numeric import compare_numbers

    frames, ids = tables
    by_sql = {comparison.column: comparison for comparison in compare_tables(*ids, client=client)}
    for name in ("price", "visits", "discount", "age of account"):
        values = f"SELECT CAST(`{name}` AS FLOAT64) AS x FROM `{ids[0]}`"
        sql = f"SELECT APPROX_QUANTILES(IF(IS_NAN(x), NULL, x), 4096) AS q FROM ({values})"
        edges = _edges(next(iter(client.query_and_wait(sql)))["q"])
        expected = compare_numbers(name, *(Sketch.of(frame[name], edges=edges) for frame in frames))
        for size in (*SIZES, "p_value"):
            assert getattr(by_sql[name], size) == pytest.approx(getattr(expected, size), rel=1e-12, abs=1e-12)


def test_the_whole_report_is_close_to_the_one_of_dataframes(client, tables):
    frames, ids = tables
    by_sql = detect_drift(*ids, client=client).table.set_index("column")
    by_pandas = detect_drift(*frames, mode="exact").table.set_index("column")
    assert by_sql["verdict"].to_dict() == by_pandas["verdict"].to_dict()
    assert by_sql.loc["price", "verdict"] == "drifted"
    same = ["kind", "n_reference", "n_production", "missing_reference", "missing_production"]
    pd.testing.assert_frame_equal(by_sql[same], by_pandas[same])
    assert (by_sql["statistic"] - by_pandas["statistic"]).abs().max() <= 0.001
    assert (by_sql["psi"] - by_pandas["psi"]).abs().max() < 0.02


def test_levels_compare_exactly_as_in_pandas(client, tables):
    frames, ids = tables
    names = ["city", "member"]
    by_sql, by_pandas = detect_drift(*ids, columns=names, client=client), detect_drift(*frames, columns=names)
    for name in names:
        ours, theirs = by_sql.column(name), by_pandas.column(name)
        assert ours.bins == theirs.bins
        assert [getattr(ours, size) for size in SIZES[:3]] == [getattr(theirs, size) for size in SIZES[:3]]


def test_new_and_vanished_levels_are_named(client):
    a = load(client, "old", pd.DataFrame({"plan": ["basic"] * 90 + ["gold"] * 30}))
    b = load(client, "new", pd.DataFrame({"plan": ["basic"] * 60 + ["plus"] * 60}))
    found = detect_drift(a, b, client=client).column("plan")
    assert (found.new_levels, found.vanished_levels) == (("plus",), ("gold",))


def test_more_levels_than_are_listed_count_as_one_more(client):
    many = pd.DataFrame({"id": [f"u{i}" for i in range(5_200)] + ["u1", "u2"]})
    ids = load(client, "many_a", many), load(client, "many_b", many)
    found = detect_drift(*ids, client=client).column("id")
    assert found.n_reference == found.n_production == 5_202
    assert (found.psi, found.statistic) == (0, 0)


def test_infinite_values_are_named_and_nan_is_missing(client):
    good = pd.DataFrame({"x": [1.0, np.nan] * 50, "y": range(100)})
    bad = good.assign(x=[np.inf, -np.inf, 2.0, np.nan] * 25)
    ids = load(client, "good", good), load(client, "bad", bad)
    by_sql, by_pandas = detect_drift(*ids, client=client).table, detect_drift(good, bad).table
    assert by_sql["verdict"].tolist() == by_pandas["verdict"].tolist()
    assert by_sql.loc[0, "verdict"] == "infinite values"
    assert by_sql.loc[0, "note"] == by_pandas.loc[0, "note"]


@pytest.mark.parametrize("values", [[None] * 80, [5.0] * 80, [1.0] * 3 + [None] * 77])
def test_little_to_compare_has_the_verdict_of_pandas(client, values):
    frames = pd.DataFrame({"x": pd.Series([4.0] * 80)}), pd.DataFrame({"x": pd.Series(values, dtype=float)})
    ids = load(client, "few_a", frames[0]), load(client, "few_b", frames[1])
    for sides in ((0, 1), (1, 0), (1, 1)):
        by_sql = detect_drift(*(ids[side] for side in sides), client=client).table
        by_pandas = detect_drift(*(frames[side] for side in sides), mode="sketch").table
        assert by_sql["verdict"].tolist() == by_pandas["verdict"].tolist()


def test_types_of_bigquery(client):
    sql = "SELECT NUMERIC '1.5' * k AS n, TIMESTAMP_SECONDS(k) AS t, DATE '2026-01-01' AS d, [k] AS a, k AS i"
    for name, columns in (("types_a", ""), ("types_b", ", 'x' AS only_here")):
        rows = "UNNEST(GENERATE_ARRAY(1, 200)) AS k"
        client.query_and_wait(f"CREATE OR REPLACE TABLE drift.{name} AS {sql}{columns} FROM {rows}")
    report = detect_drift("drift.types_a", "drift.types_b", client=client).table.set_index("column")
    assert report["verdict"].to_dict() == {
        "n": "stable",
        "t": "not compared",
        "d": "not compared",
        "a": "not compared",
        "i": "stable",
        "only_here": "not compared",
    }
    assert "TIMESTAMP" in report.loc["t", "note"]


def test_many_columns_go_in_several_statements(client):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(120, AT_ONCE + 2)), columns=[f"x{i}" for i in range(AT_ONCE + 2)])
    table = load(client, "wide", frame)
    comparisons = compare_tables(table, table, client=client)
    assert [comparison.n_production for comparison in comparisons] == [120] * (AT_ONCE + 2)
    assert {comparison.statistic for comparison in comparisons} == {0}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"production": "drift.nowhere"}, InvalidSetting, "no table drift.nowhere"),
        ({"production": "drift.b` WHERE TRUE; --"}, InvalidSetting, "table id"),
        ({"production": pd.DataFrame({"x": [1]})}, InvalidSetting, "DataFrame beside a BigQuery table"),
        ({"client": None}, InvalidSetting, "no client"),
        ({"columns": ["prize"]}, MissingColumn, "Did you mean 'price'"),
        ({"columns": []}, MissingColumn, "no columns"),
        ({"columns": "price"}, InvalidSetting, "a list of names: ['price']"),
    ],
)
def test_what_cannot_be_compared_is_refused(client, tables, arguments, error, message):
    given = {"reference": tables[1][0], "production": tables[1][1], "client": client} | arguments
    with pytest.raises(error, match=re.escape(message)):
        detect_drift(**given)


def test_types_that_differ_and_empty_tables_are_refused(client):
    text = load(client, "text", pd.DataFrame({"x": ["1", "2"]}))
    whole = load(client, "whole", pd.DataFrame({"x": [1, 2]}))
    with pytest.raises(MismatchedColumns, match="'x' STRING in reference, INTEGER in production"):
        detect_drift(text, whole, client=client)
    client.query_and_wait("CREATE OR REPLACE TABLE drift.empty AS SELECT x FROM drift.whole WHERE FALSE")
    with pytest.raises(EmptyWindow, match=r"no rows in drift\.empty"):
        detect_drift(whole, "drift.empty", client=client)


def test_names_cannot_end_their_quotation():
    with pytest.raises(InvalidSetting, match="column name"):
        counts_statement("drift.a", [Column("x` FROM secrets --", "FLOAT64")])


def test_statements_are_there_to_read(client, tables):
    statements = drift_sql(tables[1][0], client=client)
    assert list(statements) == ["facts", "counts", "levels"]
    assert statements["counts"].count("FROM") == 1  # one scan for all columns
    assert "RANGE_BUCKET" in statements["counts"]
    assert "@edges_0" in statements["counts"]
    assert list(drift_sql(tables[1][0], columns=["city"], client=client)) == ["facts", "levels"]
