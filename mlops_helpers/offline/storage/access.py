"""Access lists (ACLs): who may do what with one bucket or one object. They are kept and shown; nobody is checked.

An entry is an entity (`allUsers`, `user-ada@example.com`, `project-owners-123`) with a role. A bucket with uniform
access has no access lists: asking for one is refused with 400, as in Google Cloud.
"""

from __future__ import annotations

from ..errors import invalid, precondition_failed
from .model import Bucket, Version, etag

OBJECT_ROLES = ("OWNER", "READER")
BUCKET_ROLES = ("OWNER", "WRITER", "READER")
PUBLIC = ("allUsers", "allAuthenticatedUsers")
PREFIXES = ("user-", "group-", "domain-", "project-owners-", "project-editors-", "project-viewers-")
TEAMS = {"owners": "OWNER", "editors": "OWNER", "viewers": "READER"}
OFFLINE_OWNER = "user-offline@example.com"
# What each predefined list grants beside ownership, as (entity, role); "team" stands for the project's own people.
PREDEFINED = {
    "private": (),
    "projectPrivate": (("team", ""),),
    "publicRead": (("allUsers", "READER"),),
    "publicReadWrite": (("allUsers", "WRITER"),),
    "authenticatedRead": (("allAuthenticatedUsers", "READER"),),
    "bucketOwnerRead": (("project-owners", "READER"),),
    "bucketOwnerFullControl": (("project-owners", "OWNER"),),
}
NO_UNIFORM = (
    "Cannot use ACL API to update {what} policy when uniform bucket-level access is enabled. "
    "Grant roles with IAM instead: bucket.set_iam_policy()."
)


def predefined(name: str, project_number: str) -> list[tuple[str, str]]:
    """The (entity, role) pairs of a predefined list. Raises ApiError 400 for an unknown name."""
    if name not in PREDEFINED:
        raise invalid(f"Invalid predefined ACL: found {name!r}, expected one of {', '.join(PREDEFINED)}.")
    pairs = [(OFFLINE_OWNER, "OWNER")]
    for entity, role in PREDEFINED[name]:
        if entity == "team":
            pairs += [(f"project-{team}-{project_number}", granted) for team, granted in TEAMS.items()]
        else:
            pairs.append((f"{entity}-{project_number}" if entity.startswith("project-") else entity, role))
    return pairs


def object_acl(bucket: Bucket, body: dict, name: str | None) -> list[dict]:
    """The access list of a new object: predefined, sent with it, or the bucket's default.

    Raises ApiError 400 when the bucket has uniform access and a list was asked for.
    """
    if bucket.uniform:
        check_lists_allowed(bucket, "object", asked=bool(name or body.get("acl")))
        return []
    if name:
        return entries(bucket, predefined(name, bucket.meta["projectNumber"]), roles=OBJECT_ROLES)
    if body.get("acl"):
        return entries(bucket, pairs_of(body["acl"]), roles=OBJECT_ROLES)
    return list(bucket.default_acl) or entries(bucket, [(OFFLINE_OWNER, "OWNER")], roles=OBJECT_ROLES)


def pairs_of(sent: list[dict]) -> list[tuple[str, str]]:
    """The (entity, role) pairs of a list that a client sent."""
    return [(entry.get("entity", ""), entry.get("role", "")) for entry in sent]


def entries(bucket: Bucket, pairs: list[tuple[str, str]], *, roles: tuple[str, ...]) -> list[dict]:
    """Checked entries, one for each entity: the last role given counts."""
    return [entry_for(bucket, entity, role, roles=roles) for entity, role in dict(pairs).items()]


def check_lists_allowed(bucket: Bucket, what: str, *, asked: bool = True) -> None:
    """Raises ApiError 400 when access lists are asked for although the bucket has uniform access."""
    if asked and bucket.uniform:
        raise invalid(NO_UNIFORM.format(what=what))


def entry_for(bucket: Bucket, entity: str, role: str, *, roles: tuple[str, ...]) -> dict:
    """One checked entry, without the fields that say where it hangs.

    Raises ApiError 400 for an unknown entity or role, 412 for a public one where public access is prevented.
    """
    if entity not in PUBLIC and not entity.startswith(PREFIXES):
        expected = f"{', '.join(PUBLIC)}, or one that begins with {', '.join(PREFIXES)}"
        raise invalid(f"Invalid entity in access list: found {entity!r}, expected {expected}.")
    if role not in roles:
        raise invalid(f"Invalid role for {entity}: found {role!r}, expected one of {', '.join(roles)}.")
    check_public_access(bucket, [entity])
    entry = {"entity": entity, "role": role, "etag": etag(entity, role)}
    kind, _, rest = entity.partition("-")
    if kind in ("user", "group"):
        entry["email"] = rest
    elif kind == "domain":
        entry["domain"] = rest
    elif kind == "project":
        team, _, number = rest.partition("-")
        entry["projectTeam"] = {"projectNumber": number, "team": team}
    return entry


def check_public_access(bucket: Bucket, entities: list[str]) -> None:
    """Raises ApiError 412 when everybody would be let in although the bucket prevents public access."""
    public = [entity for entity in entities if entity in PUBLIC]
    if public and bucket.meta["iamConfiguration"]["publicAccessPrevention"] == "enforced":
        raise precondition_failed(
            f"The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention "
            f"is enforced: found {public[0]}. Name the people, or set publicAccessPrevention to 'inherited'."
        )


def show_object_entries(base: str, version: Version) -> list[dict]:
    """A version's access list as Google's JSON shows it; `base` is the address of the server."""
    home = {"bucket": version.meta["bucket"], "object": version.name, "generation": version.generation}
    return [
        {
            "kind": "storage#objectAccessControl",
            "id": f"{version.meta['id']}/{entry['entity']}",
            "selfLink": f"{base}{version.path}/acl/{entry['entity']}",
            **home,
            **entry,
        }
        for entry in version.acl
    ]


def show_bucket_entries(base: str, bucket: Bucket) -> list[dict]:
    """A bucket's own access list as Google's JSON shows it."""
    return [
        {
            "kind": "storage#bucketAccessControl",
            "id": f"{bucket.name}/{entry['entity']}",
            "selfLink": f"{base}/storage/v1/b/{bucket.name}/acl/{entry['entity']}",
            "bucket": bucket.name,
            **entry,
        }
        for entry in bucket.acl
    ]


def show_default_entries(bucket: Bucket) -> list[dict]:
    """The access list that new objects of a bucket get."""
    return [{"kind": "storage#objectAccessControl", **entry} for entry in bucket.default_acl]
