"""Datasets: insert, get, list, patch, update, delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..clock import millis
from ..errors import invalid
from ..errors import precondition_failed as failed
from ..wire import Request, Response
from .canonical import canonical, canonical_patch
from .paging import page
from .resources import check_dataset, etag_of, given

if TYPE_CHECKING:
    from .service import BigQuery

FIXED = ("kind", "id", "datasetReference", "creationTime", "lastModifiedTime", "etag", "location", "selfLink", "type")
SHORT = ("kind", "id", "datasetReference", "labels", "friendlyName", "location", "type")
LABEL_FILTER = re.compile(r"labels\.([\w-]+)(?::([\w-]*))?")


def check_match(request: Request, resource: dict) -> None:
    """Raises ApiError 412 when the client's `If-Match` is not the present etag: somebody else changed it."""
    wanted = request.headers.get("if-match", "*")
    if wanted not in ("*", resource["etag"]):
        raise failed(f"Precondition check failed: found etag {resource['etag']}, expected {wanted}. Read it again.")


def _shown(request: Request, resource: dict) -> dict:
    reference = resource["datasetReference"]
    path = f"/bigquery/v2/projects/{reference['projectId']}/datasets/{reference['datasetId']}"
    return {**resource, "selfLink": request.base + path}


def insert(service: BigQuery, request: Request) -> dict:
    """Create a dataset. 409 if it exists."""
    return _shown(request, service.warehouse.add_dataset(request.params["project"], request.json()))


def get(service: BigQuery, request: Request) -> dict:
    """One dataset. 404 if there is none."""
    return _shown(request, _find(service, request))


def list_datasets(service: BigQuery, request: Request) -> dict:
    """The datasets of a project, by name; `filter=labels.key:value` keeps those with that label."""
    tests = [_label_test(term) for term in (request.query("filter") or "").split()]
    project = request.params["project"]
    own = [meta for (owner, _), meta in sorted(service.warehouse.datasets.items()) if owner == project]
    kept = [meta for meta in own if all(_has_label(meta, *test) for test in tests)]
    shown, token = page(kept, request)
    entries = [{name: meta[name] for name in SHORT if name in meta} for meta in shown]
    return {"kind": "bigquery#datasetList", "etag": etag_of(entries), "datasets": entries, **token}


def _label_test(term: str) -> tuple[str, str | None]:
    found = LABEL_FILTER.fullmatch(term)
    if not found:
        raise invalid(f"Invalid filter {term!r}: expected labels.key or labels.key:value", location="filter")
    return found[1], found[2]


def _has_label(meta: dict, name: str, value: str | None) -> bool:
    labels = meta.get("labels") or {}
    return name in labels and value in (None, labels[name])


def patch(service: BigQuery, request: Request) -> dict:
    """Change the fields that are given; null removes one."""
    meta = _find(service, request)
    check_match(request, meta)
    body = canonical_patch("Dataset", request.json())
    changes = {name: value for name, value in body.items() if name not in FIXED}
    check_dataset(changes)
    if "labels" in changes:  # labels are patched one by one, a null deletes one
        changes["labels"] = given({**(meta.get("labels") or {}), **(changes["labels"] or {})})
    merged = given({**meta, **changes})
    return _keep(service, request, merged)


def update(service: BigQuery, request: Request) -> dict:
    """Replace everything that may change."""
    meta = _find(service, request)
    check_match(request, meta)
    changes = canonical("Dataset", request.json())
    check_dataset(changes)
    kept = {name: meta[name] for name in FIXED if name in meta}
    return _keep(service, request, {"access": meta["access"], **changes, **kept})


def delete(service: BigQuery, request: Request) -> Response:
    """Delete a dataset; with `deleteContents` its tables too, otherwise it must be empty."""
    params = request.params
    service.warehouse.drop_dataset(params["project"], params["dataset"], contents=request.flag("deleteContents"))
    return Response(status=204)


def _find(service: BigQuery, request: Request) -> dict:
    return service.warehouse.dataset(request.params["project"], request.params["dataset"])


def _keep(service: BigQuery, request: Request, meta: dict) -> dict:
    moment = service.cloud.clock.tick()
    changed = {**meta, "lastModifiedTime": millis(moment), "etag": etag_of(meta["id"], moment)}
    service.warehouse.datasets[request.params["project"], request.params["dataset"]] = changed
    return _shown(request, changed)
