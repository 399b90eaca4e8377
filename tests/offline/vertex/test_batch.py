"""Batch prediction: Cloud Storage and BigQuery, in and out."""

import csv
import io
import json

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform, bigquery, storage
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.vertex.batch_outputs import as_csv
from mlops_helpers.offline.vertex.warehouse import split_table
from tests.offline.vertex.samples import BUCKET, classifier, store, upload

OUT = f"gs://{BUCKET}/out"


def predict(model, **options):
    options = {"machine_type": "n1-standard-2", "job_display_name": "nightly"} | options
    return model.batch_predict(**options)


def results(job, part="results"):
    return next(blob.download_as_text() for blob in job.iter_outputs() if f"prediction.{part}" in blob.name)


def in_lines(*instances):
    store("in/rows.jsonl", "".join(json.dumps(row) + "\n" for row in instances).encode())
    return f"gs://{BUCKET}/in/rows.jsonl"


def test_json_lines_to_json_lines(vertex):
    job = predict(upload(), gcs_source=in_lines([1, 1], [0, 2]), gcs_destination_prefix=OUT)
    found = [json.loads(line) for line in results(job).splitlines()]
    assert [line["instance"] for line in found] == [[1, 1], [0, 2]]
    assert [line["prediction"] for line in found] == pytest.approx([6, 7])
    assert (job.completion_stats.successful_count, job.completion_stats.failed_count) == (2, 0)
    assert job.output_info.gcs_output_directory.startswith(f"{OUT}/prediction-churn-")


def test_csv_to_csv(vertex):
    store("in/rows.csv", b"a,b\n1,1\n0,2\n")
    job = predict(
        upload(),
        gcs_source=f"gs://{BUCKET}/in/*.csv",
        instances_format="csv",
        gcs_destination_prefix=OUT,
        predictions_format="csv",
    )
    found = list(csv.DictReader(io.StringIO(results(job))))
    assert [(row["a"], row["b"]) for row in found] == [("1", "1"), ("0", "2")]
    assert [float(row["prediction"]) for row in found] == pytest.approx([6, 7])


def test_table_to_table(vertex):
    client = bigquery.Client()
    client.create_dataset("sales")
    client.query("CREATE TABLE sales.rows AS SELECT 1 AS a, 1.0 AS b UNION ALL SELECT 0, 2.0").result()
    job = predict(
        upload(classifier()),
        bigquery_source="bq://offline-project.sales.rows",
        bigquery_destination_prefix="bq://offline-project.sales",
    )
    assert [dict(row) for row in sorted(job.iter_outputs(), key=lambda row: row["a"])] == [
        {"a": 0, "b": 2.0, "prediction": "low"},
        {"a": 1, "b": 1.0, "prediction": "low"},
    ]
    client.close()


def test_records_that_fail_go_to_the_errors(vertex):
    job = predict(upload(), gcs_source=in_lines([1, 1], [1, 2, 3], [0, 2]), gcs_destination_prefix=OUT)
    (error,) = results(job, "errors").splitlines()
    assert json.loads(error)["instance"] == [1, 2, 3]
    assert (job.completion_stats.successful_count, job.completion_stats.failed_count) == (2, 1)


def test_a_job_without_any_prediction_fails(vertex):
    with pytest.raises(RuntimeError, match="at least one record that the model can take"):
        predict(upload(), gcs_source=in_lines([1]), gcs_destination_prefix=OUT)
    (job,) = aiplatform.BatchPredictionJob.list()
    assert job.state.name == "JOB_STATE_FAILED"


def test_fields_are_chosen_and_keyed(vertex, server):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform_v1

    model = upload()
    store("in/rows.csv", b"id,a,b,note\nx7,1,1,hello\n")
    client = aiplatform_v1.JobServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options={"api_endpoint": server.url}
    )
    job = {
        "display_name": "keyed",
        "model": model.resource_name,
        "input_config": {"instances_format": "csv", "gcs_source": {"uris": [f"gs://{BUCKET}/in/rows.csv"]}},
        "instance_config": {"key_field": "id", "excluded_fields": ["note"]},
        "output_config": {"predictions_format": "jsonl", "gcs_destination": {"output_uri_prefix": OUT}},
    }
    parent = "projects/offline-project/locations/us-central1"
    made = client.create_batch_prediction_job(parent=parent, batch_prediction_job=job)
    found = aiplatform.BatchPredictionJob(made.name)
    assert json.loads(results(found)) == {"instance": "x7", "prediction": pytest.approx(6)}


def test_explanations_come_along(vertex):
    model = upload(
        explanation_parameters={"sampled_shapley_attribution": {"path_count": 5}},
        explanation_metadata={"inputs": {"features": {}}, "outputs": {"prediction": {}}},
    )
    job = predict(model, gcs_source=in_lines([1, 1]), gcs_destination_prefix=OUT, generate_explanation=True)
    (attribution,) = json.loads(results(job))["explanation"]["attributions"]
    assert list(attribution["featureAttributions"].values()) == pytest.approx([2, 3])


def test_missing_input_fails_the_job(vertex):
    model = upload()
    with pytest.raises(RuntimeError, match="Not found"):
        predict(model, gcs_source=f"gs://{BUCKET}/in/none.jsonl", gcs_destination_prefix=OUT)


@pytest.mark.parametrize("form", ["tf-record", "file-list"])
def test_other_formats_are_refused_by_name(vertex, form):
    with pytest.raises(exceptions.MethodNotImplemented, match=form):
        predict(upload(), gcs_source=in_lines([1, 1]), instances_format=form, gcs_destination_prefix=OUT)


def test_jobs_are_deleted(vertex):
    job = predict(upload(), gcs_source=in_lines([1, 1]), gcs_destination_prefix=OUT)
    job.delete()
    assert aiplatform.BatchPredictionJob.list() == []
    assert storage.Client().bucket(BUCKET).exists()


cells = st.dictionaries(st.sampled_from(["a", "b"]), st.text(alphabet='xy",\n', max_size=5), min_size=1)


@given(st.lists(cells, max_size=4))
def test_csv_reads_back(rows):
    text = as_csv([{"instance": row, "prediction": 1} for row in rows])
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [{key: row[key] for key in source} for row, source in zip(found, rows, strict=True)] == rows


def test_table_names_are_taken_apart():
    assert split_table("bq://p.d.t") == split_table("p.d.t") == ("p", "d", "t")
