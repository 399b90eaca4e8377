"""Killed while four threads write to six services, the server holds all that it acknowledged."""

import random
import threading
import time
from datetime import UTC, datetime

import pytest
import redis
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.cloud import bigquery, firestore, storage
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.monitoring_v3 import MetricServiceClient
from requests import RequestException

PROJECT = "projects/offline-project"
GONE = (GoogleAPICallError, RetryError, RequestException, OSError, redis.RedisError)
START = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()


class Documents:
    """Firestore: a document, and a counter that a transaction moves."""

    def __init__(self, session):
        self.client = firestore.Client()

    def write(self, n):
        self.client.document(f"kept/d{n}").set({"n": n}, retry=None)
        batch = self.client.batch()
        batch.set(self.client.document(f"kept/b{n}"), {"at": firestore.SERVER_TIMESTAMP, "n": n})
        batch.commit(retry=None)

    def found(self):
        held = {snapshot.id for snapshot in self.client.collection("kept").stream()}
        return {int(name[1:]) for name in held if name[0] == "b" and f"d{name[1:]}" in held}


class Telemetry:
    """Logging and Monitoring: an entry, and a point of a series of its own."""

    def __init__(self, session):
        self.logs, self.metrics = LoggingServiceV2Client(), MetricServiceClient()

    def write(self, n):
        common = {"log_name": f"{PROJECT}/logs/kept", "resource": {"type": "global"}}
        entries = [{"json_payload": {"n": n}, "severity": "INFO"}]
        self.logs.write_log_entries(request={**common, "entries": entries}, retry=None, timeout=5)
        point = {"interval": {"end_time": {"seconds": int(START)}}, "value": {"double_value": n}}
        metric = {"type": "custom.googleapis.com/kept", "labels": {"n": str(n)}}
        series = {"metric": metric, "resource": {"type": "global"}, "points": [point]}
        self.metrics.create_time_series(name=PROJECT, time_series=[series], retry=None, timeout=5)

    def found(self):
        entries = self.logs.list_log_entries(resource_names=[PROJECT], filter='log_id("kept")')
        span = {"start_time": {"seconds": int(START) - 60}, "end_time": {"seconds": int(START) + 60}}
        wanted = {"name": PROJECT, "filter": 'metric.type = "custom.googleapis.com/kept"', "interval": span}
        points = self.metrics.list_time_series(request={**wanted, "view": "FULL"})
        written = {int(series.metric.labels["n"]) for series in points}
        return written & {int(entry.json_payload["n"]) for entry in entries}


class Cache:
    """Redis: a transaction over three types."""

    def __init__(self, session):
        self.client = redis.Redis(*session.redis_address, retry=None, decode_responses=True)

    def write(self, n):
        with self.client.pipeline() as pipe:
            pipe.set(f"answer-{n}", n, ex=1000).rpush("queue", n).hset("all", str(n), "yes").execute()

    def found(self):
        queue, answers = self.client.lrange("queue", 0, -1), self.client.keys("answer-*")
        assert len(queue) == len(set(queue)) == len(answers) == self.client.hlen("all")
        assert all(0 < self.client.ttl(name) <= 1000 for name in answers)
        return {int(n) for n in queue}


class Tables:
    """Storage and BigQuery: an object, and a row."""

    def __init__(self, session):
        self.bucket, self.tables = storage.Client().bucket("kept"), bigquery.Client()

    def write(self, n):
        self.bucket.blob(f"object-{n}").upload_from_string(str(n) * 100, retry=None)
        assert self.tables.insert_rows_json("shop.events", [{"n": n}], retry=None) == []

    def found(self):
        objects = {blob.name for blob in self.bucket.list_blobs()}
        return {row.n for row in self.tables.list_rows("shop.events") if f"object-{row.n}" in objects}


class Worker(threading.Thread):
    """Writes until the server is gone; remembers what was acknowledged."""

    def __init__(self, subject, first):
        super().__init__(daemon=True)
        self.subject, self.next, self.acknowledged = subject, first, set()

    def run(self):
        try:
            while True:
                self.subject.write(self.next)
                self.acknowledged.add(self.next)
                self.next += 1
        except GONE:
            return


def test_all_services_hold_what_they_acknowledged(start, attach, tmp_path):
    chance, kept, first = random.Random(11), {}, 0
    server = start("--data", str(tmp_path / "data"))
    session = attach(server)
    storage.Client().create_bucket("kept")
    bigquery.Client().create_dataset("shop")
    schema = [bigquery.SchemaField("n", "INTEGER")]
    bigquery.Client().create_table(bigquery.Table("offline-project.shop.events", schema))
    for _ in range(2):
        workers = [Worker(kind(session), first) for kind in (Documents, Telemetry, Cache, Tables)]
        for worker in workers:
            worker.start()
        while not all(worker.acknowledged for worker in workers):
            time.sleep(0.01)
        time.sleep(chance.uniform(0.1, 0.8))
        server.kill()
        for worker in workers:
            worker.join(timeout=20)
            kept[type(worker.subject)] = kept.get(type(worker.subject), set()) | worker.acknowledged
        first = max(worker.next for worker in workers) + 1
        server = start("--data", str(tmp_path / "data"))
        session = attach(server)
        for kind, acknowledged in kept.items():
            assert acknowledged <= kind(session).found(), kind


def test_a_transaction_is_kept_whole_and_goes_on(start, attach, tmp_path):
    @firestore.transactional
    def move(transaction, counter):
        n = counter.get(transaction=transaction).get("n")
        transaction.update(counter, {"n": n + 1})
        transaction.create(counter.parent.document(f"step-{n}"), {"n": n})

    for n in range(2):
        server = start("--data", str(tmp_path / "data"))
        attach(server)
        client = firestore.Client()
        counter = client.document("c/counter")
        if n == 0:
            counter.set({"n": 0})
        move(client.transaction(), counter)
        assert counter.get().get("n") == n + 1
        assert len(list(client.collection("c").stream())) == n + 2
        server.kill()


def redis_state(client):
    return {
        "string": client.get("string"),
        "expiry": client.pexpiretime("string"),
        "hash": client.hgetall("hash"),
        "field": client.hpexpiretime("hash", "b"),
        "list": client.lrange("list", 0, -1),
        "set": client.smembers("set"),
        "sorted": client.zrange("sorted", 0, -1, withscores=True),
        "stream": client.xrange("stream"),
        "groups": client.xinfo_groups("stream"),
        "pending": client.xpending_range("stream", "g", "-", "+", 10)[0]["message_id"],
        "other": client.execute_command("EXISTS", "gone"),
    }


def test_redis_comes_back_with_every_type_and_refuses_what_would_not(start, attach, tmp_path):
    server = start("--data", str(tmp_path / "data"))
    client = redis.Redis(*attach(server).redis_address)
    client.set("string", b"\x00\r\n\xff", px=100_000)
    client.hset("hash", mapping={"a": 1, "b": 2})
    client.hpexpire("hash", 50_000, "b")
    client.rpush("list", 1, 2, 3)
    assert client.blpop("list") == (b"list", b"1")
    client.sadd("set", "x", "y")
    client.zadd("sorted", {"low": 1, "high": float("inf")})
    client.xgroup_create("stream", "g", mkstream=True)
    client.xadd("stream", {"n": 1})
    client.xadd("stream", {"n": 2})
    client.xreadgroup("g", "me", {"stream": ">"}, count=1)
    client.set("gone", 1)
    client.delete("gone")
    before = redis_state(client)
    server.kill()
    client.close()
    with redis.Redis(*attach(start("--data", str(tmp_path / "data"))).redis_address) as client:
        assert redis_state(client) == before
        for command in (["TS.ADD", "t", "1", "1"], ["CONFIG", "SET", "maxmemory", "1"]):
            with pytest.raises(redis.ResponseError, match="in a server that keeps its data"):
                client.execute_command(*command)
