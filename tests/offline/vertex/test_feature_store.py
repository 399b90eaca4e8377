"""Feature groups, online stores and views over the offline BigQuery."""

import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from vertexai.resources.preview import feature_store as fs
from vertexai.resources.preview.feature_store import utils

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.vertex.feature_sync import feature_value

TABLE = "offline-project.shop.customers"
ROWS = """
SELECT 'e1' AS entity_id, TIMESTAMP '2026-01-01 10:00:00' AS feature_timestamp, 10 AS visits, 1.5 AS spend,
       ['a', 'b'] AS tags UNION ALL
SELECT 'e1', TIMESTAMP '2026-02-01 10:00:00', 20, NULL, ['c'] UNION ALL
SELECT 'e2', TIMESTAMP '2026-01-15 10:00:00', 7, 2.5, []
"""


@pytest.fixture
def table(vertex):
    client = bigquery.Client()
    client.create_dataset("shop")
    client.query(f"CREATE TABLE `{TABLE}` AS {ROWS}").result()
    yield client
    client.close()


def group_of(**options):
    source = utils.FeatureGroupBigQuerySource(uri=f"bq://{TABLE}", entity_id_columns=["entity_id"])
    return fs.FeatureGroup.create(name="customers", source=source, **options)


def view_of(source, store=None):
    store = store or fs.FeatureOnlineStore.create_bigtable_store("online")
    return store.create_feature_view(name="view", source=source)


def direct_view(store=None):
    return view_of(utils.FeatureViewBigQuerySource(uri=f"bq://{TABLE}", entity_id_columns=["entity_id"]), store)


def values(view, *key):
    features = view.read(key=list(key)).to_dict()["features"]
    return {item["name"]: next(iter(item.get("value", {}).values()), None) for item in features}


def test_a_view_serves_the_newest_row_of_each_entity(table):
    view = direct_view()
    done = view.sync()
    assert done.gca_resource.sync_summary.row_synced == 2
    assert [found.name for found in view.list_syncs()] == [done.name]
    found = values(view, "e1")
    assert (found["visits"], found["spend"], found["tags"]) == ("20", None, {"values": ["c"]})
    assert found["feature_timestamp"] == "1769940000000000"


def test_nothing_is_served_before_the_first_sync_nor_changed_without_one(table):
    view = direct_view()
    with pytest.raises(exceptions.NotFound, match="no entity 'e1'"):
        view.read(key=["e1"])
    view.sync()
    table.query(f"UPDATE `{TABLE}` SET visits = 8 WHERE entity_id = 'e2'").result()
    assert values(view, "e2")["visits"] == "7"
    view.sync()
    assert values(view, "e2")["visits"] == "8"


@pytest.mark.parametrize(("dense", "spend"), [(False, 1.5), (True, None)])
def test_a_group_takes_the_newest_value_or_the_newest_row(table, dense, spend):
    group = group_of()
    if dense:
        body = {"name": group.resource_name, "big_query": {**_source(), "dense": True}}
        group.api_client.update_feature_group(feature_group=body, update_mask={"paths": ["big_query"]})
    group.create_feature("visits")
    group.create_feature("money", version_column_name="spend")
    source = utils.FeatureViewRegistrySource(features=["customers.visits", "customers.money"])
    view = view_of(source)
    view.sync()
    assert values(view, "e1") == {"visits": "20", "money": spend}


def _source():
    return {"big_query_source": {"input_uri": f"bq://{TABLE}"}, "entity_id_columns": ["entity_id"]}


def test_an_optimized_store_is_read_at_its_own_endpoint(table):
    store = fs.FeatureOnlineStore.create_optimized_store("fast")
    view = direct_view(store)
    view.sync()
    assert values(view, "e2")["spend"] == 2.5


def test_groups_and_features_are_checked_against_the_table(table):
    group = group_of()
    with pytest.raises(exceptions.BadRequest, match="age"):
        group.create_feature("age")
    group.create_feature("visits")
    assert [feature.name for feature in group.list_features()] == ["visits"]
    with pytest.raises(exceptions.BadRequest, match="force=True"):
        group.delete()
    group.delete(force=True)
    assert fs.FeatureGroup.list() == []


def test_a_sync_that_fails_says_why_and_keeps_the_values(table):
    view = direct_view()
    view.sync()
    table.query(f"ALTER TABLE `{TABLE}` ADD COLUMN born DATE").result()
    failed = view.sync()
    assert "born has the type DATE" in failed.gca_resource.final_status.message
    assert values(view, "e1")["visits"] == "20"


def test_a_static_source_has_one_row_for_each_entity(table):
    table.query(f"ALTER TABLE `{TABLE}` DROP COLUMN feature_timestamp").result()
    failed = direct_view().sync()
    assert "two rows of the entity e1" in failed.gca_resource.final_status.message


def test_stores_with_views_are_deleted_by_force_only(table):
    store = fs.FeatureOnlineStore.create_bigtable_store("online")
    direct_view(store)
    with pytest.raises(exceptions.BadRequest, match="still holds featureViews"):
        store.delete()
    store.delete(force=True)
    assert fs.FeatureOnlineStore.list() == []


def test_search_and_missing_tables_are_refused(table):
    view = direct_view()
    with pytest.raises(exceptions.MethodNotImplemented, match="SearchNearestEntities"):
        view.search(entity_id="e1")
    with pytest.raises(exceptions.NotFound):
        fs.FeatureGroup.create(
            name="lost",
            source=utils.FeatureGroupBigQuerySource(uri="bq://offline-project.shop.lost", entity_id_columns=["x"]),
        )


def test_values_of_other_types_are_refused_by_name():
    assert feature_value({"name": "a", "type": "BOOLEAN"}, False) == {"boolValue": False}
    assert feature_value({"name": "a", "type": "STRING"}, None) == {}
    with pytest.raises(ApiError, match="NUMERIC"):
        feature_value({"name": "a", "type": "NUMERIC"}, "1")
