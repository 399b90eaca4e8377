"""DDL and DML through the real client: what changes, what is counted, what is refused."""

import datetime as dt
from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("shop")
    bigquery_client.query_and_wait(
        "CREATE TABLE shop.orders (id INT64 NOT NULL, name STRING, amount NUMERIC, tags ARRAY<STRING>, "
        "place STRUCT<city STRING, zip INT64>, made DATE DEFAULT DATE '2024-01-01')"
    )
    bigquery_client.query_and_wait(
        "INSERT INTO shop.orders (id, name, amount, tags, place) VALUES "
        "(1, 'a', 1.10, ['x', 'y'], ('Bonn', 53111)), (2, NULL, NULL, [], NULL), (3, 'c', 3, ['y'], ('Ulm', 89073))"
    )
    return bigquery_client


def rows(client, sql, **options):
    return [row.values() for row in client.query_and_wait(sql, **options)]


def job(client, sql):
    done = client.query(sql)
    done.result()
    return done


def test_insert_fills_columns_by_name_and_defaults(client):
    found = rows(client, "SELECT id, amount, tags, place.city, made FROM shop.orders WHERE id = 1")

    assert found == [(1, Decimal("1.1"), ["x", "y"], "Bonn", dt.date(2024, 1, 1))]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("INSERT INTO shop.orders (id) VALUES ('x')", "type STRING which cannot be inserted into column id"),
        ("INSERT INTO shop.orders (id) SELECT 1.5", "type FLOAT64 which cannot be inserted into column id"),
        ("INSERT INTO shop.orders (id, name) VALUES (1)", "wrong column count; Has 1, expected 2"),
        ("INSERT INTO shop.orders (nope) VALUES (1)", "Column nope is not present"),
        ("INSERT INTO shop.orders (id, name) VALUES (9, 'ok'), (NULL, 'bad')", "Required field id cannot be null"),
        ("UPDATE shop.orders SET name = 'x'", "UPDATE must have a WHERE clause"),
        ("UPDATE shop.orders SET id = 'x' WHERE TRUE", "STRING cannot be assigned to id, which has type INT64"),
        ("UPDATE shop.orders SET id = 1.5 WHERE TRUE", "FLOAT64 cannot be assigned to id"),
        ("DELETE FROM shop.orders", "DELETE must have a WHERE clause"),
    ],
)
def test_wrong_changes_are_refused_and_change_nothing(client, sql, message):
    before = rows(client, "SELECT * FROM shop.orders ORDER BY id")

    with pytest.raises(BadRequest, match=message):
        client.query_and_wait(sql)

    assert rows(client, "SELECT * FROM shop.orders ORDER BY id") == before


def test_update_delete_truncate_count_rows(client):
    updated = job(client, "UPDATE shop.orders SET name = UPPER(name), amount = amount * 2 WHERE id IN (1, 3)")
    deleted = job(client, "DELETE shop.orders o WHERE o.id = 2")
    truncated = job(client, "TRUNCATE TABLE shop.orders")

    assert (updated.dml_stats.updated_row_count, deleted.dml_stats.deleted_row_count) == (2, 1)
    assert (truncated.num_dml_affected_rows, truncated.statement_type) == (2, "TRUNCATE_TABLE")


def test_update_from_needs_one_source_row_for_each_target_row(client):
    source = "(SELECT 1 AS k, 'p' AS n UNION ALL SELECT {}, 'q')"
    update = f"UPDATE shop.orders o SET name = s.n FROM {source} AS s WHERE s.k = o.id"

    assert job(client, update.format(3)).num_dml_affected_rows == 2
    with pytest.raises(BadRequest, match="must match at most one source row"):
        client.query_and_wait(update.format(1))


def test_merge_with_every_kind_of_clause(client):
    merge = (
        "MERGE shop.orders AS t USING (SELECT 1 AS id, 'new' AS name UNION ALL SELECT 3, 'gone' "
        "UNION ALL SELECT 7, 'add') AS s ON t.id = s.id WHEN MATCHED AND s.name = 'gone' THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name) "
        "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET name = 'alone'"
    )

    stats = job(client, merge).dml_stats

    assert (stats.inserted_row_count, stats.updated_row_count, stats.deleted_row_count) == (1, 2, 1)
    assert rows(client, "SELECT id, name FROM shop.orders ORDER BY id") == [(1, "new"), (2, "alone"), (7, "add")]


def test_merge_insert_row(client):
    client.query_and_wait("CREATE TABLE shop.small AS SELECT 1 AS a, 'x' AS b")

    client.query_and_wait(
        "MERGE shop.small t USING (SELECT 2 AS a, 'y' AS b) s ON FALSE WHEN NOT MATCHED THEN INSERT ROW"
    )

    assert rows(client, "SELECT * FROM shop.small ORDER BY a") == [(1, "x"), (2, "y")]


def test_create_table_keeps_layout_and_options(client):
    client.query_and_wait(
        "CREATE TABLE shop.events (at TIMESTAMP NOT NULL OPTIONS(description='when'), kind STRING(10), n INT64) "
        "PARTITION BY TIMESTAMP_TRUNC(at, MONTH) CLUSTER BY kind, n "
        "OPTIONS(description='all events', labels=[('team', 'ml')], require_partition_filter=TRUE)"
    )

    table = client.get_table("shop.events")

    assert (table.time_partitioning.type_, table.time_partitioning.field) == ("MONTH", "at")
    assert (table.clustering_fields, table.labels, table.description) == (["kind", "n"], {"team": "ml"}, "all events")
    assert table.require_partition_filter
    assert (table.schema[0].mode, table.schema[0].description, table.schema[1].max_length) == ("REQUIRED", "when", 10)


def test_range_partitions(client):
    client.query_and_wait(
        "CREATE TABLE shop.ranges PARTITION BY RANGE_BUCKET(k, GENERATE_ARRAY(0, 100, 10)) AS SELECT 15 AS k"
    )
    found = rows(client, "SELECT partition_id FROM shop.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = 'ranges'")

    assert client.get_table("shop.ranges").range_partitioning.range_.interval == 10
    assert found == [("10",)]


def test_create_if_not_exists_and_or_replace(client):
    with pytest.raises(Conflict, match="Already Exists: Table offline-project:shop.orders"):
        client.query_and_wait("CREATE TABLE shop.orders (a INT64)")
    skipped = job(client, "CREATE TABLE IF NOT EXISTS shop.orders (a INT64)")
    replaced = job(client, "CREATE OR REPLACE TABLE shop.orders AS SELECT 1 AS a")

    assert (skipped.ddl_operation_performed, replaced.ddl_operation_performed) == ("SKIP", "REPLACE")
    assert replaced.statement_type == "CREATE_TABLE_AS_SELECT"
    assert replaced.ddl_target_table.table_id == "orders"


def test_columns_of_a_created_table_need_names(client):
    with pytest.raises(BadRequest, match="must be named, but column 2 has no name"):
        client.query_and_wait("CREATE TABLE shop.t AS SELECT 1 AS a, 1 + 1")


def test_like_copy_and_clone(client):
    for sql in ("CREATE TABLE shop.l LIKE shop.orders", "CREATE TABLE shop.c COPY shop.orders"):
        client.query_and_wait(sql)
    client.query_and_wait("CREATE TABLE shop.k CLONE shop.orders")

    counts = rows(
        client, "SELECT (SELECT COUNT(*) FROM shop.l), (SELECT COUNT(*) FROM shop.c), (SELECT COUNT(*) FROM shop.k)"
    )
    assert counts == [(0, 3, 3)]


def test_time_travel_and_snapshot(client, cloud):
    before = cloud.clock.now()
    client.query_and_wait("CREATE SNAPSHOT TABLE shop.kept CLONE shop.orders OPTIONS(description='safe')")
    client.query_and_wait("DELETE FROM shop.orders WHERE TRUE")
    config = bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("at", "TIMESTAMP", before)])

    assert rows(client, "SELECT COUNT(*) FROM shop.orders") == [(0,)]
    assert rows(client, "SELECT COUNT(*) FROM shop.orders FOR SYSTEM_TIME AS OF @at", job_config=config) == [(3,)]
    assert client.get_table("shop.kept").table_type == "SNAPSHOT"
    client.query_and_wait("CREATE OR REPLACE TABLE shop.orders CLONE shop.kept")
    assert rows(client, "SELECT COUNT(*) FROM shop.orders") == [(3,)]


def test_views_are_read_late(client):
    client.query_and_wait("CREATE VIEW shop.named AS SELECT id, name FROM shop.orders WHERE name IS NOT NULL")
    client.query_and_wait("CREATE VIEW shop.names AS SELECT v.name FROM `offline-project.shop.named` AS v")
    client.query_and_wait("INSERT INTO shop.orders (id, name) VALUES (4, 'd')")

    assert rows(client, "SELECT * FROM shop.names ORDER BY name") == [("a",), ("c",), ("d",)]
    assert client.get_table("shop.names").table_type == "VIEW"
    client.query_and_wait("DROP VIEW shop.names")


def test_functions_and_table_functions(client):
    client.query_and_wait("CREATE FUNCTION shop.twice(x INT64) RETURNS INT64 AS (x * 2)")
    client.query_and_wait("CREATE TABLE FUNCTION shop.above(n INT64) AS SELECT id FROM shop.orders WHERE id > n")

    assert rows(client, "SELECT shop.twice(shop.twice(o.id)) FROM shop.above(2) AS o") == [(12,)]
    with pytest.raises(BadRequest, match="takes 1 arguments, found 2"):
        client.query_and_wait("SELECT shop.twice(1, 2)")
    client.query_and_wait("DROP FUNCTION shop.twice")
    with pytest.raises(BadRequest, match=r"Function not found: shop\.twice"):
        client.query_and_wait("SELECT shop.twice(1)")


def test_alter_table(client):
    for change in (
        "ADD COLUMN note STRING, ADD COLUMN IF NOT EXISTS name STRING",
        "RENAME COLUMN note TO remark",
        "ALTER COLUMN id SET DATA TYPE NUMERIC",
        "ALTER COLUMN id DROP NOT NULL",
        "ALTER COLUMN remark SET OPTIONS(description='free text')",
        "DROP COLUMN tags",
        "SET OPTIONS(description='changed', labels=[('a', 'b')])",
    ):
        client.query_and_wait(f"ALTER TABLE shop.orders {change}")

    table = client.get_table("shop.orders")
    assert [field.name for field in table.schema] == ["id", "name", "amount", "place", "made", "remark"]
    assert (table.schema[0].field_type, table.schema[0].mode) == ("NUMERIC", "NULLABLE")
    assert (table.schema[5].description, table.description, table.labels) == ("free text", "changed", {"a": "b"})
    assert table.num_rows == 3
    client.query_and_wait("ALTER TABLE shop.orders RENAME TO purchases")
    assert client.get_table("shop.purchases").num_rows == 3


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ALTER TABLE shop.orders ADD COLUMN name STRING", "Column already exists: name"),
        ("ALTER TABLE shop.orders ADD COLUMN n INT64 NOT NULL", "Cannot add required column"),
        ("ALTER TABLE shop.orders DROP COLUMN nope", "Column not found: nope"),
        ("ALTER TABLE shop.orders ALTER COLUMN name SET DATA TYPE INT64", r"existing column type \(STRING\)"),
        ("CREATE TABLE shop.t (a INT64) OPTIONS(colour='red')", "Unknown option: colour"),
        ("DROP TABLE shop.orders_view_none; SELECT 1", "Not found"),
    ],
)
def test_wrong_definitions_are_refused(client, sql, message):
    with pytest.raises((BadRequest, NotFound), match=message):
        client.query_and_wait(sql)


def test_schemas(client):
    client.query_and_wait("CREATE SCHEMA lab OPTIONS(description='trials', labels=[('team', 'ml')], location='eu')")
    client.query_and_wait("CREATE SCHEMA IF NOT EXISTS lab")
    client.query_and_wait("CREATE TABLE lab.t AS SELECT 1 AS a")

    assert client.get_dataset("lab").description == "trials"
    with pytest.raises(BadRequest, match="still in use"):
        client.query_and_wait("DROP SCHEMA lab")
    client.query_and_wait("DROP SCHEMA lab CASCADE")
    with pytest.raises(NotFound):
        client.get_dataset("lab")


def test_dropping_what_is_not_there(client):
    client.query_and_wait("DROP TABLE IF EXISTS shop.nope")
    with pytest.raises(NotFound, match=r"Not found: Table offline-project:shop\.nope"):
        client.query_and_wait("DROP TABLE shop.nope")
