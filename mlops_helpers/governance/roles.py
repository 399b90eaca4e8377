"""Who answers for which data, as data: checked, shown as a table, and turned into IAM bindings.

    owner       answers for the data and decides who gets it        exactly one for each data set, a person or a group
    steward     keeps quality and meaning, day by day               at least one
    custodian   runs storage, backups and pipelines
    consumer    reads
    auditor     sees what there is and who uses it, not the content

Rights follow from the role, nobody grants one to themselves, and only an owner or steward grants the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.errors import InvalidSetting, RoleConflict

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery, storage

_MEMBER = re.compile(r"(user|group|serviceAccount):[^@\s]+@[^@\s]+\.[^@\s]+")
ACTIONS = ("read", "write", "grant", "see metadata")


@dataclass(frozen=True)
class Role:
    """A role: its duty, its predefined IAM roles, and what they allow."""

    name: str
    duty: str
    storage: str
    bigquery: str
    allows: tuple[str, ...]


ROLES: tuple[Role, ...] = (
    Role("owner", "answers for the data", "roles/storage.admin", "roles/bigquery.dataOwner", ACTIONS),
    Role(
        "steward",
        "keeps quality and meaning",
        "roles/storage.objectUser",
        "roles/bigquery.dataEditor",
        ("read", "write", "see metadata"),
    ),
    Role(
        "custodian",
        "runs storage and pipelines",
        "roles/storage.objectAdmin",
        "roles/bigquery.dataEditor",
        ("read", "write", "see metadata"),
    ),
    Role(
        "consumer",
        "uses the data",
        "roles/storage.objectViewer",
        "roles/bigquery.dataViewer",
        ("read", "see metadata"),
    ),
    Role(
        "auditor",
        "checks the others",
        "roles/storage.legacyBucketReader",
        "roles/bigquery.metadataViewer",
        ("see metadata",),
    ),
)
ROLE_NAMES: tuple[str, ...] = tuple(role.name for role in ROLES)


@dataclass(frozen=True, order=True)
class Grant:
    """One right: `member` (such as "user:ana@example.org") gets `role` on `dataset` from `granted_by`."""

    dataset: str
    role: str
    member: str
    granted_by: str


@dataclass(frozen=True)
class Stewardship:
    """Data sets, each with its resource (`gs://bucket` or `bq://project.dataset`), and the grants on them.

    Raises `RoleConflict`, naming every conflict at once, when it is built.
    """

    resources: Mapping[str, str]
    grants: tuple[Grant, ...]

    def __post_init__(self) -> None:
        """Check each grant by itself, then each data set."""
        found = [problem for grant in self.grants for problem in self._grant_problems(grant)]
        found += [problem for dataset in self.resources for problem in self._dataset_problems(dataset)]
        if found:
            raise RoleConflict("; ".join(found))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Stewardship:
        """Build from plain data: `resources` {name: resource}, `grants` [{dataset, role, member, granted_by}, …]."""
        try:
            return cls(dict(data["resources"]), tuple(Grant(**grant) for grant in data["grants"]))
        except (KeyError, TypeError) as error:
            raise RoleConflict(
                f"roles that cannot be read ({error})", "the keys resources and grants; four fields in each grant"
            ) from error

    def members(self, dataset: str, role: str) -> list[str]:
        """Return who holds a role on a data set, sorted."""
        return sorted({grant.member for grant in self.grants if (grant.dataset, grant.role) == (dataset, role)})

    def _grant_problems(self, grant: Grant) -> list[str]:
        """Return what is wrong with one grant."""
        deciders = {*self.members(grant.dataset, "owner"), *self.members(grant.dataset, "steward")}
        service = grant.member.startswith("serviceAccount:")
        checks = [
            (grant.dataset not in self.resources, f"the unknown data set {grant.dataset!r}"),
            (grant.role not in ROLE_NAMES, f"the unknown role {grant.role!r}"),
            (_MEMBER.fullmatch(grant.member) is None, f"{grant.member!r}, which is no user, group or serviceAccount"),
            (grant.member == grant.granted_by, f"{grant.member} who grants {grant.role} to themselves"),
            (grant.role in ("owner", "steward") and service, f"{grant.member}, a machine, as {grant.role}"),
            (
                grant.role not in ("owner", "steward") and grant.granted_by not in deciders,
                f"{grant.granted_by}, neither owner nor steward, who grants {grant.role}",
            ),
        ]
        return [f"on {grant.dataset}: {text}" for wrong, text in checks if wrong]

    def _dataset_problems(self, dataset: str) -> list[str]:
        owners = self.members(dataset, "owner")
        problems = []
        if len(owners) != 1:
            problems.append(f"{dataset} with {len(owners)} owners" + (f" ({', '.join(owners)})" if owners else ""))
        if not self.members(dataset, "steward"):
            problems.append(f"{dataset} without a steward")
        if not self.resources[dataset].startswith(("gs://", "bq://")):
            problems.append(f"{dataset} at {self.resources[dataset]!r}, neither gs:// nor bq://")
        return problems

    def table(self) -> pd.DataFrame:
        """Return one row per data set and one column per role, the members by name."""
        import pandas as pd

        rows = {
            dataset: {role: ", ".join(_short(self.members(dataset, role))) or "–" for role in ROLE_NAMES}
            for dataset in sorted(self.resources)
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(ROLE_NAMES)).rename_axis("data set")

    def bindings(self, dataset: str) -> list[dict[str, Any]]:
        """Return the IAM bindings of a data set, in the order of `ROLES`: {"role": …, "members": [...]}.

        Raises `InvalidSetting` for an unknown data set.
        """
        self._known(dataset)
        service = "storage" if self.resources[dataset].startswith("gs://") else "bigquery"
        found: dict[str, set[str]] = {}
        for role in ROLES:
            if members := self.members(dataset, role.name):
                found.setdefault(getattr(role, service), set()).update(members)
        return [{"role": role, "members": sorted(members)} for role, members in found.items()]

    def who_may(self, action: str, dataset: str) -> pd.DataFrame:
        """Return who may read, write, grant or see metadata, and why: columns member, role, iam_role, granted_by."""
        import pandas as pd

        self._known(dataset)
        if action not in ACTIONS:
            raise InvalidSetting(f"the action {action!r}", f"one of {', '.join(ACTIONS)}", "choose one of them")
        service = "storage" if self.resources[dataset].startswith("gs://") else "bigquery"
        allowed = {role.name: getattr(role, service) for role in ROLES if action in role.allows}
        rows = [
            (grant.member, grant.role, allowed[grant.role], grant.granted_by)
            for grant in sorted(self.grants, key=lambda grant: (ROLE_NAMES.index(grant.role), grant.member))
            if grant.dataset == dataset and grant.role in allowed
        ]
        return pd.DataFrame(rows, columns=["member", "role", "iam_role", "granted_by"])

    def _known(self, dataset: str) -> None:
        if dataset not in self.resources:
            raise InvalidSetting(
                f"the data set {dataset!r}", f"one of {', '.join(sorted(self.resources))}", "correct it"
            )


def _short(members: Iterable[str]) -> list[str]:
    """Return members without kind and domain: "user:ana@example.org" becomes "ana"."""
    return [member.partition(":")[2].partition("@")[0] for member in members]


def role_table() -> pd.DataFrame:
    """Return what each role is for and what it may do."""
    import pandas as pd

    rows = [(role.name, role.duty, ", ".join(role.allows), role.storage, role.bigquery) for role in ROLES]
    return pd.DataFrame(rows, columns=["role", "duty", "may", "Cloud Storage", "BigQuery"])


def grant_on_bucket(stewardship: Stewardship, dataset: str, bucket: storage.Bucket) -> list[dict[str, Any]]:
    """Add the bindings of a data set to its bucket and return the bucket's bindings; nobody loses a right they had.

    The policy carries an etag, so a change by somebody else in between makes the client raise instead of losing it.
    """
    policy = bucket.get_iam_policy(requested_policy_version=3)
    plain = {binding["role"]: binding for binding in policy.bindings if not binding.get("condition")}
    for binding in stewardship.bindings(dataset):
        if (there := plain.get(binding["role"])) is None:
            policy.bindings.append(binding)
        else:
            there["members"] = sorted({*there["members"], *binding["members"]})
    bucket.set_iam_policy(policy)
    granted = bucket.get_iam_policy(requested_policy_version=3).bindings
    return [{"role": binding["role"], "members": sorted(binding["members"])} for binding in granted]


def grant_on_dataset(
    stewardship: Stewardship, dataset: str, client: bigquery.Client, target: bigquery.Dataset
) -> bigquery.Dataset:
    """Add the bindings of a data set to the access list of a BigQuery dataset and return the updated dataset."""
    from google.cloud import bigquery

    entries = list(target.access_entries)
    for binding in stewardship.bindings(dataset):
        for member in binding["members"]:
            kind, _, address = member.partition(":")
            entity = "groupByEmail" if kind == "group" else "userByEmail"
            entry = bigquery.AccessEntry(role=binding["role"], entity_type=entity, entity_id=address)
            entries += [] if entry in entries else [entry]
    target.access_entries = entries
    return client.update_dataset(target, ["access_entries"])
