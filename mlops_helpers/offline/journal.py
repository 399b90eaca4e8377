"""The file in which a standalone server writes down what it acknowledged: `python -m mlops_helpers.offline --data DIR`.

    DIR/journal     one line for each thing that changed something: a checksum and JSON
    DIR/bodies/     the bodies that are too long for a line, each named by its SHA-256
    DIR/running/    the running server's own files, emptied at every start

A line is complete, or it is not there: one that a crash tore off at the end was never acknowledged, and is cut away.

    DataFolderError         the folder cannot be used; the message says why and what to do
      OtherFormat           written by another version, with other settings, or by something else
      FolderInUse           another server is using it
      DamagedFolder         something in the middle was changed, or is missing
      CannotRepeat          a request is answered differently today (raised by `restoring`)
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .wire import CHUNK_BYTES

FORMAT, VERSION = "mlops-offline-cloud", 2
INLINE_BYTES = 64 * 2**10
Record = dict[str, Any]


class DataFolderError(Exception):
    """A data folder that cannot be used."""


class OtherFormat(DataFolderError):
    """The folder was written by another version, with other settings, or by something else."""


class FolderInUse(DataFolderError):
    """Another server is using the folder."""


class DamagedFolder(DataFolderError):
    """Something in the folder was changed or removed."""


class CannotRepeat(DataFolderError):
    """A request that was acknowledged once is answered differently today."""


class Journal:
    """An append-only journal in a folder of its own.

    `settings` are what the requests' answers depend on; they must be the same at every start. Read all `records` first,
    then `append`, from any thread. Raises OtherFormat or FolderInUse.
    """

    def __init__(self, folder: Path, settings: Record) -> None:
        self.folder = folder
        self._path, self._bodies, self.running = folder / "journal", folder / "bodies", folder / "running"
        self._header = {"format": FORMAT, "version": VERSION, **settings}
        if folder.exists() and not self._path.exists() and set(os.listdir(folder)) - {"bodies", "running", "lock"}:
            raise OtherFormat(f"found other files in {folder}, expected an empty folder: name a new one with --data")
        for needed in (folder, self._bodies):
            needed.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock, self._turn = _lock(folder / "lock"), threading.Lock()
        shutil.rmtree(self.running, ignore_errors=True)
        self.running.mkdir(mode=0o700)
        self._file = self._path.open("a+b")

    def records(self) -> Iterator[Record]:
        """Every record, oldest first; at their end a torn last line is cut off. Raises OtherFormat, DamagedFolder."""
        self._file.seek(0)
        good, header = 0, None
        for line in self._file:
            record = _parse(line)
            if record is None:
                break
            good += len(line)
            if header is None:
                header = self._checked(record)
            else:
                yield record
        if good < (size := self._file.seek(0, os.SEEK_END)):
            self._cut(good, size)
        if header is None:
            self.append(self._header)

    def append(self, record: Record) -> None:
        """Write a record; when this returns, it outlives the process."""
        text = json.dumps(record, separators=(",", ":")).encode()
        with self._turn:
            self._file.write(b"%08x %s\n" % (zlib.crc32(text), text))
            self._file.flush()
            os.fsync(self._file.fileno())

    def save(self, body: BinaryIO) -> Record:
        """A body as part of a record: as text if it is short, else the name of the file that now holds it."""
        size = body.seek(0, os.SEEK_END)
        body.seek(0)
        if size <= INLINE_BYTES:
            data = body.read()
            try:
                return {"text": data.decode()} if data else {}
            except UnicodeDecodeError:
                return {"base64": b64encode(data).decode()}
        return {"file": self._save_file(body)}

    def load(self, saved: Record) -> bytes | BinaryIO:
        """What `save` was given: bytes, or an open file. Raises DamagedFolder."""
        if "file" not in saved:
            return b64decode(saved["base64"]) if "base64" in saved else saved.get("text", "").encode()
        try:
            return (self._bodies / saved["file"]).open("rb")
        except OSError as problem:
            raise DamagedFolder(f"{problem}: a body is missing; restore the folder from a copy") from None

    def close(self) -> None:
        """Give the folder back."""
        self._file.close()
        self._lock.close()
        shutil.rmtree(self.running, ignore_errors=True)

    def _save_file(self, body: BinaryIO) -> str:
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self.running, delete=False) as file:
            while piece := body.read(CHUNK_BYTES):
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, self._bodies / digest.hexdigest())
        return digest.hexdigest()

    def _checked(self, header: Record) -> Record:
        if header != self._header:
            found = ", ".join(f"{key} {value}" for key, value in header.items())
            expected = ", ".join(f"{key} {value}" for key, value in self._header.items())
            raise OtherFormat(
                f"found {found} in {self.folder}, expected {expected}: start with the version and the options that "
                "wrote it (--wall-clock, --trust-models), or name a new folder with --data"
            )
        return header

    def _cut(self, good: int, size: int) -> None:
        self._file.seek(good)
        rest = self._file.read(size - good)
        if b"\n" in rest[:-1]:
            raise DamagedFolder(f"the journal in {self.folder} is damaged at byte {good}: restore it from a copy")
        self._file.truncate(good)


def _parse(line: bytes) -> Record | None:
    """The record of a line, or None if it is not whole."""
    checksum, _, text = line.removesuffix(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(text):
        return None
    return json.loads(text)


def _lock(path: Path) -> BinaryIO:
    """An open file that no other process can lock as well; a process that dies lets go of it."""
    file = path.open("ab")
    try:
        import fcntl
    except ImportError:  # Windows: two servers on one folder are not told apart
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise FolderInUse(f"another server is using {path.parent}: stop it, or name a new folder with --data") from None
    return file
