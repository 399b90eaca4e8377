"""Endpoints: deployment, traffic, undeployment, predictions by the uploaded model."""

import json
from concurrent.futures import ThreadPoolExecutor

import joblib
import pandas as pd
import pytest
from google.api_core import exceptions
from google.cloud import aiplatform, bigquery, storage
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from skops import io as skops_io

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.vertex.traffic import checked, percentile
from tests.offline.vertex.samples import BUCKET, SKLEARN_IMAGE, classifier, deploy, linear, store, store_model, upload


def test_predictions_are_the_models_own(vertex):
    model = linear()
    endpoint = deploy(upload(model))
    found = endpoint.predict([[1, 2], [3.5, 0]])
    assert found.predictions == pytest.approx(list(model.predict([[1, 2], [3.5, 0]])))
    assert (found.model_version_id, found.deployed_model_id) == ("1", endpoint.list_models()[0].id)


def test_classes_are_answered_by_name(vertex):
    assert deploy(upload(classifier())).predict([[0, 0], [4, 4]]).predictions == ["low", "high"]


def test_instances_may_be_objects_in_any_order(vertex):
    frame = pd.DataFrame({"plan": ["a", "b", "a", "b"], "age": [1, 2, 3, 4]})
    encode = make_column_transformer((OneHotEncoder(), ["plan"]), remainder="passthrough")
    model = make_pipeline(encode, LinearRegression()).fit(frame, [10, 20, 12, 22])
    endpoint = deploy(upload(model))
    expected = list(model.predict(frame[:2]))
    assert endpoint.predict([{"age": 1, "plan": "a"}, {"age": 2, "plan": "b"}]).predictions == pytest.approx(expected)
    assert endpoint.predict([["a", 1], ["b", 2]]).predictions == pytest.approx(expected)
    with pytest.raises(exceptions.BadRequest, match="no value for age"):
        endpoint.predict([{"plan": "a"}])


def test_text_pipelines_take_texts(vertex):
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(["good fine", "bad poor"], ["pos", "neg"])
    assert deploy(upload(model)).predict(["a fine day", "poor thing"]).predictions == ["pos", "neg"]


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        ([[1, 2, 3]], "Exception during sklearn prediction"),
        ([[1], [1, 2]], "rows of different lengths"),
        ([[1, 2], {"a": 1}], "instances of different kinds"),
        ([], "at least one instance"),
    ],
)
def test_instances_that_do_not_fit_are_refused(vertex, instances, message):
    endpoint = deploy(upload())
    with pytest.raises(exceptions.BadRequest, match=message):
        endpoint.predict(instances)


def test_raw_predictions_name_the_model_in_headers(vertex):
    endpoint = deploy(upload())
    answer = endpoint.raw_predict(json.dumps({"instances": [[1, 1]]}), {"Content-Type": "application/json"})
    assert answer.json()["predictions"] == [pytest.approx(6)]
    again = endpoint.predict([[1, 1]], use_raw_predict=True)
    assert again.deployed_model_id == endpoint.list_models()[0].id
    refused = endpoint.raw_predict(b'{"rows": []}', {"Content-Type": "application/json"})
    assert refused.status_code == 400


def test_raw_predictions_can_be_streamed(vertex):
    endpoint = deploy(upload())
    lines = endpoint.stream_raw_predict(b'{"instances": [[1, 1]]}', {"Content-Type": "application/json"})
    assert json.loads(b"".join(lines))["predictions"] == [pytest.approx(6)]


def test_a_dedicated_endpoint_answers_too(vertex):
    endpoint = aiplatform.Endpoint.create(display_name="own", dedicated_endpoint_enabled=True)
    deploy(upload(), endpoint)
    assert aiplatform.Endpoint(endpoint.resource_name).predict([[1, 1]]).predictions == [pytest.approx(6)]


def test_traffic_is_shared_as_the_split_says(vertex):
    endpoint = deploy(upload(linear(2)))
    deploy(upload(linear(5), "challenger"), endpoint, traffic_percentage=20)
    old, new = (model.id for model in endpoint.list_models())
    assert endpoint.traffic_split == {old: 80, new: 20}
    answers = [endpoint.predict([[1, 0]]) for _ in range(200)]
    share = sum(answer.deployed_model_id == new for answer in answers) / 200
    assert abs(share - 0.2) < 0.08
    expected = [6 if answer.deployed_model_id == new else 3 for answer in answers]
    assert [answer.predictions[0] for answer in answers] == pytest.approx(expected)


def test_the_split_can_be_changed(vertex):
    endpoint = deploy(upload(linear(2)))
    deploy(upload(linear(5), "challenger"), endpoint, traffic_percentage=0)
    old, new = (model.id for model in endpoint.list_models())
    endpoint.update(traffic_split={old: 0, new: 100})
    assert {endpoint.predict([[1, 0]]).deployed_model_id for _ in range(10)} == {new}
    with pytest.raises(exceptions.BadRequest, match="sum of 100"):
        endpoint.update(traffic_split={old: 50})


def test_undeploying_moves_the_traffic_or_is_refused(vertex):
    endpoint = deploy(upload(linear(2)))
    deploy(upload(linear(5), "challenger"), endpoint, traffic_percentage=50)
    old, new = (model.id for model in endpoint.list_models())
    with pytest.raises(exceptions.BadRequest, match=r"has 50 % of the traffic"):
        endpoint.api_client.undeploy_model(endpoint=endpoint.resource_name, deployed_model_id=old)
    endpoint.undeploy(old, traffic_split={new: 100})
    assert endpoint.traffic_split == {new: 100}
    endpoint.undeploy(new)
    assert endpoint.list_models() == []
    with pytest.raises(exceptions.BadRequest, match="no traffic split"):
        endpoint.predict([[1, 1]])


def test_an_endpoint_with_models_is_deleted_only_by_force(vertex):
    endpoint = deploy(upload())
    with pytest.raises(exceptions.BadRequest, match="has deployed models"):
        endpoint.delete()
    endpoint.delete(force=True)
    assert aiplatform.Endpoint.list() == []


def test_a_deployed_model_can_be_given_other_resources(vertex):
    endpoint = deploy(upload())
    deployed = endpoint.list_models()[0]
    deployed.dedicated_resources.max_replica_count = 4
    request = {
        "endpoint": endpoint.resource_name,
        "deployed_model": deployed,
        "update_mask": {"paths": ["dedicated_resources.max_replica_count"]},
    }
    endpoint.api_client.mutate_deployed_model(request)
    assert endpoint.list_models()[0].dedicated_resources.max_replica_count == 4


def test_a_deployment_names_its_version(vertex):
    first = upload(linear(2))
    second = upload(linear(5), "v2", parent_model=first.resource_name, is_default_version=False)
    endpoint = deploy(first)
    deploy(second, endpoint, traffic_percentage=100)
    assert [model.model_version_id for model in endpoint.list_models()] == ["1", "2"]
    assert endpoint.predict([[1, 0]]).predictions == [pytest.approx(6)]


def test_a_model_stays_what_it_was_when_it_was_registered(vertex):
    model = upload(linear(2))
    endpoint = deploy(model)
    store_model(linear(5))
    assert endpoint.predict([[1, 0]]).predictions == [pytest.approx(3)]
    client = storage.Client()
    client.bucket(BUCKET).delete_blobs(list(client.list_blobs(BUCKET)))
    client.close()
    assert deploy(model).predict([[1, 0]]).predictions == [pytest.approx(3)]


def test_other_containers_are_refused_by_name(vertex):
    store("net/model.bin", b"x")
    image = "us-docker.pkg.dev/vertex-ai/prediction/tf2-cpu.2-12:latest"
    model = aiplatform.Model.upload(
        display_name="net", artifact_uri=f"gs://{BUCKET}/net", serving_container_image_uri=image
    )
    with pytest.raises(exceptions.MethodNotImplemented, match=r"tf2-cpu\.2-12"):
        deploy(model)


@pytest.mark.parametrize(
    ("file", "message"), [("model.joblib", "Model server exited unexpectedly"), ("weights.bin", "expected one of")]
)
def test_a_broken_artifact_stops_the_deployment(vertex, file, message):
    artifact = store(f"broken/{file}", b"no model at all")
    model = aiplatform.Model.upload(
        display_name="broken", artifact_uri=artifact, serving_container_image_uri=SKLEARN_IMAGE
    )
    with pytest.raises(exceptions.BadRequest, match=message):
        deploy(model)


def test_a_server_for_many_loads_no_pickles(vertex):
    vertex.trust.enabled = False
    with pytest.raises(exceptions.BadRequest, match=r"save it as model\.skops"):
        deploy(upload())


def test_a_pickle_that_was_not_uploaded_is_not_loaded(vertex, tmp_path):
    joblib.dump(linear(), tmp_path / "model.joblib")
    vertex.trust.enabled = False  # what a restart on a stored folder looks like: the bytes are there, the trust is not
    artifact = store_model(linear())
    vertex.trust.enabled = True
    model = aiplatform.Model.upload(
        display_name="stray", artifact_uri=artifact, serving_container_image_uri=SKLEARN_IMAGE
    )
    with pytest.raises(exceptions.BadRequest, match="was not uploaded to this offline cloud by this session"):
        deploy(model)


def test_private_endpoints_are_refused_by_name(vertex):
    with pytest.raises(exceptions.MethodNotImplemented, match="private endpoints"):
        aiplatform.PrivateEndpoint.create(display_name="x", network="projects/1/global/networks/n")


def test_requests_and_answers_are_logged_to_a_table(vertex):
    endpoint = aiplatform.Endpoint.create(
        display_name="logged",
        enable_request_response_logging=True,
        request_response_logging_sampling_rate=1.0,
        request_response_logging_bq_destination_table="bq://offline-project.logs.requests",
    )
    deploy(upload(), endpoint)
    endpoint.predict([[1, 1], [0, 2]])
    endpoint.raw_predict(b'{"instances": [[2, 0]]}', {"Content-Type": "application/json"})
    client = bigquery.Client()
    rows = [dict(row) for row in client.query("SELECT * FROM logs.requests ORDER BY request_id").result()]
    client.close()
    assert [row["request_payload"] for row in rows] == [["[1.0, 1.0]", "[0.0, 2.0]"], ["[2, 0]"]]
    assert [json.loads(text) for text in rows[0]["response_payload"]] == pytest.approx([6, 7])
    assert rows[0]["deployed_model_id"] == endpoint.list_models()[0].id


def test_logging_takes_a_sample(vertex):
    endpoint = aiplatform.Endpoint.create(
        display_name="logged", enable_request_response_logging=True, request_response_logging_sampling_rate=0.3
    )
    deploy(upload(), endpoint)
    for _ in range(40):
        endpoint.predict([[1, 1]])
    client = bigquery.Client()
    (dataset,) = client.list_datasets()
    logged = client.query(f"SELECT COUNT(*) AS n FROM {dataset.dataset_id}.request_response_logging").result()
    assert 4 <= next(iter(logged))["n"] <= 20
    client.close()


def test_many_threads_lose_no_prediction(vertex):
    endpoint = deploy(upload())
    deploy(upload(linear(5), "challenger"), endpoint, traffic_percentage=50)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: endpoint.predict([[number, 0]]).predictions[0], range(80)))
    slopes = {round((answer - 1) / number) for number, answer in enumerate(found) if number}
    assert slopes == {2, 5}


@given(st.lists(st.integers(0, 100), min_size=1, max_size=4))
def test_a_split_is_taken_exactly_if_it_sums_to_100(shares):
    split = {str(number): share for number, share in enumerate(shares)}
    try:
        taken = checked(split, list(split))
    except ApiError:
        taken = None
    assert (taken is not None) == (sum(shares) == 100)


def test_tickets_are_even():
    tickets = [percentile("e", number) for number in range(5000)]
    assert set(tickets) == set(range(100))
    assert abs(sum(tickets) / 5000 - 49.5) < 2


def upload_without_code(model):
    artifact = store("safe/model.skops", skops_io.dumps(model))
    return aiplatform.Model.upload(
        display_name="safe", artifact_uri=artifact, serving_container_image_uri=SKLEARN_IMAGE
    )


@pytest.mark.parametrize(("model", "rows"), [(linear(), [[1, 2], [3, 4]]), (classifier(), [[0, 0], [4, 4]])])
def test_a_model_without_code_answers_where_no_pickle_is_loaded(vertex, model, rows):
    vertex.trust.enabled = False
    assert deploy(upload_without_code(model)).predict(rows).predictions == model.predict(rows).tolist()


def test_a_skops_file_with_code_of_its_own_is_refused(vertex):
    model = make_pipeline(FunctionTransformer(open), LinearRegression())
    with pytest.raises(exceptions.BadRequest, match="types that skops does not know as harmless: .*open"):
        deploy(upload_without_code(model))


def test_a_skops_model_without_the_package_is_refused_by_name(vertex, monkeypatch):
    artifact = store("safe/model.skops", b"a skops file")
    monkeypatch.setattr("mlops_helpers.offline.vertex.artifacts.find_spec", lambda name: None)
    model = aiplatform.Model.upload(
        display_name="safe", artifact_uri=artifact, serving_container_image_uri=SKLEARN_IMAGE
    )
    with pytest.raises(exceptions.MethodNotImplemented, match="the package skops is not installed"):
        deploy(model)
