"""Preconditions: a request that holds only for the expected generation, metageneration or entity tag.

`if...Match` demands equality, `if...NotMatch` difference. A generation of 0 stands for "no live version": writing with
`ifGenerationMatch=0` creates and never overwrites. A change whose condition fails is refused with 412; a read that
finds what the client already has is answered with 304.
"""

from __future__ import annotations

from typing import Protocol

from ..errors import invalid, precondition_failed
from ..wire import Request

NAMES = ("Generation", "Metageneration")


class Revised(Protocol):
    """What has revisions: a version of an object, or a bucket."""

    meta: dict
    generation: str
    metageneration: str


def check(request: Request, found: Revised | None, *, source: bool = False) -> None:
    """Refuse a change whose precondition does not hold for what was `found` (None: nothing is live).

    With `source` the conditions on a copy's source are meant. Raises ApiError 412, or 400 for a condition that is
    not a number.
    """
    unmet = _unmet_match(request, found, source=source) or _unmet_difference(request, found, source=source)
    if unmet:
        raise precondition_failed(unmet)


def not_modified(request: Request, found: Revised) -> bool:
    """Whether a read may be answered with 304. Raises ApiError 412 when it must be refused."""
    if unmet := _unmet_match(request, found):
        raise precondition_failed(unmet)
    wanted = _tags(request.headers.get("if-match"))
    if wanted and found.meta["etag"] not in wanted and "*" not in wanted:
        raise precondition_failed(_sentence("If-Match", ", ".join(wanted), found.meta["etag"]))
    known = _tags(request.headers.get("if-none-match"))
    return found.meta["etag"] in known or "*" in known or bool(_unmet_difference(request, found))


def _unmet_match(request: Request, found: Revised | None, *, source: bool = False) -> str | None:
    for name in NAMES:
        wanted = _number(request, f"if{'Source' if source else ''}{name}Match")
        value = _value(found, name)
        if wanted is not None and wanted != value:
            return _sentence(f"{name.lower()} to be", wanted, value)
    return None


def _unmet_difference(request: Request, found: Revised | None, *, source: bool = False) -> str | None:
    for name in NAMES:
        unwanted = _number(request, f"if{'Source' if source else ''}{name}NotMatch")
        if unwanted is not None and unwanted == _value(found, name):
            return _sentence(f"{name.lower()} not to be", unwanted, unwanted)
    return None


def _value(found: Revised | None, name: str) -> int:
    return 0 if found is None else int(getattr(found, name.lower()))


def _number(request: Request, name: str) -> int | None:
    text = request.query(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise invalid(f"Invalid value for {name}: found {text!r}, expected a generation number.", location=name)
    return int(text)


def _tags(header: str | None) -> list[str]:
    return [tag.strip().strip('"') for tag in header.split(",")] if header else []


def _sentence(expected: str, wanted: object, value: object) -> str:
    return (
        "At least one of the pre-conditions you specified did not hold: "
        f"expected the {expected} {wanted}, found {value}. Read the current state and decide again."
    )
