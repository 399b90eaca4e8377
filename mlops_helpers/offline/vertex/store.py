"""What Vertex AI remembers: resources by name, as the JSON that clients read.

A name is a path (`projects/p/locations/l/models/7`), so project and location keep everything apart by themselves. A
resource that was read is never changed in place: `change` replaces it, with a new etag and update time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..clock import rfc3339
from .errors import exists, missing

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .effects import Effects

Resource = dict[str, Any]


class ResourceStore:
    """All resources of one offline cloud, found by name or by collection, in the order of their creation."""

    def __init__(self, cloud: OfflineCloud, effects: Effects) -> None:
        self._cloud, self._effects = cloud, effects
        self._collections: dict[str, dict[str, Resource]] = {}

    def new_id(self, kind: str) -> str:
        """A fresh numeric id, as Vertex AI gives them; it depends only on how many of this kind were made."""
        return str(10**18 + int(self._cloud.next_id(f"vertex {kind}"), 16) % (8 * 10**18))

    def stamp(self) -> str:
        """The time of a write, as JSON."""
        return stamp(self._cloud.clock.tick())

    def find(self, name: str) -> Resource | None:
        """A resource, or None."""
        collection, _, _ = name.rpartition("/")
        return self._collections.get(collection, {}).get(name)

    def get(self, name: str) -> Resource:
        """A resource. Raises ApiError 404."""
        found = self.find(name)
        if found is None:
            raise missing(name)
        return found

    def add(self, name: str, resource: Mapping[str, Any], *, stamped: bool = True) -> Resource:
        """Store a new resource; `stamped` adds creation time, update time and etag. Raises ApiError 409."""
        if self.find(name) is not None:
            raise exists(name)
        now = self.stamp()
        times = {"createTime": now, "updateTime": now} if stamped else {}
        return self._put(name, {**resource, "name": name, **times}, tagged=stamped)

    def change(self, name: str, changes: Mapping[str, Any]) -> Resource:
        """Replace fields of a resource (None removes one) and return the new one. Raises ApiError 404."""
        before = self.get(name)
        merged = {**before, **changes}
        if "updateTime" in before:
            merged["updateTime"] = self.stamp()
        kept = {key: value for key, value in merged.items() if value is not None}
        return self._put(name, kept, tagged="etag" in before)

    def put_back(self, name: str, difference: Mapping[str, Any]) -> None:
        """Do a noted change again, with the times and the etag that it had."""
        merged = {**(self.find(name) or {}), **difference}
        self._put(name, {key: value for key, value in merged.items() if value is not None}, tagged=False)

    def remove(self, name: str) -> None:
        """Delete a resource and everything under it. Raises ApiError 404."""
        self.get(name)
        self._effects.note("remove", name)
        collection, _, _ = name.rpartition("/")
        del self._collections[collection][name]
        self.clear(name)

    def clear(self, name: str) -> None:
        """Delete everything under a name, not the resource itself."""
        for nested in [key for key in self._collections if key.startswith(f"{name}/")]:
            del self._collections[nested]

    def list(self, parent: str, collection: str) -> list[Resource]:
        """The resources of a collection, oldest first. `-` in the parent stands for any project, location or id."""
        wanted = f"{parent}/{collection}"
        if "/-/" not in wanted:
            return list(self._collections.get(wanted, {}).values())
        pattern = re.compile(re.escape(wanted).replace(r"/\-/", "/[^/]+/"))
        keys = [key for key in self._collections if pattern.fullmatch(key)]
        found = [resource for key in keys for resource in self._collections[key].values()]
        return sorted(found, key=lambda resource: resource.get("createTime", ""))

    def _put(self, name: str, resource: Resource, *, tagged: bool) -> Resource:
        if tagged:
            resource["etag"] = etag(resource)
        if self._effects.noted:
            self._effects.note("change", name, difference(self.find(name) or {}, resource))
        self._collections.setdefault(name.rpartition("/")[0], {})[name] = resource
        return resource


def difference(before: Resource, after: Resource) -> Resource:
    """The fields that are new or different; None for those that are gone."""
    changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
    return {**changed, **dict.fromkeys(before.keys() - after.keys())}


def stamp(moment: datetime) -> str:
    """A time as Vertex AI's JSON writes it."""
    return rfc3339(moment)


def etag(resource: Mapping[str, Any]) -> str:
    """A tag that changes with anything in the resource."""
    content = {key: value for key, value in resource.items() if key != "etag"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def parent_of(name: str) -> str:
    """The name of the resource that holds this one: `projects/p/locations/l/models/7` → `projects/p/locations/l`."""
    return name.rsplit("/", 2)[0]
