"""The response cache of one machine: an SQLite file, shared by its threads and processes.

    store = SQLiteStore("answers.sqlite", capacity=50_000_000)

Answers are kept as bytes in a table; those whose time is over are deleted when something is put, then those that were
used longest ago, until the rest fits. The file outlives the process, so expiry follows the wall clock, and a wall clock
can be set back: then nobody knows how old an answer is, and the store says so instead of serving it.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .cache_stores import MB, need_fitting, need_size, need_ttl
from .errors import ClockWentBack, StoreGone

TABLES = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value BLOB, written REAL, expires REAL, used REAL);
CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, token TEXT, expires REAL);
"""
STEP_BACK = 5.0  # seconds that a clock may be set back by its daily correction
BUSY = 5.0  # seconds to wait for another process that writes


class SQLiteStore:
    """A store in a file. `capacity` is the most bytes of all values together, `clock` counts seconds since 1970."""

    def __init__(self, path: Path | str, *, capacity: int = 100 * MB, clock: Callable[[], float] = time.time) -> None:
        self.capacity, self._clock, self._lock = need_size(capacity), clock, threading.RLock()
        with _file_errors():
            self._file = sqlite3.connect(path, timeout=BUSY, check_same_thread=False, isolation_level=None)
            self._file.execute("PRAGMA journal_mode=WAL")  # readers do not wait for a writer
            self._file.execute("PRAGMA synchronous=NORMAL")  # a cache may lose its last second to a power cut
            self._file.executescript(TABLES)

    @property
    def largest(self) -> int:
        """The most bytes one value may have: all there is room for."""
        return self.capacity

    def get(self, key: str) -> bytes | None:
        """Return what is kept, or None. Raises ClockWentBack, StoreGone."""
        with self._alone():
            found = self._file.execute("SELECT value, written, expires FROM answers WHERE key = ?", [key]).fetchone()
            if found is None:
                return None
            value, written, expires = found
            now = self._now(written)
            if now >= expires:
                return None
            self._file.execute("UPDATE answers SET used = ? WHERE key = ?", [now, key])
            return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, *, ttl: float) -> None:
        """Keep a value for `ttl` seconds. Raises BadTtl, ValueTooLarge, ClockWentBack, StoreGone."""
        need_ttl(ttl)
        need_fitting(value, self.capacity)
        with self._alone(), self._transaction():
            now = self._now(self._file.execute("SELECT max(written) FROM answers").fetchone()[0])
            row = [key, value, now, now + ttl, now]
            self._file.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)
            self._make_room(now)

    def claim(self, key: str, *, seconds: float) -> str | None:
        """Return a token, None if the key is claimed and the claim has not ended."""
        token, now = secrets.token_hex(8), self._clock()
        with self._alone(), self._transaction():
            self._file.execute("DELETE FROM claims WHERE key = ? AND expires <= ?", [key, now])
            won = self._file.execute("INSERT OR IGNORE INTO claims VALUES (?, ?, ?)", [key, token, now + seconds])
            return token if won.rowcount else None

    def release(self, key: str, token: str) -> None:
        """Delete the claim if it is still one's own."""
        with self._alone():
            self._file.execute("DELETE FROM claims WHERE key = ? AND token = ?", [key, token])

    def close(self) -> None:
        """Close the file; what is in it stays."""
        self._file.close()

    def __len__(self) -> int:
        """How many answers are in the file, with those whose time is over and that nobody has swept out yet."""
        with self._alone():
            return self._file.execute("SELECT count(*) FROM answers").fetchone()[0]

    def _now(self, latest: float | None) -> float:
        """Return the time. Raises ClockWentBack if something was written later than that."""
        now = self._clock()
        if latest is not None and now < latest - STEP_BACK:
            remedy = "Set the machine's clock right, or delete the file: the age of its answers is unknown."
            raise ClockWentBack(f"a clock {latest - now:.0f} s behind the newest answer", "one that moves on", remedy)
        return now

    def _make_room(self, now: float) -> None:
        """Delete what is over, then what was used longest ago, until the rest fits."""
        self._file.execute("DELETE FROM answers WHERE expires <= ?", [now])
        total = self._file.execute("SELECT coalesce(sum(length(value)), 0) FROM answers").fetchone()[0]
        oldest = self._file.execute("SELECT key, length(value) FROM answers ORDER BY used, written, rowid")
        for key, size in oldest.fetchall() if total > self.capacity else ():
            if total <= self.capacity:
                return
            self._file.execute("DELETE FROM answers WHERE key = ?", [key])
            total -= size

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One thread at a time uses the connection."""
        with self._lock, _file_errors():
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, and one process at a time."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            self._file.execute("ROLLBACK")
            raise


@contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        remedy = "Calls go on without the cache. Is the file writable, and an SQLite database?"
        raise StoreGone(f"{type(error).__name__}: {error}", "an answer from the cache's file", remedy) from error
