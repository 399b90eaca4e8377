"""Operations that the friendly classes of aiplatform do not call, through the bare, generated clients."""

import time

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform
from google.cloud import aiplatform_v1 as v1
from google.cloud.aiplatform import hyperparameter_tuning as hpt
from vertexai.resources.preview import ml_monitoring

from tests.offline.vertex.samples import BUCKET, SKLEARN_IMAGE, deploy, store, upload
from tests.offline.vertex.test_feature_store import direct_view, group_of, table
from tests.offline.vertex.test_monitoring import TARGET, csv, monitor_of
from tests.offline.vertex.test_pipelines import job_of as pipeline_of
from tests.offline.vertex.test_pipelines import slow, training
from tests.offline.vertex.test_training import IMAGE, job_of, script

PLACE = "projects/offline-project/locations/us-central1"
SLEEP = "import time\ntime.sleep(60)"
table = table  # the fixture of the feature store's tests


@pytest.fixture
def bare(vertex, server):
    """A bare client: bare(v1.JobServiceClient)."""
    return lambda kind: kind(transport="rest", client_options={"api_endpoint": server.url})


def wait_until(holds, *, seconds=20):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def mask(*paths):
    return {"paths": list(paths)}


def test_a_version_of_a_dataset_is_renamed(bare):
    client = bare(v1.DatasetServiceClient)
    dataset = aiplatform.TextDataset.create(display_name="texts")
    version = client.create_dataset_version(parent=dataset.resource_name, dataset_version={}).result()
    fresh = {"name": version.name, "display_name": "frozen"}
    client.update_dataset_version(dataset_version=fresh, update_mask=mask("display_name"))
    assert client.get_dataset_version(name=version.name).display_name == "frozen"


def test_an_endpoint_is_changed_by_a_long_running_operation(bare):
    client, endpoint = bare(v1.EndpointServiceClient), aiplatform.Endpoint.create(display_name="old")
    fresh = v1.Endpoint(name=endpoint.resource_name, display_name="new")
    operation = client.update_endpoint_long_running(endpoint=fresh)
    assert operation.result().display_name == "new"


def test_views_and_stores_are_changed_listed_and_deleted(bare, table):
    client, view = bare(v1.FeatureOnlineStoreAdminServiceClient), direct_view()
    store_name = view.resource_name.partition("/featureViews/")[0]
    fresh = {"name": store_name, "labels": {"team": "growth"}}
    changed = client.update_feature_online_store(feature_online_store=fresh, update_mask=mask("labels")).result()
    fresh = {"name": view.resource_name, "sync_config": {"cron": "0 5 * * *"}}
    client.update_feature_view(feature_view=fresh, update_mask=mask("sync_config")).result()
    (found,) = client.list_feature_views(parent=store_name)
    assert (dict(changed.labels), found.sync_config.cron) == ({"team": "growth"}, "0 5 * * *")
    client.delete_feature_view(name=found.name).result()
    assert list(client.list_feature_views(parent=store_name)) == []


def test_features_are_made_in_a_batch_changed_and_deleted(bare, table):
    client, group = bare(v1.FeatureRegistryServiceClient), group_of()
    wanted = [{"parent": group.resource_name, "feature_id": name, "feature": {}} for name in ("visits", "spend")]
    made = client.batch_create_features(parent=group.resource_name, requests=wanted).result().features
    fresh = {"name": made[0].name, "description": "last month"}
    assert client.update_feature(feature=fresh, update_mask=mask("description")).result().description == "last month"
    client.delete_feature(name=made[1].name).result()
    assert [feature.name for feature in group.list_features()] == ["visits"]
    with pytest.raises(exceptions.BadRequest, match="exists already"):
        client.batch_create_features(parent=group.resource_name, requests=wanted).result()


def test_cancelling_a_finished_batch_prediction_job_changes_nothing(bare):
    store("rows/in.jsonl", b"[1, 2]\n")
    options = {"gcs_source": f"gs://{BUCKET}/rows/in.jsonl", "gcs_destination_prefix": f"gs://{BUCKET}/out"}
    job = upload().batch_predict(job_display_name="rows", machine_type="n1-standard-2", **options)
    bare(v1.JobServiceClient).cancel_batch_prediction_job(name=job.resource_name)
    assert aiplatform.BatchPredictionJob(job.resource_name).state.name == "JOB_STATE_SUCCEEDED"


def test_a_tuning_job_is_listed_cancelled_and_deleted(bare, tmp_path):
    client = bare(v1.JobServiceClient)
    job = aiplatform.HyperparameterTuningJob(
        display_name="tune",
        custom_job=job_of(tmp_path, SLEEP),
        metric_spec={"score": "maximize"},
        parameter_spec={"depth": hpt.IntegerParameterSpec(min=2, max=3, scale="linear")},
        max_trial_count=2,
        parallel_trial_count=1,
    )
    job.run(sync=False)
    job.wait_for_resource_creation()
    assert [found.name for found in client.list_hyperparameter_tuning_jobs(parent=PLACE)] == [job.resource_name]
    client.cancel_hyperparameter_tuning_job(name=job.resource_name)
    with pytest.raises(RuntimeError, match="The job was cancelled"):
        job.wait()
    client.delete_hyperparameter_tuning_job(name=job.resource_name).result()
    assert list(client.list_hyperparameter_tuning_jobs(parent=PLACE)) == []


def test_an_older_monitoring_job_is_renamed(bare):
    client, endpoint = bare(v1.JobServiceClient), deploy(upload())
    job = v1.ModelDeploymentMonitoringJob(
        display_name="old",
        endpoint=endpoint.resource_name,
        model_deployment_monitoring_schedule_config={"monitor_interval": {"seconds": 3600}},
        logging_sampling_strategy={"random_sample_config": {"sample_rate": 1.0}},
    )
    made = client.create_model_deployment_monitoring_job(parent=PLACE, model_deployment_monitoring_job=job)
    fresh = {"name": made.name, "display_name": "new"}
    client.update_model_deployment_monitoring_job(
        model_deployment_monitoring_job=fresh, update_mask=mask("display_name")
    ).result()
    assert client.get_model_deployment_monitoring_job(name=made.name).display_name == "new"


def test_a_monitors_job_is_deleted_with_what_it_found(bare):
    from google.cloud import aiplatform_v1beta1 as v1beta1

    client, monitor = bare(v1beta1.ModelMonitoringServiceClient), monitor_of()
    monitor.run(target_dataset=csv("target", TARGET), sync=True)
    (job,) = client.list_model_monitoring_jobs(parent=monitor.resource_name)
    client.delete_model_monitoring_job(name=job.name).result()
    assert list(client.list_model_monitoring_jobs(parent=monitor.resource_name)) == []
    assert list(monitor.search_metrics()) == []
    assert ml_monitoring.ModelMonitor.list()


@pytest.fixture
def metadata(bare):
    client = bare(v1.MetadataServiceClient)
    client.create_metadata_store(parent=PLACE, metadata_store={}, metadata_store_id="own").result()
    parent = f"{PLACE}/metadataStores/own"
    for name in ("one", "two"):
        kind = {"schema_version": "0.0.1", "display_name": name}
        run = kind | {"schema_title": "system.ContainerExecution"}
        client.create_execution(parent=parent, execution=run, execution_id=name)
        context = kind | {"schema_title": "system.Experiment"}
        client.create_context(parent=parent, context=context, context_id=name)
    return client


def test_executions_are_read_and_deleted(metadata):
    name = f"{PLACE}/metadataStores/own/executions/one"
    assert metadata.get_execution(name=name).display_name == "one"
    metadata.delete_execution(name=name).result()
    with pytest.raises(exceptions.NotFound):
        metadata.get_execution(name=name)


@pytest.mark.parametrize("kind", ["executions", "contexts"])
def test_a_purge_counts_first_and_deletes_by_force(metadata, kind):
    purge, items = getattr(metadata, f"purge_{kind}"), getattr(metadata, f"list_{kind}")
    request = {"parent": f"{PLACE}/metadataStores/own", "filter": 'display_name="one"'}
    assert purge(request=request).result().purge_count == 1
    assert len(list(items(parent=request["parent"]))) == 2
    purge(request={**request, "force": True}).result()
    assert [item.display_name for item in items(parent=request["parent"])] == ["two"]


def test_pipeline_runs_are_cancelled_and_deleted_in_batches(bare, tmp_path):
    client, done, running = bare(v1.PipelineServiceClient), pipeline_of(training, tmp_path), None
    done.run()
    running = pipeline_of(slow, tmp_path, job_id="run-2")
    running.submit()
    client.batch_cancel_pipeline_jobs(parent=PLACE, names=[running.resource_name]).result()
    running.wait()
    assert running.state.name == "PIPELINE_STATE_CANCELLED"
    names = [done.resource_name, running.resource_name]
    client.batch_delete_pipeline_jobs(parent=PLACE, names=names).result()
    assert aiplatform.PipelineJob.list() == []


def test_a_training_pipeline_is_cancelled_and_deleted(bare, tmp_path):
    client = bare(v1.PipelineServiceClient)
    job = aiplatform.CustomTrainingJob(
        display_name="churn",
        script_path=script(tmp_path, SLEEP),
        container_uri=IMAGE,
        model_serving_container_image_uri=SKLEARN_IMAGE,
        staging_bucket=f"gs://{BUCKET}",
    )
    job.submit()
    name = job.resource_name
    client.cancel_training_pipeline(name=name)
    wait_until(lambda: client.get_training_pipeline(name=name).state.name == "PIPELINE_STATE_CANCELLED")
    client.delete_training_pipeline(name=name).result()
    assert list(client.list_training_pipelines(parent=PLACE)) == []


def test_the_parts_of_a_tensorboard_are_changed_listed_and_deleted(bare):
    client, board = bare(v1.TensorboardServiceClient), aiplatform.Tensorboard.create(display_name="board")
    experiment = aiplatform.TensorboardExperiment.create("churn", tensorboard_name=board.resource_name)
    run = aiplatform.TensorboardRun.create("one", tensorboard_experiment_name=experiment.resource_name)
    run.create_tensorboard_time_series(display_name="loss")
    (series,) = client.list_tensorboard_time_series(parent=run.resource_name)
    for kind, name in (
        ("experiment", experiment.resource_name),
        ("run", run.resource_name),
        ("time_series", series.name),
    ):
        fresh = {"name": name, "description": "changed"} | ({"display_name": "one"} if kind == "run" else {})
        update = getattr(client, f"update_tensorboard_{kind}")
        assert (
            update(request={f"tensorboard_{kind}": fresh, "update_mask": mask("description")}).description == "changed"
        )
    client.delete_tensorboard_time_series(name=series.name).result()
    assert list(client.list_tensorboard_time_series(parent=run.resource_name)) == []
    (found,) = client.list_tensorboard_experiments(parent=board.resource_name)
    client.delete_tensorboard_experiment(name=found.name).result()
    assert list(client.list_tensorboard_experiments(parent=board.resource_name)) == []


def test_operations_are_waited_for_and_cancelled(bare):
    client = bare(v1.DatasetServiceClient)
    schema = "gs://google-cloud-aiplatform/schema/dataset/metadata/text_1.0.0.yaml"
    wanted = v1.Dataset(display_name="texts", metadata_schema_uri=schema, metadata={})
    name = client.create_dataset(parent=PLACE, dataset=wanted).operation.name
    assert client.wait_operation({"name": name}).done
    client.cancel_operation({"name": name})
    assert client.get_operation({"name": name}).done
