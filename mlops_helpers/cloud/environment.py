"""Environment variables, set for a while and restored exactly."""

from __future__ import annotations

import os
from collections.abc import Mapping


class Environment:
    """Changes to `os.environ` that can be taken back.

    >>> change = Environment({"STORAGE_EMULATOR_HOST": "http://127.0.0.1:1"})
    >>> change.apply()
    >>> change.restore()
    """

    def __init__(self, changes: Mapping[str, str]) -> None:
        self.changes = dict(changes)
        self._before: dict[str, str | None] = {}

    def apply(self) -> None:
        """Set the variables, remembering what was there."""
        self._before = {name: os.environ.get(name) for name in self.changes}
        os.environ.update(self.changes)

    def restore(self) -> None:
        """Put every variable back as it was; one that was not set is removed."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before = {}


def offline_variables(url: str, project: str) -> dict[str, str]:
    """What Google's clients themselves publish to be pointed elsewhere, plus a way around a company proxy."""
    around = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))
    return {
        "STORAGE_EMULATOR_HOST": url,
        "BIGQUERY_EMULATOR_HOST": url,
        "GOOGLE_CLOUD_PROJECT": project,
        "NO_PROXY": around,
        "no_proxy": around,
    }
