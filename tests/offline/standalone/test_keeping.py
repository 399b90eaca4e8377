"""Killed at any moment and restarted on the same folder, the server holds all that it acknowledged."""

import hashlib
import json
import random
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import pytest
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud import bigquery
from requests import RequestException

from mlops_helpers.offline.clock import Clock, WallClock
from mlops_helpers.offline.journal import CannotRepeat, DamagedFolder, FolderInUse, Journal, OtherFormat
from mlops_helpers.offline.keeping import ASKS, NEVER, written
from mlops_helpers.offline.wire import Request
from tests.offline.standalone.conftest import PLACE, SETTINGS, ask

SCHEMA = [bigquery.SchemaField("n", "INTEGER"), bigquery.SchemaField("how", "STRING")]
GONE = (GoogleAPICallError, RetryError, RequestException, OSError)


class Worker:
    """Uploads, inserts and loads until the server is gone; remembers what was acknowledged."""

    def __init__(self, server, start):
        self.bucket = server.storage().bucket("kept")
        self.tables = server.bigquery()
        self.objects, self.rows, self.next = {}, set(), start

    def run(self):
        try:
            while True:
                self.step(self.next)
                self.next += 1
        except GONE:
            return

    def step(self, n):
        payload = bytes([n % 251]) * (100_000 if n % 5 == 0 else 40)
        blob = self.bucket.blob(f"object-{n}", chunk_size=262_144 if n % 10 == 0 else None)
        blob.upload_from_string(payload, retry=None)
        self.objects[blob.name] = (blob.generation, payload)
        if n % 3 == 0:
            assert self.tables.insert_rows_json("shop.events", [{"n": n, "how": "insert"}], retry=None) == []
            self.rows.add((n, "insert"))
        elif n % 3 == 1:
            rows = [{"n": n, "how": "load"}]
            self.tables.load_table_from_json(
                rows, "shop.events", num_retries=0, job_config=bigquery.LoadJobConfig(schema=SCHEMA)
            ).result(retry=None)
            self.rows.add((n, "load"))
        else:
            sql = f"INSERT INTO shop.events (n, how) VALUES ({n}, 'sql')"
            self.tables.query(sql, retry=None, job_retry=None).result(retry=None, job_retry=None)
            self.rows.add((n, "sql"))


def check(server, objects, rows):
    bucket = server.storage().bucket("kept")
    held = {blob.name: blob for blob in bucket.list_blobs()}
    assert set(objects) <= set(held)
    for name, (generation, payload) in objects.items():
        assert held[name].generation == generation
        assert held[name].size == len(payload)
    for name, (_, payload) in list(objects.items())[-5:]:
        assert held[name].download_as_bytes() == payload
    found = [tuple(row.values()) for row in server.bigquery().list_rows("shop.events")]
    assert rows <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("clock", [(), ("--wall-clock",)])
def test_killed_at_any_moment_it_holds_all_that_it_acknowledged(start, tmp_path, clock):
    chance, objects, rows, n = random.Random(7), {}, set(), 0
    options = ("--data", str(tmp_path / "data"), *clock)
    server = start(*options)
    server.storage().create_bucket("kept")
    server.bigquery().create_dataset("shop")
    server.bigquery().create_table(bigquery.Table(f"{server.bigquery().project}.shop.events", SCHEMA))
    for _ in range(3):
        worker = Worker(server, n)
        running = threading.Thread(target=worker.run)
        running.start()
        while not worker.rows:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.05, 0.6))
        server.kill()
        running.join(timeout=20)
        objects, rows, n = {**objects, **worker.objects}, rows | worker.rows, worker.next + 1
        server = start(*options)
        check(server, objects, rows)


def state(cloud):
    """What a client can see, and what the next ids and times will be."""
    paths = ("/storage/v1/b?project=p", "/storage/v1/b/kept/o", "/bigquery/v2/projects/p/datasets", PLACE + "/models")
    return [ask(cloud, "GET", path).body for path in paths], cloud.marks()["ids"], cloud.clock.now()


def test_the_next_id_and_the_next_time_are_those_of_a_cloud_that_never_stopped(reopen):
    cloud = reopen()
    ask(cloud, "POST", "/storage/v1/b?project=p", {"name": "kept"})
    ask(cloud, "POST", "/upload/storage/v1/b/kept/o?uploadType=media&name=a", b"\x00\xff" * 50_000)
    ask(cloud, "POST", "/bigquery/v2/projects/p/queries", {"query": "SELECT 1", "useLegacySql": False})
    ask(cloud, "POST", "/bigquery/v2/projects/p/datasets", {"datasetReference": {"datasetId": "d"}})
    ask(cloud, "POST", "/_offline/clock:advance", {"seconds": 86400})
    ask(cloud, "POST", PLACE + "/endpoints", {"displayName": "e"})
    ask(cloud, "POST", "/storage/v1/b?project=p", {"name": "last"})
    before = state(cloud)
    assert state(reopen()) == before
    assert state(reopen()) == before


def test_a_resumable_upload_goes_on_after_a_restart(reopen):
    cloud = reopen()
    ask(cloud, "POST", "/storage/v1/b?project=p", {"name": "kept"})
    begun = ask(cloud, "POST", "/upload/storage/v1/b/kept/o?uploadType=resumable&name=long", {})
    target = begun.headers["Location"].partition("127.0.0.1")[2]
    half = bytes(range(256)) * 1024
    assert ask(cloud, "PUT", target, half, content_range=f"bytes 0-{len(half) - 1}/{2 * len(half)}").status == 308
    rest = {"content_range": f"bytes {len(half)}-{2 * len(half) - 1}/{2 * len(half)}"}
    assert ask(reopen(), "PUT", target, half, **rest).status == 200
    assert ask(reopen(), "GET", "/storage/v1/b/kept/o/long").json["size"] == str(2 * len(half))


def test_questions_faults_and_refusals_are_not_kept(reopen, tmp_path):
    cloud = reopen()
    before = (tmp_path / "kept" / "journal").stat().st_size
    query = {"query": "SELECT 1 AS one", "useLegacySql": False}
    assert ask(cloud, "POST", "/bigquery/v2/projects/p/queries", query).status == 200
    assert ask(cloud, "POST", "/_offline/faults", {"kind": "latency"}).status == 200
    assert ask(cloud, "POST", "/storage/v1/b", {"name": "x"}).status == 400
    assert (tmp_path / "kept" / "journal").stat().st_size == before
    assert ask(cloud, "POST", "/storage/v1/b?project=p", {"name": "kept"}).status == 200
    assert (tmp_path / "kept" / "journal").stat().st_size > before


def test_tokens_cookies_and_signatures_are_not_written_down():
    headers = {"authorization": "Bearer s3cret", "cookie": "c=s3cret", "content-type": "text/plain"}
    signed = "/kept/a?X-Goog-Signature=s3cret&X-Goog-Date=20260105T090000Z&X-Goog-Expires=60&partNumber=1"
    assert written(Request("PUT", signed, headers)) == {
        "method": "PUT",
        "target": "/kept/a?partNumber=1",
        "headers": {"content-type": "text/plain"},
        "host": "127.0.0.1",
    }


def test_a_torn_last_record_was_never_acknowledged(reopen, tmp_path):
    path = tmp_path / "kept" / "journal"
    ask(reopen(), "POST", "/storage/v1/b?project=p", {"name": "kept"})
    whole = path.read_bytes()
    for torn in (b"0", b'deadbeef {"at":', whole[:-7].rpartition(b"\n")[2]):
        path.write_bytes(whole + torn)
        assert ask(reopen(), "GET", "/storage/v1/b/kept").status == 200
        assert path.read_bytes().startswith(whole)
        assert b"restarted" in path.read_bytes()[len(whole) :]


def test_what_was_changed_in_the_middle_is_refused(reopen, tmp_path):
    path = tmp_path / "kept" / "journal"
    for name in ("first", "second", "third"):
        ask(reopen(), "POST", "/storage/v1/b?project=p", {"name": f"{name}-bucket"})
    path.write_bytes(path.read_bytes().replace(b"second-bucket", b"secont-bucket"))
    with pytest.raises(DamagedFolder, match="damaged at byte"):
        reopen()


def test_a_lost_body_is_refused(reopen, tmp_path):
    cloud = reopen()
    ask(cloud, "POST", "/storage/v1/b?project=p", {"name": "kept"})
    ask(cloud, "POST", "/upload/storage/v1/b/kept/o?uploadType=media&name=a", bytes(100_000))
    (body,) = (tmp_path / "kept" / "bodies").iterdir()
    assert body.name == hashlib.sha256(bytes(100_000)).hexdigest()
    body.unlink()
    with pytest.raises(DamagedFolder, match="a body is missing"):
        reopen()


def test_an_answer_that_is_another_today_is_refused(reopen, tmp_path):
    ask(reopen(), "POST", "/storage/v1/b?project=p", {"name": "kept"})
    record = {
        "at": "2026-01-05T09:00:01+00:00",
        "ticks": [],
        "marks": {},
        "headers": {},
        "host": "127.0.0.1",
        "body": {},
    }
    with Path(tmp_path / "kept" / "journal").open("ab") as file:
        text = json.dumps({**record, "method": "DELETE", "target": "/storage/v1/b/other", "status": 204}).encode()
        file.write(b"%08x %s\n" % (zlib.crc32(text), text))
    with pytest.raises(CannotRepeat, match="DELETE /storage/v1/b/other was answered 204, now 404"):
        reopen()


@pytest.mark.parametrize("change", [{"version": 1}, {"format": "other"}, {"clock": "wall"}, {"trust_models": True}])
def test_a_folder_of_another_format_or_with_other_settings_is_refused(tmp_path, change):
    journal = Journal(tmp_path / "d", SETTINGS)
    journal._header |= change
    assert list(journal.records()) == []
    journal.close()
    again = Journal(tmp_path / "d", SETTINGS)
    with pytest.raises(OtherFormat, match="start with the version and the options that wrote it"):
        list(again.records())
    again.close()


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OtherFormat, match="expected an empty folder"):
        Journal(tmp_path, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_one_folder_belongs_to_one_server(start, tmp_path):
    start("--data", str(tmp_path / "d"))
    command = [sys.executable, "-m", "mlops_helpers.offline", "--port", "0", "--data", str(tmp_path / "d")]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert second.returncode == 1
    assert second.stderr.startswith("FolderInUse: another server is using")
    with pytest.raises(FolderInUse):
        Journal(tmp_path / "d", SETTINGS)


def test_a_held_clock_follows_from_where_it_was_held():
    for clock in (Clock(), WallClock()):
        begun = clock.hold()
        first = [clock.now(), clock.tick(), clock.tick(), clock.now()]
        clock.release()
        clock.tick()
        clock.hold(begun)
        assert [clock.now(), clock.tick(), clock.tick(), clock.now()] == first
        assert first[0] == begun


def test_writes_of_others_in_the_meantime_change_nothing():
    for clock in (Clock(), WallClock()):
        begun = clock.hold()
        first = clock.tick()
        other = threading.Thread(target=clock.tick)
        other.start()
        other.join()
        times = [first, clock.tick()]
        assert clock.release() == times
        clock.hold(begun, times)
        assert [clock.tick(), clock.tick()] == times
        assert clock.tick() > times[-1]


@pytest.mark.parametrize(
    ("operation", "asks", "never"),
    [
        ("gemini.publishers.models.streamGenerateContent", True, False),
        ("gemini.batchPredictionJobs.delete", False, False),
        ("gemini.batchPredictionJobs.create", False, False),
        ("vertex.PredictionService.StreamRawPredict", True, False),
        ("vertex.MetadataService.QueryContextLineageSubgraph", True, False),
        ("vertex.MetadataService.AddContextChildren", False, False),
        ("vertex.JobService.CreateBatchPredictionJob", False, False),
        ("vertex.JobService.CreateCustomJob", False, False),
        ("vertex.JobService.CreateModelDeploymentMonitoringJob", False, False),
        ("vertex.PipelineService.CreateTrainingPipeline", False, False),
        ("vertex.ScheduleService.GetSchedule", True, False),
        ("offline.faults.inject", False, True),
        ("offline.clock.advance", False, False),
        ("storage.objects.insert", False, False),
    ],
)
def test_which_operations_are_kept(operation, asks, never):
    assert (bool(ASKS.fullmatch(operation)), bool(NEVER.match(operation))) == (asks, never)
