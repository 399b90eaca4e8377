"""Overview and Cloud Storage: what there is, and how large."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..clock import rfc3339
from ..errors import not_found
from ..wire import Request
from .html import Html, join, link, table, tag

if TYPE_CHECKING:
    from ..storage.service import Storage
    from .app import Console

Page = tuple[str, Html]
MOST_SHOWN = 500


def overview(console: Console, request: Request) -> Page:
    """The projects, and what each of them has."""
    counted = {"buckets": _buckets(console), "datasets": _datasets(console), "models": _models(console)}
    projects = sorted(set().union(*counted.values()))
    rows = [(name, *(found[name] for found in counted.values())) for name in projects]
    head = ("project", "buckets", "datasets", "models")
    now = tag("p", "The offline clock shows ", rfc3339(console.cloud.clock.now()), ".", cls="soft")
    return "Overview", join([now, table("Projects", head, rows, numbers=head[1:])])


def _buckets(console: Console) -> Counter[str]:
    if not console.cloud.is_open("storage"):
        return Counter()
    with console.cloud.lock("storage"):
        return Counter(bucket.project for bucket in console.cloud.service("storage").buckets.values())


def _datasets(console: Console) -> Counter[str]:
    if not console.cloud.is_open("bigquery"):
        return Counter()
    with console.cloud.lock("bigquery"):
        return Counter(project for project, _ in console.cloud.service("bigquery").warehouse.datasets)


def _models(console: Console) -> Counter[str]:
    if not console.cloud.is_open("vertex"):
        return Counter()
    with console.cloud.lock("vertex"):
        found = console.cloud.service("vertex").store.list("projects/-/locations/-", "models")
        return Counter(model["name"].split("/")[1] for model in found)


def buckets(console: Console, request: Request) -> Page:
    """All buckets."""
    rows = []
    if console.cloud.is_open("storage"):
        with console.cloud.lock("storage"):
            rows = [_bucket_row(console.cloud.service("storage"), name) for name in _names(console)]
    head = ("bucket", "project", "location", "class", "objects", "size", "versioning")
    return "Cloud Storage", table("Buckets", head, rows, numbers=("objects", "size"))


def _names(console: Console) -> list[str]:
    return sorted(console.cloud.service("storage").buckets)


def _bucket_row(storage: Storage, name: str) -> tuple:
    bucket = storage.bucket(name)
    live = [version for version in map(bucket.live, bucket.names) if version is not None]
    total = sum(version.content.size for version in live)
    place = (bucket.meta.get("location", ""), bucket.meta.get("storageClass", ""))
    versioning = "on" if bucket.versioning else "off"
    return link(name, "storage", name), bucket.project, *place, len(live), size(total), versioning


def objects(console: Console, request: Request) -> Page:
    """The objects of one bucket, every version of them. Raises ApiError 404."""
    name = request.params["bucket"]
    if not console.cloud.is_open("storage"):
        raise not_found(f"There is no bucket {name!r}.")
    with console.cloud.lock("storage"):
        bucket = console.cloud.service("storage").bucket(name)
        versions = [version for known in bucket.names[:MOST_SHOWN] for version in bucket.objects[known]]
        rows = [_object_row(version) for version in versions]
        more = len(bucket.names) - MOST_SHOWN
    head = ("object", "size", "content type", "generation", "state", "created")
    note = tag("p", f"{more} more names are not shown.") if more > 0 else None
    return f"Bucket {name}", join([table("Objects", head, rows, numbers=("size", "generation")), note])


def _object_row(version) -> tuple:
    state = "live" if version.retired is None else "noncurrent"
    kind = version.meta.get("contentType", "")
    return version.name, size(version.content.size), kind, version.generation, state, rfc3339(version.created)


def size(count: int) -> str:
    """A number of bytes for people.

    >>> size(0), size(1536), size(5 * 2**20)
    ('0 B', '1.5 KiB', '5.0 MiB')
    """
    if count < 1024:
        return f"{count} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1024 or unit == "GiB":
            break
    return f"{count:.1f} {unit}"
