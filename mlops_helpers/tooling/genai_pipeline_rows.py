"""Rows of a tuning file: checked one by one before a tuning job is paid for, divided by their content, versioned.

    {"contents": [{"role": "user", "parts": [{"text": "..."}]}, {"role": "model", "parts": [{"text": "..."}]}]}

One JSON object a line, as Gemini tuning takes it; `systemInstruction` is optional. A question with two different
answers is refused as well: nothing can be learnt from it, and a tuning job would not say so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_helpers.tooling.errors import BadExamples, InvalidSetting

FIELDS = frozenset({"contents", "systemInstruction", "system_instruction"})
ROLES = ("user", "model")
LONGEST_TEXT = 100_000  # characters; far below the token limit of a tuning example
NAMED = 10  # problems in one message
BUCKETS = 10_000


@dataclass(frozen=True)
class TuningExample:
    """One row: its line (from 1), and its turns as (role, text)."""

    line: int
    turns: tuple[tuple[str, str], ...]
    system: str = ""

    @property
    def question(self) -> tuple[Any, ...]:
        """All but the last answer."""
        return (self.system, *self.turns[:-1])

    def to_json(self) -> str:
        """The row as Gemini takes it; equal rows give equal text."""
        contents = [{"role": role, "parts": [{"text": text}]} for role, text in self.turns]
        system = {"systemInstruction": {"parts": [{"text": self.system}]}} if self.system else {}
        return json.dumps({"contents": contents, **system}, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class TuningData:
    """Examples, divided, and the version: a SHA-256 over what they say."""

    training: tuple[TuningExample, ...]
    validation: tuple[TuningExample, ...]
    version: str


def read_examples(text: str) -> list[TuningExample]:
    """The examples of a JSONL text, duplicates once. Raises BadExamples, naming every line (the first ten) that is bad.

    Blank lines are passed over.
    """
    examples: list[TuningExample] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):  # a text may hold other line ends than \n
        if not line.strip():
            continue
        try:
            examples.append(_example(number, line))
        except ValueError as problem:
            problems.append(f"line {number}: {problem}")
    problems += _contradictions(examples)
    if problems or not examples:
        more = f"; and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        found = "; ".join(problems[:NAMED]) + more if problems else "no examples"
        raise BadExamples(found, "rows as Gemini tuning takes them", "Correct these lines; no job was started.")
    return list({example.to_json(): example for example in reversed(examples)}.values())[::-1]


def divide_examples(examples: Iterable[TuningExample], *, validation: float = 0.2, seed: str = "0") -> TuningData:
    """Divide by a hash of the question: it stays where it is when others come or go, and copies are never in both.

    Raises InvalidSetting for a share that is not between 0 and 0.5, or that leaves one part empty.
    """
    if not 0 < validation <= 0.5:
        raise InvalidSetting(f"validation={validation}", "a share above 0, up to 0.5", "Use 0.2.")
    rows = sorted(examples, key=TuningExample.to_json)
    held = [_bucket(example, seed) < validation * BUCKETS for example in rows]
    training = tuple(row for row, out in zip(rows, held, strict=True) if not out)
    kept = tuple(row for row, out in zip(rows, held, strict=True) if out)
    if not training or not kept:
        found = f"{len(training)} examples to train on and {len(kept)} to validate on"
        raise InvalidSetting(found, "at least one of each", "Collect more examples, or choose another seed.")
    content = "\n".join([f"{validation}|{seed}", *(row.to_json() for row in rows)])
    return TuningData(training, kept, hashlib.sha256(content.encode()).hexdigest()[:16])


def to_jsonl(examples: Iterable[TuningExample]) -> str:
    """The examples as a file."""
    return "".join(f"{example.to_json()}\n" for example in examples)


def _example(number: int, line: str) -> TuningExample:
    """One line as an example. Raises ValueError saying what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(row, dict) or not row.get("contents") or not isinstance(row["contents"], list):
        raise ValueError("no list `contents`")
    if unknown := sorted(set(row) - FIELDS):
        raise ValueError(f"unknown field {unknown[0]!r:.40}")
    turns = tuple(_turn(turn) for turn in row["contents"])
    if [role for role, _ in turns] != [ROLES[place % 2] for place in range(len(turns))] or len(turns) % 2:
        raise ValueError("turns that are not user, model, user, model …")
    system = row.get("systemInstruction", row.get("system_instruction"))
    return TuningExample(number, turns, "" if system is None else _text(system, "the system instruction"))


def _turn(turn: Any) -> tuple[str, str]:
    if not isinstance(turn, Mapping) or turn.get("role") not in ROLES:
        raise ValueError("a turn whose role is neither user nor model")
    return turn["role"], _text(turn, f"a {turn['role']} turn")


def _text(holder: Any, what: str) -> str:
    """The text of `{"parts": [{"text": ...}]}`."""
    parts = holder.get("parts") if isinstance(holder, Mapping) else None
    if not isinstance(parts, list) or not all(isinstance(part, Mapping) and set(part) == {"text"} for part in parts):
        raise ValueError(f"{what} without parts of text")
    texts = [part["text"] for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{what} whose text is no text")
    whole = "".join(texts)
    if not whole.strip() or len(whole) > LONGEST_TEXT:
        raise ValueError(f"{what} of {len(whole)} characters, 1 to {LONGEST_TEXT:,} are allowed")
    if any("\ud800" <= character <= "\udfff" for character in whole):
        raise ValueError(f"{what} with half a character (a lone surrogate)")
    return whole


def _contradictions(examples: list[TuningExample]) -> list[str]:
    """Questions that are answered in two ways."""
    answers: dict[tuple[Any, ...], TuningExample] = {}
    found = []
    for example in examples:
        first = answers.setdefault(example.question, example)
        if first.turns[-1] != example.turns[-1]:
            found.append(f"line {example.line}: another answer than line {first.line} to the same question")
    return found


def _bucket(example: TuningExample, seed: str) -> int:
    told = json.dumps([seed, *example.question])
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest()) % BUCKETS
