"""Managed datasets: imports, items, annotations, exports, versions."""

import json

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, aiplatform_v1, storage
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.vertex.annotated import ANNOTATIONS, ML_USE, Format, Item, from_json, read, to_json
from tests.offline.vertex.samples import BUCKET, store

TEXTS = aiplatform.schema.dataset.ioformat.text.single_label_classification
IMAGES = aiplatform.schema.dataset.ioformat.image.multi_label_classification
REVIEWS = [
    {"textContent": "great", "classificationAnnotation": {"displayName": "positive"}},
    {
        "textContent": "poor",
        "classificationAnnotation": {"displayName": "negative"},
        "dataItemResourceLabels": {"a": "b"},
    },
]


@pytest.fixture
def client(vertex, server):
    options = {"api_endpoint": server.url}
    return aiplatform_v1.DatasetServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options=options
    )


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def contents(client, dataset):
    """Text and label of every item."""
    items = client.list_data_items(parent=dataset.resource_name)
    return [(item.payload["textContent"], label(client, item)) for item in items]


def label(client, item):
    return [note.payload["displayName"] for note in client.list_annotations(parent=item.name)]


def reviews(name="reviews", rows=REVIEWS):
    store(f"import/{name}.jsonl", lines(*rows))
    return aiplatform.TextDataset.create(
        display_name=name, gcs_source=f"gs://{BUCKET}/import/{name}.jsonl", import_schema_uri=TEXTS
    )


def test_texts_are_imported_with_their_labels(client):
    dataset = reviews()
    assert contents(client, dataset) == [("great", ["positive"]), ("poor", ["negative"])]
    assert client.get_dataset(name=dataset.resource_name).data_item_count == 2
    assert [dict(item.labels) for item in client.list_data_items(parent=dataset.resource_name)] == [{}, {"a": "b"}]


def test_images_are_imported_from_csv(client):
    store("images/7.png", b"png")
    store("images/list.csv", f"training,gs://{BUCKET}/images/7.png,seven,odd\n".encode())
    dataset = aiplatform.ImageDataset.create(display_name="digits")
    dataset.import_data(f"gs://{BUCKET}/images/*.csv", import_schema_uri=IMAGES, data_item_labels={"round": "1"})
    (item,) = client.list_data_items(parent=dataset.resource_name)
    assert item.payload["imageGcsUri"] == f"gs://{BUCKET}/images/7.png"
    assert dict(item.labels) == {ML_USE: "training", "round": "1"}
    assert label(client, item) == ["seven", "odd"]


def test_an_import_is_all_or_nothing(client):
    dataset = reviews()
    store("import/bad.jsonl", lines(REVIEWS[0], {"textContent": "x", "lable": "y"}))
    with pytest.raises(exceptions.BadRequest, match="line 2: found lable, expected"):
        dataset.import_data(f"gs://{BUCKET}/import/bad.jsonl", import_schema_uri=TEXTS)
    assert len(contents(client, dataset)) == 2


def test_images_must_exist(client):
    store("images/list.csv", f"gs://{BUCKET}/images/none.png,seven\n".encode())
    dataset = aiplatform.ImageDataset.create(display_name="digits")
    with pytest.raises(exceptions.BadRequest, match=r"objects do not exist, so nothing was imported"):
        dataset.import_data(f"gs://{BUCKET}/images/list.csv", import_schema_uri=IMAGES)


def test_an_export_can_be_imported_again(client):
    dataset = reviews()
    (file,) = dataset.export_data(f"gs://{BUCKET}/out")
    bucket, _, name = file.removeprefix("gs://").partition("/")
    exported = storage.Client().bucket(bucket).blob(name).download_as_text()
    assert [json.loads(line) for line in exported.splitlines()] == REVIEWS
    again = aiplatform.TextDataset.create(display_name="again", gcs_source=file, import_schema_uri=TEXTS)
    assert contents(client, again) == contents(client, dataset)


def test_a_version_is_a_snapshot_that_can_be_restored(client):
    dataset = reviews()
    version = client.create_dataset_version(
        parent=dataset.resource_name, dataset_version={"display_name": "first"}
    ).result()
    dataset.import_data(f"gs://{BUCKET}/import/reviews.jsonl", import_schema_uri=TEXTS)
    assert len(contents(client, dataset)) == 4
    client.restore_dataset_version(name=version.name).result()
    assert contents(client, dataset) == [("great", ["positive"]), ("poor", ["negative"])]
    assert [found.display_name for found in client.list_dataset_versions(parent=dataset.resource_name)] == ["first"]
    client.delete_dataset_version(name=version.name).result()
    assert list(client.list_dataset_versions(parent=dataset.resource_name)) == []


def test_a_tabular_dataset_knows_its_columns(vertex):
    store("tables/customers.csv", b"age,plan\n30,a\n")
    source = f"gs://{BUCKET}/tables/customers.csv"
    dataset = aiplatform.TabularDataset.create(display_name="customers", gcs_source=source)
    assert sorted(dataset.column_names) == ["age", "plan"]
    assert len(aiplatform.TabularDataset.list(filter="display_name=customers")) == 1
    dataset.update(display_name="clients", labels={"env": "prod"})
    assert aiplatform.TabularDataset(dataset.resource_name).display_name == "clients"
    dataset.delete()
    assert aiplatform.TabularDataset.list() == []


def test_other_import_schemas_are_refused_by_name(client):
    dataset = aiplatform.VideoDataset.create(display_name="clips")
    schema = aiplatform.schema.dataset.ioformat.video.classification
    with pytest.raises(exceptions.MethodNotImplemented, match="video_classification"):
        dataset.import_data(f"gs://{BUCKET}/x.csv", import_schema_uri=schema)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.jsonl", "[]", "expected an object"),
        ("x.jsonl", "{", "line 1"),
        ("x.jsonl", '{"classificationAnnotation": {"displayName": "a"}}', "found no content"),
        ("x.jsonl", '{"textContent": "a", "classificationAnnotation": "b"}', "with a displayName"),
        ("x.jsonl", '{"textContent": "a", "dataItemResourceLabels": {"n": 1}}', "an object of texts"),
        ("x.csv", "training", "found no content"),
        ("x.csv", "a text,one,two", "the schema is for single labels"),
    ],
)
def test_faulty_lines_are_named(name, text, message):
    with pytest.raises(ApiError, match=message):
        read(Format("text_classification_single_label"), name, text)


names = st.text(min_size=1, max_size=8)


@given(
    st.sampled_from([name for name in ANNOTATIONS if name.startswith("text")]),
    names,
    st.dictionaries(names, names, max_size=2).filter(lambda found: ML_USE not in found),
    names,
)
def test_a_line_reads_back_as_the_item_it_was_written_from(form, text, labels, label):
    item = Item({"textContent": text}, labels, ({"displayName": label},))
    assert from_json(Format(form), to_json(Format(form), item)) == item
