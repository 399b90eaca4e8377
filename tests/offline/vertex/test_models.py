"""The model registry: versions, aliases, labels, copies, deletion, evaluations."""

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform

from mlops_helpers.offline.vertex.registry import split
from tests.offline.vertex.samples import SKLEARN_IMAGE, deploy, linear, store, upload


def versions(model):
    return {found.version_id: list(found.version_aliases) for found in model.versioning_registry.list_versions()}


def test_an_upload_is_version_one_and_the_default(vertex):
    model = upload(labels={"team": "growth"}, description="first")
    found = aiplatform.Model(model.resource_name)
    assert (found.version_id, found.version_aliases, found.display_name) == ("1", ["default"], "churn")
    assert (found.labels, found.description, found.uri) == ({"team": "growth"}, "first", "gs://model-bucket/churn")
    assert found.container_spec.image_uri == SKLEARN_IMAGE


def test_an_upload_under_a_parent_is_a_new_version(vertex):
    first = upload()
    second = upload(parent_model=first.resource_name, is_default_version=False, version_aliases=["challenger"])
    assert second.resource_name == first.resource_name
    assert versions(first) == {"1": ["default"], "2": ["challenger"]}
    assert aiplatform.Model(f"{first.resource_name}@challenger").version_id == "2"
    assert aiplatform.Model(first.resource_name).version_id == "1"
    assert len(aiplatform.Model.list()) == 1


def test_a_new_default_takes_the_alias_over(vertex):
    first = upload()
    upload(parent_model=first.resource_name)
    assert versions(first) == {"1": [], "2": ["default"]}


def test_aliases_move_and_go(vertex):
    first = upload(version_aliases=["prod"])
    upload(parent_model=first.resource_name, is_default_version=False)
    registry = first.versioning_registry
    registry.add_version_aliases(["prod", "checked"], version="2")
    assert versions(first) == {"1": ["default"], "2": ["prod", "checked"]}
    registry.remove_version_aliases(["checked"], version="2")
    assert versions(first) == {"1": ["default"], "2": ["prod"]}
    with pytest.raises(exceptions.BadRequest, match="can move, but not be removed"):
        registry.remove_version_aliases(["default"], version="1")


@pytest.mark.parametrize("alias", ["7", "Prod", "p", "prod-", "pr od"])
def test_aliases_have_a_form(vertex, alias):
    with pytest.raises(exceptions.BadRequest, match="version_aliases"):
        upload(version_aliases=[alias])
    assert aiplatform.Model.list() == []


def test_one_version_is_updated(vertex):
    first = upload()
    upload(parent_model=first.resource_name)
    first.versioning_registry.update_version("1", version_description="older", labels={"env": "test"})
    found = first.versioning_registry.get_model("1")
    assert (found.version_description, found.labels) == ("older", {"env": "test"})
    assert aiplatform.Model(first.resource_name).labels == {}


def test_a_model_is_updated(vertex):
    model = upload()
    model.update(display_name="renamed", labels={"a": "b"})
    found = aiplatform.Model(model.resource_name)
    assert (found.display_name, found.labels) == ("renamed", {"a": "b"})


def test_what_a_model_is_made_of_is_fixed(vertex):
    model = upload()
    sent = {"name": model.resource_name, "artifact_uri": "gs://model-bucket/other"}
    with pytest.raises(exceptions.BadRequest, match="the rest is fixed at the upload"):
        model.api_client.update_model(model=sent, update_mask={"paths": ["artifact_uri"]})


def test_lists_are_filtered(vertex):
    upload(folder="one", labels={"env": "prod"})
    upload(folder="two")
    assert [model.display_name for model in aiplatform.Model.list(filter="labels.env=prod")] == ["one"]
    assert [model.display_name for model in aiplatform.Model.list(order_by="display_name desc")] == ["two", "one"]


def test_the_default_version_cannot_be_deleted_others_can(vertex):
    first = upload()
    upload(parent_model=first.resource_name)
    with pytest.raises(exceptions.BadRequest, match="is the default version"):
        first.versioning_registry.delete_version("2")
    first.versioning_registry.delete_version("1")
    assert versions(first) == {"2": ["default"]}
    with pytest.raises(exceptions.NotFound, match="@1' was not found"):
        first.versioning_registry.get_version_info("1")


def test_version_numbers_are_not_given_twice(vertex):
    first = upload()
    upload(parent_model=first.resource_name, is_default_version=False)
    first.versioning_registry.delete_version("2")
    assert upload(parent_model=first.resource_name).version_id == "3"


def test_a_deployed_model_cannot_be_deleted(vertex):
    model = upload()
    endpoint = deploy(model)
    with pytest.raises(exceptions.BadRequest, match="Undeploy it there first"):
        model.delete()
    endpoint.undeploy_all()
    model.delete()
    assert aiplatform.Model.list() == []


def test_a_copy_stands_alone_in_another_location(vertex):
    model = upload(labels={"a": "b"})
    copied = model.copy("europe-west4", destination_model_id="copied")
    assert copied.resource_name.endswith("locations/europe-west4/models/copied")
    assert deploy(copied).predict([[1, 1]]).predictions == [pytest.approx(6)]
    assert (copied.labels, copied.version_id, copied.version_aliases) == ({"a": "b"}, "1", ["default"])
    model.delete()
    assert aiplatform.Model("copied", location="europe-west4").display_name == "churn"


def test_an_artifact_must_exist(vertex):
    store("elsewhere/readme.txt", b"x")
    with pytest.raises(exceptions.BadRequest, match="There are no files under 'gs://model-bucket/nothing'"):
        aiplatform.Model.upload(
            display_name="x", artifact_uri="gs://model-bucket/nothing", serving_container_image_uri=SKLEARN_IMAGE
        )


def test_a_parent_must_exist_and_a_chosen_id_be_free(vertex):
    upload(model_id="mine")
    with pytest.raises(exceptions.Conflict, match="models/mine' already exists"):
        upload(model_id="mine")
    with pytest.raises(exceptions.NotFound, match="models/other' was not found"):
        upload(parent_model="other")


def test_a_model_file_is_staged_and_uploaded(vertex, tmp_path):
    import joblib

    from tests.offline.vertex.samples import BUCKET

    store("staging/readme.txt", b"x")
    joblib.dump(linear(), tmp_path / "anything.joblib")
    model = aiplatform.Model.upload_scikit_learn_model_file(
        str(tmp_path / "anything.joblib"), display_name="filed", staging_bucket=f"gs://{BUCKET}", sklearn_version="1.3"
    )
    assert deploy(model).predict([[1, 1]]).predictions == [pytest.approx(6)]


def test_export_is_refused_by_name(vertex):
    model = upload()
    model._gca_resource.supported_export_formats = [{"id": "custom-trained", "exportable_contents": [1]}]
    with pytest.raises(exceptions.MethodNotImplemented, match=r"ModelService\.ExportModel: not available"):
        model.export_model("custom-trained", artifact_destination="gs://model-bucket/out")


def test_evaluations_stay_with_their_version(vertex, server):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform_v1

    model = upload()
    client = aiplatform_v1.ModelServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options={"api_endpoint": server.url}
    )
    schema = "gs://google-cloud-aiplatform/schema/modelevaluation/classification_metrics_1.0.0.yaml"
    sent = {"display_name": "holdout", "metrics_schema_uri": schema, "metrics": {"auRoc": 0.9}}
    made = client.import_model_evaluation(parent=model.resource_name, model_evaluation=sent)
    upload(parent_model=model.resource_name)
    (found,) = aiplatform.Model(f"{model.resource_name}@1").list_model_evaluations()
    assert found.metrics["auRoc"] == 0.9
    assert aiplatform.Model(model.resource_name).list_model_evaluations() == []
    assert model.get_model_evaluation(made.name.rpartition("/")[2]).display_name == "holdout"


def test_names_split_at_the_version():
    assert split("models/7@prod") == ("models/7", "prod")
    assert split("models/7") == ("models/7", "")
