"""What buckets, objects and labels may be called. Rules: cloud.google.com/storage/docs/buckets and .../objects.

Object names are kept exactly as sent: the composed and the decomposed form of `é` are two names, as in Google Cloud.
A name never becomes a path on disk.
"""

from __future__ import annotations

import re

from ..errors import ApiError, invalid

BUCKET_SHAPE = re.compile(r"[a-z0-9][a-z0-9._-]*[a-z0-9]")
IP_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
MAX_OBJECT_BYTES = 1024
MAX_LABELS = 64
LABEL_KEY = re.compile(r"[^\W\d_A-Z][\w-]{0,62}")
LABEL_VALUE = re.compile(r"[\w-]{0,63}")


def check_bucket_name(name: str) -> None:
    """Refuse what Google refuses. Raises ApiError 400 with the rule that the name breaks."""
    if not BUCKET_SHAPE.fullmatch(name):
        raise _bucket(name, "lower-case letters, digits, '-', '_' and '.', beginning and ending in a letter or digit")
    if not 3 <= len(name) <= (222 if "." in name else 63) or any(len(part) > 63 for part in name.split(".")):
        raise _bucket(name, "3 to 63 characters (with dots: up to 222, and 63 between two dots)")
    if IP_ADDRESS.fullmatch(name):
        raise _bucket(name, "a name that does not look like an IP address")
    if name.startswith("goog") or "google" in name:
        raise _bucket(name, "a name that does not begin with 'goog' and does not contain 'google'")
    if ".." in name or ".-" in name or "-." in name:
        raise _bucket(name, "no two dots together and no dash beside a dot")


def _bucket(name: str, expected: str) -> ApiError:
    return invalid(f"Invalid bucket name: found {name!r}, expected {expected}. Choose another name.")


def check_object_name(name: str | None) -> str:
    """Return the name, or refuse it. Raises ApiError 400 for an empty, too long or unprintable name."""
    if not name:
        raise invalid(
            "Required: found no object name, expected 1 to 1024 bytes of UTF-8: pass name=", reason="required"
        )
    if name in (".", ".."):
        raise _object(name, "a name other than '.' and '..'")
    if any(character in name for character in "\r\n\0"):
        raise _object(name, "no carriage return, line feed or NUL")
    if name.startswith(".well-known/acme-challenge/"):
        raise _object(name, "a name that does not begin with '.well-known/acme-challenge/'")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise _object(name, "valid Unicode") from None
    if size > MAX_OBJECT_BYTES:
        raise _object(name[:40] + "...", f"at most {MAX_OBJECT_BYTES} bytes of UTF-8 (it has {size})")
    return name


def _object(name: str, expected: str) -> ApiError:
    return invalid(f"Invalid object name: found {name!r}, expected {expected}. Rename the object.")


def check_labels(labels: dict[str, str]) -> None:
    """Refuse labels that Google refuses. Raises ApiError 400 naming the key."""
    if len(labels) > MAX_LABELS:
        raise invalid(f"Invalid labels: found {len(labels)}, expected at most {MAX_LABELS}. Remove some.")
    for key, value in labels.items():
        if not LABEL_KEY.fullmatch(key) or key != key.lower():
            wanted = "1 to 63 lower-case letters, digits, '_' and '-', beginning with a letter"
            raise invalid(f"Invalid label key: found {key!r}, expected {wanted}.")
        if not LABEL_VALUE.fullmatch(value) or value != value.lower():
            wanted = "at most 63 lower-case letters, digits, '_' and '-'"
            raise invalid(f"Invalid value of label {key!r}: found {value!r}, expected {wanted}.")
