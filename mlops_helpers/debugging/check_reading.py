"""From a word and a value in a test file to a check: every kind has one reader, and readers refuse what cannot run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from mlops_helpers.debugging.errors import BadCase
from mlops_helpers.debugging.prompt_checks import (
    LONGEST_ANSWER,
    Check,
    Equals,
    JsonSchema,
    Judged,
    Keywords,
    Language,
    Length,
    Pattern,
    Safety,
    Similar,
)
from mlops_helpers.debugging.prompt_language import CODES

LONGEST_PATTERN = 200
REPEATED_REPETITION = re.compile(r"\((?:[^()\\]|\\.)*(?<!\\)[*+}](?:[^()\\]|\\.)*\)[*+{]")
UNITS = ("characters", "words")


def read_check(kind: str, value: Any, where: str) -> Check:
    """Return the check for an entry of a `check` table. Raises `BadCase`, with the nearest word for a typo."""
    if kind not in READERS:
        near = get_close_matches(kind, READERS, n=1)
        expected = f"{f'{near[0]!r}, perhaps; ' if near else ''}one of {', '.join(READERS)}"
        raise BadCase(f"the check {kind!r} in {where}", expected, "Correct the spelling.")
    return READERS[kind](value, f"{kind} of {where}")


def _words(kind: str) -> Callable[[Any, str], Check]:
    def read(value: Any, where: str) -> Check:
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(word, str) and word.strip() for word in value)
        ):
            raise _bad(value, where, 'a list of texts, such as ["refund", "5 days"]')
        return Keywords(kind, tuple(value))

    return read


def _text(make: Callable[[str], Check]) -> Callable[[Any, str], Check]:
    def read(value: Any, where: str) -> Check:
        if not isinstance(value, str) or not value.strip():
            raise _bad(value, where, "a text")
        return make(value)

    return read


def _pattern(value: Any, where: str) -> Check:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_PATTERN:
        raise _bad(value, where, f"a pattern of at most {LONGEST_PATTERN} characters")
    if REPEATED_REPETITION.search(value):
        raise _bad(value, where, "a pattern without a repetition in a repeated group, which may never end")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a pattern that later versions of Python will read differently
            re.compile(value)
    except (re.error, RecursionError, OverflowError, FutureWarning, DeprecationWarning) as error:
        raise _bad(value, where, f"a regular expression ({error})") from error
    return Pattern(value)


def _schema(value: Any, where: str) -> Check:
    from jsonschema import Draft202012Validator, SchemaError

    if not isinstance(value, dict):
        raise _bad(value, where, "a JSON Schema as a table")
    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        raise _bad(value, where, f"a JSON Schema ({error.json_path}: {error.message[:100]})") from error
    if outside := [target for target in _references(value) if not target.startswith("#")]:
        raise _bad(outside[0], where, "references inside the schema (they begin with #): nothing is fetched")
    return JsonSchema(value)


def _references(schema: Any) -> list[str]:
    inner = list(schema.values()) if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    own = [str(schema["$ref"])] if isinstance(schema, dict) and "$ref" in schema else []
    return own + [target for item in inner for target in _references(item)]


def _length(value: Any, where: str) -> Check:
    table = _table(value, where, ("at_least", "at_most", "unit"))
    low, high, unit = table.get("at_least", 0), table.get("at_most", LONGEST_ANSWER), table.get("unit", UNITS[0])
    whole = all(isinstance(bound, int) and not isinstance(bound, bool) for bound in (low, high))
    if not whole or not 0 <= low <= high or unit not in UNITS:
        raise _bad(value, where, f"whole numbers at_least <= at_most, and unit as one of {', '.join(UNITS)}")
    return Length(low, high, unit)


def _similar(value: Any, where: str) -> Check:
    table = _table(value, where, ("to", "at_least"))
    to, least = table.get("to"), table.get("at_least")
    if not isinstance(to, str) or not to.strip() or not isinstance(least, int | float) or not -1 <= least <= 1:
        raise _bad(value, where, 'both: to = "a text", at_least = a cosine from -1 to 1')
    return Similar(to, float(least))


def _one_of(options: Mapping[str, Check]) -> Callable[[Any, str], Check]:
    def read(value: Any, where: str) -> Check:
        if not isinstance(value, str) or value not in options:
            raise _bad(value, where, f"one of {', '.join(options)}")
        return options[value]

    return read


def _table(value: Any, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not value:
        raise _bad(value, where, f"a table with {', '.join(known)}")
    for word in value:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            raise BadCase(f"{word!r} in {where}", f"one of {', '.join(near or known)}", "Correct the spelling.")
    return value


def _bad(value: Any, where: str, expected: str) -> BadCase:
    return BadCase(f"{value!r:.100} as {where}", expected, "Correct the value.")


READERS = MappingProxyType(
    {
        "all": _words("all"),
        "any": _words("any"),
        "none": _words("none"),
        "equals": _text(Equals),
        "regex": _pattern,
        "json_schema": _schema,
        "length": _length,
        "language": _one_of({code: Language(code) for code in CODES}),
        "similar": _similar,
        "judge": _text(Judged),
        "safety": _one_of({"allowed": Safety(False), "blocked": Safety(True)}),
    }
)
