"""What a standalone server keeps, and how it writes it down before it answers.

The offline cloud is deterministic: ids, times and generations follow from the sequence of calls. So it is enough to
write down what changed something, in the order in which it happened, and to do it again (`restoring`):

    a request over HTTP    as it was sent, with the clock's readings and the number of ids given before it
    a call over gRPC       likewise, as the message that was sent
    a job's effects        what a Vertex AI job in the background changed, as data: its code is not run again
    Redis' keys            the new value of each key that a command changed, with the hour at which it expires

Not kept: questions and their answers (SELECT, generateContent, predict, list), faults, open Firestore transactions.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from .journal import Journal, Record
from .wire import Request, Response

if TYPE_CHECKING:
    from .state import OfflineCloud

Answer = TypeVar("Answer")
SAFE = ("GET", "HEAD", "OPTIONS")
NEVER = re.compile(r"offline\.(?!clock\.advance)|metadata\.")
# These read, and write only now and then (a request log, a schedule's run that is due): they are kept if the clock has
# moved, which it does with every write.
ASKS = re.compile(
    r"(vertex|gemini)\.([\w.]+\.)?(stream|raw|server|direct|batch)*"
    r"(predict|explain|query|search|read|fetch|count|compute|generate|embed)\w*"
    r"|vertex\.ScheduleService\.(Get|List)\w+",
    re.IGNORECASE,
)
READS = re.compile(r"\w+\.(Get|List|BatchGet|Run|BeginTransaction|Rollback)\w*")  # over gRPC
QUERIES = ("bigquery.jobs.query", "bigquery.jobs.insert")
# Who asked, and how the bytes travelled, changes no answer.
LEFT_OUT = ("authorization", "cookie", "user-agent", "accept", "accept-encoding", "connection", "content-length")
SIGNATURE = re.compile(
    r"X-Goog-(Algorithm|Credential|Date|Expires|Signature|SignedHeaders)|GoogleAccessId|Signature", re.I
)


@dataclass(frozen=True)
class Deed:
    """Something that may change the cloud: how its record begins, its body, and whether it was only a question."""

    operation: str
    record: Record
    body: BinaryIO


class Keeper:
    """Writes down what a cloud does, one change at a time; whoever only reads does not wait."""

    def __init__(self, cloud: OfflineCloud, journal: Journal) -> None:
        self._cloud, self._journal = cloud, journal
        self._lock = threading.RLock()
        self._inside = False
        self._marks: dict[str, dict[str, int]] = {"ids": {}, "usage": {}}

    def perform(self, operation: str, request: Request, act: Callable[[], Response]) -> Response:
        """What `act` answers to a request; written down if it changed something, also where it failed half-way."""
        asks = request.method in SAFE and not ASKS.fullmatch(operation)
        if asks or NEVER.match(operation):
            return act()
        return self._do(lambda: Deed(operation, written(request), request.body), act)

    def call(self, operation: str, message: Any, act: Callable[[], Answer]) -> Answer:
        """The same for a call over gRPC, such as `firestore.Commit`."""
        if READS.fullmatch(operation):
            return act()
        return self._do(lambda: Deed(operation, {"call": operation}, io.BytesIO(packed(message))), act)

    @contextmanager
    def background(self, service: str) -> Iterator[list[Any] | None]:
        """Inside, nothing else that is kept happens; what is put into the list is written down at the end.

        The service answers nobody before that. There is no list (None) in the middle of a request: that is done again
        as a whole.
        """
        with self._lock, self._cloud.lock(service):
            if self._inside:
                yield None
                return
            effects: list[Any] = []
            try:
                yield effects
            finally:
                if effects:
                    record = {"effects": service, "at": self._cloud.clock.now().isoformat(), "marks": self._new_marks()}
                    self._write(record, io.BytesIO(json.dumps(effects).encode()))

    def note(self, record: Record, body: bytes) -> None:
        """Write down what depends neither on the clock nor on anything else that is kept."""
        self._journal.append({**record, "body": self._journal.save(io.BytesIO(body))})

    def follow(self, marks: dict[str, dict[str, int]]) -> None:
        """The counts of a record that was repeated: they need not be written again."""
        for kind, counts in marks.items():
            self._marks[kind].update(counts)

    def _do(self, deed: Callable[[], Deed], act: Callable[[], Answer]) -> Answer:
        with self._lock:
            if self._inside:  # a call that a handler makes: it belongs to the request that is being kept
                return act()
            self._inside = True
            try:
                return self._kept(deed(), act)
            finally:
                self._inside = False

    def _kept(self, deed: Deed, act: Callable[[], Answer]) -> Answer:
        record = {"at": self._cloud.clock.hold().isoformat(), "marks": self._new_marks(), **deed.record}
        status = 0  # what it stays at if the act fails
        try:
            answer = act()
            status = answer.status if isinstance(answer, Response) else 200
            return answer
        finally:
            ticks = [moment.isoformat() for moment in self._cloud.clock.release()]
            if self._changes(deed.operation, moved=bool(ticks), failed=not status):
                self._write({**record, "ticks": ticks, "status": status}, deed.body)

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

    def _write(self, record: Record, body: BinaryIO) -> None:
        self._journal.append({**record, "body": self._journal.save(body)})
        self.follow(record["marks"])


def written(request: Request) -> Record:
    """A request as part of a record, without what names its sender: tokens, cookies, signatures."""
    parts = urlsplit(request.target)
    queries = [(name, value) for name, value in parse_qsl(parts.query, True) if not SIGNATURE.fullmatch(name)]
    headers = {name: value for name, value in request.headers.items() if name not in LEFT_OUT}
    signed = any(SIGNATURE.fullmatch(name) for name in request.queries)
    target = parts._replace(query=urlencode(queries)).geturl() if signed else request.target
    return {"method": request.method, "target": target, "headers": headers, "host": request.host}


def packed(message: Any) -> bytes:
    """A protobuf message as bytes, always the same ones.

    A commit is kept without its transaction: whether what it read was up to date has been decided.
    """
    if message.DESCRIPTOR.full_name == "google.firestore.v1.CommitRequest" and message.transaction:
        twin = type(message)()
        twin.CopyFrom(message)
        twin.ClearField("transaction")
        message = twin
    return message.SerializeToString(deterministic=True)


def settings(*, wall_clock: bool, trust_models: bool) -> dict[str, Any]:
    """What the answers depend on, for the journal's header."""
    return {"clock": "wall" if wall_clock else "steps", "trust_models": trust_models}
