"""Keyed pseudonyms: the same customer gets the same pseudonym, and only the holder of the key can tell whose it is.

A plain hash of an e-mail address is no protection: anyone can hash a list of addresses and compare. HMAC-SHA-256
(RFC 2104) mixes in a secret key, so that guessing needs the key. Pseudonymous data is still personal data
(GDPR recital 26): whoever has the key can link it. Destroy the key, and the link is gone for every copy at once.
"""

import hmac
from collections.abc import Iterable
from numbers import Integral
from typing import Any

from mlops_helpers.governance.errors import InvalidSetting, WeakKey
from mlops_helpers.governance.masks import is_missing

MIN_KEY_BYTES = 32
_MIN_DISTINCT_BYTES = 8


def pseudonymise(values: Iterable[Any], key: bytes, *, length: int = 16, domain: str = "") -> Any:
    """Replace each value by a pseudonym of `length` hexadecimal digits; missing values stay missing.

    Same value, key and domain → same pseudonym, so joins and counts still work. Another key or another `domain`
    (for instance one per recipient) → unrelated pseudonyms, so two recipients cannot join their tables.
    A pandas Series keeps its index and name; anything else becomes a list.

    Two of n values share a pseudonym with probability at most `collision_bound(n, length)`.
    Raises `WeakKey` for a short or constant key, `InvalidSetting` for a length outside 8..64 or a fractional number.
    """
    require_strong(key)
    if not 8 <= length <= 64:
        raise InvalidSetting(f"length={length}", "8 to 64 hexadecimal digits", "keep the default of 16")
    prefix = domain.encode() + b"\x00"
    made = [value if is_missing(value) else _pseudonym(value, key, prefix)[:length] for value in values]
    if hasattr(values, "index") and hasattr(values, "name"):
        import pandas as pd

        return pd.Series(made, index=values.index, name=values.name, dtype="str")
    return made


def _pseudonym(value: object, key: bytes, prefix: bytes) -> str:
    """Return the full digest of one value."""
    if not isinstance(value, str | Integral):
        raise InvalidSetting(
            f"a {type(value).__name__} to pseudonymise",
            "text or whole numbers, whose spelling is unique (1.0 and 1 would get two pseudonyms)",
            "convert the column first, for example .astype('Int64')",
        )
    return hmac.digest(key, prefix + str(value).encode(), "sha256").hex()


def require_strong(key: bytes) -> None:
    """Raise `WeakKey` unless the key has at least 32 bytes, not nearly all of them alike."""
    if not isinstance(key, bytes):
        raise WeakKey(f"a key of type {type(key).__name__}", "bytes")
    if len(key) < MIN_KEY_BYTES:
        raise WeakKey(f"a key of {len(key)} bytes")
    if len(set(key)) < _MIN_DISTINCT_BYTES:
        distinct = "one distinct byte" if len(set(key)) == 1 else f"{len(set(key))} distinct bytes"
        raise WeakKey(f"a key with only {distinct}")


def collision_bound(values: int, length: int = 16) -> float:
    """Return an upper bound for the probability that any two of `values` different inputs share a pseudonym.

    Birthday (union) bound: n (n - 1) / 2 pairs, each colliding with probability 16 ** -length.
    A million customers and 16 digits: 2.7e-8.
    """
    return min(1.0, values * (values - 1) / 2 / 16**length)
