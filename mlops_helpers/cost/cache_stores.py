"""Where answers are kept: what a store must do, and the one in Redis. `cache_sqlite` has the one in a file.

    store = RedisStore.at(*session.redis_address)                             # offline; or Memorystore's host and port
    store.put("answer:...", b"...", ttl=3600)
    store.get("answer:...")                                                   # the bytes, or None

A store keeps bytes for a time. It knows nothing about models, and never unpickles anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from .errors import BadTtl, InvalidSetting, StoreGone, ValueTooLarge

if TYPE_CHECKING:
    import redis

MB = 1_000_000
CLAIM = "claim:"


class Store(Protocol):
    """What the response cache asks of a store. All raise StoreGone when the store cannot answer."""

    def get(self, key: str) -> bytes | None:
        """Return what is kept under a key, None if there is nothing or its time is over."""

    def put(self, key: str, value: bytes, *, ttl: float) -> None:
        """Keep a value for `ttl` seconds. Raises BadTtl, ValueTooLarge."""

    def claim(self, key: str, *, seconds: float) -> str | None:
        """Say that one is about to fetch the value, and return a token; None if somebody else said so already.

        The claim ends by itself after some seconds: whoever made it may have died.
        """

    def release(self, key: str, token: str) -> None:
        """Take one's own claim back; one that somebody else holds by now stays."""


class RedisStore:
    """A store in Redis or Valkey, shared by all machines that reach it.

    Redis forgets by itself when the time is over. The total size is the server's own setting (`maxmemory` with
    `allkeys-lru`); `largest` is the most bytes one value may have. A cache that answers late is worse than none, and
    Redis' client retries for seconds: `RedisStore.at` makes a client that waits `seconds` once. A client of your own
    (with TLS, or a cluster's) goes into the constructor.
    """

    def __init__(self, client: redis.Redis, *, prefix: str = "mlops:", largest: int = MB) -> None:
        from redis.exceptions import RedisError

        self._client, self._prefix, self.largest = client, prefix, need_size(largest)
        self._errors = (RedisError, OSError)

    @classmethod
    def at(cls, host: str, port: int, *, seconds: float = 0.2, prefix: str = "mlops:", largest: int = MB) -> RedisStore:
        """Return the store of a server. Nothing is asked of it yet."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        waits = {"socket_timeout": seconds, "socket_connect_timeout": seconds, "retry": Retry(NoBackoff(), 0)}
        return cls(redis.Redis(host, port, **waits), prefix=prefix, largest=largest)

    def get(self, key: str) -> bytes | None:
        """Return what is kept, or None. Something else than bytes under this name is nothing of ours: None."""
        try:
            found = self._client.get(self._prefix + key)
        except self._errors as error:
            raise _gone(error) from error
        return found.encode() if isinstance(found, str) else found

    def put(self, key: str, value: bytes, *, ttl: float) -> None:
        """Keep a value for `ttl` seconds (Redis counts milliseconds). Raises BadTtl, ValueTooLarge, StoreGone."""
        milliseconds = round(need_ttl(ttl) * 1000)
        need_fitting(value, self.largest)
        with _redis_errors():
            self._client.set(self._prefix + key, value, px=max(1, milliseconds))

    def claim(self, key: str, *, seconds: float) -> str | None:
        """Return a token, None if the key is claimed: SET with NX lets one caller win."""
        token = secrets.token_hex(8)
        name, milliseconds = self._prefix + CLAIM + key, max(1, round(seconds * 1000))
        with _redis_errors():
            return token if self._client.set(name, token, nx=True, px=milliseconds) else None

    def release(self, key: str, token: str) -> None:
        """Delete the claim if it is still one's own: WATCH notices when it changes in between."""
        from redis.exceptions import WatchError

        name = self._prefix + CLAIM + key
        with _redis_errors(), self._client.pipeline() as pipe:
            pipe.watch(name)
            if pipe.get(name) in (token, token.encode()):
                pipe.multi()
                pipe.delete(name)
                try:
                    pipe.execute()
                except WatchError:
                    return  # it ended by itself, and somebody else has claimed the key


@contextmanager
def _redis_errors() -> Iterator[None]:
    """Turn what Redis' client raises into StoreGone; a value of another type is reported in the same way."""
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError) as error:
        raise _gone(error) from error


def _gone(error: Exception) -> StoreGone:
    remedy = "Calls go on without the cache. Look at the server and at the client's socket_timeout."
    return StoreGone(f"{type(error).__name__}: {error}", "an answer from Redis", remedy)


def need_ttl(ttl: float) -> float:
    """Return a time to live in seconds. Raises BadTtl unless it is a number above zero."""
    number = isinstance(ttl, int | float) and not isinstance(ttl, bool)
    if not number or not 0 < ttl < float("inf"):
        remedy = "Say how long an answer may be old; to ask each time, do not use the cache."
        raise BadTtl(f"a time to live of {ttl!r}", "seconds, more than 0 and finite", remedy)
    return ttl


def need_size(size: int) -> int:
    """Return a number of bytes. Raises InvalidSetting unless it is a whole number above zero."""
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        raise InvalidSetting(f"a size of {size!r}", "a whole number of bytes above 0", "Answers take some kB each.")
    return size


def need_fitting(value: bytes, largest: int) -> None:
    """Raise ValueTooLarge for a value of more than `largest` bytes."""
    if len(value) > largest:
        remedy = "Ask for a shorter answer, or let the cache be larger."
        raise ValueTooLarge(f"a value of {len(value):,} bytes", f"at most {largest:,} bytes", remedy)
