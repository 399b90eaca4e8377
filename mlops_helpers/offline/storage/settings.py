"""The settings of a bucket: what a client may set, defaults, and the checks that come before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from ..clock import rfc3339
from ..errors import forbidden, invalid, unsupported
from .names import check_labels

EDITABLE = (
    "labels", "storageClass", "versioning", "lifecycle", "retentionPolicy", "softDeletePolicy", "cors", "website",
    "logging", "billing", "iamConfiguration", "defaultEventBasedHold", "rpo",
)  # fmt: skip
STORAGE_CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
OLD_CLASSES = ("MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY")
MULTI_REGIONS = ("US", "EU", "ASIA")
DUAL_REGIONS = ("NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1")
CONTINENTS = "AFRICA|ASIA|AUSTRALIA|EUROPE|ME|NORTHAMERICA|SOUTHAMERICA|US"
REGION = re.compile(rf"({CONTINENTS})-(CENTRAL|NORTH|SOUTH|EAST|WEST|NORTHEAST|NORTHWEST|SOUTHEAST|SOUTHWEST)\d+")
ACTIONS = ("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload")
COUNTS = ("age", "daysSinceCustomTime", "daysSinceNoncurrentTime", "numNewerVersions")
DATES = ("createdBefore", "customTimeBefore", "noncurrentTimeBefore")
SOFT_DELETE_SECONDS = 7 * 86400
SOFT_DELETE_LIMITS = (7 * 86400, 90 * 86400)
UNIFORM_LOCK = timedelta(days=90)


def check_storage_class(name: str) -> str:
    """The storage class, or ApiError 400 that lists the known ones."""
    if name not in STORAGE_CLASSES + OLD_CLASSES:
        raise invalid(f"Invalid argument: found storage class {name!r}, expected one of {', '.join(STORAGE_CLASSES)}.")
    return name


def place(location: str, placement: dict | None) -> dict:
    """`location` and `locationType` of a new bucket. Raises ApiError 400 for a place that Google does not have."""
    location = location.upper()
    if placement:
        pair = placement.get("dataLocations") or []
        if len(pair) != 2:
            raise invalid(f"Invalid customPlacementConfig: found {pair}, expected two regions in dataLocations.")
        return {"location": location, "locationType": "dual-region"}
    if location in MULTI_REGIONS:
        return {"location": location, "locationType": "multi-region"}
    if location in DUAL_REGIONS:
        return {"location": location, "locationType": "dual-region"}
    if REGION.fullmatch(location):
        return {"location": location, "locationType": "region"}
    expected = "a region such as EUROPE-WEST1, or one of " + ", ".join(MULTI_REGIONS + DUAL_REGIONS)
    raise invalid(f"The specified location constraint is not valid: found {location!r}, expected {expected}.")


def default_settings(now: datetime) -> dict:
    """What a bucket has when its creator says nothing: among it, seven days of soft delete."""
    return {
        "storageClass": "STANDARD",
        "iamConfiguration": iam_configuration({}, {}, now),
        "softDeletePolicy": {"retentionDurationSeconds": str(SOFT_DELETE_SECONDS), "effectiveTime": rfc3339(now)},
    }


def check_settings(new: dict, old: dict, now: datetime) -> dict:
    """Check merged settings against the old ones and complete what the service adds. Returns the settings to store.

    Raises ApiError 400 for values that Google refuses, 403 for a locked retention policy, 501 for what is not offered.
    """
    refuse_unsupported(new)
    checked = dict(new)
    for name, check in CHECKS.items():
        if new.get(name) is not None:
            checked[name] = check(new[name], old.get(name) or {}, now)
    _keep_locked(checked.get("retentionPolicy"), old.get("retentionPolicy"))
    return {name: value for name, value in checked.items() if value not in (None, {}, [])}


def refuse_unsupported(settings: dict) -> None:
    """Refuse, by name, settings whose effect the offline cloud does not have. Raises ApiError 501."""
    for name in ("autoclass", "hierarchicalNamespace"):
        if truth((settings.get(name) or {}).get("enabled", False)):
            raise unsupported(f"Buckets with {name}")
    for name in ("encryption", "ipFilter"):
        if settings.get(name):
            raise unsupported(f"Buckets with {name}")


def iam_configuration(sent: dict, old: dict, now: datetime) -> dict:
    """Uniform access (under both of its names) and public access prevention, completed."""
    before = old.get("uniformBucketLevelAccess", {})
    uniform = sent.get("uniformBucketLevelAccess") or sent.get("bucketPolicyOnly") or {}
    enabled = truth(uniform.get("enabled", False))
    if before.get("enabled") and not enabled and before["lockedTime"] <= rfc3339(now):
        raise invalid(f"Uniform access was locked on {before['lockedTime']}: it can no longer be switched off.")
    locked = {"lockedTime": before.get("lockedTime") or rfc3339(now + UNIFORM_LOCK)} if enabled else {}
    prevention = sent.get("publicAccessPrevention", "inherited")
    if prevention not in ("inherited", "enforced", "unspecified"):
        raise invalid(f"Invalid publicAccessPrevention: found {prevention!r}, expected 'inherited' or 'enforced'.")
    access = {"enabled": enabled, **locked}
    prevention = "inherited" if prevention == "unspecified" else prevention
    return {"uniformBucketLevelAccess": access, "bucketPolicyOnly": dict(access), "publicAccessPrevention": prevention}


def _labels(sent: dict, old: dict, now: datetime) -> dict:
    check_labels(sent)
    return sent


def truth(value: object) -> bool:
    """A boolean; some clients send it as text."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _versioning(sent: dict, old: dict, now: datetime) -> dict:
    return {**sent, "enabled": truth(sent.get("enabled", False))}


def _hold(sent: object, old: object, now: datetime) -> bool:
    return truth(sent)


def _class(sent: str, old: object, now: datetime) -> str:
    return check_storage_class(sent)


def _lifecycle(sent: dict, old: dict, now: datetime) -> dict:
    rules = []
    for rule in sent.get("rule", []):
        condition = {
            name: _plain(name, value) for name, value in rule.get("condition", {}).items() if value is not None
        }
        _check_rule(rule.get("action", {}), condition)
        rules.append({**rule, "condition": condition})
    return {"rule": rules} if rules else {}


def _plain(name: str, value: object) -> object:
    """A condition's value with the type of its meaning: clients may send numbers and booleans as text."""
    if name in COUNTS:
        return int(value)
    return truth(value) if name == "isLive" else value


def _check_rule(action: dict, condition: dict) -> None:
    if action.get("type") not in ACTIONS:
        raise invalid(f"Invalid lifecycle action: found {action.get('type')!r}, expected one of {', '.join(ACTIONS)}.")
    if action["type"] == "SetStorageClass":
        check_storage_class(action.get("storageClass", ""))
    if not condition:
        raise invalid("Invalid lifecycle rule: found no condition, expected at least one, such as {'age': 30}.")
    if "matchesPattern" in condition:
        raise unsupported("Lifecycle condition matchesPattern (early access)")
    for name in DATES:
        if name in condition:
            _check_date(name, condition[name])
    negative = [name for name, value in condition.items() if isinstance(value, int) and value < 0]
    if negative:
        raise invalid(f"Invalid lifecycle condition: found {negative[0]}={condition[negative[0]]}, expected 0 or more.")


def _check_date(name: str, text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise invalid(
            f"Invalid lifecycle condition {name}: found {text!r}, expected a date such as 2026-01-31."
        ) from None


def _retention(sent: dict, old: dict, now: datetime) -> dict:
    period = int(sent.get("retentionPeriod", 0))
    if not 0 < period < 100 * 366 * 86400:
        raise invalid(f"Invalid retention period: found {period} s, expected more than 0 and less than 100 years.")
    same = old.get("retentionPeriod") == str(period)
    since = old["effectiveTime"] if same else rfc3339(now)
    return {"retentionPeriod": str(period), "effectiveTime": since, "isLocked": bool(old.get("isLocked", False))}


def _keep_locked(new: dict | None, old: dict | None) -> None:
    if not old or not old["isLocked"]:
        return
    found = int(new["retentionPeriod"]) if new else 0
    if found < int(old["retentionPeriod"]):
        raise forbidden(
            f"Cannot shorten or remove a locked Retention Policy: found {found} s, expected at least "
            f"{old['retentionPeriod']} s. A locked policy can only be extended."
        )


def _soft_delete(sent: dict, old: dict, now: datetime) -> dict:
    seconds = int(sent.get("retentionDurationSeconds", 0))
    low, high = SOFT_DELETE_LIMITS
    if seconds and not low <= seconds <= high:
        raise invalid(
            f"Invalid soft delete duration: found {seconds} s, expected 0 or {low} to {high} s (7 to 90 days)."
        )
    same = old.get("retentionDurationSeconds") == str(seconds)
    return {"retentionDurationSeconds": str(seconds), "effectiveTime": old["effectiveTime"] if same else rfc3339(now)}


CHECKS: dict[str, Callable[[object, object, datetime], object]] = {
    "labels": _labels,
    "versioning": _versioning,
    "defaultEventBasedHold": _hold,
    "storageClass": _class,
    "lifecycle": _lifecycle,
    "retentionPolicy": _retention,
    "softDeletePolicy": _soft_delete,
    "iamConfiguration": iam_configuration,
}


def locked(policy: dict | None) -> dict:
    """A retention policy, locked for good. Raises ApiError when there is none to lock."""
    if not policy:
        raise invalid("Bucket retention policy cannot be locked: found none. Set bucket.retention_period first.")
    return {**policy, "isLocked": True}
