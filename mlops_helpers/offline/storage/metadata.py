"""The metadata of an object: what a client may set, how a change is merged, how a version is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..clock import rfc3339
from ..errors import invalid, unsupported
from ..wire import Request
from . import access
from .model import Bucket, Version
from .settings import check_storage_class, truth

HEADER_FIELDS = ("contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl")
EDITABLE = (*HEADER_FIELDS, "metadata", "customTime", "eventBasedHold", "temporaryHold", "retention", "contexts")
MAX_METADATA_BYTES = 8 * 1024
MAX_CONTEXTS = 50


def parse_time(text: str, field: str) -> datetime:
    """An RFC 3339 time as an aware datetime. Raises ApiError 400 naming the field, also when the zone is missing."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid(f"Invalid {field}: found {text!r}, expected a time with zone such as '2026-01-05T09:00:00Z'.")
    return moment.astimezone(UTC)


def merge(old: dict, change: dict) -> dict:
    """JSON merge patch (RFC 7396): null removes a key, objects merge, everything else replaces."""
    merged = dict(old)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge(merged[key] if isinstance(merged.get(key), dict) else {}, value)
        else:
            merged[key] = value
    return merged


def settable(body: dict) -> dict:
    """The fields of a sent object resource that a client may set; what only the service writes is left out.

    Raises ApiError 501 for encryption keys of the customer.
    """
    if body.get("kmsKeyName") or body.get("customerEncryption"):
        raise unsupported("Objects encrypted with keys of the customer (kmsKeyName, customerEncryption)")
    return {key: value for key, value in body.items() if key in EDITABLE}


def new_metadata(body: dict, now: datetime) -> dict:
    """The client's part of a new object's metadata, checked. Raises ApiError 400."""
    fields = merge({}, settable(body))
    check_fields(fields, {}, now)
    if body.get("storageClass"):
        fields["storageClass"] = check_storage_class(body["storageClass"])
    return fields


def edited(old: dict, body: dict, now: datetime, *, replace: bool = False) -> dict:
    """The metadata after a patch, or after an update (`replace`), which resets what it does not name.

    Raises ApiError 400 for values that Google refuses, and for a changed storage class.
    """
    change = settable(body)
    kept = {key: value for key, value in old.items() if not (replace and key in EDITABLE)}
    merged = merge(kept, change)
    check_fields(merged, old, now)
    if body.get("storageClass", old["storageClass"]) != old["storageClass"]:
        raise invalid(
            f"Cannot change the storage class in place: found {body['storageClass']}, the object is in "
            f"{old['storageClass']}. Rewrite the object: blob.update_storage_class()."
        )
    return merged


def check_fields(fields: dict, old: dict, now: datetime) -> None:
    """Check and complete header fields, custom metadata, custom time and contexts of `fields`, in place."""
    for name in HEADER_FIELDS:
        if any(ord(character) < 32 for character in fields.get(name, "")):
            raise invalid(f"Invalid {name}: found {fields[name]!r}, expected no control characters. Remove them.")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in fields.get("metadata", {}).items())
    if size > MAX_METADATA_BYTES:
        raise invalid(
            f"Custom metadata too large: found {size} bytes, expected at most {MAX_METADATA_BYTES}. Shorten it."
        )
    for name in ("temporaryHold", "eventBasedHold"):
        if name in fields:
            fields[name] = truth(fields[name])
    _check_custom_time(fields, old)
    if "contexts" in fields:
        fields["contexts"] = _dated_contexts(fields["contexts"], old.get("contexts", {}), now)
    if not fields.get("contexts", {}).get("custom"):
        fields.pop("contexts", None)
    if not fields.get("metadata"):
        fields.pop("metadata", None)


def _check_custom_time(fields: dict, old: dict) -> None:
    if "customTime" in fields:
        fields["customTime"] = rfc3339(parse_time(fields["customTime"], "customTime"))
    if old.get("customTime", "") > fields.get("customTime", ""):
        found = fields.get("customTime", "nothing")
        raise invalid(f"Custom time only moves ahead: found {found}, expected {old['customTime']} or later.")


def _dated_contexts(contexts: dict, old: dict, now: datetime) -> dict:
    custom, known = contexts.get("custom", {}), old.get("custom", {})
    if len(custom) > MAX_CONTEXTS:
        raise invalid(f"Too many contexts: found {len(custom)}, expected at most {MAX_CONTEXTS}. Remove some.")
    dated = {}
    for key, payload in custom.items():
        if not payload.get("value"):
            raise invalid(f"Invalid context {key!r}: found no value, expected a text of at least one character.")
        unchanged = key in known and known[key]["value"] == payload["value"]
        times = {"createTime": known.get(key, {}).get("createTime", rfc3339(now)), "updateTime": rfc3339(now)}
        dated[key] = known[key] if unchanged else {"value": payload["value"], **times}
    return {"custom": dated}


def show(request: Request, bucket: Bucket, version: Version, *, full: bool | None = None) -> dict:
    """A version as Google's JSON shows it, with links the client can follow; `full` adds owner and access list."""
    base = request.base + version.path
    media = f"{request.base}/download{version.path}?generation={version.generation}&alt=media"
    shown = {**version.meta, "selfLink": base, "mediaLink": media}
    if expiry := retention_expiry(bucket, version):
        shown["retentionExpirationTime"] = rfc3339(expiry)
    if (request.query("projection") == "full" if full is None else full) and not bucket.uniform:
        shown |= {"acl": access.show_object_entries(request.base, version), "owner": {"entity": access.OFFLINE_OWNER}}
    return shown


def retention_expiry(bucket: Bucket, version: Version) -> datetime | None:
    """When the bucket's retention policy lets go of a version; None without policy or under an event-based hold."""
    policy = bucket.meta.get("retentionPolicy")
    if not policy or version.meta.get("eventBasedHold"):
        return None
    return version.kept_from + timedelta(seconds=int(policy["retentionPeriod"]))
