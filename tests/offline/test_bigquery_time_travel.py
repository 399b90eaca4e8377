"""Time travel: any sequence of changes, and every moment of it, against a list kept by hand."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.offline.bigquery.catalog import Warehouse
from mlops_helpers.offline.bigquery.history import MOST_STATES
from mlops_helpers.offline.bigquery.names import TableKey
from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.state import OfflineCloud

KEY = TableKey("p", "shop", "T")
COLUMNS = [{"name": "n", "type": "INTEGER", "mode": "REQUIRED"}]
VALUES = st.lists(st.integers(0, 9), min_size=1, max_size=4)
CHANGES = st.one_of(
    st.tuples(st.sampled_from(["append", "replace"]), VALUES),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("update"), st.integers(0, 9)),
)


@pytest.fixture
def warehouse():
    made = fresh()
    yield made
    discard(made)


def fresh():
    warehouse = Warehouse(OfflineCloud())
    warehouse.add_dataset("p", {"datasetReference": {"datasetId": "shop"}})
    warehouse.create_table(KEY, {"schema": {"fields": COLUMNS}})
    return warehouse


def discard(warehouse):
    warehouse.close()
    warehouse.cloud.close()


def numbers(warehouse, relation):
    return sorted(row[0] for row in warehouse.con.execute(f"SELECT n FROM {relation}").fetchall())


def insert(values):
    return f"SELECT unnest({values}) AS n"


def change(warehouse, kind, value, rows):
    """Do one change; returns what the table must hold afterwards."""
    if kind == "append":
        warehouse.write(KEY, insert(value), disposition="WRITE_APPEND")
        return rows + value
    if kind == "replace":
        warehouse.write(KEY, insert(value), disposition="WRITE_TRUNCATE")
        return value
    with warehouse.changing(KEY) as relation:
        verb = f"DELETE FROM {relation}" if kind == "delete" else f"UPDATE {relation} SET n = n + 100"
        warehouse.con.execute(f"{verb} WHERE n = {value}")
    if kind == "delete":
        return [number for number in rows if number != value]
    return [number + 100 if number == value else number for number in rows]


@settings(max_examples=40, deadline=None)
@given(st.lists(CHANGES, max_size=8))
def test_every_moment_can_be_read_again(changes):
    warehouse, rows = fresh(), []
    moments = [(warehouse.now(), rows)]
    for kind, value in changes:
        rows = change(warehouse, kind, value, rows)
        moments.append((warehouse.now(), rows))
    try:
        for moment, expected in moments:
            assert numbers(warehouse, warehouse.as_of(KEY, moment)) == sorted(expected)
        assert warehouse.rows(KEY) == len(rows)
        assert warehouse.size(KEY) == 8 * len(rows)
    finally:
        discard(warehouse)


def test_a_failed_change_leaves_rows_and_past_alone(warehouse):
    warehouse.write(KEY, insert([1]), disposition="WRITE_APPEND")
    before = warehouse.now()
    for select in ("SELECT NULL AS n", "SELECT 'x' AS n", "SELECT error('no') AS n"):
        with pytest.raises(Exception, match=r"NOT NULL|Could not convert|no"):
            warehouse.write(KEY, select, disposition="WRITE_TRUNCATE")
    assert numbers(warehouse, warehouse.relation(KEY)) == [1]
    assert numbers(warehouse, warehouse.as_of(KEY, before)) == [1]


def test_states_are_kept_for_seven_days(warehouse):
    warehouse.write(KEY, insert([1]), disposition="WRITE_APPEND")
    moment = warehouse.now()
    warehouse.write(KEY, insert([2]), disposition="WRITE_TRUNCATE")
    warehouse.cloud.clock.advance(timedelta(days=6))
    assert numbers(warehouse, warehouse.as_of(KEY, moment)) == [1]
    warehouse.cloud.clock.advance(timedelta(days=2))
    with pytest.raises(ApiError, match=r"Invalid snapshot time \d+ for table p:shop\.T@\d+\. Cannot read before"):
        warehouse.as_of(KEY, moment)


def test_the_future_and_the_time_before_the_table_are_refused(warehouse):
    with pytest.raises(ApiError, match="in the future"):
        warehouse.as_of(KEY, warehouse.now() + timedelta(seconds=1))
    with pytest.raises(ApiError, match="Cannot read before"):
        warehouse.as_of(KEY, warehouse.now() - timedelta(seconds=1))
    with pytest.raises(ApiError, match="Not found: Table"):
        warehouse.as_of(TableKey("p", "shop", "gone"), warehouse.now())


def test_the_number_of_states_is_bounded(warehouse):
    for number in range(MOST_STATES + 10):
        warehouse.write(KEY, insert([number]), disposition="WRITE_TRUNCATE")
    kept = warehouse.con.execute("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]
    assert kept == MOST_STATES + 1


def test_a_dropped_table_stays_readable_until_its_dataset_goes(warehouse):
    warehouse.write(KEY, insert([1]), disposition="WRITE_APPEND")
    moment = warehouse.now()
    warehouse.drop_table(KEY)
    assert numbers(warehouse, warehouse.as_of(KEY, moment)) == [1]
    warehouse.drop_dataset("p", "shop", contents=False)
    with pytest.raises(ApiError, match="Not found: Table"):
        warehouse.as_of(KEY, moment)


def test_a_new_column_does_not_change_the_past(warehouse):
    warehouse.write(KEY, insert([1]), disposition="WRITE_APPEND")
    moment = warehouse.now()
    with warehouse.changing(KEY, fields=[*COLUMNS, {"name": "m", "type": "STRING", "mode": "NULLABLE"}]):
        pass
    past = warehouse.con.sql(f"SELECT * FROM {warehouse.as_of(KEY, moment)}")
    assert (past.columns, warehouse.con.sql(f"FROM {warehouse.relation(KEY)}").columns) == (["n"], ["n", "m"])


def test_the_version_grows_when_names_change_their_meaning_only(warehouse):
    before = warehouse.version
    warehouse.write(KEY, insert([1]), disposition="WRITE_APPEND")
    assert warehouse.version == before
    warehouse.drop_table(KEY)
    assert warehouse.version > before


def test_a_table_may_be_replaced_by_what_it_holds(warehouse):
    warehouse.write(KEY, insert([1, 2]), disposition="WRITE_APPEND")
    moment = warehouse.now()
    select = f"SELECT n + 1 AS m FROM {warehouse.relation(KEY)}"
    warehouse.create_table(KEY, {}, select_sql=select, replace=True)
    assert warehouse.con.execute(f"SELECT m FROM {warehouse.relation(KEY)}").fetchall() == [(2,), (3,)]
    assert numbers(warehouse, warehouse.as_of(KEY, moment)) == [1, 2]
