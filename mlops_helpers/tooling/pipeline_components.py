"""The churn pipeline as KFP sees it: each step a few lines around a function that is tested without KFP.

Imports KFP, so nothing imports this module but `pipeline_compiling`. A component's source travels inside the compiled
file, without this module: it imports what it needs, and it needs an image in which this package is installed. Nothing
is installed while a step runs, so that tests and production run the same versions.

Steps that only compute are cached by their inputs, the version of the source table among them. Steps that change the
world are not: they look at what is there and do what is missing.
"""

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output

from mlops_helpers.tooling.pipeline_compiling import IMAGE

component = dsl.component(base_image=IMAGE, install_kfp_package=False)


@component
def plan(bucket: str, table: str, train_until: str, settings: dict) -> dict:
    """Check all parameters before anything is written, and note which version of the table is meant."""
    from google.cloud import bigquery

    from mlops_helpers.tooling import pipeline_data
    from mlops_helpers.tooling.pipeline_settings import PipelineRun, PipelineSettings
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    run = PipelineRun(bucket, table, train_until, PipelineSettings.from_dict(settings))
    enter_cloud(run.project, run.settings.location)
    return {**run.to_dict(), "source_version": pipeline_data.source_version(run, bigquery.Client())}


@component
def ingest_and_validate(run: dict, rows: Output[Dataset], quality: Output[Metrics]) -> None:
    """BigQuery, through the quality gate, to a file of rows."""
    from google.cloud import bigquery

    from mlops_helpers.tooling import pipeline_data
    from mlops_helpers.tooling.pipeline_settings import PipelineRun
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    told = PipelineRun.from_dict(run)
    enter_cloud(told.project, told.settings.location)
    frame, report = pipeline_data.ingest(told, bigquery.Client())
    frame.to_parquet(rows.path, index=False)
    rows.metadata.update(rows=len(frame), table=told.table, train_until=told.train_until)
    quality.log_metric("rows", report.rows)
    quality.log_metric("expectations", len(report.findings))


@component
def build_features(run: dict, rows: Input[Dataset], training: Output[Dataset], holdout: Output[Dataset]) -> None:
    """Rows to the feature store, and divided into those a model may see and those that judge it."""
    import pandas as pd
    from google.cloud import bigquery

    from mlops_helpers.tooling import pipeline_data, pipeline_features
    from mlops_helpers.tooling.pipeline_settings import PipelineRun
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    told = PipelineRun.from_dict(run)
    enter_cloud(told.project, told.settings.location, vertex=True)
    frame = pd.read_parquet(rows.path)
    pipeline_features.write_features(frame, told, bigquery.Client())
    for part, artifact in zip(pipeline_data.split(frame, told.settings), (training, holdout), strict=True):
        part.to_parquet(artifact.path, index=False)
        artifact.metadata.update(rows=len(part), feature_group=told.feature_group)


@component
def train(run: dict, training: Input[Dataset], model: Output[Model], metrics: Output[Metrics]) -> None:
    """A model from the training rows: here, where nothing of the cloud is needed, or by a job of Vertex AI."""
    from pathlib import Path

    import pandas as pd

    from mlops_helpers.tooling import pipeline_jobs
    from mlops_helpers.tooling.pipeline_settings import HERE, PipelineRun
    from mlops_helpers.tooling.pipeline_step import enter_cloud
    from mlops_helpers.tooling.pipeline_training import digest_of

    told = PipelineRun.from_dict(run)
    if told.settings.train_on != HERE:
        enter_cloud(told.project, told.settings.location, vertex=True)
    content, found = pipeline_jobs.train(pd.read_parquet(training.path), told)
    Path(model.path).write_bytes(content)
    model.metadata.update(framework="scikit-learn", sha256=digest_of(content), trained_on=told.settings.train_on)
    for name, value in found.items():
        metrics.log_metric(name, value)


@component
def evaluate(
    run: dict, model: Input[Model], holdout: Input[Dataset], evaluation: Output[Artifact], metrics: Output[Metrics]
) -> str:
    """Against the champion, on held-out customers, for each segment; gives "deploy" or "keep"."""
    import json
    from pathlib import Path

    import pandas as pd

    from mlops_helpers.tooling import pipeline_evaluation
    from mlops_helpers.tooling.pipeline_settings import PipelineRun
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    told = PipelineRun.from_dict(run)
    enter_cloud(told.project, told.settings.location, vertex=True)
    content, rows = Path(model.path).read_bytes(), pd.read_parquet(holdout.path)
    found = pipeline_evaluation.evaluate_beside_champion(content, rows, told)
    Path(evaluation.path).write_text(json.dumps(found.to_dict()))
    evaluation.metadata.update(decision=found.decision, champion=found.champion, told=str(found))
    metrics.log_metric("auc", found.overall.challenger_auc or 0.0)
    metrics.log_metric("milliseconds", found.milliseconds)
    return found.decision


@component
def register(
    run: dict,
    reason: str,
    model: Input[Model],
    training: Input[Dataset],
    evaluation: Input[Artifact],
    *,
    registered: Output[Artifact],
) -> None:
    """A version in the registry with its lineage, its evaluation and the gate's decision; never the same one twice."""
    import json
    from dataclasses import asdict
    from pathlib import Path

    import pandas as pd

    from mlops_helpers.tooling import pipeline_registering, pipeline_release
    from mlops_helpers.tooling.pipeline_evaluation import Evaluation
    from mlops_helpers.tooling.pipeline_settings import PipelineRun
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    told = PipelineRun.from_dict(run)
    enter_cloud(told.project, told.settings.location, vertex=True)
    found = Evaluation.from_dict(json.loads(Path(evaluation.path).read_text()))
    content, rows = Path(model.path).read_bytes(), pd.read_parquet(training.path)
    version = pipeline_registering.register(content, rows, found, told, reason=reason)
    state = pipeline_release.decide(version, found, told)
    Path(registered.path).write_text(json.dumps(asdict(version)))
    registered.metadata.update(model=version.model, version=version.version, approval=state)


@component
def deploy(run: dict, registered: Input[Artifact], released: Output[Artifact]) -> None:
    """An approved version on the model's endpoint: champion if it is the first, else challenger without traffic."""
    import json
    from dataclasses import asdict
    from pathlib import Path

    from mlops_helpers.tooling import pipeline_release
    from mlops_helpers.tooling.pipeline_registering import Registered
    from mlops_helpers.tooling.pipeline_settings import PipelineRun
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    told = PipelineRun.from_dict(run)
    enter_cloud(told.project, told.settings.location, vertex=True)
    version = Registered(**json.loads(Path(registered.path).read_text()))
    found = asdict(pipeline_release.release(version, told))
    Path(released.path).write_text(json.dumps(found))
    released.metadata.update(found)


@component
def configure_monitoring(run: dict, registered: Input[Artifact], released: Input[Artifact]) -> str:
    """A monitor that compares with the version's training rows; gives its resource name."""
    import json
    from pathlib import Path

    from mlops_helpers.tooling import pipeline_release
    from mlops_helpers.tooling.pipeline_registering import Registered
    from mlops_helpers.tooling.pipeline_settings import PipelineRun
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    told = PipelineRun.from_dict(run)
    enter_cloud(told.project, told.settings.location, vertex=True)
    return pipeline_release.watch(Registered(**json.loads(Path(registered.path).read_text())), told)


@component
def clean_up_and_report(
    status: dsl.PipelineTaskFinalStatus, bucket: str, table: str, train_until: str, settings: dict
) -> None:
    """The exit handler: runs whatever happened before."""
    from google.cloud import bigquery, storage

    from mlops_helpers.tooling import pipeline_report
    from mlops_helpers.tooling.pipeline_settings import PipelineRun, PipelineSettings
    from mlops_helpers.tooling.pipeline_step import enter_cloud

    run = PipelineRun(bucket, table, train_until, PipelineSettings.from_dict(settings))
    enter_cloud(run.project, run.settings.location)
    how = {"job": status.pipeline_job_resource_name, "state": status.state, "error": status.error_message or ""}
    pipeline_report.finish(run, how, bucket=storage.Client().bucket(bucket), client=bigquery.Client())
