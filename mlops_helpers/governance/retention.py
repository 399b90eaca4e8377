"""How long data is kept, as data: one policy becomes lifecycle rules of Cloud Storage and expirations of BigQuery.

    policy = RetentionPolicy.from_dict({"name": "churn", "rules": [
        {"prefix": "raw/", "reason": "billing disputes", "steps": {"NEARLINE": 30}, "delete_after_days": 365}]})
    explain_retention(policy)                    # in words, for the person who signs it
    what_is_due(policy, bucket.list_blobs(), as_of=now)   # what would happen today, before it does
    apply_retention(bucket, policy)

Personal data may be kept no longer than its purpose needs (GDPR article 5(1)(e)), so rules for it must delete.
Contradictions are refused when the policy is built; nothing reaches the cloud then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.errors import RetentionConflict
from mlops_helpers.governance.moments import require_aware

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery, storage

# From warm to cold, each with the days that are charged at least (Cloud Storage documentation, storage classes).
STORAGE_CLASSES: Mapping[str, int] = MappingProxyType({"STANDARD": 0, "NEARLINE": 30, "COLDLINE": 90, "ARCHIVE": 365})
SOFT_DELETE_DAYS = 7  # what a new bucket keeps deleted objects for, unless it is told otherwise


@dataclass(frozen=True)
class Rule:
    """What happens to objects whose name starts with `prefix`; ages are whole days since the object was written.

    steps                       storage class → age at which objects move there
    delete_after_days           age at which they are deleted; None keeps them
    keep_versions               newer versions an old version may have before it is deleted
    delete_versions_after_days  days after which a version that was replaced is deleted
    minimum_days                what the law asks to keep
    personal                    whether this is personal data
    """

    prefix: str
    reason: str
    steps: Mapping[str, int] = field(default_factory=dict)
    delete_after_days: int | None = None
    keep_versions: int | None = None
    delete_versions_after_days: int | None = None
    minimum_days: int = 0
    personal: bool = False

    def problems(self) -> list[str]:
        """Return every contradiction within this rule, each as one sentence part."""
        ages = [*self.steps.values(), *([] if self.delete_after_days is None else [self.delete_after_days])]
        order = list(STORAGE_CLASSES)
        unknown = [name for name in self.steps if name not in order]
        ranks = [order.index(name) for name in self.steps if name in order]
        delete = self.delete_after_days
        checks = [
            (bool(unknown), f"unknown storage class {', '.join(unknown)}"),
            (any(age < 1 for age in [*ages, *self._version_ages()]), "an age below one day"),
            (ranks != sorted(ranks), "a move back to a warmer class"),
            (ages[: len(self.steps)] != sorted(set(self.steps.values())), "moves whose ages do not rise"),
            (
                bool(self.steps) and delete is not None and delete <= max(self.steps.values()),
                "deletion before archiving",
            ),
            (delete is not None and delete < self.minimum_days, f"deletion before the {self.minimum_days} days of law"),
            (self.personal and delete is None, "personal data that is never deleted"),
            (not ages and not self._version_ages(), "nothing to do"),
        ]
        return [f"{self.prefix or '(all)'}: {text}" for wrong, text in checks if wrong]

    def _version_ages(self) -> list[int]:
        return [age for age in (self.keep_versions, self.delete_versions_after_days) if age is not None]


@dataclass(frozen=True)
class RetentionPolicy:
    """Rules that do not contradict each other. Raises `RetentionConflict`, naming every contradiction at once."""

    name: str
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        """Check each rule, and each pair of rules that speak of the same objects."""
        found = [problem for rule in self.rules for problem in rule.problems()]
        for outer in self.rules:
            for inner in self.rules:
                if outer is not inner and inner.prefix.startswith(outer.prefix):
                    found += _clash(outer, inner)
        if found:
            raise RetentionConflict("; ".join(dict.fromkeys(found)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RetentionPolicy:
        """Build a policy from plain data (JSON, YAML); an unknown field raises `RetentionConflict`."""
        known = {item.name for item in fields(Rule)}
        for rule in data["rules"]:
            if unknown := sorted(set(rule) - known):
                raise RetentionConflict(f"a rule with the fields {', '.join(unknown)}", f"some of {', '.join(known)}")
        return cls(data["name"], tuple(Rule(**rule) for rule in data["rules"]))


def _clash(outer: Rule, inner: Rule) -> list[str]:
    """Return how a rule defeats one for a part of its objects: in Cloud Storage the earliest deletion wins."""
    if outer.prefix == inner.prefix:
        return [f"{outer.prefix or '(all)'}: two rules for the same prefix"]
    kept = inner.minimum_days if inner.delete_after_days is None else inner.delete_after_days
    forever = inner.delete_after_days is None and not inner.minimum_days
    if outer.delete_after_days is not None and (forever or outer.delete_after_days < kept):
        promise = "for ever" if forever else f"for {kept} days"
        deletes = f"{outer.prefix or '(all)'} deletes it after {outer.delete_after_days}"
        return [f"{inner.prefix} is kept {promise}, but {deletes}"]
    return []


def lifecycle_rules(policy: RetentionPolicy) -> list[dict[str, Any]]:
    """Return the policy as lifecycle rules in the JSON form of Cloud Storage."""
    return [
        {"action": action, "condition": condition | ({"matchesPrefix": [rule.prefix]} if rule.prefix else {})}
        for rule in policy.rules
        for action, condition in _actions(rule)
    ]


def _actions(rule: Rule) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return (action, condition) pairs of one rule."""
    delete = {"type": "Delete"}
    pairs = [({"type": "SetStorageClass", "storageClass": name}, {"age": age}) for name, age in rule.steps.items()]
    if rule.delete_after_days is not None:
        pairs.append((delete, {"age": rule.delete_after_days}))
    if rule.keep_versions is not None:
        pairs.append((delete, {"numNewerVersions": rule.keep_versions}))
    if rule.delete_versions_after_days is not None:
        pairs.append((delete, {"daysSinceNoncurrentTime": rule.delete_versions_after_days}))
    return pairs


def apply_retention(bucket: storage.Bucket, policy: RetentionPolicy) -> list[dict[str, Any]]:
    """Make these the bucket's only lifecycle rules and return them as the bucket now reports them.

    The metageneration guards against a change by somebody else in between (`PreconditionFailed` from the client).
    """
    bucket.reload()
    bucket.lifecycle_rules = lifecycle_rules(policy)
    bucket.patch(if_metageneration_match=bucket.metageneration)
    return [dict(rule) for rule in bucket.lifecycle_rules]


def expire_table(rule: Rule, client: bigquery.Client, table: bigquery.Table) -> bigquery.Table:
    """Let a BigQuery table, or each of its partitions if it has some, expire `delete_after_days` after its creation.

    An expired table stays recoverable by time travel for two to seven days.
    Raises `RetentionConflict` for a rule that deletes nothing.
    """
    if rule.delete_after_days is None:
        raise RetentionConflict(f"the rule for {rule.prefix!r}, which never deletes", "a rule with delete_after_days")
    age = dt.timedelta(days=rule.delete_after_days)
    if table.time_partitioning is not None:
        partitioning = table.time_partitioning
        partitioning.expiration_ms = int(age.total_seconds() * 1000)
        table.time_partitioning = partitioning
        return client.update_table(table, ["time_partitioning"])
    table.expires = table.created + age
    return client.update_table(table, ["expires"])


def explain_retention(policy: RetentionPolicy) -> pd.DataFrame:
    """Return the policy in words: one row per rule: objects, what happens, gone for good, reason, note."""
    import pandas as pd

    columns = ["objects", "what happens", "gone for good", "reason", "note"]
    return pd.DataFrame([_in_words(rule) for rule in policy.rules], columns=columns)


def _in_words(rule: Rule) -> tuple[str, ...]:
    parts = [f"after {age} days to {name}" for name, age in rule.steps.items()]
    if rule.delete_after_days is not None:
        parts.append(f"after {rule.delete_after_days} days deleted")
    if rule.keep_versions is not None:
        parts.append(f"old versions deleted once there are {rule.keep_versions} newer ones")
    if rule.delete_versions_after_days is not None:
        parts.append(f"old versions deleted {rule.delete_versions_after_days} days after they were replaced")
    objects = f"names starting with {rule.prefix}" if rule.prefix else "all objects"
    return objects, "; ".join(parts), _gone(rule), rule.reason, _fee(rule)


def _gone(rule: Rule) -> str:
    if rule.delete_after_days is None:
        return "never"
    return f"after {rule.delete_after_days + SOFT_DELETE_DAYS} days ({SOFT_DELETE_DAYS} of them soft-deleted)"


def _fee(rule: Rule) -> str:
    """Say where objects leave a class before the days it charges at least."""
    ends = [*list(rule.steps.values())[1:], rule.delete_after_days]
    notes = [
        f"{name} charges {STORAGE_CLASSES[name]} days, objects stay {end - start}"
        for (name, start), end in zip(rule.steps.items(), ends, strict=False)
        if end is not None and end - start < STORAGE_CLASSES[name]
    ]
    return "; ".join(notes)


def what_is_due(policy: RetentionPolicy, blobs: Iterable[storage.Blob], *, as_of: dt.datetime) -> pd.DataFrame:
    """Return what the policy would do to these live objects on the day `as_of`: object, age_days, action, due_since.

    Of several actions that are due, deletion wins, then the coldest class. Raises `NaiveTimestamp`.
    """
    import pandas as pd

    require_aware(as_of, "as_of")
    rows = []
    for blob in blobs:
        age = (as_of - blob.time_created).days
        ready = [step for rule in policy.rules if blob.name.startswith(rule.prefix) for step in _steps(rule, age)]
        if ready and (best := max(ready))[1] != blob.storage_class:
            rows.append((blob.name, age, best[1], age - best[2]))
    return pd.DataFrame(rows, columns=["object", "age_days", "action", "due_since"])


def _steps(rule: Rule, age: int) -> list[tuple[int, str, int]]:
    """Return (rank, action, age) of the steps of a rule that an object of this age has reached."""
    steps = [(rank, name, rule.steps[name]) for rank, name in enumerate(STORAGE_CLASSES) if name in rule.steps]
    if rule.delete_after_days is not None:
        steps.append((len(STORAGE_CLASSES), "Delete", rule.delete_after_days))
    return [step for step in steps if step[2] <= age]
