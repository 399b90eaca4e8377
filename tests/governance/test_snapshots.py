"""Snapshots, restore and time travel through a real BigQuery client."""

import datetime as dt

import pytest

from mlops_helpers.governance.errors import (
    NaiveTimestamp,
    UnknownArtifact,
    UnsafeName,
    VersionConflict,
    VersionNotFound,
)
from mlops_helpers.governance.snapshots import list_snapshots, restore_table, rows_as_of, snapshot_table


@pytest.fixture
def churn(bigquery_client, dataset) -> str:
    name = f"{dataset.project}.{dataset.dataset_id}.churn"
    bigquery_client.query_and_wait(f"CREATE TABLE `{name}` AS SELECT 'C1' AS customer_id UNION ALL SELECT 'C2'")
    return name


def customers(client, table: str) -> list[str]:
    rows = client.query_and_wait(f"SELECT customer_id FROM `{table}` ORDER BY customer_id")
    return [row.customer_id for row in rows]


def test_snapshot_keeps_what_the_table_loses(bigquery_client, churn):
    snapshot = snapshot_table(bigquery_client, churn, "churn_before")
    bigquery_client.query_and_wait(f"DELETE FROM `{churn}` WHERE customer_id = 'C1'")

    restored = restore_table(bigquery_client, "churn_before", churn, overwrite=True)

    assert (snapshot.table_type, restored.num_rows) == ("SNAPSHOT", 2)
    assert customers(bigquery_client, churn) == ["C1", "C2"]


def test_snapshots_are_listed_with_their_times(bigquery_client, churn, session):
    expires = session.now().replace(microsecond=0) + dt.timedelta(days=30)
    snapshot_table(bigquery_client, churn, "second_z", expires=expires)
    snapshot_table(bigquery_client, churn, "third_a")

    table = list_snapshots(bigquery_client, churn)

    assert table["name"].tolist() == ["second_z", "third_a"]
    assert table["rows"].tolist() == [2, 2]
    assert table["expires"][0].to_pydatetime() == expires


def test_restore_beside_the_table_leaves_the_table_alone(bigquery_client, churn):
    snapshot_table(bigquery_client, churn, "before")

    restored = restore_table(bigquery_client, "before", churn + "_copy")

    assert customers(bigquery_client, f"{churn}_copy") == ["C1", "C2"]
    assert restored.table_type == "TABLE"


def test_nothing_is_overwritten_unless_asked_to(bigquery_client, churn):
    snapshot_table(bigquery_client, churn, "before")

    with pytest.raises(VersionConflict, match="churn that exists already"):
        restore_table(bigquery_client, "before", churn)
    with pytest.raises(VersionConflict, match="before that exists already"):
        snapshot_table(bigquery_client, churn, "before")


def test_absent_snapshot_and_absent_table_are_named(bigquery_client, churn):
    snapshot_table(bigquery_client, churn, "before")

    with pytest.raises(VersionNotFound, match="churn_1999.*one of: before"):
        restore_table(bigquery_client, "churn_1999", churn)
    with pytest.raises(UnknownArtifact, match="no table .*nowhere"):
        snapshot_table(bigquery_client, churn.replace(".churn", ".nowhere"), "before2")


def test_rows_of_an_earlier_moment(bigquery_client, churn, session):
    before = session.now()
    session.advance(dt.timedelta(hours=1))
    bigquery_client.query_and_wait(f"DELETE FROM `{churn}` WHERE customer_id = 'C1'")

    assert sorted(rows_as_of(bigquery_client, churn, before)["customer_id"]) == ["C1", "C2"]
    assert rows_as_of(bigquery_client, churn, session.now())["customer_id"].tolist() == ["C2"]


def test_a_moment_before_the_table_is_refused(bigquery_client, churn, session):
    with pytest.raises(VersionNotFound, match=r"at 2\d{3}-.*seven days"):
        rows_as_of(bigquery_client, churn, session.now() - dt.timedelta(days=30))


def test_times_without_a_zone_are_refused(bigquery_client, churn):
    with pytest.raises(NaiveTimestamp, match="moment"):
        rows_as_of(bigquery_client, churn, dt.datetime(2026, 3, 1))
    with pytest.raises(NaiveTimestamp, match="expires"):
        snapshot_table(bigquery_client, churn, "before", expires=dt.datetime(2026, 3, 1))


@pytest.mark.parametrize("name", ["../x", "a`b", "crm.a b", "", "x y", "a\nb", "`; DROP TABLE t; --"])
def test_unsafe_table_names_are_refused(bigquery_client, churn, name):
    with pytest.raises(UnsafeName, match="project.dataset.table"):
        snapshot_table(bigquery_client, churn, name)
    with pytest.raises(UnsafeName):
        rows_as_of(bigquery_client, name, dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
