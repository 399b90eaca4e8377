"""Who may do what with a table: IAM policies, kept and shown, never enforced (there is one user offline)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import conflict, invalid
from ..wire import Request
from .names import TableKey
from .resources import etag_of

if TYPE_CHECKING:
    from .service import BigQuery

MEMBER_KINDS = ("user", "group", "serviceAccount", "domain", "allUsers", "allAuthenticatedUsers", "principal")


class Policies:
    """The IAM policy of each table that has one."""

    def __init__(self) -> None:
        self._policies: dict[TableKey, dict] = {}

    def get(self, key: TableKey) -> dict:
        """The policy, empty at first."""
        return self._policies.get(key) or {"version": 1, "etag": etag_of(key, "no policy")}

    def put(self, key: TableKey, policy: dict) -> dict:
        """Replace the policy. Raises ApiError 409 when its etag is not the present one."""
        present = self.get(key)["etag"]
        if policy.get("etag", present) != present:
            raise conflict("There were concurrent policy changes: read the policy again and repeat the change.")
        kept = {"version": int(policy.get("version") or 1), "bindings": policy.get("bindings") or []}
        self._policies[key] = {**kept, "etag": etag_of(key, kept, present)}
        return self._policies[key]


def _key(service: BigQuery, request: Request) -> TableKey:
    key = TableKey(request.params["project"], request.params["dataset"], request.params["table"])
    service.warehouse.table(key)
    return key


def get(service: BigQuery, request: Request) -> dict:
    """A table's policy."""
    return service.policies.get(_key(service, request))


def replace(service: BigQuery, request: Request) -> dict:
    """Set a table's policy. 400 for a binding without role or with an unknown kind of member."""
    key = _key(service, request)
    policy = request.json().get("policy") or {}
    for binding in policy.get("bindings") or []:
        if not str(binding.get("role", "")).startswith(("roles/", "projects/", "organizations/")):
            raise invalid(f"Role {binding.get('role')!r} is not supported: expected e.g. roles/bigquery.dataViewer")
        for member in binding.get("members") or []:
            if member.partition(":")[0] not in MEMBER_KINDS:
                raise invalid(f"Invalid member {member!r}: expected e.g. user:ann@example.com")
    return service.policies.put(key, policy)


def test(service: BigQuery, request: Request) -> dict:
    """The permissions, among those asked, that the caller has: all of them, offline."""
    _key(service, request)
    return {"permissions": request.json().get("permissions") or []}
