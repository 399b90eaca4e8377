"""Training pipelines (`CustomTrainingJob`): run the training code, then register the model that it left behind.

AutoML is refused by name: no model is trained here that somebody did not write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ApiError, unsupported
from . import generic, typed
from .behaviours import Call, behaviour
from .custom_jobs import begin, end, finish, need_ended, place_of
from .models import Target, register
from .packages import read_program
from .registry import split
from .running import Finished, Runs

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = ("PipelineService.GetTrainingPipeline", "PipelineService.ListTrainingPipelines")
STATES = "PIPELINE_STATE"


@behaviour("PipelineService.CreateTrainingPipeline")
def create_training_pipeline(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Store the pipeline and start its custom task."""
    sent = call.json["trainingPipeline"]
    definition = sent.get("trainingTaskDefinition", "").rpartition("/")[2]
    if not definition.startswith("custom_task"):
        raise unsupported(f"Vertex AI: the training task {definition or '(none)'} (custom tasks run)")
    if "inputDataConfig" in sent:
        raise unsupported("Vertex AI: a managed dataset as input of a training pipeline (read it from its bucket)")
    spec = _job_spec(call, sent.get("trainingTaskInputs", {}))
    program = read_program(spec)
    pipeline = generic.create(vertex, call, {"state": f"{STATES}_PENDING"})
    place = place_of(pipeline["name"], call, spec)

    def work() -> None:
        begin(vertex, pipeline["name"], STATES)
        finished = finish(vertex, place, program)
        uploaded, finished = _upload(vertex, pipeline, place.outputs, finished)
        end(vertex, pipeline["name"], STATES, finished, uploaded)

    vertex.part(Runs).start(work)
    return pipeline


@behaviour("PipelineService.CancelTrainingPipeline")
def cancel_training_pipeline(vertex: Vertex, call: Call) -> dict[str, Any]:
    """End the training process."""
    vertex.store.get(call.request.name)
    vertex.part(Runs).cancel(call.request.name)
    return {}


@behaviour("PipelineService.DeleteTrainingPipeline")
def delete_training_pipeline(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete a pipeline that has ended; its model stays."""
    need_ended(vertex.store.get(call.request.name))
    return generic.delete(vertex, call)


def _job_spec(call: Call, inputs: dict[str, Any]) -> dict[str, Any]:
    """The task's inputs as a CustomJobSpec: free-form JSON for the pipeline, checked here. Raises ApiError 400."""
    from google.cloud import aiplatform_v1, aiplatform_v1beta1

    package = aiplatform_v1 if call.rpc.version == "v1" else aiplatform_v1beta1
    return typed.to_json(typed.parse(inputs, package.CustomJobSpec.pb()))


def _upload(
    vertex: Vertex, pipeline: dict[str, Any], outputs: str, finished: Finished
) -> tuple[dict[str, Any], Finished]:
    """The pipeline's fields after its model was registered; a model that is not there fails the pipeline."""
    if finished.status != 0 or "modelToUpload" not in pipeline:
        return {}, finished
    target = Target(pipeline["name"].rsplit("/", 2)[0], pipeline.get("parentModel", ""), pipeline.get("modelId", ""))
    model = {**pipeline["modelToUpload"], "artifactUri": f"{outputs.rstrip('/')}/model"}
    try:
        with vertex.effects.writing():
            added = register(vertex, target, model)
    except ApiError as problem:
        return {}, Finished(1, f"{finished.output}\n{problem.message}")
    described = {"name": split(added["name"])[0], "versionId": added["versionId"], "artifactUri": model["artifactUri"]}
    return {"modelToUpload": {**pipeline["modelToUpload"], **described}}, finished
