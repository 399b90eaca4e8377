"""Hand a decision to whoever trains, exactly once: the decision's id is the name of what is created.

    hand_over(decision, pipeline_submitter("training.yaml", pipeline_root="gs://bucket/root"))     starts a pipeline
    hand_over(decision, request_submitter(bucket))                                                 leaves a request

A name can be taken once. Whoever comes second, after a retry, a crash or on another machine, is told by the cloud
that the name exists, and knows that the work is under way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.monitoring.errors import NothingToHandOver

if TYPE_CHECKING:
    from google.cloud import aiplatform, storage

    from mlops_helpers.monitoring.retraining import Decision

Submit = Callable[[str, Mapping[str, Any]], Any]


@dataclass(frozen=True)
class HandOver:
    """What became of a decision: `first` is false if it was handed over before. `result` is the submitter's."""

    id: str
    first: bool
    result: Any = None

    def __str__(self) -> str:
        told = "handed over" if self.first else "was handed over before: nothing was started again"
        return f"{self.id} {told}."


def hand_over(decision: Decision, submit: Submit) -> HandOver:
    """Call `submit(job_id, parameters)` for a decision to retrain.

    A submitter that finds the name taken raises google.api_core's AlreadyExists (or Conflict, PreconditionFailed), as
    Google's clients do. Any other error is the caller's. Raises NothingToHandOver for any other decision.
    """
    from google.api_core import exceptions

    if not decision.retrain:
        raise NothingToHandOver(f"the decision {decision}", "a decision to retrain", "Look at `decision.retrain`.")
    try:
        return HandOver(decision.id, True, submit(decision.id, decision.parameters))
    except (exceptions.Conflict, exceptions.PreconditionFailed) as problem:
        if isinstance(problem, exceptions.Aborted):  # another request was in the way: whether ours counted is unknown
            raise
        return HandOver(decision.id, False)


def pipeline_submitter(template_path: str, *, pipeline_root: str, pass_on: Iterable[str] | None = None) -> Submit:
    """A submitter that starts a Vertex AI pipeline under the decision's id and gives the `PipelineJob`.

    `pass_on` names the parameters that the pipeline declares; None passes all (`train_until`, `reason` and those of
    the trigger). Vertex AI refuses parameters that a pipeline does not declare.
    """
    wanted = None if pass_on is None else frozenset(pass_on)

    def submit(job_id: str, parameters: Mapping[str, Any]) -> aiplatform.PipelineJob:
        from google.cloud import aiplatform

        values = {name: value for name, value in parameters.items() if wanted is None or name in wanted}
        job = aiplatform.PipelineJob(
            display_name=job_id,
            template_path=template_path,
            job_id=job_id,
            pipeline_root=pipeline_root,
            parameter_values=values,
        )
        job.submit()
        return job

    return submit


def request_submitter(bucket: storage.Bucket, *, folder: str = "retraining") -> Submit:
    """A submitter that leaves the parameters as JSON under `folder/<id>.json` and gives the object's address.

    For teams whose training starts when an object arrives. Written on condition that the object does not exist.
    """

    def submit(job_id: str, parameters: Mapping[str, Any]) -> str:
        blob = bucket.blob(f"{folder}/{job_id}.json")
        text = json.dumps({"id": job_id, "parameters": dict(parameters)}, sort_keys=True)
        blob.upload_from_string(text, content_type="application/json", if_generation_match=0)
        return f"gs://{bucket.name}/{blob.name}"

    return submit
