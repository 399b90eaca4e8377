"""Where the churn model is trained: in the pipeline's own step, in a custom job, or in a hyperparameter tuning job.

A step that trains by itself needs the step's machine to be large enough. A job of Vertex AI gets a machine of its own
for as long as it trains, and a tuning job runs one process for each trial. The rows travel through the bucket:

    gs://bucket/training/churn/3f2a…/rows.parquet, settings.json      what the job reads, named after its content
    gs://bucket/training/churn/3f2a…/model/, 1/model/, 2/model/ …     what it leaves (`AIP_MODEL_DIR`), one per trial

What runs there is `pipeline_task`, on the same functions as here: the same rows give the same model in all three.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling import pipeline_task
from mlops_helpers.tooling.errors import StepFailed
from mlops_helpers.tooling.pipeline_settings import HERE, TUNING, PipelineRun
from mlops_helpers.tooling.pipeline_training import METRIC, fit, strengths, to_bytes

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform

AT_ONCE = 2  # trials of a tuning job


def train(rows: pd.DataFrame, run: PipelineRun) -> tuple[bytes, dict[str, float]]:
    """The model's file, and what was found: rows, strength, with `trials` the AUC of cross-validation.

    `run.settings.train_on` says where. Raises NothingToLearn for one class only, StepFailed with the job's own words if
    a job fails. `aiplatform` must be initialised for anything but "here".
    """
    settings = run.settings
    if settings.train_on == HERE:
        model, found = fit(rows, settings)
        return to_bytes(model), found
    folder = _store_inputs(rows, run)
    job = _custom_job(folder, run)
    if settings.train_on != TUNING:
        _finish(job)
        return _outputs(f"{folder}/model")
    tuning = _tuning_job(job, run)
    _finish(tuning)
    return _outputs(f"{folder}/{best_trial(tuning.trials)}/model")


def best_trial(trials: list[Any]) -> str:
    """The id of the trial with the highest metric; of equal ones the first. Trials without a metric do not count.

    Raises StepFailed if there is none.
    """
    scores = {
        trial.id: metric.value
        for trial in trials
        for metric in trial.final_measurement.metrics
        if metric.metric_id == METRIC
    }
    if not scores:
        remedy = "Read the output of the trials in Cloud Logging."
        raise StepFailed(f"{len(trials)} trials, none with a {METRIC}", "at least one that ends", remedy)
    return max(scores, key=lambda trial: (scores[trial], -int(trial)))


def _store_inputs(rows: pd.DataFrame, run: PipelineRun) -> str:
    """Rows and settings in the bucket, in a folder named after both; gives its address."""
    from google.cloud import storage

    parquet = io.BytesIO()
    rows.to_parquet(parquet, index=False)
    told = json.dumps(run.settings.to_dict(), sort_keys=True).encode()
    digest = hashlib.sha256(parquet.getvalue() + told).hexdigest()[:16]
    folder = f"training/{run.settings.model}/{digest}"
    bucket = storage.Client().bucket(run.bucket)
    bucket.blob(f"{folder}/{pipeline_task.ROWS}").upload_from_string(parquet.getvalue())
    bucket.blob(f"{folder}/{pipeline_task.SETTINGS}").upload_from_string(told)
    return f"gs://{run.bucket}/{folder}"


def _custom_job(folder: str, run: PipelineRun) -> aiplatform.CustomJob:
    """A job that runs `pipeline_task` on a machine of its own; what it writes goes below the folder."""
    from google.cloud import aiplatform

    settings = run.settings
    return aiplatform.CustomJob.from_local_script(
        display_name=f"train-{settings.model}",
        script_path=str(Path(pipeline_task.__file__)),
        container_uri=settings.image,
        args=[f"--inputs={folder}"],
        machine_type=settings.machine,
        base_output_dir=folder,
        staging_bucket=f"gs://{run.bucket}/training/staging",
    )


def _tuning_job(job: aiplatform.CustomJob, run: PipelineRun) -> aiplatform.HyperparameterTuningJob:
    """The same job once for each strength; a grid, so that it tries what tuning in the step would."""
    from google.cloud import aiplatform
    from google.cloud.aiplatform import hyperparameter_tuning as search

    values = strengths(run.settings)
    return aiplatform.HyperparameterTuningJob(
        display_name=f"tune-{run.settings.model}",
        custom_job=job,
        metric_spec={METRIC: "maximize"},
        parameter_spec={"strength": search.DiscreteParameterSpec(values=values, scale="log")},
        max_trial_count=len(values),
        parallel_trial_count=AT_ONCE,
        search_algorithm="grid",
    )


def _finish(job: Any) -> None:
    """Run a job to its end. Raises StepFailed with the last line that the job printed: there the error has its name."""
    try:
        job.run()
    except RuntimeError as problem:  # what Google's client raises for a job that failed
        lines = job.error.message.strip().splitlines() or [str(problem)]
        remedy = f'All that it printed is in Cloud Logging: resource.type="ml_job" resource.labels.job_id="{job.name}".'
        raise StepFailed(f"{job.display_name}: {lines[-1]}", "a training job that succeeds", remedy) from None


def _outputs(folder: str) -> tuple[bytes, dict[str, float]]:
    from google.cloud import storage

    client = storage.Client()
    read = [
        storage.Blob.from_uri(f"{folder}/{name}", client=client).download_as_bytes()
        for name in (pipeline_task.MODEL, pipeline_task.FOUND)
    ]
    return read[0], json.loads(read[1])
