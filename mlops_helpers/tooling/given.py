"""What a caller handed over, looked at before anything is done with it.

The wrong kind of thing (a name instead of the endpoint, a dictionary instead of settings) would be met three functions
later as a bare AttributeError, perhaps after a job was paid for. Here it is refused by name. Google's objects are
known by what they can do, so that no Google library has to be loaded to look at them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Real
from typing import Any

from mlops_helpers.tooling.errors import InvalidSetting


def need_able(value: Any, methods: str, expected: str, remedy: str) -> None:
    """Raise InvalidSetting unless `value` has these methods (names with spaces between them)."""
    if not all(callable(getattr(value, name, None)) for name in methods.split()):
        raise InvalidSetting(describe(value), expected, remedy)


def need_kind(value: Any, kind: type | tuple[type, ...], expected: str, remedy: str) -> None:
    """Raise InvalidSetting unless `value` is an instance of `kind`."""
    if not isinstance(value, kind):
        raise InvalidSetting(describe(value), expected, remedy)


def need_bucket(value: Any) -> None:
    """Raise InvalidSetting unless this is a bucket of the storage client; its name is not enough."""
    need_able(value, "blob list_blobs", "a Bucket of google.cloud.storage", "Pass storage.Client().bucket(NAME).")


def need_endpoint(value: Any) -> None:
    """Raise InvalidSetting unless this is an endpoint of the aiplatform client."""
    remedy = "Pass aiplatform.Endpoint(NAME), not the name."
    need_able(value, "predict deploy list_models", "an Endpoint of google.cloud.aiplatform", remedy)


def need_columns(rows: Any, wanted: Iterable[str], where: str) -> None:
    """Raise InvalidSetting unless `rows` is a DataFrame with these columns; the nearest name is suggested."""
    need_able(rows, "groupby to_numpy", f"a DataFrame with the {where}", "Read the table first.")
    known = [str(name) for name in rows.columns]
    missing = [name for name in dict.fromkeys(wanted) if name not in known]
    if missing:
        near = get_close_matches(missing[0], known, n=1)
        told = f"Did you mean {near[0]}?" if near else "Add it, or name another one."
        raise InvalidSetting(f"{where} without {', '.join(missing)}", f"some of {', '.join(known)}", told)


def is_number(value: Any) -> bool:
    """Whether this is a finite number; True and False are none, and neither is a text."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def describe(value: Any) -> str:
    """Return what was handed over, short: the text itself, else its type.

    >>> describe("champion"), describe({}), describe(7)
    ("the text 'champion'", 'an object of type dict', 'the number 7')
    """
    if isinstance(value, str):
        return f"the text {value!r:.60}"
    return f"the number {value}" if is_number(value) else f"an object of type {type(value).__name__}"


def is_table(value: Any) -> bool:
    """Whether this is a DataFrame, said without loading pandas."""
    return hasattr(value, "columns") and hasattr(value, "iloc")
