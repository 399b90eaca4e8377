"""`batchPredictionJobs` with a Gemini model: many requests at half the price, from files or tables to the same.

A job is pending when it is created and does its work when it is next asked about. A request that fails does not stop
the others: its row carries the reason in `status`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..clock import rfc3339
from ..errors import ApiError, invalid, unsupported
from ..wire import Request
from . import usage
from .batch_files import read_rows, write_rows
from .decoding import body_of, decode
from .generating import Mind, generate
from .places import missing, paged, place_of
from .registry import ModelRow, find_model
from .requests import wrong

if TYPE_CHECKING:
    from .service import Gemini

PENDING, SUCCEEDED, FAILED, CANCELLED = (
    f"JOB_STATE_{word}" for word in ("PENDING", "SUCCEEDED", "FAILED", "CANCELLED")
)
SETTABLE = {"model", "displayName", "inputConfig", "outputConfig", "labels", "encryptionSpec", "serviceAccount"}
FORMATS = {"jsonl": "gcsSource", "bigquery": "bigquerySource"}
DESTINATIONS = {"jsonl": "gcsDestination", "bigquery": "bigqueryDestination"}


class Batches:
    """All of Gemini's batch jobs of one cloud."""

    def __init__(self, gemini: Gemini) -> None:
        self._gemini = gemini
        self._held: dict[str, dict[str, Any]] = {}

    def find(self, name: str) -> dict[str, Any]:
        """A job; one that is pending is done first. Raises ApiError 404."""
        job = self.peek(name)
        if job["state"] == PENDING:
            job |= run(self._gemini, job)
        return job

    def peek(self, name: str) -> dict[str, Any]:
        """A job as it is. Raises ApiError 404."""
        if name not in self._held:
            raise missing("BatchPredictionJob", name)
        return self._held[name]

    def put(self, job: dict[str, Any]) -> None:
        """Keep a new job."""
        self._held[job["name"]] = job

    def remove(self, name: str) -> None:
        """Forget a job; what it wrote stays. Raises ApiError 404."""
        self.peek(name)
        del self._held[name]

    def all(self, place: str) -> list[dict[str, Any]]:
        """Those of a project and location, the newest first."""
        return [self.find(name) for name in reversed(self._held) if name.startswith(f"{place}/")]


def create(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Accept a job. Raises ApiError 400, 404 or 501."""
    body, place = decode("BatchPredictionJob", body_of(request, "BatchPredictionJob")), place_of(request)
    if others := set(body) - SETTABLE:
        raise unsupported(f"Gemini: batch prediction with {', '.join(sorted(others))}")
    served_by(gemini, body.get("model", ""), place)
    check_ends(body.get("inputConfig", {}), "instancesFormat", FORMATS, "input_config")
    check_ends(body.get("outputConfig", {}), "predictionsFormat", DESTINATIONS, "output_config")
    stamp = rfc3339(gemini.cloud.clock.tick())
    name = f"{place}/batchPredictionJobs/{gemini.new_id('batch job')}"
    body.setdefault("displayName", f"genai_batch_job_{name[-6:]}")
    job = {"name": name, **body, "state": PENDING, "createTime": stamp, "updateTime": stamp}
    gemini.batches.put(job)
    return dict(job)


def check_ends(config: dict[str, Any], field: str, kinds: dict[str, str], where: str) -> None:
    """Check where a job reads or writes. Raises ApiError 400 for another format or a missing place."""
    kind = config.get(field)
    if kind not in kinds:
        raise wrong(f"{where}.{field}", kind, f"one of {', '.join(kinds)}")
    if kinds[kind] not in config:
        raise wrong(where, ", ".join(config), f"{kinds[kind]} for the format {kind}")


def served_by(gemini: Gemini, model: str, place: str) -> tuple[ModelRow, Mind | None]:
    """The model of a job, and how it answers if it is tuned. Raises ApiError 400 or 404."""
    if model.startswith("projects/") and "/publishers/" not in model:
        tuned = gemini.tuned.of_model(model.partition("@")[0])
        return tuned.base, tuned.answer
    row = find_model(model.rpartition("/")[2], place, gemini.cloud.clock.now())
    if row.dimensions:
        raise unsupported(f"Gemini: batch prediction with the embedding model {row.id}")
    return row, None


def get(gemini: Gemini, request: Request) -> dict[str, Any]:
    """One job."""
    return gemini.batches.find(name_of(request))


def list_jobs(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Gemini's jobs of a project and location."""
    return paged(request, gemini.batches.all(place_of(request)), "batchPredictionJobs")


def cancel(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Cancel a job that is pending. Raises ApiError 400 if it has ended."""
    job = gemini.batches.peek(name_of(request))
    if job["state"] != PENDING:
        raise invalid(f"The job {job['name']} has ended ({job['state']}) and cannot be cancelled.")
    stamp = rfc3339(gemini.cloud.clock.tick())
    job |= {"state": CANCELLED, "endTime": stamp, "updateTime": stamp}
    return {}


def delete(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Forget a job; the answer is a finished operation."""
    name = name_of(request)
    gemini.batches.remove(name)
    response = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    return {"name": f"{name}/operations/{gemini.new_id('operation')}", "done": True, "response": response}


def name_of(request: Request) -> str:
    """The full name of the job that a path names."""
    return f"{place_of(request)}/batchPredictionJobs/{request.params['id']}"


def run(gemini: Gemini, job: dict[str, Any]) -> dict[str, Any]:
    """Do the work of a job: what changes in its resource."""
    started = rfc3339(gemini.cloud.clock.tick())
    place = job["name"].partition("/batchPredictionJobs/")[0]
    try:
        row, mind = served_by(gemini, job["model"], place)
        done = [
            one(gemini, row, mind, line, place) | {"processed_time": started}
            for line in read_rows(gemini.cloud, job, place)
        ]
        written = write_rows(gemini.cloud, job, done)
        good = sum(1 for line in done if not line["status"])
        stats = {"successfulCount": str(good), "failedCount": str(len(done) - good)}
        result = {"state": SUCCEEDED, "outputInfo": written, "completionStats": stats}
    except ApiError as problem:
        result = {"state": FAILED, "error": {"code": 3 if problem.code == 400 else 5, "message": problem.message}}
    ended = rfc3339(gemini.cloud.clock.tick())
    return result | {"startTime": started, "endTime": ended, "updateTime": ended}


def one(gemini: Gemini, row: ModelRow, mind: Mind | None, line: dict[str, Any], place: str) -> dict[str, Any]:
    """One row's result: the row, `response` and `status` (empty if all went well)."""
    try:
        raw = line["request"]
        raw = json.loads(raw) if isinstance(raw, str) else raw
        options = {"mind": mind} if mind else {}
        answer = generate(gemini, row, raw, place, **options)
    except (ApiError, ValueError, AttributeError) as problem:
        return line | {"response": {}, "status": f"Bad Request: {problem}"}
    usage.bill(gemini.cloud, row.id, answer["usageMetadata"], batch=True)
    return line | {"response": answer, "status": ""}
