"""Plain named resources: create, get, list, update, delete, without behaviour of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import conflict, invalid, not_found

Predicate = Callable[[Any], bool]


class Collection:
    """Messages of one kind by full name (`projects/p/sinks/s`), in the order in which they were created."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._held: dict[str, Any] = {}

    def create(self, name: str, message: Any) -> Any:
        """Keep a copy under its name. Raises ApiError 409 if the name is taken."""
        if name in self._held:
            raise conflict(f"{self.kind} {name} already exists")
        return self.put(name, message)

    def put(self, name: str, message: Any) -> Any:
        """Keep a copy under its name, whether or not something is there."""
        self._held[name] = copied(message)
        return self._held[name]

    def get(self, name: str) -> Any:
        """The message itself. Raises ApiError 404."""
        if name not in self._held:
            raise not_found(f"{self.kind} {name} does not exist")
        return self._held[name]

    def find(self, name: str) -> Any | None:
        """The message itself, or None."""
        return self._held.get(name)

    def under(self, parent: str, where: Predicate = lambda message: True) -> list[Any]:
        """All that belong to a parent (`projects/p`) and fit."""
        return [item for name, item in self._held.items() if name.startswith(f"{parent}/") and where(item)]

    def update(self, name: str, message: Any, paths: list[str]) -> Any:
        """Take over the fields that `paths` names, or all of them. Raises ApiError 404, or 400 for an unknown field."""
        held, new = self.get(name), copied(message)
        if paths:
            new = copied(held)
            for path in paths:
                _take_over(message, new, path)
        self._held[name] = new
        return new

    def delete(self, name: str) -> None:
        """Forget it. Raises ApiError 404."""
        self.get(name)
        del self._held[name]


def copied(message: Any) -> Any:
    """A copy that later changes of the original do not reach."""
    twin = type(message)()
    twin.CopyFrom(message)
    return twin


def _take_over(source: Any, target: Any, path: str) -> None:
    """Copy one field, given as a dotted path of a field mask."""
    first, _, rest = path.partition(".")
    field = source.DESCRIPTOR.fields_by_name.get(first)
    if field is None:
        raise invalid(f"Invalid field mask: {source.DESCRIPTOR.name} has no field {first!r}")
    if rest and field.message_type and not field.is_repeated:
        _take_over(getattr(source, first), getattr(target, first), rest)
        return
    target.ClearField(first)
    part = type(source)()
    part.CopyFrom(source)
    for other, _ in source.ListFields():
        if other.name != first:
            part.ClearField(other.name)
    target.MergeFrom(part)


def need(value: Any, where: str) -> None:
    """Raise ApiError 400 for a field that must not be empty."""
    if not value:
        raise invalid(f"Field {where} is required: found it empty")
