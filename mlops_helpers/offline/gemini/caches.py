"""`cachedContents`: long beginnings of prompts, stored for a while and cheaper to use than to send again."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..clock import rfc3339
from ..errors import invalid, not_found
from ..wire import Request
from . import tokens
from .decoding import decode
from .places import paged, place_of
from .registry import ModelRow, check_explicit_cache, find_model
from .requests import check_turn, wrong

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import Gemini

HOUR = timedelta(hours=1)
DURATION = re.compile(r"(\d+(?:\.\d{1,9})?)s")
BELONGS_TO_CACHE = ("systemInstruction", "tools", "toolConfig")
CHANGEABLE = {"ttl", "expireTime"}


class Caches:
    """All cached contents of one cloud; what has expired is gone."""

    def __init__(self, cloud: OfflineCloud) -> None:
        self._cloud = cloud
        self._held: dict[str, dict[str, Any]] = {}

    def find(self, name: str) -> dict[str, Any]:
        """A cached content. Raises ApiError 404, also when it has expired."""
        found = self._held.get(name)
        if found is None or self._expired(found):
            self._held.pop(name, None)
            raise not_found(f"Not found: cached content metadata for {name.rpartition('/')[2]}. It may have expired.")
        return found

    def put(self, content: dict[str, Any]) -> None:
        """Store or replace."""
        self._held[content["name"]] = content

    def remove(self, name: str) -> None:
        """Forget. Raises ApiError 404."""
        self.find(name)
        del self._held[name]

    def all(self, place: str) -> list[dict[str, Any]]:
        """Those of a project and location that have not expired."""
        held = [one for one in self._held.values() if one["name"].startswith(f"{place}/")]
        return [one for one in held if not self._expired(one)]

    def for_request(self, body: dict[str, Any], model: ModelRow, place: str) -> dict[str, Any]:
        """The cached content that a generateContent request builds on. Raises ApiError 400 or 404."""
        if doubled := [name for name in BELONGS_TO_CACHE if body.get(name)]:
            raise invalid(
                f"CachedContent can not be used with GenerateContent request setting {', '.join(doubled)}. Proposed"
                " fix: move those values to CachedContent from GenerateContent request."
            )
        name = body["cachedContent"]
        found = self.find(name if name.startswith("projects/") else f"{place}/cachedContents/{name.rpartition('/')[2]}")
        if found["model"].rpartition("/")[2] != model.id:
            raise invalid(
                f"Model used by GenerateContent request ({model.id}) and CachedContent ({found['model']}) has to be"
                " the same."
            )
        return found

    def _expired(self, content: dict[str, Any]) -> bool:
        return datetime.fromisoformat(content["expireTime"]) <= self._cloud.clock.now()


def create(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Store contents for a while. Raises ApiError 400 below the model's minimum of tokens."""
    body, place = decode("CachedContent", request.json()), place_of(request)
    id = body.get("model", "").rpartition("/")[2]
    row = find_model(id, place, gemini.cloud.clock.now())
    check_explicit_cache(row)
    for turn in body.get("contents", []):
        check_turn(turn)
    total = sum(tokens.count_request(body).values())
    if total < row.cache_minimum:
        raise invalid(
            f"The cached content is of {total} tokens. The minimum token count to start caching is {row.cache_minimum}."
        )
    now = gemini.cloud.clock.tick()
    content = {name: value for name, value in body.items() if name not in CHANGEABLE}
    content |= {
        "name": f"{place}/cachedContents/{int(gemini.cloud.next_id('gemini cache'), 16)}",
        "model": f"{place}/publishers/google/models/{row.id}",
        "createTime": rfc3339(now),
        "updateTime": rfc3339(now),
        "expireTime": expiry(body, now) or rfc3339(now + HOUR),
        "usageMetadata": {"totalTokenCount": total},
    }
    gemini.caches.put(content)
    return show(content)


def expiry(body: dict[str, Any], now: datetime) -> str | None:
    """When a cache expires: from `ttl` or `expireTime`. Raises ApiError 400 for a malformed or past time."""
    if "ttl" in body:
        found = DURATION.fullmatch(body["ttl"])
        if found is None or float(found[1]) <= 0:
            raise wrong("ttl", body["ttl"], "a positive duration such as '3600s'")
        return rfc3339(now + timedelta(seconds=float(found[1])))
    if "expireTime" not in body:
        return None
    try:
        until = datetime.fromisoformat(body["expireTime"])
    except ValueError:
        raise wrong("expire_time", body["expireTime"], "a time such as 2026-01-05T10:00:00Z") from None
    if until.tzinfo is None or until <= now:
        raise wrong("expire_time", body["expireTime"], f"a time with zone, later than now ({rfc3339(now)})")
    return rfc3339(until)


def get(gemini: Gemini, request: Request) -> dict[str, Any]:
    """One cached content, without what it holds."""
    return show(gemini.caches.find(name_of(request)))


def list_caches(gemini: Gemini, request: Request) -> dict[str, Any]:
    """All of a project and location."""
    return paged(request, map(show, gemini.caches.all(place_of(request))), "cachedContents")


def patch(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Change when it expires; nothing else can be changed. Raises ApiError 400 or 404."""
    body, before = decode("CachedContent", request.json()), gemini.caches.find(name_of(request))
    if others := set(body) - CHANGEABLE - {"name"}:
        raise invalid(
            f"found a change of {', '.join(sorted(others))}, expected ttl or expire_time: create a new cache."
        )
    now = gemini.cloud.clock.tick()
    after = before | {"updateTime": rfc3339(now), "expireTime": expiry(body, now) or before["expireTime"]}
    gemini.caches.put(after)
    return show(after)


def delete(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Forget it before its time."""
    gemini.caches.remove(name_of(request))
    return {}


def name_of(request: Request) -> str:
    """The full name of the cached content that a path names."""
    return f"{place_of(request)}/cachedContents/{request.params['id']}"


def show(content: dict[str, Any]) -> dict[str, Any]:
    """A cached content as Google answers: the metadata only."""
    return {name: value for name, value in content.items() if name not in ("contents", *BELONGS_TO_CACHE)}
