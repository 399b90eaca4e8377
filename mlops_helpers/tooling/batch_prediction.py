"""Score a whole table at once, or ask an endpoint row by row: the same answers, another bill.

    batch = batch_predict(model, rows, bucket, name="churn-2026-11")
    online = online_predict(endpoint, rows)
    found = compare_answers(batch, online)              # refuses to compare two versions of a model
    cost_table(batch, usd_per_hour=0.22, runs_per_month=30)

A batch job pays for the machines while it runs; an endpoint pays for its machines as long as a model is deployed there,
asked or not. Prices differ by machine and region: the hour's price is a parameter.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.errors import BatchFailed, InvalidSetting
from mlops_helpers.tooling.given import describe, is_table, need_able, need_bucket, need_endpoint

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform, storage

HOURS_PER_MONTH = 730
RESULTS, ERRORS = "prediction.results", "prediction.errors_stats"


@dataclass(frozen=True)
class Answers:
    """Predictions in the order of the instances: None where there is none, its reason in `errors` by row number.

    `versions` are the model versions that answered, as `model@version`; `seconds` is how long it took.
    """

    way: str
    instances: tuple[Any, ...]
    predictions: tuple[Any, ...]
    versions: frozenset[str]
    seconds: float
    errors: Mapping[int, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in one line."""
        failed = f", {len(self.errors)} of them failed" if self.errors else ""
        return f"{self.way}: {len(self.instances)} rows{failed}, by {', '.join(sorted(self.versions))}"


@dataclass(frozen=True)
class Agreement:
    """How far two ways agree: `differing` has one row for each difference (row, and an answer for each way)."""

    rows: int
    differing: pd.DataFrame

    @property
    def same(self) -> bool:
        """Whether all answers are the same."""
        return self.differing.empty

    def __str__(self) -> str:
        """Say how many answers are the same."""
        return f"{self.rows - len(self.differing)} of {self.rows} answers are the same"

    def _repr_html_(self) -> str:
        shown = "" if self.same else self.differing.head(20).to_html(index=False, border=0)
        return f"<p>{escape(str(self))}</p>{shown}"


def batch_predict(
    model: aiplatform.Model,
    instances: Sequence[Any],
    bucket: storage.Bucket,
    *,
    name: str,
    machine_type: str = "n1-standard-2",
) -> Answers:
    """Run a batch prediction job over instances (lists or dicts), and return its answers in their order.

    Questions and answers stay in the bucket below `batch/NAME/`. A job writes its answers in any order; they are put in
    place by their instance. Raises `InvalidSetting`, before anything is written, without instances, for a DataFrame and
    for a row that is no JSON, and for a name that was used; `BatchFailed` if the job fails or leaves a question
    without an answer or an error.
    """
    remedy = "Pass registry.get('champion'), not the name."
    need_able(model, "batch_predict", "a Model of google.cloud.aiplatform", remedy)
    need_bucket(bucket)
    source = _write(bucket, name, instances)
    try:
        job = model.batch_predict(
            job_display_name=name,
            gcs_source=source,
            gcs_destination_prefix=f"gs://{bucket.name}/batch/{name}/answers",
            machine_type=machine_type,
            starting_replica_count=1,
            max_replica_count=1,
        )
    except RuntimeError as error:
        raise BatchFailed(f"the job {name!r} failed: {error}", "one that ends", "Look at its first error.") from error
    predictions, reasons = _read(job)
    keys = [_key(instance) for instance in instances]
    if lost := [row for row, key in enumerate(keys) if key not in predictions and key not in reasons]:
        found = f"{len(lost)} rows without an answer, the first is row {lost[0]}"
        raise BatchFailed(found, "an answer or an error for each row", "Look at the job's output: it is incomplete.")
    described = job.gca_resource
    return Answers(
        "batch",
        tuple(instances),
        tuple(predictions.get(key) for key in keys),
        frozenset({f"{model.name}@{described.model_version_id or model.version_id}"}),
        (described.end_time - described.start_time).total_seconds(),
        {row: reasons[key] for row, key in enumerate(keys) if key in reasons},
    )


def online_predict(
    endpoint: aiplatform.Endpoint,
    instances: Sequence[Any],
    *,
    chunk: int = 100,
    clock: Callable[[], float] = time.perf_counter,
) -> Answers:
    """Ask an endpoint, `chunk` instances a request (a request holds at most 1.5 MB), and return its answers.

    Raises `InvalidSetting` without instances or for a chunk below 1; Google's BadRequest for an instance that the model
    cannot take: online, one such row spoils its request.
    """
    need_endpoint(endpoint)
    _lines(instances)
    if chunk < 1:
        raise InvalidSetting(f"a chunk of {chunk}", "1 or more", "Try 100.")
    predictions: list[Any] = []
    versions: set[str] = set()
    started = clock()
    for start in range(0, len(instances), chunk):
        answer = endpoint.predict(list(instances[start : start + chunk]))
        predictions += answer.predictions
        versions.add(f"{answer.model_resource_name.rpartition('/')[2]}@{answer.model_version_id}")
    return Answers("online", tuple(instances), tuple(predictions), frozenset(versions), clock() - started)


def compare_answers(one: Answers, other: Answers, *, tolerance: float = 1e-6) -> Agreement:
    """Return where two ways differ: numbers by more than `tolerance` (relative or absolute), all else at all.

    Raises `BatchFailed` for other questions or another version of the model: that would compare two things at once.
    """
    import pandas as pd

    if [*map(_key, one.instances)] != [*map(_key, other.instances)]:
        found = f"{len(one.instances)} and {len(other.instances)} rows that are not the same"
        raise BatchFailed(found, "the same instances in the same order", "Ask both ways the same.")
    if one.versions != other.versions or len(one.versions) > 1:
        found = f"answers by {', '.join(sorted(one.versions))} and by {', '.join(sorted(other.versions))}"
        raise BatchFailed(found, "one version for both", "Use an endpoint on which this version has all traffic.")
    pairs = zip(one.predictions, other.predictions, strict=True)
    rows = [(row, a, b) for row, (a, b) in enumerate(pairs) if not _same(a, b, tolerance)]
    return Agreement(len(one.instances), pd.DataFrame(rows, columns=["row", one.way, other.way]))


def cost_table(
    batch: Answers, *, usd_per_hour: float, runs_per_month: float, replicas: int = 1, endpoint_replicas: int = 1
) -> pd.DataFrame:
    """Return what both ways cost in a month: way, hours (of machines), usd, usd_per_1000_rows.

    `batch` tells how long one run takes; `usd_per_hour` is the price of one machine. Raises `InvalidSetting` for
    numbers of 0 or below.
    """
    import pandas as pd

    given = {"usd_per_hour": usd_per_hour, "runs_per_month": runs_per_month, "replicas": replicas}
    if wrong := {name: value for name, value in (given | {"endpoint": endpoint_replicas}).items() if not value > 0}:
        raise InvalidSetting(f"{wrong}", "numbers above 0", "Look up the price of the machine in its region.")
    rows = len(batch.instances) * runs_per_month
    hours = {
        "batch": batch.seconds / 3600 * runs_per_month * replicas,
        "online": HOURS_PER_MONTH * endpoint_replicas,
    }
    lines = [(way, spent, spent * usd_per_hour, spent * usd_per_hour / rows * 1000) for way, spent in hours.items()]
    return pd.DataFrame(lines, columns=["way", "hours", "usd", "usd_per_1000_rows"])


def break_even_runs(batch: Answers, *, replicas: int = 1, endpoint_replicas: int = 1) -> float:
    """Return how many runs a month cost as much as an endpoint that is always up; the machine's price cancels out."""
    return HOURS_PER_MONTH * endpoint_replicas / (batch.seconds / 3600 * replicas) if batch.seconds else math.inf


def _write(bucket: storage.Bucket, name: str, instances: Sequence[Any]) -> str:
    """Write the questions, once, and return their address."""
    from google.api_core.exceptions import PreconditionFailed

    lines = "".join(f"{line}\n" for line in _lines(instances))
    blob = bucket.blob(f"batch/{name}/questions.jsonl")
    try:
        blob.upload_from_string(lines, content_type="application/jsonl", if_generation_match=0)
    except PreconditionFailed as error:
        found = f"the name {name!r}, which was used"
        raise InvalidSetting(found, "a new name for each run", "Add the date to it.") from error
    return f"gs://{bucket.name}/{blob.name}"


def _read(job: aiplatform.BatchPredictionJob) -> tuple[dict[str, Any], dict[str, str]]:
    """Return predictions and reasons of failure, by instance."""
    predictions: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for blob in job.iter_outputs():
        file = blob.name.rpartition("/")[2]
        for line in map(json.loads, blob.download_as_text().splitlines()):
            if file.startswith(RESULTS):
                predictions[_key(line["instance"])] = line["prediction"]
            elif file.startswith(ERRORS) and "instance" in line:
                reasons[_key(line["instance"])] = line["error"]["message"]
    return predictions, reasons


def _key(instance: Any) -> str:
    """Return what equal instances share, also when a service wrote 1 as 1.0."""
    return json.dumps(_plain(instance), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Mapping | list | tuple):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return float(value) if isinstance(value, int | float) else [_plain(item) for item in value]


def _same(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two predictions are the same; inside lists and dicts item by item."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return all(_same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        return all(_same(one[key], other[key], tolerance) for key in one)
    return one == other


def _lines(instances: Sequence[Any]) -> list[str]:
    """Return each instance as JSON. Raises `InvalidSetting` for what a model could only refuse once it is paid for."""
    remedy = "Write table[columns].to_numpy(dtype=object).tolist(), columns in the model's order."
    if is_table(instances) or isinstance(instances, str | Mapping):
        raise InvalidSetting(describe(instances), "a list with a list or dict for each row", remedy)
    if not len(instances):
        raise InvalidSetting("no instances", "at least one", "Pass lists or dicts, one for each row.")
    lines = []
    for row, instance in enumerate(instances):
        try:
            lines.append(json.dumps(instance, allow_nan=False))
        except (TypeError, ValueError) as error:
            found = f"row {row} that is no JSON ({error})"
            raise InvalidSetting(found, "lists or dicts of texts and finite numbers", remedy) from error
    return lines
