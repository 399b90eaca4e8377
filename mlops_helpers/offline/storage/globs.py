"""Glob patterns as `objects.list?matchGlob=` understands them.

    *      any characters but `/`          **     any characters, `/` as well
    ?      one character but `/`           **/    any number of whole folders, also none
    [a-z]  one of a set, [!a-z] none of it {a,b}  one of several, which may be globs again
    \\x     the character x itself; a `}`, `]` or `,` that closes nothing is itself

Source: the page of `Objects: list` and the cases in the system tests of Google's own clients.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..errors import ApiError, invalid

MAX_DEPTH = 8
SIMPLE = {"*": "[^/]*", "?": "[^/]"}


@lru_cache(maxsize=64)
def compile_glob(glob: str) -> re.Pattern[str]:
    """The glob as a regular expression for whole names. Raises ApiError 400 for an unclosed bracket or brace."""
    return re.compile(_translate(glob, 0, depth=0)[0], re.DOTALL)


def _translate(glob: str, at: int, *, depth: int) -> tuple[str, int]:
    """Translate from `at` to the end, or inside braces to the next `,` or `}`; also returns where it stopped."""
    parts = []
    while at < len(glob) and not (depth and glob[at] in ",}"):
        if glob[at] == "{":
            text, at = _alternatives(glob, at + 1, depth=depth + 1)
        else:
            text, at = _one(glob, at)
        parts.append(text)
    return "".join(parts), at


def _one(glob: str, at: int) -> tuple[str, int]:
    character = glob[at]
    if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
        return "(?:.*/)?", at + 3
    if glob.startswith("**", at):
        return ".*", at + 2
    if character in SIMPLE:
        return SIMPLE[character], at + 1
    if character == "[":
        return _set(glob, at)
    if character == "\\":
        if at + 1 == len(glob):
            raise _malformed(glob, "a backslash at the end")
        return re.escape(glob[at + 1]), at + 2
    return re.escape(character), at + 1


def _set(glob: str, at: int) -> tuple[str, int]:
    first = at + 2 if glob[at + 1 : at + 2] in ("!", "^") else at + 1
    end = glob.find("]", first + 1)  # a `]` in first place belongs to the set
    if end < 0:
        raise _malformed(glob, "'[' without ']'")
    inside = re.sub(r"([\\\[\]&~|^])", r"\\\1", glob[first:end])
    try:
        re.compile(f"[{inside}]")
    except re.error:
        raise _malformed(glob, f"the set [{glob[first:end]}]") from None
    return (f"(?!/)[^{inside}]" if first == at + 2 else f"(?!/)[{inside}]"), end + 1


def _alternatives(glob: str, at: int, *, depth: int) -> tuple[str, int]:
    if depth > MAX_DEPTH:
        raise _malformed(glob, f"braces more than {MAX_DEPTH} deep")
    choices = []
    while True:
        text, at = _translate(glob, at, depth=depth)
        choices.append(text)
        if at == len(glob):
            raise _malformed(glob, "'{' without '}'")
        at += 1
        if glob[at - 1] == "}":
            return f"(?:{'|'.join(choices)})", at


def _malformed(glob: str, found: str) -> ApiError:
    return invalid(f"Invalid matchGlob {glob!r}: found {found}, expected a closed pattern. Escape literals with '\\'.")
