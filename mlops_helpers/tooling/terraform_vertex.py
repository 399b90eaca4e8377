"""Endpoints, the feature store and TensorBoard of Vertex AI as Terraform's google provider writes them.

Models have no resource: they are what a pipeline makes, not what it runs on. An endpoint is written without the models
on it and without their traffic split, for the same reason.
Source: the provider's documentation of google_vertex_ai_*.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mlops_helpers.tooling.terraform_syntax import Described, Names, joined, picked
from mlops_helpers.tooling.terraform_tables import labels

ENDPOINT, TENSORBOARD = "google_vertex_ai_endpoint", "google_vertex_ai_tensorboard"
VERTEX_DATASET = "google_vertex_ai_dataset"
GROUP, FEATURE = "google_vertex_ai_feature_group", "google_vertex_ai_feature_group_feature"
STORE, VIEW = "google_vertex_ai_feature_online_store", "google_vertex_ai_feature_online_store_featureview"
COLLECTIONS = MappingProxyType(
    {
        "endpoints": ENDPOINT,
        "tensorboards": TENSORBOARD,
        "datasets": VERTEX_DATASET,
        "featureGroups": GROUP,
        "featureOnlineStores": STORE,
    }
)


def endpoint(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of an endpoint; its number is its name, as it is on Vertex AI."""
    data = resource.data
    found = {"name": _last(resource.name), "location": names.place(_location(resource.name))}
    return {**found, **picked(data, "displayName", "description", "network"), **_key(data), **labels(data)}


def tensorboard(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a TensorBoard."""
    data = resource.data
    found = {"region": names.place(_location(resource.name)), **picked(data, "displayName", "description")}
    return {**found, **_key(data), **labels(data)}


def vertex_dataset(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a dataset of Vertex AI; what it holds is data, not infrastructure."""
    data = resource.data
    found = {"region": names.place(_location(resource.name)), **picked(data, "displayName", "metadataSchemaUri")}
    return {**found, **_key(data), **labels(data)}


def group(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a feature group; it names the BigQuery table behind it."""
    data, source = resource.data, resource.data.get("bigQuery", {})
    uri = source.get("bigQuerySource", {}).get("inputUri", "")
    found = {
        "name": _last(resource.name),
        "region": names.place(_location(resource.name)),
        "big_query": {"big_query_source": {"input_uri": table_uri(uri, names)}, **picked(source, "entityIdColumns")},
    }
    return {**found, **picked(data, "description"), **labels(data)}


def feature(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a feature: a column of its group."""
    owner = resource.name.rpartition("/features/")[0]
    found = {
        "name": _last(resource.name),
        "region": names.place(_location(resource.name)),
        "feature_group": names.mention(owner, "name", _last(owner)),
    }
    return {**found, **picked(resource.data, "description", "versionColumnName"), **labels(resource.data)}


def store(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of an online store: on Bigtable with its limits, or optimized for short answers."""
    data, found = resource.data, {"name": _last(resource.name), "region": names.place(_location(resource.name))}
    if "bigtable" in data:
        scaling = data["bigtable"]["autoScaling"]
        found["bigtable"] = {"auto_scaling": picked(scaling, "minNodeCount", "maxNodeCount", "cpuUtilizationTarget")}
    if "optimized" in data:
        found["optimized"] = {}
    return {**found, **labels(data)}


def view(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a feature view: its store, its source (a table, or features of groups), when it is synchronised."""
    data, owner = resource.data, resource.name.rpartition("/featureViews/")[0]
    found: dict[str, Any] = {
        "name": _last(resource.name),
        "region": names.place(_location(resource.name)),
        "feature_online_store": names.mention(owner, "name", _last(owner)),
    }
    if cron := data.get("syncConfig", {}).get("cron"):
        found["sync_config"] = {"cron": cron}
    if source := data.get("bigQuerySource"):
        found["big_query_source"] = {"uri": table_uri(source["uri"], names), **picked(source, "entityIdColumns")}
    if source := data.get("featureRegistrySource"):
        groups = [picked(one, "featureGroupId", "featureIds") for one in source["featureGroups"]]
        found["feature_registry_source"] = {"feature_groups": groups}
        found |= _after_features(source["featureGroups"], resource.name, names)
    return {**found, **labels(data)}


def table_uri(uri: str, names: Names) -> str:
    """`bq://project.dataset.table`, by reference to the table if it is in the same file."""
    project, _, rest = uri.removeprefix("bq://").partition(".")
    dataset, _, table = rest.partition(".")
    name = f"bq://{project}/{dataset}/{table}"
    parts = {"project": project, "dataset_id": dataset, "table_id": table}
    found = [names.mention(name, attribute, text) for attribute, text in parts.items()]
    return joined("bq://", found[0], ".", found[1], ".", found[2])


def _after_features(groups: list[Mapping[str, Any]], view: str, names: Names) -> dict[str, Any]:
    """A view over features comes after them."""
    place = view.partition("/featureOnlineStores/")[0]
    wanted = {
        f"{place}/featureGroups/{one['featureGroupId']}/features/{name}"
        for one in groups
        for name in one.get("featureIds", [])
    }
    found = [names.address(item.name) for item in names if item.type == FEATURE and item.name in wanted]
    return {"depends_on": found} if found else {}


def _key(data: Mapping[str, Any]) -> dict[str, Any]:
    found = picked(data.get("encryptionSpec", {}), "kmsKeyName")
    return {"encryption_spec": found} if found else {}


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _location(name: str) -> str:
    return name.partition("/locations/")[2].partition("/")[0]
