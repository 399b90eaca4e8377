"""`tuningJobs`: supervised tuning from examples in the offline Cloud Storage.

A job is pending when it is created and does its work when it is next asked about: every row of the data set is checked
first, and a job with bad rows fails with their line numbers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..clock import rfc3339
from ..errors import ApiError, invalid, unsupported
from ..wire import Request
from . import tokens
from .decoding import decode
from .places import missing, paged, place_of
from .registry import find_model
from .requests import read_object, text_of, wrong
from .tuned import Learner, Tuned

if TYPE_CHECKING:
    from .service import Gemini

Example = tuple[str, str]
PENDING, SUCCEEDED, FAILED, CANCELLED = (
    f"JOB_STATE_{word}" for word in ("PENDING", "SUCCEEDED", "FAILED", "CANCELLED")
)
SETTABLE = {"baseModel", "supervisedTuningSpec", "tunedModelDisplayName", "description", "labels", "encryptionSpec"}
DEFAULT_EPOCHS, BATCH = 3, 8
MOST_NAMED = 10


class TuningJobs:
    """All tuning jobs of one cloud."""

    def __init__(self, gemini: Gemini) -> None:
        self._gemini = gemini
        self._held: dict[str, dict[str, Any]] = {}

    def find(self, name: str) -> dict[str, Any]:
        """A job; one that is pending is done first. Raises ApiError 404."""
        if name not in self._held:
            raise missing("TuningJob", name)
        if self._held[name]["state"] == PENDING:
            self._held[name] |= run(self._gemini, self._held[name])
        return self._held[name]

    def put(self, job: dict[str, Any]) -> None:
        """Keep a new job."""
        self._held[job["name"]] = job

    def cancel(self, name: str) -> None:
        """Cancel a job that is pending; one that has ended stays as it is. Raises ApiError 404."""
        if name not in self._held:
            raise missing("TuningJob", name)
        if self._held[name]["state"] == PENDING:
            stamp = rfc3339(self._gemini.cloud.clock.tick())
            self._held[name] |= {"state": CANCELLED, "endTime": stamp, "updateTime": stamp}

    def all(self, place: str) -> list[dict[str, Any]]:
        """Those of a project and location, the newest first."""
        return [self.find(name) for name in reversed(self._held) if name.startswith(f"{place}/")]


def create(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Accept a job. Raises ApiError 400 or 404 for a bad model or URI, 501 for other ways of tuning."""
    body, place = decode("TuningJob", request.json()), place_of(request)
    if others := set(body) - SETTABLE:
        raise unsupported(f"Gemini: tuning with {', '.join(sorted(others))}")
    spec = body.get("supervisedTuningSpec", {})
    if not spec.get("trainingDatasetUri", "").startswith("gs://"):
        raise wrong(
            "supervised_tuning_spec.training_dataset_uri", spec.get("trainingDatasetUri"), "gs://bucket/file.jsonl"
        )
    row = find_model(body.get("baseModel", "").rpartition("/")[2], place, gemini.cloud.clock.now())
    if row.dimensions:
        raise invalid(f"Base model {row.id} is not supported for tuning.")
    parameters = spec.get("hyperParameters", {})
    if "epochCount" in parameters:
        parameters["epochCount"] = str(parameters["epochCount"])  # 64-bit numbers are text in answers
    stamp = rfc3339(gemini.cloud.clock.tick())
    times = {"createTime": stamp, "updateTime": stamp}
    job = {"name": f"{place}/tuningJobs/{gemini.new_id('tuning job')}", **body, "state": PENDING, **times}
    gemini.tuning.put(job)
    return dict(job)


def get(gemini: Gemini, request: Request) -> dict[str, Any]:
    """One job."""
    return gemini.tuning.find(name_of(request))


def list_jobs(gemini: Gemini, request: Request) -> dict[str, Any]:
    """The jobs of a project and location."""
    return paged(request, gemini.tuning.all(place_of(request)), "tuningJobs")


def cancel(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Cancel a job."""
    gemini.tuning.cancel(name_of(request))
    return {}


def name_of(request: Request) -> str:
    """The full name of the job that a path names."""
    return f"{place_of(request)}/tuningJobs/{request.params['id']}"


def run(gemini: Gemini, job: dict[str, Any]) -> dict[str, Any]:
    """Do the work of a job: what changes in its resource."""
    started = rfc3339(gemini.cloud.clock.tick())
    spec = job["supervisedTuningSpec"]
    try:
        examples = read_examples(gemini, spec["trainingDatasetUri"])
        held_out = read_examples(gemini, spec["validationDatasetUri"]) if "validationDatasetUri" in spec else []
        result = {"state": SUCCEEDED, **train(gemini, job, examples, held_out)}
    except ApiError as problem:
        result = {"state": FAILED, "error": {"code": 3 if problem.code == 400 else 5, "message": problem.message}}
    ended = rfc3339(gemini.cloud.clock.tick())
    return result | {"startTime": started, "endTime": ended, "updateTime": ended}


def train(gemini: Gemini, job: dict[str, Any], examples: list[Example], held_out: list[Example]) -> dict[str, Any]:
    """Learn, put the model behind an endpoint, and tell what was done."""
    place = job["name"].partition("/tuningJobs/")[0]
    row = find_model(job["baseModel"].rpartition("/")[2], place, gemini.cloud.clock.now())
    learner, number = Learner(examples), gemini.new_id("tuned model")
    name, endpoint = f"{place}/models/{number}", f"{place}/endpoints/{gemini.new_id('tuned endpoint')}"
    labels = {"google-vertex-llm-tuning-base-model-id": row.id.replace(".", "-"), "tune-type": "sft"}
    if held_out:
        labels["validation-accuracy-percent"] = str(round(100 * learner.accuracy(held_out)))
    stamp = rfc3339(gemini.cloud.clock.now())
    resource = {
        "name": name,
        "displayName": job.get("tunedModelDisplayName", f"tuned-{number}"),
        "versionId": "1",
        "labels": labels | job.get("labels", {}),
        "createTime": stamp,
        "updateTime": stamp,
        "deployedModels": [{"endpoint": endpoint, "deployedModelId": number}],
    }
    gemini.tuned.add(Tuned(resource, endpoint, row, learner))
    epochs = int(job["supervisedTuningSpec"].get("hyperParameters", {}).get("epochCount", DEFAULT_EPOCHS))
    stats = {"supervisedTuningDataStats": statistics(examples, epochs)}
    return {"tunedModel": {"model": f"{name}@1", "endpoint": endpoint}, "tuningDataStats": stats}


def statistics(examples: list[Example], epochs: int) -> dict[str, Any]:
    """Counts of the training data, as Google reports them."""
    both = [said + output for said, output in examples]
    return {
        "tuningDatasetExampleCount": str(len(examples)),
        "totalTuningCharacterCount": str(sum(map(len, both))),
        "totalBillableTokenCount": str(epochs * sum(map(tokens.count, both))),
        "tuningStepCount": str(epochs * -(-len(examples) // BATCH)),
    }


def read_examples(gemini: Gemini, uri: str) -> list[Example]:
    """All examples of a JSONL file. Raises ApiError 400 that names the bad lines, or 404."""
    lines = [line for line in read_object(gemini.cloud, uri).decode("utf-8", "replace").splitlines() if line.strip()]
    found, bad = [], []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(read_example(line))
        except ValueError as problem:
            bad.append(f"line {number}: {problem}")
    if bad or not found:
        named = "; ".join(bad[:MOST_NAMED]) or "it is empty"
        raise invalid(f"Invalid data set {uri}: {len(bad)} of {len(lines)} rows cannot be used. {named}. Correct them.")
    return found


def read_example(line: str) -> Example:
    """The last question and its answer. Raises ValueError with the reason."""
    row = json.loads(line)
    turns = row.get("contents") if isinstance(row, dict) else None
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise ValueError('found no "contents", expected a list of turns')
    roles = [turn.get("role") for turn in turns]
    if len(roles) < 2 or roles != (["user", "model"] * len(roles))[: len(roles)] or roles[-1] != "model":
        raise ValueError(f"found roles {roles}, expected user, model, ... with the model last")
    question, answer = text_of(turns[-2]), text_of(turns[-1])
    if not question or not answer:
        raise ValueError("found a turn without text, expected text in both")
    return question, answer
