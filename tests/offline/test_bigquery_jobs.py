"""Jobs and query results through the real client."""

import datetime as dt

import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig
from google.cloud.bigquery import SchemaField as Field

from mlops_helpers.offline.state import OfflineCloud

PROJECT = "offline-project"
NUMBERS = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 10)) AS n ORDER BY n"


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("shop")
    return bigquery_client


def run(client, sql, **settings):
    return client.query(sql, job_config=QueryJobConfig(**settings))


def post(client, server, body):
    url = f"{server.url}/bigquery/v2/projects/{PROJECT}/queries"
    return client._connection.http.request("POST", url, json={"useLegacySql": False, **body}).json()


def test_a_query_has_rows_and_statistics(client, cloud):
    job = run(client, "SELECT 1 AS a, 'x' AS b", labels={"team": "churn"})
    assert [tuple(row) for row in job.result()] == [(1, "x")]
    assert (job.state, job.statement_type, job.labels) == ("DONE", "SELECT", {"team": "churn"})
    assert job.created <= job.started <= job.ended <= cloud.clock.now()
    assert (job.cache_hit, job.total_bytes_processed, job.total_bytes_billed) == (False, 0, 0)


def test_a_table_is_billed_ten_megabytes_at_least(client):
    client.create_table(bigquery.Table(f"{PROJECT}.shop.t", [Field("a", "INT64"), Field("b", "STRING")]))
    client.insert_rows_json("shop.t", [{"a": 1, "b": "xyz"}, {"a": 2, "b": None}])
    job = run(client, "SELECT a FROM shop.t")
    job.result()
    assert (job.total_bytes_processed, job.total_bytes_billed) == (16, 10 * 2**20)
    assert [table.table_id for table in job.referenced_tables] == ["t"]


def test_a_dry_run_has_schema_and_bytes_and_leaves_no_job(client):
    job = run(client, "SELECT 1 AS a", dry_run=True)
    assert (job.total_bytes_processed, [field.name for field in job.schema]) == (0, ["a"])
    assert list(client.list_jobs()) == []


def test_results_come_in_pages_from_any_start(client):
    job = run(client, NUMBERS)
    assert [row.n for row in job.result(start_index=8)] == [9, 10]
    job = run(client, NUMBERS)
    pages = [[row.n for row in page] for page in job.result(page_size=4).pages]
    assert pages == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
    assert [row.n for row in run(client, NUMBERS).result(max_results=3)] == [1, 2, 3]


def test_query_and_wait_pages_too(client):
    assert [row.n for row in client.query_and_wait(NUMBERS, page_size=3)] == list(range(1, 11))
    assert client.query_and_wait(NUMBERS, max_results=2).to_arrow()["n"].to_pylist() == [1, 2]


@pytest.mark.filterwarnings("ignore:Retrieving:PendingDeprecationWarning")
def test_frames_and_arrow_without_the_storage_api(client):
    sql = (
        "SELECT 1 AS a, TIMESTAMP '2026-01-05 09:00:00+00' AS t, [1, 2] AS l, STRUCT('x' AS y) AS s, NUMERIC '1.5' AS n"
    )
    table = client.query(sql).to_arrow(create_bqstorage_client=False)
    assert table.to_pylist()[0]["t"] == dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    assert table.to_pylist()[0]["l"] == [1, 2]
    assert client.query(sql).to_dataframe(create_bqstorage_client=False)["a"].tolist() == [1]


def test_the_same_request_twice_is_one_job(client, server):
    first = post(client, server, {"query": "SELECT 1 AS a", "requestId": "r1"})
    again = post(client, server, {"query": "SELECT 1 AS a", "requestId": "r1"})
    assert first["jobReference"] == again["jobReference"]
    assert len(list(client.list_jobs())) == 1


def test_timestamps_have_the_form_the_client_asks_for(client, server):
    def cell(options):
        body = {"query": "SELECT TIMESTAMP '2026-01-05 09:00:00+00' AS t", "formatOptions": options}
        return post(client, server, body)["rows"][0]["f"][0]["v"]

    assert cell({"useInt64Timestamp": True}) == "1767603600000000"
    assert float(cell({})) == 1767603600
    assert cell({"timestampOutputFormat": "ISO8601_STRING"}).startswith("2026-01-05T09:00:00")


def test_a_job_id_is_used_once(client):
    client.query("SELECT 1", job_id="mine", job_retry=None).result()
    with pytest.raises(exceptions.Conflict, match="Already Exists: Job offline-project:US.mine"):
        client.query("SELECT 2", job_id="mine", retry=None, job_retry=None)
    assert client.get_job("mine").query == "SELECT 1"


def test_jobs_are_listed_cancelled_and_deleted(client):
    jobs = [run(client, f"SELECT {n}") for n in range(3)]
    assert [job.job_id for job in client.list_jobs()] == [job.job_id for job in reversed(jobs)]
    assert [job.job_id for job in client.list_jobs(max_results=1)] == [jobs[2].job_id]
    assert [job.job_id for job in client.list_jobs(min_creation_time=jobs[1].created)] == [
        jobs[2].job_id,
        jobs[1].job_id,
    ]
    assert list(client.list_jobs(state_filter="running")) == []
    assert client.cancel_job(jobs[0].job_id).state == "DONE"
    client.delete_job_metadata(jobs[0].job_id)
    with pytest.raises(exceptions.NotFound, match="Not found: Job"):
        client.get_job(jobs[0].job_id)


def test_job_ids_follow_from_the_sequence_of_calls(client, server):
    found = [post(client, server, {"query": "SELECT 1"})["jobReference"]["jobId"] for _ in range(2)]
    expected = OfflineCloud()
    assert found == [f"job_{expected.next_id('job')}" for _ in range(2)]
    expected.close()


@pytest.mark.parametrize(
    ("settings", "problem", "message"),
    [
        ({"use_legacy_sql": True}, exceptions.MethodNotImplemented, "Legacy SQL"),
        ({"create_session": True}, exceptions.MethodNotImplemented, "Sessions"),
        ({"maximum_bytes_billed": 1}, exceptions.GoogleAPICallError, "bytes billed"),
    ],
)
def test_settings_that_are_refused(client, settings, problem, message):
    client.create_table(bigquery.Table(f"{PROJECT}.shop.t", [Field("a", "INT64")]))
    client.insert_rows_json("shop.t", [{"a": 1}])
    with pytest.raises(problem, match=message):
        run(client, "SELECT a FROM shop.t", **settings).result()


def test_a_wrong_query_says_where(client):
    with pytest.raises(exceptions.BadRequest, match="Syntax error"):
        client.query("SELEC 1").result()
    with pytest.raises(exceptions.NotFound, match=r"Not found: Table offline-project:shop\.gone"):
        client.query("SELECT * FROM shop.gone").result()


def test_a_query_that_failed_is_on_record(client):
    with pytest.raises(exceptions.BadRequest):
        client.query("SELEC 1", job_id="bad", retry=None, job_retry=None)
    job = client.get_job("bad")
    assert (job.state, job.error_result["reason"]) == ("DONE", "invalidQuery")
    assert [found.error_result["reason"] for found in client.list_jobs()] == ["invalidQuery"]


def test_a_destination_table_is_created_and_appended_to(client):
    target = f"{PROJECT}.shop.t"
    layout = {"clustering_fields": ["a"], "destination": target}
    run(client, "SELECT 1 AS a", **layout).result()
    assert client.get_table(target).clustering_fields == ["a"]
    with pytest.raises(exceptions.Conflict, match="Already Exists"):
        run(client, "SELECT 2 AS a", destination=target).result()
    run(client, "SELECT 2 AS a", destination=target, write_disposition="WRITE_APPEND").result()
    assert [row.a for row in client.list_rows(target)] == [1, 2]
    run(client, "SELECT 'x' AS b", destination=target, write_disposition="WRITE_TRUNCATE").result()
    assert [tuple(row) for row in client.list_rows(target)] == [("x",)]
    with pytest.raises(exceptions.BadRequest, match=r"Cannot add fields \(field: c\)"):
        run(client, "SELECT 1 AS c", destination=target, write_disposition="WRITE_APPEND").result()


def test_a_result_can_be_queried_again(client):
    job = run(client, NUMBERS)
    job.result()
    again = client.query(f"SELECT SUM(n) AS total FROM `{job.destination}`")
    assert [row.total for row in again.result()] == [55]


def test_changes_report_the_rows_they_touched(client):
    client.query("CREATE TABLE shop.t AS SELECT 1 AS a UNION ALL SELECT 2").result()
    job = client.query("UPDATE shop.t SET a = a + 1 WHERE TRUE")
    job.result()
    assert (job.num_dml_affected_rows, job.dml_stats.updated_row_count, job.statement_type) == (2, 2, "UPDATE")
    assert list(client.query("DELETE FROM shop.t WHERE a = 2").result()) == []


def test_a_view_lists_its_columns_and_cannot_be_read_row_by_row(client):
    view = bigquery.Table(f"{PROJECT}.shop.v")
    view.view_query = "SELECT 1 AS a, 'x' AS b"
    created = client.create_table(view)
    assert (created.table_type, [field.name for field in created.schema]) == ("VIEW", ["a", "b"])
    assert [tuple(row) for row in client.query("SELECT * FROM shop.v").result()] == [(1, "x")]
    with pytest.raises(exceptions.BadRequest, match="Cannot list a table of type VIEW"):
        list(client.list_rows("shop.v", selected_fields=created.schema))


def test_a_view_may_change_its_query(client):
    view = bigquery.Table(f"{PROJECT}.shop.v")
    view.view_query = "SELECT 1 AS a"
    view = client.create_table(view)
    view.view_query = "SELECT 2 AS b"
    client.update_table(view, ["view_query"])
    assert [dict(row) for row in client.query("SELECT * FROM shop.v").result()] == [{"b": 2}]
