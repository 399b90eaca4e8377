"""Buckets, datasets and tables as Terraform's google provider writes them.

Each function takes what Google's REST interface answers and gives the arguments of one resource. Fields that only the
cloud can set (etags, times, sizes) are left out, and so is the course's own label, which says who cleans up.
Source: the provider's documentation of google_storage_bucket, google_bigquery_dataset and google_bigquery_table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mlops_helpers.tooling.terraform_syntax import Described, Names, picked, snake

COURSE = "mlops-course"
BUCKET, DATASET, TABLE = "google_storage_bucket", "google_bigquery_dataset", "google_bigquery_table"
DATASET_FIELDS = (
    *("friendlyName", "description", "defaultTableExpirationMs", "defaultPartitionExpirationMs"),
    *("maxTimeTravelHours", "defaultCollation", "storageBillingModel", "isCaseInsensitive"),
)
NUMBERS = ("defaultTableExpirationMs", "defaultPartitionExpirationMs", "expirationMs", "expirationTime")


def labels(data: Mapping[str, Any]) -> dict[str, Any]:
    """`labels` without the course's own; nothing if no other is there."""
    kept = {key: value for key, value in sorted((data.get("labels") or {}).items()) if key != COURSE}
    return {"labels": kept} if kept else {}


def bucket(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a bucket: location, class, versioning, lifecycle, retention, access, labels."""
    data, access = resource.data, resource.data.get("iamConfiguration", {})
    found = {"name": data["name"], "location": names.place(data["location"]), **picked(data, "storageClass")}
    found["uniform_bucket_level_access"] = access.get("uniformBucketLevelAccess", {}).get("enabled", False)
    found |= picked(access, "publicAccessPrevention")
    if "versioning" in data:
        found["versioning"] = {"enabled": data["versioning"]["enabled"]}
    if rules := data.get("lifecycle", {}).get("rule"):
        found["lifecycle_rule"] = [_rule(rule) for rule in rules]
    if retention := data.get("retentionPolicy"):
        locked = retention.get("isLocked", False)
        found["retention_policy"] = {"retention_period": int(retention["retentionPeriod"]), "is_locked": locked}
    if seconds := data.get("softDeletePolicy", {}).get("retentionDurationSeconds"):
        found["soft_delete_policy"] = {"retention_duration_seconds": int(seconds)}
    if key := data.get("encryption", {}).get("defaultKmsKeyName"):
        found["encryption"] = {"default_kms_key_name": key}
    return {**found, **labels(data)}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A lifecycle rule. Some conditions have another name, and a number of 0 has to be asked for."""
    condition = {snake(key): value for key, value in rule["condition"].items()}
    if "is_live" in condition:
        condition["with_state"] = "LIVE" if condition.pop("is_live") else "ARCHIVED"
    for name in ("age", "days_since_custom_time", "days_since_noncurrent_time", "num_newer_versions"):
        if condition.get(name) == 0:
            condition[f"send_{name}_if_zero"] = True
    return {"action": picked(rule["action"], "type", "storageClass"), "condition": condition}


def dataset(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a dataset. Who may read it is left to Google's defaults: access is granted elsewhere."""
    data = resource.data
    found = {"dataset_id": data["datasetReference"]["datasetId"], "location": names.place(data["location"])}
    return {**found, **_numbers(picked(data, *DATASET_FIELDS)), **labels(data)}


def table(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a table or a view; it names its dataset, and a view waits for the tables that it reads."""
    data, reference = resource.data, resource.data["tableReference"]
    owner = f"bq://{reference['projectId']}/{reference['datasetId']}"
    found: dict[str, Any] = {
        "dataset_id": names.mention(owner, "dataset_id", reference["datasetId"]),
        "table_id": reference["tableId"],
        "deletion_protection": True,
        **_numbers(picked(data, "friendlyName", "description", "expirationTime", "requirePartitionFilter")),
    }
    for kind in ("view", "materializedView"):
        if kind in data:
            reading = names.after(data[kind]["query"], TABLE)
            return {**found, **labels(data), snake(kind): _view(data[kind]), **_without(reading, resource, names)}
    found["schema"] = json.dumps(data.get("schema", {}).get("fields", []), ensure_ascii=False)
    return {**found, **_layout(data), **labels(data)}


def _view(view: Mapping[str, Any]) -> dict[str, Any]:
    """A view is in standard SQL unless it says otherwise; the provider assumes the opposite."""
    if "useLegacySql" in view:
        return {"query": view["query"], "use_legacy_sql": bool(view["useLegacySql"])}
    return picked(view, "query", "enableRefresh")


def _layout(data: Mapping[str, Any]) -> dict[str, Any]:
    """How a table is divided and sorted."""
    found: dict[str, Any] = {}
    if days := data.get("timePartitioning"):
        found["time_partitioning"] = _numbers(picked(days, "type", "field", "expirationMs"))
    if numbers := data.get("rangePartitioning"):
        limits = {key: int(value) for key, value in numbers["range"].items()}
        found["range_partitioning"] = {"field": numbers["field"], "range": limits}
    if fields := data.get("clustering", {}).get("fields"):
        found["clustering"] = list(fields)
    return found


def _without(reading: dict[str, Any], resource: Described, names: Names) -> dict[str, Any]:
    """`depends_on` without the view itself."""
    others = [address for address in reading.get("depends_on", []) if address != names.address(resource.name)]
    return {"depends_on": others} if others else {}


def _numbers(arguments: dict[str, Any]) -> dict[str, Any]:
    """REST sends 64-bit numbers as text; Terraform wants numbers."""
    wanted = {snake(name) for name in NUMBERS}
    return {key: int(value) if key in wanted else value for key, value in arguments.items()}
