"""Documents by name, and what is below a document: its collections and their documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from google.cloud.firestore_v1.types import (
    BatchGetDocumentsResponse,
    Document,
    ListCollectionIdsResponse,
    ListDocumentsResponse,
)

from ..errors import not_found, unsupported
from ..rpc.paging import page
from .paths import NAME, check_document, put_value, segments, split_path, value_at
from .transactions import reading

if TYPE_CHECKING:
    from .service import Firestore

DEFAULT_PAGE = 300


def masked(document: Any, paths: list[str] | None) -> Any:
    """The document with only the fields that the paths name; None means all of them."""
    if paths is None:
        return document
    shown = Document.pb()(name=document.name, create_time=document.create_time, update_time=document.update_time)
    for path in paths:
        names = split_path(path)
        value = None if path == NAME else value_at(document.fields, names)
        if value is not None:
            put_value(shown.fields, names, value)
    return shown


def mask_of(request: Any) -> list[str] | None:
    """The paths of a request's mask, or None if it has none."""
    return list(request.mask.field_paths) if request.HasField("mask") else None


def get_document(service: Firestore, request: Any) -> Any:
    """One document. Raises ApiError 404."""
    check_document(request.name)
    transaction, documents, _ = reading(service, request)
    if transaction:
        transaction.names.add(request.name)
    if request.name not in documents:
        raise not_found(f'Document "{request.name}" not found.')
    return masked(documents[request.name], mask_of(request))


def batch_get(service: Firestore, request: Any) -> Iterator[Any]:
    """Each document that is asked for, found or missing."""
    transaction, documents, begun = reading(service, request)
    if not request.documents:
        yield BatchGetDocumentsResponse.pb()(read_time=service.now(), transaction=begun)
    for name in dict.fromkeys(request.documents):
        check_document(name)
        if transaction:
            transaction.names.add(name)
        answer = BatchGetDocumentsResponse.pb()(read_time=service.now(), transaction=begun)
        begun = b""
        if name in documents:
            answer.found.CopyFrom(masked(documents[name], mask_of(request)))
        else:
            answer.missing = name
        yield answer


def list_documents(service: Firestore, request: Any) -> Any:
    """The documents of a collection by name; `show_missing` adds those that only have something below them."""
    if request.order_by not in ("", NAME, f"{NAME} asc"):
        raise unsupported(f"firestore.ListDocuments ordered by {request.order_by!r}")
    segments(request.parent)
    _, documents, _ = reading(service, request)
    prefix = f"{request.parent}/{request.collection_id}/"
    below = {name: name[len(prefix) :].split("/") for name in documents if name.startswith(prefix)}
    names = {prefix + parts[0] for name, parts in below.items() if len(parts) == 1 or request.show_missing}
    shown, token = page(sorted(names), request, default=DEFAULT_PAGE)
    response = ListDocumentsResponse.pb()(next_page_token=token)
    for name in shown:
        found = documents.get(name)
        response.documents.append(Document.pb()(name=name) if found is None else masked(found, mask_of(request)))
    return response


def list_collections(service: Firestore, request: Any) -> Any:
    """The collections directly below a document, or below the root."""
    segments(request.parent)
    if request.HasField("read_time"):
        raise unsupported("firestore.ListCollectionIds with read_time")
    prefix = f"{request.parent}/"
    found = sorted({name[len(prefix) :].split("/")[0] for name in service.documents if name.startswith(prefix)})
    shown, token = page(found, request)
    return ListCollectionIdsResponse.pb()(collection_ids=shown, next_page_token=token)
