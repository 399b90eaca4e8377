"""The model registry: which Gemini models exist, until when, and what each refuses. Read from `models.json`.

A model id that is written into ten notebooks dies in ten places. Lessons ask the registry instead:

>>> choose("cheap").id
'gemini-3.5-flash-lite'
>>> days_left("gemini-3.8-flash", date(2027, 8, 3))
30
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from .errors import UnknownModel


@dataclass(frozen=True)
class Model:
    """One model.

    `retires` is the earliest announced day on which calls answer 404 (None: none announced), `tier` one of "frontier",
    "standard" and "lite", `rules` what the family does not take (`ignores_sampling`: temperature, top_p and top_k have
    no effect; `rejects_thinking_budget`, `rejects_penalties`, `one_candidate`, `no_explicit_cache`: answered with 400).
    Limits are tokens.
    """

    id: str
    family: str
    tier: str
    released: date
    retires: date | None
    replacement: str | None
    input_limit: int
    output_limit: int | None
    rules: frozenset[str]

    def has(self, rule: str) -> bool:
        """Whether a rule such as `ignores_sampling` holds."""
        return rule in self.rules


def model(id: str) -> Model:
    """The model of this id (or alias). Raises UnknownModel with the list of those that exist."""
    for row in _registry()["models"]:
        if id in (row["id"], *row.get("aliases", ())):
            return _model(row)
    raise UnknownModel(
        f"model id {id!r}", f"one of {', '.join(ids())}", "Check the spelling, or add it to models.json."
    )


def choose(use: str = "default") -> Model:
    """The model this course uses: "default", "cheap" or "embedding". Raises UnknownModel for another word."""
    choices = _registry()["choices"]
    if use not in choices:
        raise UnknownModel(f"use {use!r}", f"one of {', '.join(choices)}", 'Say "default" if in doubt.')
    return model(choices[use])


def days_left(id: str, on: date) -> int | None:
    """Days from a day until the model retires: 0 or less if it has; None if no date is announced."""
    retires = model(id).retires
    return None if retires is None else (retires - on).days


def ids() -> list[str]:
    """All model ids, in the order of the registry."""
    return [row["id"] for row in _registry()["models"]]


def in_use() -> list[Model]:
    """The models that `choose` can give: those whose retirement would break a lesson."""
    return [model(id) for id in _registry()["choices"].values()]


def as_of() -> date:
    """The day on which the registry was last checked."""
    return date.fromisoformat(_registry()["as_of"])


@cache
def _registry() -> dict:
    return json.loads((resources.files(__package__) / "models.json").read_text(encoding="utf-8"))


def _model(row: dict) -> Model:
    return Model(
        id=row["id"],
        family=row["family"],
        tier=row["tier"],
        released=date.fromisoformat(row["released"]),
        retires=date.fromisoformat(row["retires"]) if row["retires"] else None,
        replacement=row["replacement"],
        input_limit=row["input_limit"],
        output_limit=row.get("output_limit"),
        rules=frozenset(_registry()["families"][row["family"]]),
    )
