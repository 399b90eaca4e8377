"""What a query will scan: partitions are pruned in the dry run, clusters are not."""

from datetime import date
from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from mlops_helpers import cost

DAY = date(2026, 11, 21)
ROWS = 3_000
SQL = f"""
CREATE TABLE scans.calls (day DATE, team STRING, tokens INT64) PARTITION BY day CLUSTER BY team AS
SELECT DATE_ADD(DATE '2026-10-01', INTERVAL MOD(n, 30) DAY) AS day,
    IF(MOD(n, 2) = 0, 'support', 'sales') AS team, n AS tokens
FROM UNNEST(GENERATE_ARRAY(1, {ROWS})) AS n
"""


@pytest.fixture(scope="module")
def client(session):
    client = bigquery.Client()
    client.create_dataset("scans")
    client.query(SQL).result()
    client.query("CREATE TABLE scans.plain AS SELECT * FROM scans.calls").result()
    yield client
    client.close()


def test_columns_and_partitions_are_pruned_and_priced(client):
    queries = {
        "all": "SELECT * FROM scans.calls",
        "one column": "SELECT SUM(tokens) FROM scans.calls",
        "one day": "SELECT SUM(tokens) FROM scans.calls WHERE day = '2026-10-03'",
        "one team": "SELECT SUM(tokens) FROM scans.calls WHERE team = 'sales'",
    }
    table = cost.compare_scans(client, queries, at=DAY).set_index("query")
    text = (len("support") + 2 + len("sales") + 2) / 2  # bytes of a STRING: its letters and 2
    assert table.loc["all", "bytes"] == ROWS * (8 + text + 8)
    assert table.loc["one column", "bytes"] == ROWS * 8
    assert table.loc["one day", "bytes"] == ROWS / 30 * 16  # two columns of one of 30 partitions
    assert table.loc["one team", "bytes"] == ROWS * (8 + text)  # clustering does not show in a dry run
    assert table["upper_limit"].all()
    by_hand = Decimal("6.25") * ROWS * 8 / 2**40
    assert table.loc["one column", "usd"] == by_hand
    assert table.loc["one column", "share"] == pytest.approx(8 / (16 + text))


def test_without_clusters_the_dry_run_is_no_upper_limit(client):
    scan = cost.dry_run(client, "SELECT day FROM scans.plain", at=DAY)
    assert (scan.kind, scan.bytes, scan.upper_limit) == ("dry run", ROWS * 8, False)
    assert str(scan).startswith("dry run: 0.000 GiB, 0.0000 USD")
    whole = cost.Scan("dry run", 2**30, cost.Money("6.25"), upper_limit=True)
    assert str(whole) == "dry run: at most 1.000 GiB, 6.2500 USD"


def test_a_dry_run_takes_parameters_and_runs_nothing(client):
    parameter = bigquery.ScalarQueryParameter("day", "DATE", date(2026, 10, 3))
    scan = cost.dry_run(client, "SELECT tokens FROM scans.calls WHERE day = @day", at=DAY, parameters=[parameter])
    assert scan.bytes == ROWS / 30 * 16
    cost.dry_run(client, "DELETE FROM scans.plain WHERE TRUE", at=DAY)
    assert client.get_table("scans.plain").num_rows == ROWS


def test_a_run_is_billed_at_least_ten_megabytes(client):
    scan = cost.measured_scan(client, "SELECT tokens FROM scans.calls", at=DAY, most_bytes=10**8)
    assert (scan.kind, scan.bytes) == ("billed", 10 * 2**20)
    with pytest.raises(cost.InvalidSetting, match="10,485,760"):
        cost.measured_scan(client, "SELECT 1", at=DAY, most_bytes=10)


def test_a_wrong_query_and_none_are_refused(client):
    with pytest.raises(BadRequest, match="colour"):
        cost.dry_run(client, "SELECT colour FROM scans.calls", at=DAY)
    with pytest.raises(cost.InvalidSetting, match="no queries"):
        cost.compare_scans(client, {}, at=DAY)
