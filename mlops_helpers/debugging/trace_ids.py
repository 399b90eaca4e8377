"""Ids of traces and steps as the W3C writes them, and the header by which a trace goes on in another process.

    00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01        version, trace (32 digits), step (16), sampled

Source: https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
from collections.abc import Callable
from typing import NamedTuple

from mlops_helpers.debugging.errors import InvalidSetting

TRACE_BYTES, STEP_BYTES = 16, 8
HEADER = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<step>[0-9a-f]{16})-[0-9a-f]{2}(?P<more>-.*)?"
)
Ids = Callable[[int], str]


class TraceParent(NamedTuple):
    """A trace, and the step in it that is above what comes next."""

    trace_id: str
    step_id: str

    def __str__(self) -> str:
        """Return the header's value."""
        return f"00-{self.trace_id}-{self.step_id}-01"


def random_ids(size: int) -> str:
    """Return a random id of `size` bytes in hexadecimal; never all zeros, which the standard forbids."""
    return _not_zero(secrets.token_hex(size))


def repeatable_ids(seed: int) -> Ids:
    """Return a source of ids that gives the same row of ids for the same seed, for outputs that have to be equal.

    Not for production: two processes with one seed would mix up their traces.
    """
    numbers = itertools.count()

    def next_id(size: int) -> str:
        return _not_zero(hashlib.sha256(f"{seed}:{next(numbers)}".encode()).hexdigest()[: 2 * size])

    return next_id


def read_traceparent(header: str) -> TraceParent:
    """Read the header `traceparent`. Raises `InvalidSetting` for anything the standard does not allow."""
    match = HEADER.fullmatch(header.strip()) if isinstance(header, str) else None
    allowed = match and match["version"] != "ff" and not (match["version"] == "00" and match["more"])
    if not allowed or not int(match["trace"], 16) or not int(match["step"], 16):
        raise InvalidSetting(
            f"the traceparent {header!r:.100}",
            "00-<32 hexadecimal digits>-<16 hexadecimal digits>-01, neither of them all zeros",
            "Pass on `step.traceparent` of the step before as it is, or leave it out to begin a trace.",
        )
    return TraceParent(match["trace"], match["step"])


def _not_zero(text: str) -> str:
    return text if int(text, 16) else f"{'0' * (len(text) - 1)}1"
