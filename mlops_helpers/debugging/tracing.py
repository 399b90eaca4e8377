"""One trace id through ingestion, features, training and serving: each step is a structured entry in Cloud Logging.

    tracer = Tracer(logging.Client().logger("churn"), clock=session.now)
    with tracer.step("features", rows_in=len(raw)) as step:
        table = make_features(raw)
        step.note(rows_out=len(table))
    Tracer(logger, traceparent=step.traceparent)        goes on with the same trace in another process
    path_of(client, tracer.trace_id)                    `trace_reading`: the path, as table, tree and picture

A step is written twice, when it starts and when it ends: of a process that was killed, the log names the step it died
in. Entries carry `trace` and `span_id`, by which Cloud Logging and Cloud Trace group them. Texts are masked before they
leave (e-mails, phone and card numbers are recognised, names of people are not) and cut. A log that cannot be reached is
a warning, never the end of what is traced; an error in a step is recorded and raised again.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.errors import InvalidSetting, NaiveTimestamp
from mlops_helpers.debugging.trace_ids import (
    STEP_BYTES,
    TRACE_BYTES,
    Ids,
    TraceParent,
    random_ids,
    read_traceparent,
)
from mlops_helpers.debugging.trace_memory import MemoryMeter
from mlops_helpers.monitoring import genai_names as names
from mlops_helpers.monitoring.genai_calls import CallRecord, about_response, excerpt, texts

if TYPE_CHECKING:
    from google.cloud.logging_v2.logger import Logger

LOGGER = logging.getLogger(__name__)
# What OpenTelemetry has no name for, under names of our own.
STEP, PARENT, EVENT, START, SECONDS = "mlops.step", "mlops.parent", "mlops.event", "mlops.start", "mlops.seconds"
FACTS, MEMORY = "mlops.facts", "mlops.peak_megabytes"
STARTED, ENDED = "started", "ended"
LONGEST_TEXT = 300
LONGEST_NAME = 100
SHORTEST_CARD = 10**12  # whole numbers from here on are looked at as texts: they may be card numbers


def steady_clock() -> Callable[[], dt.datetime]:
    """Return a clock that begins with the system's time and then cannot be set back while a step runs."""
    begun, ticks = dt.datetime.now(dt.UTC), time.perf_counter()
    return lambda: begun + dt.timedelta(seconds=time.perf_counter() - ticks)


class Step:
    """A step that is open. `facts` are what is known about it; `traceparent` is the header for another process."""

    def __init__(self, name: str, ids: TraceParent, parent: str, started: dt.datetime) -> None:
        self.name, self.parent, self.started = name, parent, started
        self.trace_id, self.id = ids
        self.facts: dict[str, Any] = {}
        self.generation: dict[str, Any] = {}

    @property
    def traceparent(self) -> str:
        """The header of W3C Trace Context that makes another process go on below this step."""
        return str(TraceParent(self.trace_id, self.id))

    def note(self, **facts: Any) -> None:
        """Add facts, such as `rows_out=…`; numbers, booleans and lists as they are, texts masked and cut."""
        self.facts |= {name: _kept(value) for name, value in facts.items()}

    def note_generation(self, response: Any, *, model: str, prompt_version: str = "", contents: Any = "") -> None:
        """Add a call of a generative model under OpenTelemetry's names: model, tokens, outcome, masked excerpts."""
        about = about_response(response, LONGEST_TEXT)
        prompt = excerpt(" ".join(texts(contents)), LONGEST_TEXT)
        record = CallRecord(self.started, model, prompt_version, latency=0.0, prompt=prompt, **about)
        self.generation = {name: value for name, value in record.payload().items() if name != names.DURATION}


class Tracer:
    """Writes the steps of one trace to a log; make a new one for the next trace, it costs nothing.

    logger       `google.cloud.logging.Client().logger(name)`
    traceparent  continues a trace that began elsewhere
    clock        gives aware times; seconds are differences of its times
    ids          gives ids; `trace_ids.repeatable_ids(seed)` for outputs that have to be equal
    memory       measures peak memory of steps (slow, see `trace_memory`); for steps of one thread

    Steps nest within a thread (or task); a new thread needs a tracer of its own with `traceparent`.
    """

    def __init__(
        self,
        logger: Logger,
        *,
        traceparent: str = "",
        clock: Callable[[], dt.datetime] | None = None,
        ids: Ids = random_ids,
        memory: bool = False,
    ) -> None:
        above = read_traceparent(traceparent) if traceparent else TraceParent(ids(TRACE_BYTES), "")
        self.trace_id, self._logger, self._ids = above.trace_id, logger, ids
        self._clock = clock or steady_clock()
        self._meter = MemoryMeter() if memory else None
        self._above: ContextVar[str] = ContextVar("the step above", default=above.step_id)

    @property
    def trace(self) -> str:
        """The trace as entries name it: `projects/P/traces/ID`."""
        return f"projects/{self._logger.project}/traces/{self.trace_id}"

    @contextmanager
    def step(self, name: str, **facts: Any) -> Iterator[Step]:
        """Open a step, inside of the one that is open; facts are kept as `Step.note` keeps them.

        Raises `InvalidSetting` for an empty or long name, `NaiveTimestamp` if the clock gives a time without a zone.
        """
        if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            found, expected = f"the step's name {name!r:.120}", f"a text of 1 to {LONGEST_NAME} characters"
            raise InvalidSetting(found, expected, "Name the step by what it does; what it did belongs into facts.")
        ids = TraceParent(self.trace_id, self._ids(STEP_BYTES))
        opened = Step(excerpt(name, LONGEST_NAME), ids, self._above.get(), self._now())
        opened.note(**facts)
        token = self._above.set(opened.id)
        if self._meter:
            self._meter.begin()
        self._write(opened, {EVENT: STARTED}, "DEBUG", opened.started)
        ending: dict[str, str] = {names.OUTCOME: names.OK}
        try:
            yield opened
        except BaseException as error:
            ending = {names.OUTCOME: names.FAILED, names.ERROR_TYPE: type(error).__name__}
            ending[names.ERROR] = excerpt(str(error), LONGEST_TEXT)
            raise
        finally:
            self._above.reset(token)
            self._end(opened, ending)

    def _end(self, step: Step, ending: Mapping[str, Any]) -> None:
        ended = self._now()
        seconds = (ended - step.started).total_seconds()
        measured = {MEMORY: round(self._meter.end(), 3)} if self._meter else {}
        about = {EVENT: ENDED, SECONDS: seconds, **measured, **step.generation, **ending}
        severity = "INFO" if ending[names.OUTCOME] == names.OK else "ERROR"
        self._write(step, about, severity, ended)

    def _write(self, step: Step, about: Mapping[str, Any], severity: str, moment: dt.datetime) -> None:
        """Write an entry; the insert id makes Cloud Logging keep it once, however often it is sent."""
        from google.api_core.exceptions import GoogleAPIError

        said = [about[EVENT], *(str(about[name]) for name in (names.OUTCOME, names.ERROR_TYPE) if name in about)]
        payload = {"message": f"{step.name}: {', '.join(said)}", STEP: step.name, START: step.started.isoformat()}
        payload |= {PARENT: step.parent, FACTS: dict(step.facts), **about}
        marks = {"trace": self.trace, "span_id": step.id, "trace_sampled": True, "labels": {"step": step.name}}
        marks |= {"insert_id": f"{step.id}-{about[EVENT]}", "timestamp": moment, "severity": severity}
        try:
            self._logger.log_struct(payload, **marks)
        except GoogleAPIError as problem:
            LOGGER.warning("The step %s could not be written to the log: %s", step.name, problem)

    def _now(self) -> dt.datetime:
        now = self._clock()
        if now.tzinfo is None:
            raise NaiveTimestamp(f"the clock's time {now} without a zone", "a time with a zone", "Use datetime.UTC.")
        return now


def _kept(value: Any) -> Any:
    """Return a fact as a log entry can hold it: JSON, texts masked and cut."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < SHORTEST_CARD:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping):
        return {excerpt(str(key), LONGEST_NAME): _kept(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(item) for item in value]
    return excerpt(str(value), LONGEST_TEXT)
