"""Tables and views: insert, get, list, patch, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import invalid, unsupported
from ..wire import Request, Response
from .canonical import canonical, canonical_patch
from .datasets import check_match
from .defaults import check_defaults
from .faults import querying
from .names import TableKey
from .paging import page
from .resources import REFUSED_FOR_TABLES, VIEWS, check_expiry, check_labels, etag_of, given, refuse
from .schemas import changed_schema

if TYPE_CHECKING:
    from .service import BigQuery

FIXED = (
    "kind",
    "id",
    "tableReference",
    "creationTime",
    "lastModifiedTime",
    "etag",
    "location",
    "selfLink",
    "type",
    "numRows",
    "numBytes",
    "numLongTermBytes",
    "numTotalLogicalBytes",
    "numActiveLogicalBytes",
    "numTimeTravelPhysicalBytes",
    "numLongTermLogicalBytes",
    "snapshotDefinition",
    "cloneDefinition",
)
SHORT = (
    "kind",
    "id",
    "tableReference",
    "type",
    "labels",
    "friendlyName",
    "creationTime",
    "expirationTime",
    "timePartitioning",
    "rangePartitioning",
    "clustering",
    "requirePartitionFilter",
)


def table_key(request: Request) -> TableKey:
    """The table in the path of a request, without decorators. Raises ApiError 400 for a name such as `../x`."""
    params = request.params
    reference = {"projectId": params["project"], "datasetId": params["dataset"], "tableId": params["table"]}
    return TableKey.of(reference).plain()


def shown(service: BigQuery, request: Request, key: TableKey) -> dict:
    """A table's resource with its present size and links."""
    warehouse = service.warehouse
    meta = dict(warehouse.table(key))
    path = f"/bigquery/v2/projects/{key.project}/datasets/{key.dataset}/tables/{key.table}"
    if meta["type"] not in VIEWS:
        size = str(warehouse.size(key))
        meta.update(numRows=str(warehouse.rows(key)), numBytes=size, numLongTermBytes="0")
        meta.update(numTotalLogicalBytes=size, numActiveLogicalBytes=size, numLongTermLogicalBytes="0")
    return {**meta, "selfLink": request.base + path}


def insert(service: BigQuery, request: Request) -> dict:
    """Create a table or a view. 404 without the dataset, 409 if it exists."""
    body = canonical("Table", request.json())
    reference = {**body.get("tableReference", {}), "projectId": request.params["project"]}
    key = TableKey.of({**reference, "datasetId": request.params["dataset"]})
    refuse(body, REFUSED_FOR_TABLES)
    if "view" in body:
        return _insert_view(service, request, key, body)
    check_defaults(service.warehouse, key.project, (body.get("schema") or {}).get("fields") or [])
    service.warehouse.create_table(key, {name: value for name, value in body.items() if name not in FIXED})
    return shown(service, request, key)


def _insert_view(service: BigQuery, request: Request, key: TableKey, body: dict) -> dict:
    service.warehouse.dataset(key.project, key.dataset)
    resource = {name: value for name, value in body.items() if name not in (*FIXED, "schema")}
    select = _view_select(service, key, resource["view"])
    with querying():
        service.warehouse.create_table(key, {**resource, "type": "VIEW"}, select_sql=select)
    if "schema" in body:
        _describe_columns(service.warehouse.fields(key), body["schema"].get("fields") or [])
    return shown(service, request, key)


def _view_select(service: BigQuery, key: TableKey, view: dict) -> str:
    from .sql import view_sql

    if view.get("useLegacySql"):
        raise unsupported("Views in legacy SQL (useLegacySql)")
    return view_sql(service.warehouse, view.get("query") or "", key.project)


def _describe_columns(fields: list[dict], described: list[dict]) -> None:
    texts = {str(field.get("name")).lower(): field.get("description") for field in described}
    for field in fields:
        if text := texts.get(field["name"].lower()):
            field["description"] = text


def get(service: BigQuery, request: Request) -> dict:
    """One table or view; with `selectedFields` only those columns."""
    key = table_key(request)
    answer = shown(service, request, key)
    if wanted := request.query("selectedFields"):
        names = wanted.lower().split(",")
        answer["schema"] = {"fields": [f for f in service.warehouse.fields(key) if f["name"].lower() in names]}
    return answer


def list_tables(service: BigQuery, request: Request) -> dict:
    """The tables and views of a dataset, by name."""
    warehouse, project, dataset = service.warehouse, request.params["project"], request.params["dataset"]
    warehouse.dataset(project, dataset)
    warehouse.expiry.sweep()
    keys = sorted(key for key in warehouse.tables if key[:2] == (project, dataset))
    here, token = page(keys, request)
    entries = [_entry(warehouse.tables[key]) for key in here]
    return {"kind": "bigquery#tableList", "etag": etag_of(entries), "totalItems": len(keys), "tables": entries, **token}


def _entry(meta: dict) -> dict:
    entry = {name: meta[name] for name in SHORT if name in meta}
    return {**entry, "view": {"useLegacySql": False}} if meta["type"] == "VIEW" else entry


def patch(service: BigQuery, request: Request) -> dict:
    """Change the fields that are given; null removes one."""
    key = table_key(request)
    meta = service.warehouse.table(key)
    body = canonical_patch("Table", request.json())
    changes = {name: value for name, value in body.items() if name not in FIXED}
    if "labels" in changes:
        changes["labels"] = given({**(meta.get("labels") or {}), **(changes["labels"] or {})})
    return _change(service, request, key, {**meta, **changes})


def update(service: BigQuery, request: Request) -> dict:
    """Replace everything that may change."""
    key = table_key(request)
    meta = service.warehouse.table(key)
    kept = {name: meta[name] for name in (*FIXED, "schema", "timePartitioning", "rangePartitioning") if name in meta}
    body = canonical_patch("Table", request.json())
    changes = {name: value for name, value in body.items() if name not in FIXED}
    return _change(service, request, key, {**kept, **changes})


def _change(service: BigQuery, request: Request, key: TableKey, wanted: dict) -> dict:
    warehouse = service.warehouse
    meta = warehouse.table(key)
    check_match(request, meta)
    refuse(wanted, REFUSED_FOR_TABLES)
    check_labels(wanted.get("labels"))
    check_expiry(wanted, warehouse.now())
    if meta["type"] == "TABLE":
        _check_partitioning(meta, wanted)
        fields = changed_schema(key, warehouse.fields(key), (wanted.get("schema") or {}).get("fields"))
        if fields is not None:
            with warehouse.changing(key, fields=fields):
                pass  # the new columns come on the way
    else:
        _change_view(service, key, meta, wanted)
    resource = given({**wanted, "schema": warehouse.table(key)["schema"]})
    warehouse.tables[key] = resource
    warehouse.touch(key, service.cloud.clock.tick())
    warehouse.expiry.wake()
    return shown(service, request, key)


def _check_partitioning(meta: dict, wanted: dict) -> None:
    for name in ("timePartitioning", "rangePartitioning"):
        before, after = meta.get(name) or {}, wanted.get(name) or {}
        if any(before.get(part) != after.get(part) for part in ("type", "field", "range")):
            raise invalid(f"Cannot change partitioning of {meta['id']} ({name}): create a new table and copy the rows")


def _change_view(service: BigQuery, key: TableKey, meta: dict, wanted: dict) -> None:
    if meta["type"] != "VIEW":
        return
    if wanted.get("view") != meta.get("view"):
        view = wanted.get("view") or {}
        select = _view_select(service, key, view)
        with querying():
            service.warehouse.create_table(key, {"type": "VIEW", "view": view}, select_sql=select, replace=True)
    _describe_columns(service.warehouse.fields(key), (wanted.get("schema") or {}).get("fields") or [])


def delete(service: BigQuery, request: Request) -> Response:
    """Delete a table or view. 404 if there is none."""
    if "$" in request.params["table"]:
        from .partitions import delete_partition

        delete_partition(service.warehouse, table_key(request), request.params["table"].partition("$")[2])
    else:
        service.warehouse.drop_table(table_key(request))
    return Response(status=204)
