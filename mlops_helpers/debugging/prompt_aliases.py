"""Aliases: names such as `production` that point to a version, can be moved and moved back, and remember every move.

An alias is one small object with its whole history. Moving it is a read and a write that names the generation it read:
if somebody else moved the alias in between, the service answers 412 and nothing is lost (`AliasMoved`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mlops_helpers.debugging.errors import AliasMoved, UnknownPrompt
from mlops_helpers.debugging.prompt_store import check_prompt_name, unknown_of

if TYPE_CHECKING:
    from google.cloud import storage


@dataclass(frozen=True)
class Move:
    """One entry of an alias's history. `kind` is "set" or "rollback"; `at` an ISO time."""

    version: int
    kind: str
    by: str
    at: str
    why: str = ""


@dataclass(frozen=True)
class Alias:
    """An alias as it was read: its moves, oldest first, and the generation of its object (0: not there yet)."""

    moves: tuple[Move, ...] = ()
    generation: int = 0

    @property
    def version(self) -> int:
        """The version it points to."""
        return self.moves[-1].version

    @property
    def before(self) -> int | None:
        """The version that a rollback leads to, None if there is none.

        Two rollbacks in a row go two moves back: each takes away the last `set` that was not taken back yet.
        """
        standing: list[int] = []
        for move in self.moves:
            if move.kind == "set":
                standing.append(move.version)
            else:
                standing.pop()
        return standing[-2] if len(standing) > 1 else None


@dataclass(frozen=True)
class Aliases:
    """All aliases of the prompts below a prefix of a bucket."""

    bucket: storage.Bucket
    prefix: str

    def read(self, name: str, alias: str) -> Alias:
        """Return an alias; one without moves if it was never set. One request."""
        from google.api_core.exceptions import NotFound

        blob = self._blob(name, alias)
        try:
            text = blob.download_as_bytes()
        except NotFound:
            return Alias()
        return Alias(tuple(Move(**move) for move in json.loads(text)["moves"]), blob.generation)

    def version(self, name: str, alias: str) -> int:
        """Return the version that an alias points to. Raises `UnknownPrompt` with the nearest aliases."""
        found = self.read(name, alias)
        if not found.moves:
            raise self.unknown(name, alias)
        return found.version

    def all(self, name: str) -> dict[str, Alias]:
        """Return every alias of a prompt by its name: a listing and one request each."""
        folder = f"{self.prefix}{check_prompt_name(name)}/aliases/"
        found = [blob.name.removeprefix(folder) for blob in self.bucket.list_blobs(prefix=folder)]
        names = [item.removesuffix(".json") for item in found if item.endswith(".json")]
        return {alias: self.read(name, alias) for alias in names}

    def add(self, name: str, alias: str, known: Alias, move: Move) -> Alias:
        """Write one more move to an alias as it was read. Raises `AliasMoved` if it is no longer as it was read."""
        from google.api_core.exceptions import PreconditionFailed

        blob, moves = self._blob(name, alias), (*known.moves, move)
        text = json.dumps({"moves": [asdict(item) for item in moves]}, indent=1, ensure_ascii=False)
        try:
            blob.upload_from_string(text, content_type="application/json", if_generation_match=known.generation)
        except PreconditionFailed as error:
            raise self._moved(name, alias, known) from error
        return Alias(moves, blob.generation)

    def unknown(self, name: str, alias: str) -> UnknownPrompt:
        """Return the error for an alias that was never set."""
        return unknown_of(f"alias of {name!r} called", alias, self.all(name))

    def _moved(self, name: str, alias: str, known: Alias) -> AliasMoved:
        now = self.read(name, alias)
        last = f"moved to version {now.version} by {now.moves[-1].by}" if now.moves else "removed"
        expected = f"it at version {known.version}" if known.moves else "it not to be set yet"
        return AliasMoved(f"the alias {alias!r} of {name!r} {last}", expected, "Look at it again, then decide again.")

    def _blob(self, name: str, alias: str) -> storage.Blob:
        return self.bucket.blob(f"{self.prefix}{check_prompt_name(name)}/aliases/{check_prompt_name(alias)}.json")


def stamp(moment: datetime) -> str:
    """Return a moment as it is stored: ISO 8601, to the second."""
    return moment.isoformat(timespec="seconds")
