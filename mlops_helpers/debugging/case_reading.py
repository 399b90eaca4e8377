"""Prompt tests in a file that a person can read and review.

    [[case]]
    id = "refund-is-negative"
    variables = {review = "Still waiting for my refund."}
    check = {equals = "negative", length = {at_most = 20}}

TOML, because Python reads it without a dependency, it takes comments, and texts may span lines. A case gives either
`variables` for the template under test or a whole `prompt`; `source` says where it came from. `prompt_checks` lists
the checks. A word that is not known is an error with the nearest one that is: a check with a typo would never fail.

With pytest, one test per case:

    @pytest.mark.parametrize("case", prompt_cases("cases.toml"), ids=str)
    def test_prompt(case):
        require_pass(run_prompt_tests([case], generate, template=TEMPLATE, samples=5), at_least=0.8)
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mlops_helpers.debugging.check_reading import read_check
from mlops_helpers.debugging.errors import BadCase
from mlops_helpers.debugging.prompt_checks import Check

FIELDS = ("id", "variables", "prompt", "check", "source")
LONGEST_FILE = 5_000_000  # bytes
ID = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True)
class PromptCase:
    """One test: what goes in (variables or a whole prompt) and the checks that the answer must pass."""

    id: str
    checks: tuple[Check, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)
    prompt: str | None = None
    source: str = ""

    def __str__(self) -> str:
        """Return the id: what pytest shows."""
        return self.id


def prompt_cases(path: Path | str) -> list[PromptCase]:
    """Return the cases of a TOML file in their order. Raises `BadCase`, naming file, case and field."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size > LONGEST_FILE:
        found = "a file that is too large" if path.is_file() else "no such file"
        raise BadCase(f"{found}: {path.name}", f"a TOML file of at most {LONGEST_FILE:,} bytes", "Check the path.")
    return read_cases(path.read_bytes(), path.name)


def read_cases(content: bytes, name: str = "cases") -> list[PromptCase]:
    """Return the cases in the text of a TOML file; `name` is used in messages. Raises `BadCase`."""
    try:
        rows = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadCase(f"no TOML in {name} ({error})", "a list of [[case]] tables", "Correct the line.") from error
    check_words(rows, ("case",), name)
    cases = rows.get("case")
    if not isinstance(cases, list) or not cases or not all(isinstance(row, dict) for row in cases):
        raise BadCase(f"no case in {name}", "at least one [[case]] table", "Write one.")
    read = [_case(row, f"{name}, case {row.get('id', number)!r}") for number, row in enumerate(cases, start=1)]
    refuse_repeated(read, name)
    return read


def refuse_repeated(cases: Iterable[PromptCase], name: str) -> None:
    """Raise `BadCase` if two cases have one id."""
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise BadCase(f"two cases called {case.id!r} in {name}", "a different id for each", "Rename one of them.")
        seen.add(case.id)


def check_id(case_id: object, where: str) -> None:
    """Raise `BadCase` for an id that is none."""
    if not isinstance(case_id, str) or not ID.fullmatch(case_id):
        rule = "letters, digits, '-', '_' and '.', at most 100"
        raise BadCase(f"the id {case_id!r:.80} of {where}", rule, "Give it such an id.")


def check_words(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raise `BadCase` for a key that is not known, with the nearest that is."""
    known = list(known)
    for word in table:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            expected = f"{near[0]!r}, perhaps; one of {', '.join(known)}" if near else f"one of {', '.join(known)}"
            raise BadCase(f"{word!r} in {where}", expected, "Correct the spelling.")


def _case(row: Mapping[str, Any], where: str) -> PromptCase:
    check_words(row, FIELDS, where)
    check_id(row.get("id"), where)
    if ("prompt" in row) == ("variables" in row):
        found = "both prompt and variables" if "prompt" in row else "neither prompt nor variables"
        raise BadCase(f"{found} in {where}", "one of them", "A prompt is whole; variables fill the template.")
    for key, kind, word in (("prompt", str, "a text"), ("variables", dict, "a table"), ("source", str, "a text")):
        if key in row and not isinstance(row[key], kind):
            raise BadCase(f"{key} = {row[key]!r:.80} in {where}", word, "Correct the value.")
    checks = row.get("check")
    if not isinstance(checks, dict) or not checks:
        raise BadCase(f"no check in {where}", 'a table such as check = {equals = "positive"}', "Say what is right.")
    return PromptCase(
        row["id"],
        tuple(read_check(kind, value, where) for kind, value in checks.items()),
        row.get("variables", {}),
        row.get("prompt"),
        row.get("source", ""),
    )
