"""Cloud Logging through google-cloud-logging, over real gRPC."""

import logging as stdlib_logging
import threading
from datetime import UTC, datetime

import pytest
from google.api_core import exceptions
from google.cloud import logging
from google.cloud.logging_v2.resource import Resource


@pytest.fixture
def client(session):
    client = logging.Client()
    yield client
    for handler in list(stdlib_logging.getLogger().handlers):
        if isinstance(handler, logging.handlers.CloudLoggingHandler):
            stdlib_logging.getLogger().removeHandler(handler)
            handler.close()


@pytest.fixture
def log(client):
    return client.logger("training")


def payloads(entries):
    return [entry.payload for entry in entries]


def test_texts_structs_and_empty_entries_come_back(client, log):
    log.log_text("started", severity="INFO", labels={"model": "churn"})
    log.log_struct({"epoch": 3, "loss": 0.25, "tags": ["a", "b"]}, severity="WARNING")
    log.log_empty(severity="DEBUG")
    text, struct, empty = client.list_entries()
    assert (text.payload, text.severity, text.labels) == ("started", "INFO", {"model": "churn"})
    assert struct.payload == {"epoch": 3, "loss": 0.25, "tags": ["a", "b"]}
    assert (empty.payload, empty.severity) == (None, "DEBUG")


def test_every_field_of_an_entry_survives(client, log):
    moment = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    resource = Resource(type="gce_instance", labels={"instance_id": "7", "zone": "us-central1-a"})
    http = {"requestMethod": "GET", "requestUrl": "/predict", "status": 503}
    trace = {"trace": "projects/p/traces/abc", "span_id": "00f", "trace_sampled": True}
    log.log_text("slow", timestamp=moment, resource=resource, http_request=http, insert_id="one", **trace)
    [entry] = client.list_entries(filter_='timestamp<"2026-01-05T08:00:01Z"')
    assert (entry.timestamp, entry.resource, entry.insert_id) == (moment, resource, "one")
    assert entry.http_request["status"] == 503
    assert (entry.trace, entry.span_id, entry.trace_sampled) == ("projects/p/traces/abc", "00f", True)


def test_a_packed_message_comes_back(client, log):
    from google.protobuf.any_pb2 import Any
    from google.protobuf.struct_pb2 import Struct

    packed = Any()
    packed.Pack(Struct(fields={}))
    log.log_proto(packed)
    [entry] = client.list_entries()
    assert entry.payload["@type"] == "type.googleapis.com/google.protobuf.Struct"


def test_the_offline_clock_times_an_entry(session, client, log):
    log.log_text("now")
    [entry] = client.list_entries()
    assert entry.timestamp == entry.received_timestamp == session.now()


def test_a_repeated_insert_id_is_kept_once(client, log):
    moment = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    for _ in range(2):
        log.log_text("once", insert_id="same", timestamp=moment)
    assert payloads(client.list_entries()) == ["once"]


def test_a_batch_is_written_whole_or_not_at_all(client, log):
    with log.batch() as batch:
        batch.log_text("a")
        batch.log_struct({"b": 1})
    assert len(list(log.list_entries())) == 2
    wrong = log.batch()
    wrong.log_text("c")
    wrong.log_text("d" * 300_000)
    with pytest.raises(exceptions.InvalidArgument, match="exceeds maximum size"):
        wrong.commit(partial_success=False)
    assert len(list(log.list_entries())) == 2


# --- the query language ----------------------------------------------------------------------------------------------

SEARCHES = [
    ("severity>=WARNING", ["slow", "failed"]),
    ("severity=(ERROR OR DEBUG)", ["detail", "failed"]),
    ("severity!=ERROR", ["detail", "fine", "slow"]),
    ("NOT severity=ERROR", ["detail", "fine", "slow"]),
    ("-severity=ERROR", ["detail", "fine", "slow"]),
    ('jsonPayload.event:"O"', ["slow"]),
    ('jsonPayload.event="SLOW"', ["slow"]),
    ('jsonPayload.event=~"^[df]"', ["detail", "fine", "failed"]),
    ('jsonPayload.event!~"^[df]"', ["slow"]),
    ("jsonPayload.ms>100", ["slow", "failed"]),
    ("jsonPayload.ms>100 jsonPayload.ms<300", ["slow"]),
    ("jsonPayload.ms<=90 OR jsonPayload.ms=300.0", ["detail", "fine", "failed"]),
    ('severity>=INFO AND (jsonPayload.ms<100 OR labels.model="fraud")', ["fine", "failed"]),
    ("jsonPayload.user.name=ada", ["slow"]),
    ("jsonPayload.user:*", ["slow"]),
    ("jsonPayload.user.name!=bob", ["slow"]),
    ("NOT jsonPayload.user.name=bob", ["detail", "fine", "slow", "failed"]),
    ("jsonPayload.tags=b", ["failed"]),
    ("jsonPayload.ok=true", ["fine"]),
    ('labels."k8s-pod/app"=web', ["slow"]),
    ('resource.type="global"', ["detail", "fine", "slow", "failed"]),
    ('resource.labels.project_id="other"', []),
    ('log_id("training")', ["detail", "fine", "slow", "failed"]),
    ('logName="projects/offline-project/logs/training"', ["detail", "fine", "slow", "failed"]),
    ('"out of memory"', ["failed"]),
    ('timestamp>="2026-01-05T09:00:03Z"', ["slow", "failed"]),
    ('timestamp>="2026-01-05T10:00:03+01:00" AND timestamp<"2026-01-05T09:00:04Z"', ["slow"]),
]


@pytest.fixture
def searched(client, log):
    log.log_struct({"event": "detail", "ms": 1}, severity="DEBUG")
    log.log_struct({"event": "fine", "ms": 90, "ok": True}, severity="INFO")
    log.log_struct(
        {"event": "slow", "ms": 250, "user": {"name": "ada"}}, severity="WARNING", labels={"k8s-pod/app": "web"}
    )
    log.log_struct(
        {"event": "failed", "ms": 300, "tags": ["a", "b"], "why": "Out of memory"},
        severity="ERROR",
        labels={"model": "fraud"},
    )
    return client


def test_filters_find_what_they_say(searched):
    found = {text: [entry.payload["event"] for entry in searched.list_entries(filter_=text)] for text, _ in SEARCHES}
    assert found == dict(SEARCHES)


@pytest.mark.parametrize("text", ["severity>=", "severity>=LOUD", "(a=1", 'a=~"["', 'timestamp>"noon"', "AND", "a=1)"])
def test_a_malformed_filter_is_refused(client, text):
    with pytest.raises(exceptions.InvalidArgument):
        list(client.list_entries(filter_=text))


def test_a_search_function_is_refused_by_name(client):
    with pytest.raises(exceptions.MethodNotImplemented, match=r"SEARCH\(\): not available in the offline Google Cloud"):
        list(client.list_entries(filter_='SEARCH("memory")'))


def test_the_newest_comes_first_on_request(searched):
    newest = searched.list_entries(order_by=logging.DESCENDING, max_results=2)
    assert [entry.payload["event"] for entry in newest] == ["failed", "slow"]


def test_pages_hold_everything_once(client, log):
    with log.batch() as batch:
        for number in range(7):
            batch.log_struct({"number": number})
    pages = client.list_entries(page_size=3)
    assert [entry.payload["number"] for entry in pages] == list(range(7))


# --- logs, metrics, sinks --------------------------------------------------------------------------------------------


def test_a_log_is_deleted_and_appears_again(client, log):
    log.log_text("old")
    client.logger("other%2Fone").log_text("kept")
    log.delete()
    assert payloads(client.list_entries()) == ["kept"]
    assert list(client.logging_api._gapic_api.list_logs(parent="projects/offline-project")) == [
        "projects/offline-project/logs/other%2Fone"
    ]
    with pytest.raises(exceptions.NotFound):
        log.delete()


def test_a_metric_is_created_changed_and_deleted(client):
    metric = client.metric("failures", filter_="severity>=ERROR", description="what failed")
    metric.create()
    with pytest.raises(exceptions.AlreadyExists):
        metric.create()
    metric.description = "all that failed"
    metric.update()
    assert [(found.name, found.description) for found in client.list_metrics()] == [("failures", "all that failed")]
    metric.delete()
    assert not metric.exists()


def test_a_sink_is_kept_and_its_export_refused_in_the_log(client, log):
    sink = client.sink(
        "to-table", filter_="severity>=ERROR", destination="bigquery.googleapis.com/projects/p/datasets/d"
    )
    sink.create()
    log.log_text("bad", severity="ERROR")
    log.log_text("bad again", severity="ERROR")
    [report] = client.list_entries(filter_="resource.type=logging_sink")
    assert "export by sink to-table" in report.payload
    assert "not available in the offline Google Cloud" in report.payload
    sink.delete()
    assert not sink.exists()


def test_tailing_is_refused_by_name(client):
    with pytest.raises(exceptions.MethodNotImplemented, match="logging.TailLogEntries: not available"):
        list(client.logging_api._gapic_api.tail_log_entries(iter([])))


# --- the standard library's logging ----------------------------------------------------------------------------------


def test_the_standard_librarys_records_arrive(session, client):
    client.setup_logging(log_level=stdlib_logging.INFO)
    stdlib_logging.getLogger("trainer").warning("loss went up", extra={"json_fields": {"epoch": 4}})
    [handler] = [h for h in stdlib_logging.getLogger().handlers if isinstance(h, logging.handlers.CloudLoggingHandler)]
    handler.transport.flush()
    [entry] = client.list_entries(filter_="severity=WARNING")
    assert entry.payload == {"message": "loss went up", "epoch": 4}
    assert entry.labels["python_logger"] == "trainer"
    assert (entry.severity, entry.timestamp) == ("WARNING", session.now())


def test_threads_lose_nothing(client, log):
    threads = [threading.Thread(target=lambda: [log.log_text("x") for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(client.list_entries(page_size=1000))) == 80
