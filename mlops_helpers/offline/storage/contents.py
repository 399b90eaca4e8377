"""The bytes of objects: in memory while the budget lasts, in files of the cloud's own folder beyond it.

    ContentStore.writer()  ->  Writer.write(piece) ...  ->  Writer.finish()  ->  Content
                                                            Writer.discard()     nothing is left

A content never changes, so copies and versions share it. CRC32C and MD5 are computed while the bytes arrive, once.
Memory is given back, and a file deleted, when the last object that uses the content lets go of it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

import google_crc32c

MEMORY_BUDGET = 256 * 2**20
PIECE_BYTES = 2**20


@dataclass(frozen=True)
class Held:
    """Where bytes live: `data` in memory, or the file at `path`."""

    data: bytes | None = field(default=None, repr=False)
    path: str | None = None


@dataclass(frozen=True, eq=False)
class Content:
    """Immutable bytes. `crc32c` and `md5` are base64 text, as Google's JSON shows them; `size` is in bytes."""

    held: Held
    size: int
    crc32c: str
    md5: str

    def open(self, start: int = 0, stop: int | None = None) -> BinaryIO:
        """A readable binary file over the bytes from `start` up to, not including, `stop`."""
        stop = self.size if stop is None else min(stop, self.size)
        if self.held.data is not None:
            whole = start == 0 and stop == self.size
            return io.BytesIO(self.held.data if whole else self.held.data[start:stop])
        return io.BufferedReader(Window(self, start, stop), PIECE_BYTES)

    def bytes(self, start: int = 0, stop: int | None = None) -> bytes:
        """The same, read at once: for small objects and ranges."""
        if self.held.data is not None:
            return self.held.data[start:stop]
        with self.open(start, stop) as file:
            return file.read()


class Window(io.RawIOBase):
    """A read-only view of one stretch of a file. It holds the content, so that the file stays while it is read."""

    def __init__(self, content: Content, start: int, stop: int) -> None:
        self._content, self._start, self._stop = content, start, max(start, stop)
        self._file = io.FileIO(content.held.path)
        self._file.seek(start)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray) -> int:
        """Fill the buffer, never beyond the end of the window."""
        wanted = min(len(buffer), self._stop - self._file.tell())
        return self._file.readinto(memoryview(buffer)[:wanted]) if wanted > 0 else 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; positions count from the start of the window."""
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._stop}[whence]
        return self._file.seek(max(self._start, base + offset)) - self._start

    def close(self) -> None:
        """Release the file."""
        self._file.close()
        super().close()


class ContentStore:
    """Keeps contents. `budget` is the most bytes held in memory, all objects together; `folder` takes the rest."""

    def __init__(self, folder: str, next_id: Callable[[str], str], *, budget: int = MEMORY_BUDGET) -> None:
        self._folder, self._next_id, self._budget = folder, next_id, budget
        self._lock = threading.Lock()
        self._held = 0
        # Sizes given back. A content may be collected at any moment, also while this very thread holds the lock, so
        # `release` only appends here (which is atomic) and the next question settles the account.
        self._released: deque[int] = deque()

    @property
    def in_memory(self) -> int:
        """Bytes held in memory now."""
        with self._lock:
            return self._settled()

    def writer(self) -> Writer:
        """A new, empty content to write to."""
        return Writer(self)

    def add(self, file: BinaryIO, length: int | None = None) -> Content:
        """The content of a file from where it stands: `length` bytes of it, or all. Reads piece by piece."""
        writer = self.writer()
        try:
            writer.copy(file, length)
            return writer.finish()
        except BaseException:
            writer.discard()
            raise

    def reserve(self, size: int) -> bool:
        """Take `size` bytes from the budget; False when that many are not left."""
        with self._lock:
            if self._settled() + size > self._budget:
                return False
            self._held += size
            return True

    def release(self, size: int) -> None:
        """Give `size` bytes back to the budget."""
        self._released.append(size)

    def _settled(self) -> int:
        while self._released:
            self._held -= self._released.popleft()
        return self._held

    def new_file(self) -> str:
        """A path for bytes that do not fit. Named by an id: an object's name never becomes a file name."""
        return os.path.join(self._folder, f"content-{self._next_id('content')}")


class Writer:
    """Takes bytes as they arrive; becomes a `Content`, or vanishes."""

    def __init__(self, store: ContentStore) -> None:
        self.size = 0
        self._store = store
        self._buffer: BinaryIO = io.BytesIO()
        self._path: str | None = None
        self._crc, self._md5 = google_crc32c.Checksum(), hashlib.md5(usedforsecurity=False)
        self._open = True

    def write(self, piece: bytes) -> None:
        """Append bytes; moves to a file when the store's memory budget is used up."""
        if self._path is None and not self._store.reserve(len(piece)):
            self._spill()
        self._buffer.write(piece)
        self._crc.update(piece)
        self._md5.update(piece)
        self.size += len(piece)

    def copy(self, file: BinaryIO, length: int | None = None) -> None:
        """Append `length` bytes of a file, or all that is left of it."""
        left = length
        while left is None or left > 0:
            piece = file.read(PIECE_BYTES if left is None else min(left, PIECE_BYTES))
            if not piece:
                break
            self.write(piece)
            left = None if left is None else left - len(piece)

    def finish(self) -> Content:
        """The content. It gives back its memory or its file once nobody uses it any more."""
        self._open = False
        crc = base64.b64encode(self._crc.digest()).decode()
        md5 = base64.b64encode(self._md5.digest()).decode()
        if self._path is None:
            content = Content(Held(data=self._buffer.getvalue()), self.size, crc, md5)
            weakref.finalize(content, self._store.release, self.size).atexit = False
        else:
            self._buffer.close()
            content = Content(Held(path=self._path), self.size, crc, md5)
            weakref.finalize(content, remove_file, self._path).atexit = False
        return content

    def discard(self) -> None:
        """Forget everything written. Harmless when repeated or after `finish`."""
        if not self._open:
            return
        self._open = False
        self._buffer.close()
        if self._path is None:
            self._store.release(self.size)
        else:
            remove_file(self._path)

    def _spill(self) -> None:
        self._path = self._store.new_file()
        file = io.BufferedWriter(io.FileIO(self._path, "wb"))
        file.write(self._buffer.getbuffer())
        self._buffer = file
        self._store.release(self.size)


def remove_file(path: str) -> None:
    """Delete a file that may be gone already, with the cloud's whole folder."""
    try:
        os.unlink(path)
    except OSError:
        return
