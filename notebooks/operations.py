"""Which operations of the offline Google Cloud each lesson calls: what COVERAGE.md says about lessons comes from here.

A session that closes in a lesson writes its operations to the file that `MLOPS_OPERATIONS_FILE` names
(`mlops_helpers.cloud.receipt.keep_operations`). `notebooks.build` stores those of the solutions, in which every cell
does its work, in `notebooks/operations.json`; a test compares that file with a run of each lesson.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

PATH = Path(__file__).resolve().parent / "operations.json"
VARIABLE = "MLOPS_OPERATIONS_FILE"


def beside(source: Path) -> Path:
    """Where the operations of the lessons in a folder `source/` are stored: beside that folder."""
    return source.parent.parent / PATH.name


def stored(path: Path = PATH) -> dict[str, list[str]]:
    """The operations of each lesson (`01_governance`), as they were when it was last built."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def with_lesson(known: Mapping[str, list[str]], lesson: str, operations: Iterable[str]) -> str:
    """The file's text with one lesson's operations replaced."""
    found = {**known, lesson: sorted(operations)}
    return json.dumps(dict(sorted(found.items())), indent=1) + "\n"


def first_lessons(known: Mapping[str, list[str]]) -> dict[str, str]:
    """The first lesson that calls each operation.

    >>> first_lessons({"02_monitoring": ["a", "b"], "01_governance": ["b"]})
    {'b': '01_governance', 'a': '02_monitoring'}
    """
    found: dict[str, str] = {}
    for lesson in sorted(known):
        for operation in known[lesson]:
            found.setdefault(operation, lesson)
    return found
