"""What a standalone server keeps, and how it gets it back: it does everything again, in the same order.

The offline cloud is deterministic: ids, times and generations follow from the sequence of calls. So it is enough to
write each request that changes something into the `Journal`, before its answer is sent, with the clock's readings
and the number of ids given before it. After a crash the same requests lead to the same state.

Kept: Cloud Storage, BigQuery, Gemini's caches, batches and tuned models, Vertex AI's resources, the clock.
Not kept: questions and their answers (SELECT, generateContent, predict), faults, Vertex AI jobs that run code (what
they wrote to Storage and BigQuery is), and what has ports of its own: Logging, Monitoring, Firestore, Redis.
"""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from .journal import CannotRepeat, Journal, Record
from .wire import Request, Response

if TYPE_CHECKING:
    from .state import OfflineCloud

log = logging.getLogger(__name__)
NOT_KEPT = ("Logging", "Monitoring", "Firestore", "Redis", "Vertex AI jobs that run code")
SAFE = ("GET", "HEAD", "OPTIONS")
RUNS_CODE = r"vertex\.(JobService\.\w*(CustomJob|HyperparameterTuningJob)|PipelineService\.|ScheduleService\.)"
NEVER = re.compile(rf"offline\.(?!clock\.advance)|metadata\.|{RUNS_CODE}")
# These write only now and then (a request log): they are kept if the clock has moved, which it does with every write.
ASKS = re.compile(
    r"(vertex|gemini)\.([\w.]+\.)?(stream|raw|server|direct|batch)*"
    r"(predict|explain|query|search|read|fetch|count|compute|generate|embed)\w*",
    re.IGNORECASE,
)
QUERIES = ("bigquery.jobs.query", "bigquery.jobs.insert")
# Who asked, and how the bytes travelled, changes no answer.
LEFT_OUT = ("authorization", "cookie", "user-agent", "accept", "accept-encoding", "connection", "content-length")
SIGNATURE = re.compile(
    r"X-Goog-(Algorithm|Credential|Date|Expires|Signature|SignedHeaders)|GoogleAccessId|Signature", re.I
)


class Keeper:
    """Writes down what a cloud does, one change at a time; whoever only reads (GET) does not wait."""

    def __init__(self, cloud: OfflineCloud, journal: Journal) -> None:
        self._cloud, self._journal = cloud, journal
        self._lock = threading.RLock()
        self._inside = False
        self._marks: dict[str, dict[str, int]] = {"ids": {}, "usage": {}}

    def perform(self, operation: str, request: Request, act: Callable[[], Response]) -> Response:
        """What `act` answers; written down if it changed something, also where it failed half-way."""
        if request.method in SAFE or NEVER.match(operation):
            return act()
        with self._lock:
            if self._inside:  # a call that a handler makes: it belongs to the request that is being kept
                return act()
            self._inside = True
            try:
                return self._kept(operation, request, act)
            finally:
                self._inside = False

    def _kept(self, operation: str, request: Request, act: Callable[[], Response]) -> Response:
        record = {"at": self._cloud.clock.hold().isoformat(), "marks": self._new_marks(), **written(request)}
        response = None
        try:
            response = act()
            return response
        finally:
            ticks = [moment.isoformat() for moment in self._cloud.clock.release()]
            if self._changes(operation, moved=bool(ticks), failed=response is None):
                self._write({**record, "ticks": ticks}, request, response.status if response else 0)

    def _changes(self, operation: str, *, moved: bool, failed: bool) -> bool:
        if failed or ASKS.fullmatch(operation):
            return moved
        return operation not in QUERIES or not self._only_read()

    def _only_read(self) -> bool:
        """Whether the job that has just run was a question: a SELECT whose result nobody named."""
        job = self._cloud.service("bigquery").jobs.latest()
        if job is None or "query" not in job.configuration:
            return False
        target = job.configuration["query"].get("destinationTable", {}).get("datasetId", "_")
        return job.statistics.get("query", {}).get("statementType") == "SELECT" and target.startswith("_")

    def _new_marks(self) -> dict[str, dict[str, int]]:
        """What was counted since the last record."""
        marks = self._cloud.marks()
        pairs = {kind: counts.items() - self._marks[kind].items() for kind, counts in marks.items()}
        return {kind: dict(changed) for kind, changed in pairs.items() if changed}

    def _write(self, record: Record, request: Request, status: int) -> None:
        self._journal.append({**record, "body": self._journal.save(request.body), "status": status})
        for kind, counts in record["marks"].items():
            self._marks[kind].update(counts)


def written(request: Request) -> Record:
    """A request as part of a record, without what names its sender: tokens, cookies, signatures."""
    parts = urlsplit(request.target)
    queries = [(name, value) for name, value in parse_qsl(parts.query, True) if not SIGNATURE.fullmatch(name)]
    headers = {name: value for name, value in request.headers.items() if name not in LEFT_OUT}
    signed = any(SIGNATURE.fullmatch(name) for name in request.queries)
    target = parts._replace(query=urlencode(queries)).geturl() if signed else request.target
    return {"method": request.method, "target": target, "headers": headers, "host": request.host}


def restore(cloud: OfflineCloud, journal: Journal) -> int:
    """Do again all that was kept, and keep what comes; returns how many requests were repeated.

    Raises OtherFormat, DamagedFolder, and CannotRepeat where Storage or BigQuery answer differently today.
    """
    repeated, keeper = 0, Keeper(cloud, journal)
    for record in journal.records():
        cloud.set_marks(record["marks"])
        for kind, counts in record["marks"].items():
            keeper._marks[kind].update(counts)
        cloud.clock.hold(datetime.fromisoformat(record["at"]), map(datetime.fromisoformat, record["ticks"]))
        body = journal.load(record["body"])
        with io.BytesIO(body) if isinstance(body, bytes) else body as file:
            request = Request(record["method"], record["target"], record["headers"], file, record["host"])
            _compare(record, cloud.answer(request).status)
        cloud.clock.release()
        repeated += 1
    cloud.keeper = keeper
    return repeated


def _compare(record: Record, status: int) -> None:
    if not record["status"] or status == record["status"]:
        return
    what = f"{record['method']} {record['target']} was answered {record['status']}, now {status}"
    if record["target"].startswith(("/v1/", "/v1beta1/", "/ui/")):  # Vertex AI: it may follow from a job that ran code
        log.warning("not repeated: %s", what)
        return
    raise CannotRepeat(f"{what}: start with the version of the course that wrote the folder, or name a new one")


def settings(*, wall_clock: bool, trust_models: bool) -> dict[str, Any]:
    """What the answers depend on, for the journal's header."""
    return {"clock": "wall" if wall_clock else "steps", "trust_models": trust_models}
