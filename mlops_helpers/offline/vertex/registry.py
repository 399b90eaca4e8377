"""The model registry's state: models, each with numbered versions and aliases that point at them.

A version is a resource under its model; the model itself remembers only the number of the newest version. An alias
belongs to one version at a time, and `default` always belongs to one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .errors import bad_field, missing
from .store import Resource

if TYPE_CHECKING:
    from .service import Vertex

DEFAULT = "default"
ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")


def split(name: str) -> tuple[str, str]:
    """A model's name and the version or alias behind the `@`, if there is one.

    >>> split("projects/p/locations/l/models/7@prod")
    ('projects/p/locations/l/models/7', 'prod')
    """
    base, _, version = name.partition("@")
    return base, version


class Registry:
    """All models of one offline Vertex AI, on top of its resource store."""

    def __init__(self, vertex: Vertex) -> None:
        self._store = vertex.store

    def has(self, model: str) -> bool:
        """Whether there is a model of this name."""
        return self._store.find(model) is not None

    def add(self, model: str, fields: dict[str, Any], aliases: list[str]) -> Resource:
        """A new version of a model, and the model itself if it is new. Aliases move to it.

        Raises ApiError 400 for an alias of the wrong form.
        """
        check_aliases(aliases)
        known = self._store.find(model) or self._store.add(model, {"newest": 0}, stamped=False)
        number = str(known["newest"] + 1)
        self._store.change(model, {"newest": known["newest"] + 1})
        wanted = aliases if number != "1" or DEFAULT in aliases else [DEFAULT, *aliases]
        added = self._store.add(f"{model}/versions/{number}", {**fields, "versionId": number})
        created = added["createTime"] if number == "1" else self.version(f"{model}@{self._first(model)}")["createTime"]
        stamps = {"createTime": created, "versionCreateTime": added["createTime"]}
        self._store.change(added["name"], stamps)
        return self.move_aliases(f"{model}@{number}", wanted, [])

    def versions(self, model: str) -> list[Resource]:
        """Every version of a model, oldest first. Raises ApiError 404."""
        self._store.get(model)
        return [_shown(model, found, versioned=True) for found in self._store.list(model, "versions")]

    def version(self, name: str) -> Resource:
        """The version that `model`, `model@3` or `model@alias` names. Raises ApiError 404."""
        model, wanted = split(name)
        if not self.has(model):
            raise missing(name)
        for found in self._store.list(model, "versions"):
            if wanted == found["versionId"] or (wanted or DEFAULT) in found.get("versionAliases", []):
                return _shown(model, found, versioned=bool(wanted))
        raise missing(name)

    def models(self, parent: str) -> list[Resource]:
        """The default version of every model in a location."""
        return [self.version(found["name"]) for found in self._store.list(parent, "models")]

    def change(self, name: str, changes: dict[str, Any]) -> Resource:
        """Replace fields of one version. Raises ApiError 404."""
        model, version = split(name)
        number = self.version(name)["versionId"]
        self._store.change(f"{model}/versions/{number}", changes)
        return self.version(f"{model}@{number}" if version else model)

    def move_aliases(self, name: str, add: list[str], remove: list[str]) -> Resource:
        """Give aliases to a version, taking them from the one that had them, and take others away.

        Raises ApiError 400 for a wrong alias, and for removing `default`: it can only move.
        """
        check_aliases(add)
        if DEFAULT in remove:
            raise bad_field("version_aliases", "-default", "another alias: 'default' can move, but not be removed")
        model, _ = split(name)
        target = self.version(name)["versionId"]
        for found in self._store.list(model, "versions"):
            before = found.get("versionAliases", [])
            kept = [
                alias for alias in before if alias not in add and not (found["versionId"] == target and alias in remove)
            ]
            after = kept + add if found["versionId"] == target else kept
            if after != before:
                now = self._store.stamp()
                self._store.change(found["name"], {"versionAliases": after, "versionUpdateTime": now})
        return self.version(f"{model}@{target}")

    def remove(self, name: str) -> None:
        """Delete a version (`model@3`) or a whole model, with its evaluations. Raises ApiError 404."""
        model, version = split(name)
        doomed = [self.version(name)] if version else self.versions(model)
        for found in doomed:
            self._store.clear(f"{model}@{found['versionId']}")
        self._store.remove(f"{model}/versions/{doomed[0]['versionId']}" if version else model)

    def _first(self, model: str) -> str:
        return self._store.list(model, "versions")[0]["versionId"]


def check_aliases(aliases: list[str]) -> None:
    """Raises ApiError 400 unless every alias has the published form."""
    for alias in aliases:
        if not ALIAS.fullmatch(alias):
            expected = "a lower-case letter, then letters, digits and '-' (2 to 128 characters, no '-' at the end)"
            raise bad_field("version_aliases", alias, expected)


def _shown(model: str, version: Resource, *, versioned: bool) -> Resource:
    """A version as clients read it: a name with `@` only if they asked for a version."""
    return {**version, "name": f"{model}@{version['versionId']}" if versioned else model}
