"""Feature Store on the offline BigQuery: groups and features say what a column means, online stores serve values.

    FeatureGroup         a BigQuery table or view, with its entity ids     Feature   one of its columns
    FeatureOnlineStore   where values are served from                      FeatureView   which ones
    FeatureViewSync      one copy from BigQuery to a view (`feature_sync`); nothing is served before the first one

A cron schedule of a view is stored, but only `sync()` copies: the offline clock does not run by itself. Search by
embedding, continuous sync, direct writes and the legacy Featurestore are refused by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import not_found, unsupported
from . import generic
from .behaviours import Call, behaviour
from .errors import bad_field, precondition
from .feature_sync import OnlineValues, source_tables, synced, table_columns
from .store import parent_of

if TYPE_CHECKING:
    from .service import Vertex

Json = dict[str, Any]
REGISTRY, ADMIN = "FeatureRegistryService", "FeatureOnlineStoreAdminService"
GENERIC = (
    *(f"{REGISTRY}.{verb}" for verb in ("GetFeatureGroup", "ListFeatureGroups", "UpdateFeatureGroup")),
    *(f"{REGISTRY}.{verb}" for verb in ("GetFeature", "ListFeatures", "UpdateFeature", "DeleteFeature")),
    *(f"{ADMIN}.{verb}" for verb in ("GetFeatureOnlineStore", "ListFeatureOnlineStores", "UpdateFeatureOnlineStore")),
    *(f"{ADMIN}.{verb}" for verb in ("GetFeatureView", "ListFeatureViews", "UpdateFeatureView")),
    *(f"{ADMIN}.{verb}" for verb in ("GetFeatureViewSync", "ListFeatureViewSyncs")),
)


@behaviour("FeatureRegistryService.CreateFeatureGroup")
def create_feature_group(vertex: Vertex, call: Call) -> Json:
    """A group over a table. Raises ApiError 404 for a missing table, 400 for entity ids that it does not have."""
    source = call.json["featureGroup"].get("bigQuery", {})
    uri = source.get("bigQuerySource", {}).get("inputUri", "")
    columns = table_columns(vertex, call.request.parent, uri)
    _check_columns(uri, columns, source.get("entityIdColumns") or ["entity_id"])
    return generic.create(vertex, call)


@behaviour("FeatureRegistryService.CreateFeature")
def create_feature(vertex: Vertex, call: Call) -> Json:
    """A feature of a group. Raises ApiError 400 if the group's table has no such column."""
    _check_feature(vertex, call.request.parent, call.request.feature_id, call.request.feature.version_column_name)
    return generic.create(vertex, call)


@behaviour("FeatureRegistryService.BatchCreateFeatures")
def batch_create_features(vertex: Vertex, call: Call) -> Json:
    """Several features of a group; none if one of them cannot be made."""
    sent = call.json.get("requests", [])
    for request in sent:
        column = request.get("feature", {}).get("versionColumnName", "")
        _check_feature(vertex, call.request.parent, request["featureId"], column)
    names = [f"{call.request.parent}/features/{request['featureId']}" for request in sent]
    for name in names:
        if vertex.store.find(name):
            raise precondition(f"{name} exists already; no feature of this batch was made.")
    made = zip(names, sent, strict=True)
    return {"features": [vertex.store.add(name, request.get("feature", {})) for name, request in made]}


@behaviour("FeatureRegistryService.DeleteFeatureGroup")
def delete_feature_group(vertex: Vertex, call: Call) -> Json:
    """Delete a group; with `force` its features too."""
    return _delete(vertex, call, "features")


@behaviour("FeatureOnlineStoreAdminService.CreateFeatureOnlineStore")
def create_online_store(vertex: Vertex, call: Call) -> Json:
    """An online store, ready at once; an optimized one is served at the address of this cloud."""
    sent = call.json["featureOnlineStore"]
    if not {"bigtable", "optimized"} & set(sent):
        raise bad_field("feature_online_store.storage_type", "none", "bigtable or optimized")
    private = sent.get("dedicatedServingEndpoint", {}).get("privateServiceConnectConfig", {})
    if private.get("enablePrivateServiceConnect"):
        raise unsupported("Vertex AI: an online store behind Private Service Connect")
    endpoint = {"dedicatedServingEndpoint": {"publicEndpointDomainName": call.wire.base}} if "optimized" in sent else {}
    return generic.create(vertex, call, {"state": "STABLE", **endpoint})


@behaviour("FeatureOnlineStoreAdminService.DeleteFeatureOnlineStore")
def delete_online_store(vertex: Vertex, call: Call) -> Json:
    """Delete an online store; with `force` its views too."""
    views = vertex.store.list(call.request.name, "featureViews")
    answer = _delete(vertex, call, "featureViews")
    for view in views:
        vertex.part(OnlineValues).forget(view["name"])
    return answer


@behaviour("FeatureOnlineStoreAdminService.CreateFeatureView")
def create_feature_view(vertex: Vertex, call: Call) -> Json:
    """A view; its tables, groups and features must exist. Raises ApiError 400, 404 or 501."""
    sent = call.json["featureView"]
    if "indexConfig" in sent:
        raise unsupported("Vertex AI: a search index in a feature view")
    if "vertexRagSource" in sent:
        raise unsupported("Vertex AI: a RAG corpus as source of a feature view")
    if sent.get("syncConfig", {}).get("continuous"):
        raise unsupported("Vertex AI: continuous sync of a feature view (call sync())")
    vertex.store.get(call.request.parent)
    source_tables(vertex, parent_of(call.request.parent), sent)
    return generic.create(vertex, call)


@behaviour("FeatureOnlineStoreAdminService.DeleteFeatureView")
def delete_feature_view(vertex: Vertex, call: Call) -> Json:
    """Delete a view with the values that it serves."""
    vertex.part(OnlineValues).forget(call.request.name)
    return generic.delete(vertex, call)


@behaviour("FeatureOnlineStoreAdminService.SyncFeatureView")
def sync_feature_view(vertex: Vertex, call: Call) -> Json:
    """Copy the values of now from BigQuery. A copy that fails says why, and the old values stay."""
    view = vertex.store.get(call.request.feature_view)
    name = f"{view['name']}/featureViewSyncs/{vertex.store.new_id('featureViewSyncs')}"
    start = vertex.store.stamp()
    outcome = synced(vertex, view)
    times = {"startTime": start, "endTime": vertex.store.stamp()}
    vertex.store.add(name, {"createTime": start, "runTime": times, **outcome}, stamped=False)
    return {"featureViewSync": name}


@behaviour("FeatureOnlineStoreService.FetchFeatureValues")
def fetch_feature_values(vertex: Vertex, call: Call) -> Json:
    """The values of one entity, as of the last sync. Raises ApiError 404 for an entity that was not in it."""
    vertex.store.get(call.request.feature_view)
    key = call.request.data_key
    parts = tuple(key.composite_key.parts) or (key.key,)
    values = vertex.part(OnlineValues).get(call.request.feature_view, parts)
    if values is None:
        entity = "/".join(parts)
        raise not_found(f"{call.request.feature_view} has no entity {entity!r}. Sync it first, or check the id.")
    if call.json.get("dataFormat") == "PROTO_STRUCT":
        return {"protoStruct": {item["name"]: _plain(item.get("value", {})) for item in values}}
    return {"keyValues": {"features": values}}


def _delete(vertex: Vertex, call: Call, inside: str) -> Json:
    if vertex.store.list(call.request.name, inside) and not call.request.force:
        raise precondition(f"{call.request.name} still holds {inside}. Delete them first, or delete with force=True.")
    return generic.delete(vertex, call)


def _check_feature(vertex: Vertex, group_name: str, feature: str, column: str) -> None:
    group = vertex.store.get(group_name)
    uri = group["bigQuery"]["bigQuerySource"]["inputUri"]
    _check_columns(uri, table_columns(vertex, group_name, uri), [column or feature])


def _check_columns(uri: str, columns: Json, wanted: list[str]) -> None:
    if lost := [name for name in wanted if name not in columns]:
        raise bad_field("columns", ", ".join(lost), f"columns of {uri}: {', '.join(columns)}")


def _plain(value: Json) -> Any:
    """A feature's value as plain JSON; numbers become doubles, as in a protobuf Struct."""
    if not value:
        return None
    (kind, found), *_ = value.items()
    if kind.endswith("ArrayValue"):
        return [float(item) if kind == "int64ArrayValue" else item for item in found.get("values", [])]
    return float(found) if kind == "int64Value" else found
