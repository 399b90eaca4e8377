"""What an answer must be like: the kinds of checks that a prompt test can make, each a small object.

| in the file                                  | passes if                                                             |
|----------------------------------------------|-----------------------------------------------------------------------|
| `all`, `any`, `none` = ["refund", "5 days"]  | all, at least one, none of the words are there (whole words, any case)|
| `equals = "positive"`                        | the answer is this text, but for white space around it                |
| `regex = "^(yes|no)$"`                       | the pattern is found                                                  |
| `json_schema = {type = "object"}`            | the answer is JSON, all of it, and fits the schema                    |
| `length = {at_most = 60, unit = "words"}`    | as many words or characters (the default)                             |
| `language = "de"`                            | it looks like this language (`prompt_language` says how roughly)      |
| `similar = {to = "...", at_least = 0.8}`     | the cosine of the two embeddings is at least this                     |
| `judge = "The tone is polite."`              | a second model finds that the criterion is met                        |
| `safety = "blocked"` or `"allowed"`          | the model's filter blocked the prompt or answer, or did not           |

Patterns: Python's `re` can take for ever on a pattern such as `(a+)+$`. Patterns are therefore at most 200 characters,
a repetition inside a repeated group is refused, and answers above 20,000 characters fail unread. That stops the common
accident. It is no proof against a pattern written to hang: take test files from people you would take code from.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Protocol

from mlops_helpers.debugging.prompt_language import guess_language
from mlops_helpers.debugging.prompt_models import Answer, Grader

LONGEST_ANSWER = 20_000


@dataclass(frozen=True)
class Verdict:
    """Whether a check passed, why not (or what was found), and the call of the grader that it took, if any."""

    passed: bool
    why: str
    call: Answer | None = None


class Check(Protocol):
    """What every check has: the word for it in the file, whether it needs a grader, and a verdict."""

    kind: str
    needs_grader: bool

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Judge an answer."""


@dataclass(frozen=True)
class Keywords:
    """All, any or none of some words or phrases; `kind` says which."""

    kind: str
    words: tuple[str, ...]
    needs_grader: bool = False

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Look for whole words, whatever their case."""
        text = answer.text.casefold()
        found = [word for word in self.words if re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text)]
        missing = [word for word in self.words if word not in found]
        if self.kind == "all":
            return Verdict(not missing, f"missing: {', '.join(missing)}" if missing else "all there")
        if self.kind == "any":
            return Verdict(bool(found), f"found: {', '.join(found)}" if found else f"none of {', '.join(self.words)}")
        return Verdict(not found, f"unwanted: {', '.join(found)}" if found else "none there")


@dataclass(frozen=True)
class Equals:
    """Exactly this text, but for white space around it."""

    text: str
    kind: str = "equals"
    needs_grader: bool = False

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Compare."""
        return Verdict(answer.text.strip() == self.text.strip(), f"answered {_short(answer.text)}")


@dataclass(frozen=True)
class Pattern:
    """A regular expression that is found in the answer."""

    regex: str
    kind: str = "regex"
    needs_grader: bool = False

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Search."""
        found = re.search(self.regex, answer.text)
        return Verdict(bool(found), f"found {_short(found[0])}" if found else f"not in {_short(answer.text)}")


@dataclass(frozen=True)
class JsonSchema:
    """JSON, nothing around it, that fits a JSON Schema (draft 2020-12; references inside the schema only)."""

    schema: dict[str, Any]
    kind: str = "json_schema"
    needs_grader: bool = False

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Read as a downstream parser would: text around the JSON fails."""
        from jsonschema import Draft202012Validator

        try:
            value = json.loads(answer.text)
        except (ValueError, RecursionError) as error:
            return Verdict(False, f"no JSON ({str(error)[:80]}): {_short(answer.text)}")
        errors = [
            f"{error.json_path}: {error.message[:120]}"
            for error in Draft202012Validator(self.schema).iter_errors(value)
        ]
        return Verdict(not errors, "; ".join(errors[:3]) or "fits")


@dataclass(frozen=True)
class Length:
    """A number of characters or words, bounds included."""

    at_least: int = 0
    at_most: int = LONGEST_ANSWER
    unit: str = "characters"
    kind: str = "length"
    needs_grader: bool = False

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Count."""
        found = len(answer.text.split() if self.unit == "words" else answer.text)
        return Verdict(self.at_least <= found <= self.at_most, f"{found} {self.unit}")


@dataclass(frozen=True)
class Language:
    """A language by its two-letter code, guessed."""

    code: str
    kind: str = "language"
    needs_grader: bool = False

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Guess; a text that does not tell fails."""
        found = guess_language(answer.text)
        return Verdict(found == self.code, f"looks like {found or 'no language on the list'}")


@dataclass(frozen=True)
class Similar:
    """Close in meaning to a text, by the cosine of two embeddings."""

    to: str
    at_least: float
    kind: str = "similar"
    needs_grader: bool = True

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Embed both."""
        cosine, call = grader.similarity(self.to, answer.text or " ")
        return Verdict(cosine >= self.at_least, f"similarity {cosine:.2f}", call)


@dataclass(frozen=True)
class Judged:
    """Passed by a second model that knows the criterion."""

    criterion: str
    kind: str = "judge"
    needs_grader: bool = True

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Ask the judge."""
        passed, reason, call = grader.judge(self.criterion, answer.text)
        return Verdict(passed, reason, call)


@dataclass(frozen=True)
class Safety:
    """Blocked by the model's own filter, or let through."""

    blocked: bool
    kind: str = "safety"
    needs_grader: bool = False

    def verdict(self, answer: Answer, grader: Grader | None) -> Verdict:
        """Compare with what the filter did."""
        return Verdict(answer.blocked is self.blocked, "blocked" if answer.blocked else "not blocked")


def judge_answer(check: Check, answer: Answer, grader: Grader | None) -> Verdict:
    """Return a check's verdict. But for `safety`, a blocked or an endless answer fails without being looked at."""
    if answer.blocked and check.kind != "safety":
        return Verdict(False, "the answer was blocked")
    if len(answer.text) > LONGEST_ANSWER:
        return Verdict(
            False, f"an answer of {len(answer.text):,} characters; more than {LONGEST_ANSWER:,} are not read"
        )
    return check.verdict(answer, grader)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
