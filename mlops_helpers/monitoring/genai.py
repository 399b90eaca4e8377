"""Watch a language model in production: how long, how many tokens, how good, how often blocked.

    with GenAIMonitor(PROJECT, clock=session.now) as monitor:
        answer = monitor.generate(client, model=MODEL, contents=question, prompt_version="support-v2")
        with monitor.call(model=MODEL, prompt_version="support-v2", contents=question) as call:
            call.response = client.models.generate_content(model=MODEL, contents=question)
            call.quality = judge(call.response.text)
    monitor.read(), monitor.read_calls()            DataFrames, read back from the cloud
    genai_figure(monitor.read())

Each call leaves a structured entry in Cloud Logging and counts in Cloud Monitoring (`genai_names` says under which
names). Prompts and answers are masked, then cut, before they leave. A call that fails is recorded and its error raised
again; a monitor whose own writing fails warns and keeps what it has, it never breaks what it watches.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_helpers.monitoring.errors import CallNotFinished, InvalidSetting, NaiveTimestamp
from mlops_helpers.monitoring.genai_calls import (
    CallRecord,
    about_error,
    about_response,
    check_label,
    check_quality,
    excerpt,
    texts,
)
from mlops_helpers.monitoring.genai_names import BLOCKED, FAILED, OK
from mlops_helpers.monitoring.genai_writing import MILLISECOND, MetricWriter

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
SEVERITIES = {OK: "INFO", BLOCKED: "WARNING", FAILED: "ERROR"}
MOST_WAITING = 10_000  # entries that are kept while they cannot be sent
MOST_ENTRIES = 500  # in one request
SHORTEST_EXCERPT = 20


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Call:
    """A call that is being watched. Its duration ends when `response` is set, so judging the answer takes no time.

    `quality` is a score from 0 to 1; setting another value raises BadValue.
    """

    def __init__(self, model: str, prompt_version: str, contents: Any, timer: Callable[[], float]) -> None:
        self.model, self.prompt_version, self.contents = model, prompt_version, contents
        self._timer, self._begun = timer, timer()
        self._ended: float | None = None
        self._response, self._quality = None, None

    @property
    def latency(self) -> float:
        """Seconds from the start to the response, or to now."""
        return (self._timer() if self._ended is None else self._ended) - self._begun

    @property
    def response(self) -> Any:
        """The model's response, None until it is set."""
        return self._response

    @response.setter
    def response(self, response: Any) -> None:
        self._response, self._ended = response, self._timer()

    @property
    def quality(self) -> float | None:
        """How good the answer is, None if nobody judged."""
        return self._quality

    @quality.setter
    def quality(self, quality: float | None) -> None:
        self._quality = check_quality(quality)


@dataclass(eq=False)
class GenAIMonitor:
    """Records calls of a language model in one project.

    `metrics` and `logs` are a `monitoring_v3.MetricServiceClient` and a `logging.Client`; made when needed if None.
    `task` names this process among others that write. `clock` gives the time (with a zone), `timer` seconds for
    durations. Every `flush_every` seconds (Cloud Monitoring takes a point every 5) a record sends all that waits;
    None sends nothing but by hand. `flush` sends now. Prompts and answers are cut to `excerpt_length` characters.
    """

    project: str
    metrics: Any = None
    logs: Any = None
    log_name: str = "gen-ai-calls"
    location: str = "us-central1"
    task: str = "task-0"
    clock: Callable[[], dt.datetime] = _utc_now
    timer: Callable[[], float] = time.perf_counter
    flush_every: float | None = 60.0
    excerpt_length: int = 200
    started: dt.datetime = field(init=False)

    def __post_init__(self) -> None:
        if self.excerpt_length < SHORTEST_EXCERPT or not (self.flush_every is None or self.flush_every >= 0):
            found = f"excerpt_length={self.excerpt_length}, flush_every={self.flush_every}"
            raise InvalidSetting(
                found, f"at least {SHORTEST_EXCERPT}, and 0 or None", "Leave them out for the defaults."
            )
        self.started = self._now()
        self._sent, self._number, self._waiting = self.started, 0, []
        self._lock, self._writer = threading.RLock(), None

    @contextmanager
    def call(self, *, model: str, prompt_version: str, contents: Any = "") -> Iterator[Call]:
        """Watch the block: its duration, its `call.response` or its error, which is raised again.

        An error that comes after the response is the block's own: the call counts as answered. Raises InvalidSetting
        before the block for a label that no metric should have, CallNotFinished after it if there is no response.
        """
        labels = check_label(model, "model"), check_label(prompt_version, "prompt_version")
        call = Call(*labels, contents, self.timer)
        try:
            yield call
        except Exception as error:
            self._keep(call, error)
            raise
        if call.response is None:
            raise CallNotFinished("a call without a response", "one", "Set `call.response` inside of the block.")
        self._keep(call)

    def generate(
        self,
        client: Any,
        *,
        model: str,
        contents: Any,
        config: Any = None,
        prompt_version: str = "unversioned",
        quality: Callable[[Any], float] | None = None,
    ) -> Any:
        """`client.models.generate_content`, watched; gives its response. `quality(response)` is a score from 0 to 1."""
        with self.call(model=model, prompt_version=prompt_version, contents=contents) as call:
            call.response = client.models.generate_content(model=model, contents=contents, config=config)
            call.quality = None if quality is None else quality(call.response)
        return call.response

    def record(self, record: CallRecord) -> None:
        """Keep a call; send all that waits if the last time was `flush_every` seconds ago (never if None)."""
        with self._lock:
            self._metric_writer().add(record)
            self._number += 1
            # Entries of one time are ordered by their id: hence the zeros.
            self._waiting.append((f"{self.task}-{self.started:%Y%m%dT%H%M%S%f}-{self._number:09d}", record))
            del self._waiting[:-MOST_WAITING]
            by_hand = self.flush_every is None
            if not by_hand and (record.time - self._sent).total_seconds() >= self.flush_every:
                self._try_to_flush()

    def flush(self) -> int:
        """Send all that waits; gives the number of log entries. Raises google.api_core's errors and keeps the rest."""
        with self._lock:
            self._sent, sent = self._now(), 0
            while waiting := self._waiting[:MOST_ENTRIES]:
                self._write_entries(waiting)
                del self._waiting[: len(waiting)]
                sent += len(waiting)
            self._metric_writer().write(self._sent)
            return sent

    def read(
        self, *, since: dt.datetime | None = None, until: dt.datetime | None = None, every: int = 60
    ) -> pd.DataFrame:
        """What Cloud Monitoring holds, one row for `every` seconds, model and prompt version: see `genai_reading`.

        Calls that were not flushed yet are not there yet.
        """
        from mlops_helpers.monitoring.genai_reading import read_metrics

        now = max(self._now(), self._metric_writer().last, self.started + MILLISECOND)  # points may be a little ahead
        span = since or self.started, until or now
        return read_metrics(self._metrics_client(), self.project, *span, every=every)

    def read_calls(self, *, since: dt.datetime | None = None, until: dt.datetime | None = None) -> pd.DataFrame:
        """What Cloud Logging holds, one row a call, exact numbers: see `genai_reading`."""
        from mlops_helpers.monitoring.genai_reading import read_calls

        return read_calls(self._logs_client(), self.log_name, since or self.started, until or self._now())

    def delete(self) -> None:
        """Delete the metrics and the log, with everything that anybody wrote to them."""
        from google.api_core.exceptions import NotFound

        self._metric_writer().delete()
        try:
            self._logs_client().logger(self.log_name).delete()
        except NotFound:
            log.info("The log %s is empty already.", self.log_name)

    def __enter__(self) -> GenAIMonitor:
        return self

    def __exit__(self, *exc: object) -> None:
        self._try_to_flush()

    def _keep(self, call: Call, error: Exception | None = None) -> None:
        """Record a call; an error counts only if there is no response."""
        length = self.excerpt_length
        about = about_response(call.response, length) if error is None or call.response else about_error(error, length)
        prompt = excerpt(" ".join(texts(call.contents)), length)
        who = {"model": call.model, "prompt_version": call.prompt_version, "prompt": prompt}
        self.record(CallRecord(time=self._now(), latency=call.latency, quality=call.quality, **who, **about))

    def _try_to_flush(self) -> None:
        from google.api_core.exceptions import GoogleAPIError

        try:
            self.flush()
        except GoogleAPIError as problem:
            log.warning("Monitoring could not be written, %s calls wait: %s", len(self._waiting), problem)

    def _write_entries(self, waiting: list[tuple[str, CallRecord]]) -> None:
        """The insert id makes Cloud Logging keep an entry once, however often it is sent."""
        with self._logs_client().logger(self.log_name).batch() as batch:
            for insert_id, record in waiting:
                severity = SEVERITIES[record.outcome]
                batch.log_struct(record.payload(), severity=severity, timestamp=record.time, insert_id=insert_id)

    def _now(self) -> dt.datetime:
        now = self.clock()
        if now.tzinfo is None:
            raise NaiveTimestamp(f"the clock's time {now} without a zone", "a time with a zone", "Use UTC.")
        return now

    def _metrics_client(self) -> Any:
        if self.metrics is None:
            from google.cloud import monitoring_v3

            self.metrics = monitoring_v3.MetricServiceClient()
        return self.metrics

    def _logs_client(self) -> Any:
        if self.logs is None:
            from google.cloud import logging as cloud_logging

            self.logs = cloud_logging.Client(project=self.project)
        return self.logs

    def _metric_writer(self) -> MetricWriter:
        if self._writer is None:
            resource = {"project_id": self.project, "location": self.location, "namespace": "gen-ai"}
            resource |= {"job": self.log_name, "task_id": self.task}
            self._writer = MetricWriter(self._metrics_client(), resource, self.started)
        return self._writer
