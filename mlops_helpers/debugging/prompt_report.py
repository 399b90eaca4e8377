"""What prompt tests found: pass rates with their intervals, what failed and why, tokens and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from mlops_helpers.cloud import prices
from mlops_helpers.debugging.prompt_models import Answer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Outcome:
    """One check on one sample of one case."""

    case: str
    sample: int
    check: str
    passed: bool
    why: str


@dataclass(frozen=True)
class PromptTestReport:
    """The outcome of prompt tests. A sample passes if all of its checks do.

    outcomes    one per case, sample and check
    answers     what the model under test said, in the order of cases and samples
    grading     the calls that grading took: embeddings and judgements
    alike       all samples of each case were the same text, as with a model that ignores the temperature: they count as
                one, since copies are no evidence
    """

    name: str
    samples: int
    outcomes: tuple[Outcome, ...]
    answers: tuple[Answer, ...]
    grading: tuple[Answer, ...] = ()
    alike: bool = False

    @cached_property
    def passes(self) -> dict[str, int]:
        """How many samples of each case passed, by case id."""
        results: dict[tuple[str, int], bool] = {}
        for outcome in self.outcomes:
            key = (outcome.case, outcome.sample)
            results[key] = results.get(key, True) and outcome.passed
        counts = Counter(case for (case, _), passed in results.items() if passed)
        return {case: counts[case] for case in dict.fromkeys(case for case, _ in results)}

    @property
    def n(self) -> int:
        """The number of samples that count, of all cases."""
        return len(self.passes) * self.samples

    @property
    def rate(self) -> float:
        """The share of samples that passed."""
        return sum(self.passes.values()) / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson interval of the rate.

        It takes samples as independent. Samples of one case are alike, so the truth is wider: more cases tell more than
        more samples. It says how these cases would fare again, not how other inputs would.
        """
        return wilson(sum(self.passes.values()), self.n)

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens in and out, grading included."""
        calls = (*self.answers, *self.grading)
        return sum(call.input_tokens for call in calls), sum(call.output_tokens for call in calls)

    @property
    def seconds(self) -> float:
        """The median time of an answer."""
        return median(answer.seconds for answer in self.answers)

    def cost(self, on: date | None = None) -> float | None:
        """Return the list price in US dollars, grading included; None if a call names no model.

        `on` is the day whose prices count, the day of the price table unless given. Raises UnknownPrice.
        """
        calls, day = (*self.answers, *self.grading), on or prices.as_of()
        return sum(_price(call, day) for call in calls) if all(call.model for call in calls) else None

    def table(self) -> pd.DataFrame:
        """Return one row per case and check: case, check, passed, samples, rate, low, high, why (of the first fail)."""
        import pandas as pd

        rows = []
        for (case, check), group in _grouped(self.outcomes).items():
            passed = sum(outcome.passed for outcome in group)
            low, high = wilson(passed, len(group))
            why = next((outcome.why for outcome in group if not outcome.passed), "")
            rows.append((case, check, passed, len(group), passed / len(group), low, high, why))
        return pd.DataFrame(rows, columns=["case", "check", "passed", "samples", "rate", "low", "high", "why"])

    def failures(self) -> pd.DataFrame:
        """Return the checks that failed, one row each: case, sample, check, why."""
        import pandas as pd

        rows = [(item.case, item.sample, item.check, item.why) for item in self.outcomes if not item.passed]
        return pd.DataFrame(rows, columns=["case", "sample", "check", "why"])

    def __str__(self) -> str:
        """Say it in one line; without times, so that it can be compared."""
        low, high = self.interval
        rate = f"{sum(self.passes.values())} of {self.n} samples passed ({self.rate:.0%}; {low:.0%} to {high:.0%})"
        copies = ", whose samples were all alike and count as one" if self.alike else ""
        cost, (tokens_in, tokens_out) = self.cost(), self.tokens
        bill = "no price: the generator names no model" if cost is None else f"${cost:.4f} at list price"
        usage = f"{tokens_in:,} tokens in, {tokens_out:,} out, {bill}"
        return f"{self.name}: {rate} in {len(self.passes)} cases{copies}; {usage}"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(str(self))}</p>{self.table().to_html(index=False, float_format='{:.2f}'.format)}"


def wilson(passed: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927), by SciPy: sound for small n and for shares of 0 and 1."""
    from scipy.stats import binomtest

    interval = binomtest(passed, n).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def _grouped(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], list[Outcome]]:
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.case, outcome.check), []).append(outcome)
    return groups


def _price(call: Answer, day: date) -> float:
    """Price one call; embeddings have no output and no price for it."""
    item = f"gemini.tokens.{call.model}"
    total = prices.price(f"{item}.input", day).of(call.input_tokens)
    return total + (prices.price(f"{item}.output", day).of(call.output_tokens) if call.output_tokens else 0.0)
