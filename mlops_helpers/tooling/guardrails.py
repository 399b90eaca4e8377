"""Guardrails: what a challenger must not do while it serves real traffic. Pure: numbers in, findings out.

    Guardrail("p99_latency_ms", limit=300)                       never slower than 300 ms
    Guardrail("quality", margin=0.02, larger_is_better=True)     at most two points below the champion

A value that is not there, or is no finite number, is `missing`: neither good nor bad. What to do about it is the
rollout's decision (`canary`), and that is never "go on".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.given import is_number

PASS, BREACH, MISSING = "pass", "breach", "missing"


@dataclass(frozen=True)
class Guardrail:
    """A bound on one metric: an absolute `limit`, a `margin` by which the champion may be better, or both.

    `margin` is in the metric's own unit. Raises `InvalidSetting` without either, or for numbers that are none.
    """

    name: str
    limit: float | None = None
    margin: float | None = None
    larger_is_better: bool = False

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.limit, self.margin) if bound is not None]
        named = isinstance(self.name, str) and self.name.strip()
        if not named or not bounds or not all(map(is_number, bounds)) or (self.margin or 0) < 0:
            found = f"the guardrail {self.name!r} with limit {self.limit!r} and margin {self.margin!r}"
            raise InvalidSetting(found, "a name, and a finite limit or a margin of 0 or more", "Set one of them.")

    def bound(self, champion: float | None) -> float | None:
        """Return the strictest bound, None if the champion's value is needed and is not there."""
        bounds = [] if self.limit is None else [self.limit]
        if self.margin is not None:
            if champion is None:
                return None
            bounds.append(champion - self.margin if self.larger_is_better else champion + self.margin)
        return max(bounds) if self.larger_is_better else min(bounds)

    def judge(self, challenger: float | None, champion: float | None) -> Finding:
        """Return what is found; exactly on the bound is good."""
        mine, other = finite(challenger), finite(champion)
        bound = self.bound(other)
        if mine is None or bound is None:
            return Finding(self.name, MISSING, mine, other, bound)
        broken = mine < bound if self.larger_is_better else mine > bound
        return Finding(self.name, BREACH if broken else PASS, mine, other, bound)


# What the course watches; a service writes its own numbers here.
STANDARD = (
    Guardrail("error_rate", limit=0.02, margin=0.005),
    Guardrail("p99_latency_ms", limit=300.0),
    Guardrail("quality", margin=0.02, larger_is_better=True),
    Guardrail("fairness_gap", limit=0.1),
)


@dataclass(frozen=True)
class Finding:
    """What a guardrail found: `verdict` is pass, breach or missing; `bound` is what the challenger was held to."""

    guardrail: str
    verdict: str
    challenger: float | None
    champion: float | None
    bound: float | None

    def __str__(self) -> str:
        """Say it in one line."""
        if self.verdict == MISSING:
            who = "challenger" if self.challenger is None else "champion"
            return f"{self.guardrail} of the {who} did not arrive"
        sign = {PASS: "keeps", BREACH: "breaks"}[self.verdict]
        return f"{self.guardrail} {self.challenger:.4g} {sign} the bound {self.bound:.4g}"


@dataclass(frozen=True)
class Window:
    """What was measured since a stage began: a value for each metric, and the challenger's requests."""

    challenger: Mapping[str, float] = field(default_factory=dict)
    champion: Mapping[str, float] = field(default_factory=dict)
    requests: int = 0


def judge_all(guardrails: tuple[Guardrail, ...], window: Window) -> tuple[Finding, ...]:
    """Return one finding for each guardrail, in their order."""
    return tuple(rail.judge(window.challenger.get(rail.name), window.champion.get(rail.name)) for rail in guardrails)


def finite(value: float | None) -> float | None:
    """Return a number, or None for what is none: absent, NaN, infinite."""
    return float(value) if value is not None and math.isfinite(value) else None
