"""What a secret looks like. A text is searched as it stands, and without colours, markup and HTML's escapes."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Iterator

KINDS = {
    "a Google API key": r"AIza[\w-]{30}",
    "a Google OAuth token": r"\bya29\.[\w.-]{20}|\b1//0[\w-]{30}|\bGOCSPX-[\w-]{20}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY|\"private_key_id\"\s*:\s*\"[0-9a-f]{40}",
    "a GitHub token": r"\bgh[pousr]_\w{30}|\bgithub_pat_\w{30}",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|aws_secret_access_key\W+[\w/+]{40}",
    "a Slack token": r"\bxox[abeprs]-[\w-]{10}|hooks\.slack\.com/services/T\w+",
    "an API key": r"\bsk-[\w-]{20}|\bhf_[A-Za-z]{30}",
    "a JSON web token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10}",
    "a password in an address": r"\b[a-z][a-z0-9+]*://[^\s/:@'\"]+:[^\s/:@'\"]{6,}@",
}
_KINDS = {kind: re.compile(pattern) for kind, pattern in KINDS.items()}
_NAMED = re.compile(
    r"(?:password|passwd|pwd|secret|token|api_?key|credential)s?[\"']?\s*(?:=|:)\s*[\"']([^\"'\s]{8,})[\"']", re.I
)
_COLOURS, _MARKUP = re.compile(r"\x1b\[[\d;]*m"), re.compile(r"</?[a-zA-Z][^<>]*>")
_CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[^\w]")
LEAST_BITS = 2.75  # a word repeats its letters; eight drawn at random carry 2.75 bits each or more


def secrets(text: str) -> Iterator[str]:
    """The kinds of secret a text holds, such as "a GitHub token"; each once."""
    plain = _COLOURS.sub("", text)
    forms = (plain, html.unescape(_MARKUP.sub("", plain)))
    for kind, pattern in _KINDS.items():
        if any(pattern.search(form) for form in forms):
            yield kind
    if any(_looks_random(value) for form in forms for value in _NAMED.findall(form)):
        yield "a password"


def _looks_random(value: str) -> bool:
    """Three kinds of characters and hardly any of them twice: no word, no name of a field, no blank to fill in."""
    kinds = sum(bool(re.search(kind, value)) for kind in _CLASSES)
    return kinds >= 3 and _bits(value) >= LEAST_BITS and not re.search(r"[<>{}]|\.\.\.", value)


def _bits(value: str) -> float:
    """Shannon's entropy of a text's characters, in bits per character.

    >>> _bits("aaaa"), _bits("abcd")
    (0.0, 2.0)
    """
    shares = [count / len(value) for count in Counter(value).values()]
    return sum(-share * math.log2(share) for share in shares)
