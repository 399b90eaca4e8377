"""Signed URLs: an address that lets its holder read or write one object for a while.

What is checked: that the address has not expired. What is not: the signature itself, for the offline cloud knows
nobody's public key; a test that must prove a signature needs the real service. Expiry is measured on the computer's own
clock, not on the offline one, because the signing client stamps the address with it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..errors import ApiError, invalid
from ..wire import Request

STAMP = "%Y%m%dT%H%M%SZ"
MAX_SECONDS = 7 * 86400


def check_expiry(request: Request, now: datetime) -> None:
    """Refuse a signed URL that has expired. Raises ApiError 400; unsigned requests pass."""
    expires = expiry(request)
    if expires is not None and expires < now:
        raise ApiError(
            400,
            "ExpiredToken",
            f"Invalid argument: the URL expired at {expires:%Y-%m-%d %H:%M:%S} UTC. Sign a new one.",
        )


def expiry(request: Request) -> datetime | None:
    """Until when a signed URL holds: V4 (`X-Goog-Date` and `-Expires`), V2 (`Expires`), or None without signature."""
    if request.query("X-Goog-Signature") is not None:
        return _v4(request.query("X-Goog-Date") or "", request.query("X-Goog-Expires") or "")
    if request.query("Signature") is not None:
        text = request.query("Expires") or ""
        if not text.isdecimal():
            raise invalid(f"Invalid signed URL: found Expires={text!r}, expected seconds since 1970. Sign it again.")
        return datetime.fromtimestamp(int(text), UTC)
    return None


def _v4(date: str, seconds: str) -> datetime:
    try:
        start = datetime.strptime(date, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise invalid(f"Invalid signed URL: found X-Goog-Date={date!r}, expected such as 20260105T090000Z.") from None
    if not seconds.isdecimal() or int(seconds) > MAX_SECONDS:
        raise invalid(f"Invalid signed URL: found X-Goog-Expires={seconds!r}, expected at most {MAX_SECONDS} (7 days).")
    return start + timedelta(seconds=int(seconds))
