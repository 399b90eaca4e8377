"""A response cache around Gemini: the same question is paid for once.

    cache = ResponseCache(genai.Client(...), RedisStore(redis.Redis(...)), ttl=86_400, secret=SECRET)
    answer = cache.generate_content(model=MODEL, contents=prompt, config={"temperature": 0}, prompt_version="7")
    cache.stats().hit_rate, cache.stats().saved(at=today)

It takes what `client.models.generate_content` takes, and returns what that returns. Who asks while another thread or
process is asking the same waits for that answer (and, in the same process, shares its error). Errors, blocked and
truncated answers are never kept. If the store fails, calls go through, after one warning. An answer too large for the
store is returned, as it is paid for, but not kept: one warning, and `stats().not_kept` counts.

Cache only what may be repeated: an answer at a high temperature is meant to differ, one about an account is private.
Answers are in the store as they are: protect it, and keep its TTL, as the data they speak of demands.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from .cache_answers import Reader, billed_tokens, copied, pack, why_not
from .cache_keys import KEY_FIELDS, Request, key_of, need_secret
from .cache_stores import Store, need_ttl
from .cache_tally import HIT, MISS, NEAR, SHARED, CacheStats, Tally
from .errors import ClockWentBack, InvalidSetting, StoreGone, ValueTooLarge

if TYPE_CHECKING:
    from google import genai
    from google.genai.types import GenerateContentResponse

    from .near_hits import NearHits

log = logging.getLogger(__name__)
T = TypeVar("T")
NO_STORE = ""  # the token of a claim that could not be made


@dataclass(frozen=True)
class CacheSettings:
    """How a cache waits, in seconds.

    claim             after so long, a process that claimed a question and did not answer counts as dead
    poll, patience    how often to look for another process' answer, and how long before asking oneself
    pause             a store that failed is not asked for so long
    unsafely_forget   fields left out of the key. Never do that: old answers come back under a new prompt
    clock, sleep      for tests
    """

    claim: float = 60.0
    poll: float = 0.05
    patience: float = 60.0
    pause: float = 1.0
    unsafely_forget: tuple[str, ...] = ()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if unknown := set(self.unsafely_forget) - set(KEY_FIELDS):
            raise InvalidSetting(f"key fields {sorted(unknown)}", f"some of {KEY_FIELDS}", "See `key_fields`.")
        if min(self.claim, self.poll, self.patience, self.pause) <= 0:
            raise InvalidSetting("a time of 0 s or less", "seconds above 0", "See the defaults of CacheSettings.")


class ResponseCache:
    """A cache for the answers of one client; `ttl` is in seconds. Threads may share it.

    `near` also accepts answers to similar questions, and is off unless given. Raises BadTtl, InvalidSetting.
    """

    def __init__(
        self,
        client: genai.Client,
        store: Store,
        *,
        ttl: float,
        secret: bytes,
        settings: CacheSettings | None = None,
        near: NearHits | None = None,
    ) -> None:
        self._client, self._store, self._near = client, store, near
        self._ttl, self._secret, self._settings = need_ttl(ttl), need_secret(secret), settings or CacheSettings()
        self._without = frozenset(self._settings.unsafely_forget)
        self._read, self._tally, self._lock = Reader(), Tally(), threading.Lock()
        self._flights: dict[str, Future] = {}
        self._warned: set[type] = set()
        self._asleep_until = float("-inf")

    @property
    def key_fields(self) -> tuple[str, ...]:
        """What the key is made of."""
        return tuple(name for name in KEY_FIELDS if name not in self._without)

    def stats(self) -> CacheStats:
        """Return what the cache has done so far."""
        return self._tally.stats()

    def generate_content(
        self, *, model: str, contents: Any, config: Any = None, prompt_version: str
    ) -> GenerateContentResponse:
        """Answer from the store, or ask the model. Raises what the client raises, and UnknownRequest."""
        request = Request(model, contents, config, prompt_version=prompt_version)
        key = key_of(request, secret=self._secret, without=self._without)
        answer = self._kept(key, request, HIT)
        return answer if answer is not None else self._together(key, request)

    def _kept(self, key: str, request: Request, outcome: str) -> GenerateContentResponse | None:
        answer = self._read(self._guarded(lambda: self._store.get(key), None))
        if answer is not None:
            self._tally.count(outcome, billed_tokens(request.model, answer))
        return answer

    def _together(self, key: str, request: Request) -> GenerateContentResponse:
        """One thread asks, the others who want the same wait for its answer or its error."""
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if leads:
                flight = self._flights[key] = Future()
        if leads:
            return self._lead(key, request, flight)
        try:
            answer = flight.result()
        except CancelledError:  # its thread was interrupted
            return self._fetch(key, request)
        self._tally.count(SHARED, billed_tokens(request.model, answer))
        return copied(answer)

    def _lead(self, key: str, request: Request, flight: Future) -> GenerateContentResponse:
        try:
            answer = self._near_or_fetch(key, request)
            flight.set_result(copied(answer))  # the caller may change what it gets
            return answer
        except Exception as error:
            flight.set_exception(error)
            raise
        finally:
            flight.cancel()  # does nothing to one that has its result
            with self._lock:
                del self._flights[key]

    def _near_or_fetch(self, key: str, request: Request) -> GenerateContentResponse:
        if self._near is None or not isinstance(request.contents, str):
            return self._fetch(key, request)
        group = key_of(request, secret=self._secret, without=self._without | {"contents"})
        found, remember = self._near.look(group, request.contents)  # without an embedding: nothing is near
        if found is not None and (answer := self._kept(found, request, NEAR)) is not None:
            return answer
        answer = self._fetch(key, request)
        if not why_not(answer):
            remember(key)
        return answer

    def _fetch(self, key: str, request: Request) -> GenerateContentResponse:
        """Ask the model, unless another process does or has just done so."""
        token = self._claim(key)
        try:
            answer = None if token == NO_STORE else self._kept(key, request, HIT)
            if answer is not None:
                return answer
            self._tally.count(MISS)
            asked = {"model": request.model, "contents": request.contents, "config": request.config}
            answer = self._client.models.generate_content(**asked)
            self._keep(key, answer)
            return answer
        finally:
            if token:
                self._guarded(lambda: self._store.release(key, token), None)

    def _claim(self, key: str) -> str | None:
        """Return a token when it is our turn, or None when the other's answer is there or takes too long."""
        settings = self._settings
        until = settings.clock() + settings.patience
        while settings.clock() < until:
            token = self._guarded(lambda: self._store.claim(key, seconds=settings.claim), NO_STORE)
            if token is not None:
                return token
            settings.sleep(settings.poll)
            if self._guarded(lambda: self._store.get(key), None) is not None:
                break
        return None

    def _keep(self, key: str, answer: GenerateContentResponse) -> None:
        why = why_not(answer)
        if why:
            self._tally.refuse(why)
            return
        try:
            self._guarded(lambda: self._store.put(key, pack(answer), ttl=self._ttl), None)
        except ValueTooLarge as error:
            self._tally.refuse("too large")
            self._warn(error)

    def _guarded(self, ask: Callable[[], T], otherwise: T) -> T:
        """Ask the store; if it cannot answer, warn once and leave it alone for a while."""
        if self._settings.clock() < self._asleep_until:
            return otherwise
        try:
            found = ask()
        except (StoreGone, ClockWentBack) as error:
            self._asleep_until = self._settings.clock() + self._settings.pause
            self._warn(error)
            return otherwise
        if self._warned:
            self._warned.discard(StoreGone)  # it is back: a next failure is worth a new warning
        return found

    def _warn(self, error: Exception) -> None:
        with self._lock:
            first = type(error) not in self._warned
            self._warned.add(type(error))
        if first:
            log.warning("The response cache goes on without its store. %s", error)
