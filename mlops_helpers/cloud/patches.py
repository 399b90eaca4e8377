"""Attributes of other people's modules, replaced for a while and restored exactly.

Two modules use this: `loopback` (nothing leaves this machine) and `adapters` (clients that publish no switch).
"""

from __future__ import annotations

from typing import Any


class Patches:
    """A list of replaced attributes, undone last first."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any, bool]] = []

    def replace(self, owner: Any, name: str, value: Any) -> Any:
        """Set `owner.name`, and return what it gave before.

        An attribute that `owner` only inherited is deleted again by `restore`, not pinned to the inherited value.
        """
        before = getattr(owner, name)
        self._undo.append((owner, name, before, name in vars(owner)))
        setattr(owner, name, value)
        return before

    def restore(self) -> None:
        """Undo every replacement."""
        while self._undo:
            owner, name, before, owned = self._undo.pop()
            if owned:
                setattr(owner, name, before)
            else:
                delattr(owner, name)
