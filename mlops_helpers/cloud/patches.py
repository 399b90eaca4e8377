"""Attributes of other people's modules, replaced for a while and restored exactly.

Two modules use this: `loopback` (nothing leaves this machine) and `adapters` (clients that publish no switch).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Patches:
    """A list of replaced attributes, undone last first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, owner: Any, name: str, value: Any) -> Any:
        """Set `owner.name`, and return what it gave before.

        An attribute that `owner` only inherited is deleted again by `restore`, not pinned to the inherited value.
        """
        before = getattr(owner, name)
        if name in vars(owner):
            self.on_restore(lambda: setattr(owner, name, before))
        else:
            self.on_restore(lambda: delattr(owner, name))
        setattr(owner, name, value)
        return before

    def on_restore(self, undo: Callable[[], None]) -> None:
        """Call `undo` when it is time to restore, before everything that was replaced earlier."""
        self._undo.append(undo)

    def restore(self) -> None:
        """Undo every replacement."""
        while self._undo:
            self._undo.pop()()
