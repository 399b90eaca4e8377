"""Writes: preconditions first, then the fields, then the transforms; a commit is applied as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from google.cloud.firestore_v1.types import BatchWriteResponse, CommitResponse, Document, Write
from google.cloud.firestore_v1.types.document import Value
from google.cloud.firestore_v1.types.write import WriteResult
from google.protobuf.timestamp_pb2 import Timestamp

from ..errors import ApiError, conflict, invalid, not_found
from ..rpc.errors import failed_precondition, status_of
from .paths import RESERVED, check_database, check_document, put_value, segments, split_path, value_at
from .values import DOCUMENT_OVERHEAD, fields_size, is_number, key, kind_of, name_size, number, set_number

if TYPE_CHECKING:
    from .service import Firestore

LARGEST_DOCUMENT = 2**20
DEEPEST = 20
Changed = dict[str, Any]


def apply_all(service: Firestore, writes: Iterable[Any]) -> Any:
    """Apply all writes or none, at one time. Raises the ApiError of the first write that is refused."""
    moment, changed = service.tick(), {}
    response = CommitResponse.pb()(commit_time=moment)
    for write in writes:
        response.write_results.append(_apply(service, write, changed, moment))
    service.keep(changed)
    return response


def batch_write(service: Firestore, request: Any) -> Any:
    """Apply each write for itself; the answer says of each whether it was refused."""
    check_database(request.database)
    moment, changed, response = service.tick(), {}, BatchWriteResponse.pb()()
    names = [_name_of(write) for write in request.writes]
    if len(set(names)) < len(names):
        raise invalid("A batch write must not write the same document twice: split it")
    for write in request.writes:
        try:
            response.write_results.append(_apply(service, write, changed, moment))
            response.status.add()
        except ApiError as problem:
            response.write_results.add()
            response.status.add(code=status_of(problem).value[0], message=problem.message)
    service.keep(changed)
    return response


def create_document(service: Firestore, request: Any) -> Any:
    """A new document, with an id of the caller's or of ours. Raises ApiError 409 if it exists."""
    document_id = request.document_id or service.cloud.next_id("document")
    name = f"{request.parent}/{request.collection_id}/{document_id}"
    write = Write.pb()(update=request.document)
    write.update.name = name
    write.current_document.exists = False
    apply_all(service, [write])
    return service.documents[name]


def update_document(service: Firestore, request: Any) -> Any:
    """Replace a document, or the fields that the mask names."""
    write = Write.pb()(update=request.document, current_document=request.current_document)
    if request.HasField("update_mask"):
        write.update_mask.CopyFrom(request.update_mask)
    apply_all(service, [write])
    return service.documents[request.document.name]


def delete_document(service: Firestore, request: Any) -> None:
    """Delete a document; deleting what is not there is fine, unless the caller says that it must exist."""
    apply_all(service, [Write.pb()(delete=request.name, current_document=request.current_document)])


# --- one write -------------------------------------------------------------------------------------------------------


def _name_of(write: Any) -> str:
    operation = write.WhichOneof("operation")
    if operation == "delete":
        return write.delete
    return write.transform.document if operation == "transform" else write.update.name


def _apply(service: Firestore, write: Any, changed: Changed, moment: Timestamp) -> Any:
    """Note the document's new version in `changed`, and answer what the transforms gave."""
    name = _name_of(write)
    check_document(name)
    current = changed[name] if name in changed else service.documents.get(name)
    _check_precondition(write.current_document, current, name)
    result = WriteResult.pb()(update_time=moment)
    if write.WhichOneof("operation") == "delete":
        changed[name] = None
        return result
    fresh = _updated(write, current, name)
    for transform in (*write.transform.field_transforms, *write.update_transforms):
        result.transform_results.append(_transform(fresh.fields, transform, moment))
    _check_fields(fresh.fields, depth=1)
    _check_size(fresh)
    fresh.create_time.CopyFrom(current.create_time if current is not None else moment)
    fresh.update_time.CopyFrom(moment)
    changed[name] = fresh
    return result


def _check_precondition(wanted: Any, current: Any | None, name: str) -> None:
    condition = wanted.WhichOneof("condition_type")
    if condition == "exists" and wanted.exists and current is None:
        raise not_found(f"No document to update: {name}")
    if condition == "exists" and not wanted.exists and current is not None:
        raise conflict(f"Document already exists: {name}")
    if condition == "update_time":
        if current is None:
            raise not_found(f"No document to update: {name}")
        if current.update_time != wanted.update_time:
            found, expected = current.update_time.ToJsonString(), wanted.update_time.ToJsonString()
            raise failed_precondition(f"the stored version ({found}) does not match the required base ({expected})")


def _updated(write: Any, current: Any | None, name: str) -> Any:
    """A new version with the fields that the write sets, before its transforms."""
    fresh = Document.pb()(name=name)
    is_transform = write.WhichOneof("operation") == "transform"
    if current is not None and (is_transform or write.HasField("update_mask")):
        fresh.CopyFrom(current)
    if write.HasField("update_mask"):
        for path in write.update_mask.field_paths:
            names = split_path(path)
            put_value(fresh.fields, names, value_at(write.update.fields, names))
    elif not is_transform:
        for field, value in write.update.fields.items():
            fresh.fields[field].CopyFrom(value)
    return fresh


# --- transforms ------------------------------------------------------------------------------------------------------

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "increment": lambda before, by: before + by,
    "maximum": max,
    "minimum": min,
}


def _transform(fields: Any, transform: Any, moment: Timestamp) -> Any:
    """Change one field as the transform says; answers the field's new value."""
    names, kind = split_path(transform.field_path), transform.WhichOneof("transform_type")
    before, after = value_at(fields, names), Value.pb()()
    if kind == "set_to_server_value":
        after.timestamp_value.CopyFrom(moment)
    elif kind in ARITHMETIC:
        by = getattr(transform, kind)
        found = ARITHMETIC[kind](number(before), number(by)) if is_number(before) else number(by)
        set_number(after, found)
    elif kind in ("append_missing_elements", "remove_all_from_array"):
        after.array_value.values.extend(_array(before, transform, kind))
    else:
        raise invalid(f"Field transform of {transform.field_path!r} says nothing: expected a transform type")
    put_value(fields, names, after)
    return after


def _array(before: Any | None, transform: Any, kind: str) -> list[Any]:
    held = list(before.array_value.values) if before is not None else []
    given = list(getattr(transform, kind).values)
    if kind == "remove_all_from_array":
        gone = [key(value) for value in given]
        return [value for value in held if key(value) not in gone]
    for value in given:
        if key(value) not in [key(other) for other in held]:
            held.append(value)
    return held


# --- limits ----------------------------------------------------------------------------------------------------------


def _check_fields(fields: Any, *, depth: int) -> None:
    if depth > DEEPEST:
        raise invalid(f"Nested too deeply: expected at most {DEEPEST} maps and arrays within each other")
    for name, value in fields.items():
        if not name or RESERVED.fullmatch(name):
            raise invalid(f'field name "{name}" is reserved or empty: choose another')
        _check_value(value, depth=depth)


def _check_value(value: Any, *, depth: int) -> None:
    if kind_of(value) == "map_value":
        _check_fields(value.map_value.fields, depth=depth + 1)
    for item in value.array_value.values:
        if kind_of(item) == "array_value":
            raise invalid("Cannot convert an array value in an array value.")
        _check_value(item, depth=depth + 1)


def _check_size(document: Any) -> None:
    size = name_size(segments(document.name)[1]) + fields_size(document.fields) + DOCUMENT_OVERHEAD
    if size > LARGEST_DOCUMENT:
        raise invalid(
            f"Document '{document.name}' cannot be written because its size ({size:,} bytes) exceeds the maximum "
            f"allowed size of {LARGEST_DOCUMENT:,} bytes."
        )
