"""The quiz bank as data: scenarios of all eight challenges, four ways out of each, and a reason for every one of them.

The file `quiz_bank.json` has one list per challenge. A question has an `id`, a `scenario`, the `right` option and three
`wrong` ones, each option a pair: what to do, and why that is right or wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BadQuestion

CHALLENGES = ("governance", "monitoring", "debugging", "skills", "tooling", "cost", "collaboration", "ethics")
BANK = Path(__file__).with_name("quiz_bank.json")
OPTIONS, FEWEST = 4, 5


@dataclass(frozen=True)
class Choice:
    """One way out of a scenario, whether it is the right one, and why (not)."""

    text: str
    why: str
    right: bool


@dataclass(frozen=True)
class BankQuestion:
    """A scenario of one challenge with its choices, the right one first.

    Raises BadQuestion unless there are four different choices, exactly one of them right, and a reason for each.
    """

    id: str
    challenge: str
    scenario: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        texts = {" ".join(choice.text.lower().split()) for choice in self.choices}
        right = sum(choice.right for choice in self.choices)
        if right != 1 or len(self.choices) != OPTIONS:
            found = f"{self.id} with {len(self.choices)} options, {right} of them right"
            raise BadQuestion(found, f"{OPTIONS} options, one of them right", "Mend the question in quiz_bank.json.")
        if len(texts) != OPTIONS or "" in texts:
            raise BadQuestion(f"{self.id} with two equal or empty options", "four different ones", "Rewrite one.")
        silent = [choice.text for choice in self.choices if not choice.why.strip()]
        if silent or not self.scenario.strip():
            raise BadQuestion(
                f"{self.id} without a reason or scenario", "a sentence for each option", f"Explain: {silent}."
            )


def load_quiz_bank(path: str | Path = BANK) -> tuple[BankQuestion, ...]:
    """All questions in the order of the challenges. Raises BadQuestion for a bank that is not as described here."""
    return bank_from(json.loads(Path(path).read_text(encoding="utf-8")))


def bank_from(data: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[BankQuestion, ...]:
    """The questions of plain data. Raises BadQuestion, also for a challenge without enough questions, and for twins."""
    if set(data) != set(CHALLENGES):
        raise BadQuestion(f"the challenges {', '.join(data)}", f"exactly {', '.join(CHALLENGES)}", "Add or rename.")
    for challenge in CHALLENGES:
        if len(data[challenge]) < FEWEST:
            raise BadQuestion(
                f"{len(data[challenge])} questions on {challenge}", f"{FEWEST} or more", "Write the missing ones."
            )
    questions = tuple(_question(challenge, fields) for challenge in CHALLENGES for fields in data[challenge])
    for what in ("id", "scenario"):
        twins = [value for value, count in Counter(getattr(one, what) for one in questions).items() if count > 1]
        if twins:
            raise BadQuestion(f"the {what} {twins[0]!r} twice", "each once", "Rewrite or remove one of the two.")
    return questions


def _question(challenge: str, fields: Mapping[str, Any]) -> BankQuestion:
    name = str(fields.get("id", f"a question on {challenge} without id"))
    try:
        right, wrong = Choice(*fields["right"], right=True), [Choice(*pair, right=False) for pair in fields["wrong"]]
        return BankQuestion(name, challenge, fields["scenario"], (right, *wrong))
    except (KeyError, TypeError) as problem:
        shape = "scenario, right [text, why] and wrong [[text, why], …]"
        raise BadQuestion(f"{name}, which cannot be read ({problem})", shape, "Copy the shape of another.") from None
