"""Numbered versions of a text in Cloud Storage that nobody can overwrite: what prompts and golden sets are kept in.

    prompts/sentiment/versions/000001.json        one object a version, written once
    prompts/sentiment/versions/000002.json

A save is two requests: one listing (which numbers there are, and what they hold: the fingerprint is in the object's
metadata), and the upload. The upload says `if_generation_match=0`, "only if there is no such object". Of two writers
who chose the same number the service refuses one with 412; that one looks again and takes the next number. A repeated
upload whose first answer was lost is refused as well, and the second look then finds the text already there.

Versions are immutable for everybody who writes this way. Whoever may delete objects can still remove them: keep the
bucket's soft delete or a retention policy on, and do not reuse a bucket's numbers after deleting the newest version.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.debugging.errors import PromptError, UnknownPrompt, UnsafePromptName

if TYPE_CHECKING:
    from google.cloud import storage

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
LONGEST_NAME = 200
TAKEN = {"versions", "aliases"}  # folders of a prompt; a name with such a part could not be told from them
ATTEMPTS = 100  # as many writers at the same moment are served


@dataclass(frozen=True)
class StoredVersion:
    """One version as the listing shows it: number, and the object's own metadata (texts)."""

    number: int
    metadata: dict[str, str]


@dataclass(frozen=True)
class VersionedTexts:
    """Versions of texts below a prefix of a bucket.

    `suffix` is the ending of their objects, `kind` what messages call them.
    """

    bucket: storage.Bucket
    prefix: str
    suffix: str = ".json"
    kind: str = "prompt"

    def save(self, name: str, fingerprint: str, write: Callable[[int], tuple[bytes, dict[str, str]]]) -> StoredVersion:
        """Store the next version and return it; or the one that has this fingerprint already (nothing is written).

        `write(number)` gives content and metadata of the version. The caller can tell a new version by its metadata.
        Raises `UnsafePromptName`, and `PromptError` if other writers are faster a hundred times in a row.
        """
        for _ in range(ATTEMPTS):
            known = self.versions(name)
            for version in reversed(known):
                if version.metadata.get("fingerprint") == fingerprint:
                    return version
            number = known[-1].number + 1 if known else 1
            content, metadata = write(number)
            if self._upload(name, number, content, metadata | {"fingerprint": fingerprint}):
                return StoredVersion(number, metadata)
        raise PromptError(f"{ATTEMPTS} other writers of {name!r}", "a moment of quiet", "Save again later.")

    def versions(self, name: str) -> list[StoredVersion]:
        """Return all versions of a name, oldest first; none if there is no such name."""
        folder = self._folder(name)
        return [
            StoredVersion(int(number), blob.metadata or {})
            for blob in self.bucket.list_blobs(prefix=folder)
            if (number := blob.name.removeprefix(folder).removesuffix(self.suffix)).isdigit()
        ]

    def read(self, name: str, number: int) -> bytes:
        """Return a version's content. Raises `UnknownPrompt`, naming the versions there are or the nearest names."""
        from google.api_core.exceptions import NotFound

        try:
            return self.bucket.blob(self._object(name, number)).download_as_bytes()
        except NotFound as error:
            raise self.unknown(name, number) from error

    def unknown(self, name: str, number: int) -> UnknownPrompt:
        """Return the error for a version that is not there."""
        if not (known := self.versions(name)):
            return self.unknown_name(name)
        numbers = ", ".join(str(version.number) for version in known[-20:])
        return UnknownPrompt(f"no version {number} of {name!r}", f"one of {numbers}", "See versions() for all of them.")

    def unknown_name(self, name: str) -> UnknownPrompt:
        """Return the error for a name that has no version."""
        return unknown_of(self.kind, name, self.names())

    def names(self) -> list[str]:
        """Return all names that have a version, in order."""
        marker = "/versions/"
        found = (blob.name for blob in self.bucket.list_blobs(prefix=self.prefix) if blob.name.endswith(self.suffix))
        return sorted({name.removeprefix(self.prefix).rpartition(marker)[0] for name in found if marker in name})

    def _upload(self, name: str, number: int, content: bytes, metadata: dict[str, str]) -> bool:
        """Write a version that is not there yet; return whether it was this call that wrote it."""
        from google.api_core.exceptions import PreconditionFailed

        blob = self.bucket.blob(self._object(name, number))
        blob.metadata = metadata
        try:
            blob.upload_from_string(content, content_type="application/json", if_generation_match=0)
        except PreconditionFailed:
            return False
        return True

    def _folder(self, name: str) -> str:
        return f"{self.prefix}{check_prompt_name(name)}/versions/"

    def _object(self, name: str, number: int) -> str:
        return f"{self._folder(name)}{number:06d}{self.suffix}"


def check_prompt_name(name: str) -> str:
    """Return a name such as `classification/sentiment` unchanged, or raise `UnsafePromptName`."""
    fits = isinstance(name, str) and len(name) <= LONGEST_NAME and NAME.fullmatch(name)
    if not fits or TAKEN & set(name.split("/")):
        raise UnsafePromptName(
            f"the name {name!r:.100}",
            f"lower-case letters, digits, '-', '_' and '.' in parts parted by '/', at most {LONGEST_NAME} characters",
            f"Choose such a name; {' and '.join(sorted(TAKEN))} cannot be parts of it.",
        )
    return name


def unknown_of(kind: str, name: object, known: Iterable[str]) -> UnknownPrompt:
    """Return the error for a name that does not exist, with the nearest of those that do."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=3)
    listed = near or known[:20]
    expected = f"{'perhaps ' if near else 'one of '}{', '.join(listed)}" if listed else f"a {kind} that was saved"
    return UnknownPrompt(f"no {kind} {name!r}", expected, "Check the spelling, or save it first.")
