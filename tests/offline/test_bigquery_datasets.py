"""Datasets through the real client."""

from datetime import timedelta

import pytest
from google.api_core import exceptions
from google.cloud import bigquery

PROJECT = "offline-project"


def test_a_dataset_comes_back_as_it_was_created(bigquery_client):
    dataset = bigquery.Dataset(f"{PROJECT}.shop")
    dataset.labels, dataset.description, dataset.location = {"team": "churn"}, "the shop", "EU"
    dataset.default_table_expiration_ms = 3_600_000
    bigquery_client.create_dataset(dataset)
    found = bigquery_client.get_dataset("shop")
    assert (found.labels, found.description, found.location) == ({"team": "churn"}, "the shop", "EU")
    assert found.default_table_expiration_ms == 3_600_000
    assert found.created == found.modified


def test_a_dataset_that_exists_is_a_conflict(bigquery_client):
    bigquery_client.create_dataset("shop")
    with pytest.raises(exceptions.Conflict, match="Already Exists: Dataset offline-project:shop"):
        bigquery_client.create_dataset("shop")
    assert bigquery_client.create_dataset("shop", exists_ok=True).dataset_id == "shop"


@pytest.mark.parametrize("name", ["../x", "a-b", "", "with space"])
def test_names_that_are_not_allowed_are_refused(bigquery_client, name):
    reference = bigquery.DatasetReference(PROJECT, name)
    with pytest.raises(exceptions.BadRequest, match="Dataset IDs must be alphanumeric"):
        bigquery_client.create_dataset(bigquery.Dataset(reference))
    assert list(bigquery_client.list_datasets()) == []


def test_labels_google_would_not_take_are_refused(bigquery_client):
    dataset = bigquery.Dataset(f"{PROJECT}.shop")
    dataset.labels = {"Team": "x"}
    with pytest.raises(exceptions.BadRequest, match="Invalid label 'Team'"):
        bigquery_client.create_dataset(dataset)


def test_the_list_comes_in_pages_and_filters_by_label(bigquery_client):
    for number in range(5):
        dataset = bigquery.Dataset(f"{PROJECT}.d{number}")
        dataset.labels = {"parity": "even" if number % 2 == 0 else "odd"}
        bigquery_client.create_dataset(dataset)
    pages = list(bigquery_client.list_datasets(page_size=2).pages)
    assert [[item.dataset_id for item in page] for page in pages] == [["d0", "d1"], ["d2", "d3"], ["d4"]]
    even = bigquery_client.list_datasets(filter="labels.parity:even")
    assert [item.dataset_id for item in even] == ["d0", "d2", "d4"]


def test_a_filter_that_is_none_is_refused(bigquery_client):
    with pytest.raises(exceptions.BadRequest, match=r"expected labels\.key"):
        list(bigquery_client.list_datasets(filter="name=x"))


def test_updates_change_what_is_named_and_keep_the_rest(bigquery_client):
    dataset = bigquery.Dataset(f"{PROJECT}.shop")
    dataset.description, dataset.labels = "before", {"a": "1", "b": "2"}
    dataset = bigquery_client.create_dataset(dataset)
    dataset.labels = {"a": None, "c": "3"}
    changed = bigquery_client.update_dataset(dataset, ["labels"])
    assert (changed.labels, changed.description) == ({"b": "2", "c": "3"}, "before")
    assert changed.modified > changed.created


def test_a_stale_etag_is_a_failed_precondition(bigquery_client):
    first = bigquery_client.create_dataset("shop")
    second = bigquery_client.get_dataset("shop")
    second.description = "won"
    bigquery_client.update_dataset(second, ["description"])
    first.description = "lost"
    with pytest.raises(exceptions.PreconditionFailed):
        bigquery_client.update_dataset(first, ["description"])
    assert bigquery_client.get_dataset("shop").description == "won"


def test_access_entries_are_kept(bigquery_client):
    dataset = bigquery_client.create_dataset("shop")
    dataset.access_entries = [*dataset.access_entries, bigquery.AccessEntry("READER", "userByEmail", "ann@example.com")]
    changed = bigquery_client.update_dataset(dataset, ["access_entries"])
    assert "ann@example.com" in [entry.entity_id for entry in changed.access_entries]


def test_a_dataset_with_tables_is_deleted_only_with_its_contents(bigquery_client):
    bigquery_client.create_dataset("shop")
    bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.t", [bigquery.SchemaField("a", "INT64")]))
    with pytest.raises(exceptions.BadRequest, match="still in use"):
        bigquery_client.delete_dataset("shop")
    bigquery_client.delete_dataset("shop", delete_contents=True)
    with pytest.raises(exceptions.NotFound, match="Not found: Dataset offline-project:shop"):
        bigquery_client.get_dataset("shop")
    bigquery_client.delete_dataset("shop", not_found_ok=True)


def test_tables_inherit_the_default_expiry_and_vanish(bigquery_client, cloud):
    dataset = bigquery.Dataset(f"{PROJECT}.shop")
    dataset.default_table_expiration_ms = 3_600_000
    bigquery_client.create_dataset(dataset)
    table = bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.t", [bigquery.SchemaField("a", "INT64")]))
    assert table.expires - table.created == timedelta(hours=1)
    cloud.clock.advance(timedelta(minutes=61))
    assert list(bigquery_client.list_tables("shop")) == []


def test_names_differ_by_case(bigquery_client):
    bigquery_client.create_dataset("Shop")
    bigquery_client.create_dataset("shop")
    for name in ("Shop.T", "Shop.t", "shop.T"):
        bigquery_client.create_table(bigquery.Table(f"{PROJECT}.{name}", [bigquery.SchemaField("a", "INT64")]))
    assert [table.table_id for table in bigquery_client.list_tables("Shop")] == ["T", "t"]


def test_projects_and_the_service_account(bigquery_client):
    bigquery_client.create_dataset("shop")
    assert [project.project_id for project in bigquery_client.list_projects()] == [PROJECT]
    assert bigquery_client.get_service_account_email().endswith(".gserviceaccount.com")


def test_what_cannot_exist_is_refused_by_name(bigquery_client):
    bigquery_client.create_dataset("shop")
    with pytest.raises(exceptions.MethodNotImplemented, match="BigQuery ML models"):
        list(bigquery_client.list_models("shop"))


def test_settings_that_only_google_can_honour_are_refused(bigquery_client):
    dataset = bigquery.Dataset(f"{PROJECT}.shop")
    dataset.default_encryption_configuration = bigquery.EncryptionConfiguration("projects/p/locations/us/keyRings/r/k")
    with pytest.raises(exceptions.MethodNotImplemented, match="Customer-managed encryption keys"):
        bigquery_client.create_dataset(dataset)


def test_the_time_travel_window_is_honoured(bigquery_client, cloud):
    dataset = bigquery.Dataset(f"{PROJECT}.shop")
    dataset._properties["maxTimeTravelHours"] = "47"  # the client checks what it can
    with pytest.raises(exceptions.BadRequest, match="a multiple of 24 from 48 to 168"):
        bigquery_client.create_dataset(dataset)
    dataset.max_time_travel_hours = 48
    bigquery_client.create_dataset(dataset)
    bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.t", [bigquery.SchemaField("a", "INT64")]))
    at = int(cloud.clock.now().timestamp() * 1000)
    bigquery_client.insert_rows_json("shop.t", [{"a": 1}])
    cloud.clock.advance(timedelta(hours=49))
    with pytest.raises(exceptions.BadRequest, match="Cannot read before"):
        bigquery_client.copy_table(f"shop.t@{at}", "shop.copy").result()
