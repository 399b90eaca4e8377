"""The steps of tuning a Gemini model, each safe to run again: prepare, tune, evaluate, deploy.

    gs://bucket/tuning/<name>/<version>/train.jsonl         the version is a SHA-256 of the examples
    gs://bucket/tuning/<name>/<version>/validation.jsonl
    gs://bucket/tuning/<name>/production.json               which endpoint is asked: written last, on condition

A tuned model has its endpoint as soon as it is tuned. To deploy it is to point at it: applications read the pointer,
and pointing back is the rollback.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.cloud import models
from mlops_helpers.debugging.prompt_compare import compare_reports
from mlops_helpers.debugging.prompt_models import gemini_generator, gemini_grader
from mlops_helpers.debugging.prompt_report import PromptTestReport
from mlops_helpers.debugging.prompt_tests import run_prompt_tests
from mlops_helpers.tooling.errors import InvalidSetting, PointerMoved, TuningFailed
from mlops_helpers.tooling.genai_pipeline_rows import divide_examples, read_examples, to_jsonl

if TYPE_CHECKING:
    from google import genai
    from google.cloud import storage

    from mlops_helpers.debugging.case_reading import PromptCase

ENDED = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED")
BROKEN = ENDED[1:]


@dataclass(frozen=True)
class Prepared:
    """Examples in the bucket: two addresses, the version, how many of each."""

    name: str
    version: str
    training: str
    validation: str
    training_rows: int
    validation_rows: int

    @property
    def display_name(self) -> str:
        """What the tuned model is called: by it a run that starts again finds the job of the one before."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True)
class Verdict:
    """Prompt tests of the tuned model against the base model: pass rates, the decision ("deploy", "keep"), and why."""

    tuned_rate: float
    base_rate: float
    decision: str
    why: str


def prepare(text: str, bucket: storage.Bucket, *, name: str, validation: float = 0.2, seed: str = "0") -> Prepared:
    """Check, divide and store the examples of a JSONL text. Equal examples give equal files, written once.

    Raises BadExamples (the lines by number) and InvalidSetting before anything is written.
    """
    data = divide_examples(read_examples(text), validation=validation, seed=seed)
    parts = {"train": data.training, "validation": data.validation}
    for part, examples in parts.items():
        _write_once(bucket, f"tuning/{name}/{data.version}/{part}.jsonl", to_jsonl(examples))
    folder = f"gs://{bucket.name}/tuning/{name}/{data.version}"
    rows = (len(data.training), len(data.validation))
    return Prepared(name, data.version, f"{folder}/train.jsonl", f"{folder}/validation.jsonl", *rows)


def tune(
    prepared: Prepared,
    client: genai.Client,
    *,
    base_model: str | None = None,
    epochs: int = 3,
    pause: float = 30.0,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """The endpoint of a model tuned on these examples; a job that is there already is waited for, not started twice.

    `pause` is the seconds between two looks. Raises TuningFailed with the job's own words.
    """
    from google.genai import types

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The SDK's tuning implementation is experimental")
        job = _existing(prepared, client) or client.tunings.tune(
            base_model=base_model or models.choose().id,
            training_dataset=types.TuningDataset(gcs_uri=prepared.training),
            config=types.CreateTuningJobConfig(
                tuned_model_display_name=prepared.display_name,
                epoch_count=epochs,
                validation_dataset=types.TuningValidationDataset(gcs_uri=prepared.validation),
            ),
        )
        job = client.tunings.get(name=job.name)
        while _state(job) not in ENDED:
            sleep(pause)
            job = client.tunings.get(name=job.name)
    if _state(job) in BROKEN:
        said = job.error.message if job.error else "no reason given"
        raise TuningFailed(
            f"{job.name}: {_state(job)}, {said}", "a job that succeeds", "Correct the examples or retry."
        )
    return job.tuned_model.endpoint


def evaluate(
    endpoint: str,
    cases: list[PromptCase],
    client: genai.Client,
    *,
    base_model: str | None = None,
    template: str | None = None,
    at_least: float = 0.9,
) -> Verdict:
    """Ask the tuned and the base model the prompt tests of challenge 3: deploy what passes and is not worse.

    Raises what `run_prompt_tests` raises, and InvalidSetting for a rate that cannot be.
    """
    if not 0 <= at_least <= 1:
        raise InvalidSetting(f"at_least={at_least}", "a share from 0 to 1", "Use 0.9 for nine of ten.")
    base = base_model or models.choose().id
    grader = gemini_grader(client)

    def ask(model: str, name: str) -> PromptTestReport:
        return run_prompt_tests(
            cases, gemini_generator(client, model=model), template=template, grader=grader, name=name
        )

    before, after = ask(base, "base"), ask(endpoint, "tuned")
    comparison = compare_reports(before, after)
    good = after.rate >= at_least and not comparison.is_worse
    why = f"{after.rate:.0%} of {after.n} tests pass, {at_least:.0%} wanted; the base model passes {before.rate:.0%}"
    return Verdict(after.rate, before.rate, "deploy" if good else "keep", why)


def deploy(endpoint: str, prepared: Prepared, verdict: Verdict, bucket: storage.Bucket) -> dict[str, Any]:
    """Point production at an endpoint and give the pointer, which knows the one before. The same one twice is once.

    Raises PointerMoved if somebody else pointed elsewhere in between.
    """
    from google.api_core.exceptions import PreconditionFailed

    current, generation = read_pointer(bucket, prepared.name)
    if current.get("endpoint") == endpoint:
        return current
    pointer = {
        "endpoint": endpoint,
        "version": prepared.version,
        "previous": current.get("endpoint", ""),
        "verdict": asdict(verdict),
    }
    try:
        _pointer(bucket, prepared.name).upload_from_string(
            json.dumps(pointer, sort_keys=True), content_type="application/json", if_generation_match=generation
        )
    except PreconditionFailed:
        found = f"a pointer of {prepared.name} that is no longer generation {generation}"
        raise PointerMoved(found, "the one that was read", "Read it again and decide again.") from None
    return pointer


def read_pointer(bucket: storage.Bucket, name: str) -> tuple[dict[str, Any], int]:
    """Which endpoint is asked, and the generation of that answer; ({}, 0) before the first deployment."""
    from google.api_core.exceptions import NotFound

    blob = _pointer(bucket, name)
    try:
        text = blob.download_as_text()
    except NotFound:
        return {}, 0
    return json.loads(text), blob.generation


def _pointer(bucket: storage.Bucket, name: str) -> storage.Blob:
    return bucket.blob(f"tuning/{name}/production.json")


def _existing(prepared: Prepared, client: genai.Client) -> Any | None:
    """The job that tunes, or has tuned, on these examples."""
    for job in client.tunings.list():
        if job.tuned_model_display_name == prepared.display_name and _state(job) not in BROKEN:
            return job
    return None


def _state(job: Any) -> str:
    return getattr(job.state, "value", str(job.state))


def _write_once(bucket: storage.Bucket, name: str, text: str) -> None:
    from google.api_core.exceptions import PreconditionFailed

    try:
        bucket.blob(name).upload_from_string(text, content_type="application/jsonl", if_generation_match=0)
    except PreconditionFailed:
        return
