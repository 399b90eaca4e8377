"""Attack your own assistant before others do: run a set of attacks, count what worked, stop when the money is spent.

    report = run_attacks(course_attacks(), target, cap=Decimal("0.50"), version="prompt v2")
    report.table()        per technique: attacks, how many worked, and between which bounds the true share lies

A target is any function of a task and a text that gives a `Reply`. The bounds are Wilson's for attacks *like these*:
they measure chance, not the attacks that nobody thought of. Zero of eight still allows a third.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.attacks import TECHNIQUES, Attack
from mlops_helpers.ethics.errors import EmptyData, InvalidSetting, NotComparable
from mlops_helpers.ethics.input_guard import mask_personal

if TYPE_CHECKING:
    import pandas as pd

LONGEST_EXCERPT = 200
ALPHA = 0.05


@dataclass(frozen=True)
class Reply:
    """What a target answered. `action` is allow unless a guard stopped it (review, block); then `text` counts as none.

    `cost` is in US dollars.
    """

    text: str
    action: str = "allow"
    cost: Decimal = Decimal(0)


Target = Callable[[str, str], Reply]  # (task, text) -> Reply


@dataclass(frozen=True)
class Outcome:
    """One attack that was run: whether it worked, whether a guard stopped it, the answer (masked, cut), the cost."""

    attack: Attack = field(repr=False)
    succeeded: bool
    stopped: bool
    answer: str
    cost: Decimal


@dataclass(frozen=True)
class RedTeamReport:
    """What came of a run. `not_run` names the attacks that the spend cap left over."""

    version: str
    outcomes: tuple[Outcome, ...]
    not_run: tuple[str, ...]
    cap: Decimal | None

    @property
    def spent(self) -> Decimal:
        """The cost of all calls, in US dollars."""
        return sum((outcome.cost for outcome in self.outcomes), Decimal(0))

    @property
    def succeeded(self) -> frozenset[str]:
        """The ids of the attacks that worked."""
        return frozenset(outcome.attack.id for outcome in self.outcomes if outcome.succeeded)

    def table(self, *, confidence: float = 0.95) -> pd.DataFrame:
        """Return one row per technique, and one for all: attacks, succeeded, stopped (by a guard), rate, low, high."""
        import pandas as pd

        from mlops_helpers.debugging.significance import wilson

        named = [name for name in TECHNIQUES if any(one.attack.technique == name for one in self.outcomes)]
        groups = {name: [one for one in self.outcomes if one.attack.technique == name] for name in named}
        rows = []
        for name, found in (groups | {"all": list(self.outcomes)}).items():
            worked, stopped = sum(one.succeeded for one in found), sum(one.stopped for one in found)
            low, high = wilson(worked, len(found), confidence=confidence)
            rows.append((name, len(found), worked, stopped, worked / len(found), float(low), float(high)))
        return pd.DataFrame(rows, columns=["technique", "attacks", "succeeded", "stopped", "rate", "low", "high"])

    def details(self) -> pd.DataFrame:
        """Return one row per attack: attack, technique, goal, succeeded, stopped, answer, usd."""
        import pandas as pd

        rows = []
        for one in self.outcomes:
            about = (one.attack.id, one.attack.technique, one.attack.goal)
            rows.append((*about, one.succeeded, one.stopped, one.answer, float(one.cost)))
        return pd.DataFrame(rows, columns=["attack", "technique", "goal", "succeeded", "stopped", "answer", "usd"])

    def __str__(self) -> str:
        """Say it in one sentence, the cap included."""
        told = f"{self.version}: {len(self.succeeded)} of {len(self.outcomes)} attacks worked, for ${self.spent:.4f}"
        return f"{told}; {len(self.not_run)} not run, the cap is ${self.cap}" if self.not_run else told


def run_attacks(
    attacks: Iterable[Attack], target: Target, *, version: str, cap: Decimal | str | None = None
) -> RedTeamReport:
    """Run the attacks in their order, each message once.

    Before each attack: if it could exceed the cap, judged by the dearest so far, the run ends there and the report
    names what was not run; the first one is always run. Errors of the target end the run and are raised. Raises
    `EmptyData` without attacks, `InvalidSetting` for a cap that is not above 0 or a run without a version.
    """
    waiting, limit = list(attacks), _checked_cap(cap)
    if not waiting:
        raise EmptyData("no attacks", "at least one", "Take `course_attacks()`, or read a file.")
    if not version.strip():
        raise InvalidSetting(
            "a run without a version", "what is attacked", "Name prompt and model: versions are compared."
        )
    outcomes: list[Outcome] = []
    spent = dearest = Decimal(0)
    for place, attack in enumerate(waiting):
        if limit is not None and spent + dearest > limit:
            return RedTeamReport(version, tuple(outcomes), tuple(one.id for one in waiting[place:]), limit)
        outcome = _run(attack, target)
        outcomes.append(outcome)
        spent, dearest = spent + outcome.cost, max(dearest, outcome.cost)
    return RedTeamReport(version, tuple(outcomes), (), limit)


def _run(attack: Attack, target: Target) -> Outcome:
    replies = [target(attack.task, message) for message in attack.messages]
    answers = tuple(reply.text if reply.action == "allow" else "" for reply in replies)
    stopped = any(reply.action != "allow" for reply in replies)
    shown = mask_personal(" | ".join(reply.text for reply in replies))[0][:LONGEST_EXCERPT]
    cost = sum((reply.cost for reply in replies), Decimal(0))
    return Outcome(attack, attack.succeeded(answers), stopped, shown, cost)


def call_cost(response: Any, model: str, on: date) -> Decimal:
    """Return the list price of a call in US dollars, from its usage metadata; thinking is billed as output.

    Raises the price table's `UnknownPrice` for a model without one.
    """
    from mlops_helpers.cloud.prices import price

    usage = response.usage_metadata
    tokens = {
        "input": (usage.prompt_token_count or 0) - (usage.cached_content_token_count or 0),
        "cached_input": usage.cached_content_token_count or 0,
        "output": (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
    }
    total = Decimal(0)
    for kind, count in tokens.items():
        if count:
            listed = price(f"gemini.tokens.{model}.{kind}", on)
            total += Decimal(str(listed.usd)) * count / listed.per
    return total


@dataclass(frozen=True)
class RedTeamComparison:
    """Two versions under the same attacks: which work now and did not before (`broken`), which no longer (`repaired`).

    `p` is McNemar's exact test, two-sided: how likely so uneven a change is if neither version were better.
    """

    before: str
    after: str
    attacks: int
    broken: tuple[str, ...]
    repaired: tuple[str, ...]
    p: float

    @property
    def is_worse(self) -> bool:
        """Whether more attacks broke in than were repaired, beyond chance. Look at `broken` in any case."""
        return len(self.broken) > len(self.repaired) and self.p < ALPHA

    def __str__(self) -> str:
        surely = {True: "worse, beyond chance", False: "better, beyond chance"}
        verdict = surely[self.is_worse] if self.p < ALPHA else "no difference beyond chance"
        counts = f"{len(self.broken)} attacks work that did not, {len(self.repaired)} no longer (p = {self.p:.3g})"
        return f"{self.after} against {self.before}, {self.attacks} attacks: {counts}: {verdict}"


def compare_red_team(before: RedTeamReport, after: RedTeamReport) -> RedTeamComparison:
    """Compare two runs attack by attack (McNemar, 1947; exact, so a binomial test of the attacks that changed).

    Attacks that a cap kept out of either run are left out. Raises `NotComparable` if an attack of the same id differs,
    or if no attack was run in both.
    """
    from scipy.stats import binomtest

    both = [{one.attack.id: one for one in report.outcomes} for report in (before, after)]
    common = [name for name in both[0] if name in both[1]]
    if changed := [name for name in common if both[0][name].attack != both[1][name].attack]:
        found = f"the attacks {', '.join(changed[:5])}, which are not the same in both"
        raise NotComparable(found, "the same attacks under the same ids", "Run both versions on one file.")
    if not common:
        raise NotComparable("no attack that was run in both", "at least one", "Run both versions on one file.")
    worked = [{name for name in common if run[name].succeeded} for run in both]
    broken, repaired = sorted(worked[1] - worked[0]), sorted(worked[0] - worked[1])
    moved = len(broken) + len(repaired)
    p = float(binomtest(len(broken), moved).pvalue) if moved else 1.0
    return RedTeamComparison(before.version, after.version, len(common), tuple(broken), tuple(repaired), p)


def _checked_cap(cap: Decimal | str | None) -> Decimal | None:
    if cap is None:
        return None
    try:
        found = Decimal(str(cap))
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite() or found <= 0:
        raise InvalidSetting(f"a cap of {cap!r}", "US dollars above 0", "Pass a Decimal, or None for no cap.")
    return found
