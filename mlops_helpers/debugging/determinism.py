"""Does it do the same twice? For a function: run it again and look for the first difference. For a model: ask again.

A seed repeats a program. It does not repeat a generative model: newer models ignore temperature, top_p and top_k, and a
seed is "best effort" where it is taken at all. What makes answers repeat is listed in `ADVICE`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.differences import Difference, first_difference
from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.debugging.seeds import kept_randomness, seed_everything

if TYPE_CHECKING:
    import pandas as pd

ADVICE = (
    "pin the model's full id: an alias moves to another model without a word",
    "ask for a response_schema, and compare what was parsed instead of the wording",
    "cache answers by model, prompt and settings: a cached answer repeats to the letter",
    "hold a golden set, and require a rate that passes instead of equal texts",
)
UNPARSED = "cannot be parsed"


@dataclass(frozen=True)
class DeterminismReport:
    """What a probe found: `difference` is None if all runs agreed; `seed_helps` is None where that was not tried."""

    times: int
    difference: Difference | None
    seed_helps: bool | None = None

    @property
    def repeats(self) -> bool:
        """Whether all runs agreed."""
        return self.difference is None

    def __str__(self) -> str:
        """Give the verdict, and what to do."""
        if self.difference is None:
            return f"repeats: {self.times} runs, one result."
        verdict = f"differs: first at {self.difference}."
        if self.seed_helps is None:
            return f"{verdict} It was seeded, so look for threads, clocks, and the order of sets or files."
        if self.seed_helps:
            return f"{verdict} With a seed it repeats: call seed_everything(…) before, and keep the seed."
        return f"{verdict} A seed does not help: look for a generator of its own, threads, clocks, the order of files."


def probe_determinism(
    function: Callable[[], Any], *, times: int = 2, seed: int | None = None, tolerance: float = 0.0
) -> DeterminismReport:
    """Run a function without arguments several times and compare what it returns with the first result.

    With `seed` each run is seeded. Without, and if runs differ, they are tried again with a seed to see whether that
    helps. All runs share one process: what changes only with the process (the order of sets of texts) is not seen.
    Global generators are given back as they were. Raises `InvalidSetting` for fewer than two runs, or results that
    cannot be compared.
    """
    if times < 2:
        raise InvalidSetting(f"times={times}", "2 or more", "One run cannot differ from itself.")
    if not callable(function):
        found = f"{type(function).__name__} instead of a function"
        raise InvalidSetting(found, "a function without arguments, not called yet", "Write lambda: f(...).")
    with kept_randomness():
        difference = _differs(function, times, seed, tolerance)
        if difference is None or seed is not None:
            return DeterminismReport(times, difference)
        return DeterminismReport(times, difference, _differs(function, times, 0, tolerance) is None)


@dataclass(frozen=True)
class GenerationReport:
    """Answers to one prompt. `identical` is the share of the most frequent answer, `identical_parsed` after parsing.

    `unparsed` is the share of answers that could not be parsed; each of them counts as different from all others.
    `ignores_sampling` says whether the model takes no temperature; None if it is not known.
    """

    answers: tuple[str, ...]
    parsed: tuple[str, ...]
    unparsed: float
    ignores_sampling: bool | None = None

    @property
    def identical(self) -> float:
        """Share of the most frequent answer, to the letter."""
        return _top_share(self.answers)

    @property
    def identical_parsed(self) -> float:
        """Share of the most frequent content."""
        return _top_share(self.parsed)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each different answer, most frequent first: answer, count, share."""
        import pandas as pd

        counts = Counter(self.answers).most_common()
        rows = [(answer, count, count / len(self.answers)) for answer, count in counts]
        return pd.DataFrame(rows, columns=["answer", "count", "share"])

    @property
    def advice(self) -> tuple[str, ...]:
        """What makes answers repeat."""
        note = ("this model ignores temperature, top_p and top_k: setting them to 0 changes nothing",)
        return (note if self.ignores_sampling else ()) + ADVICE

    def __str__(self) -> str:
        """Give both shares."""
        text = f"{self.identical:.0%} of {len(self.answers)} answers are identical, {self.identical_parsed:.0%} parsed"
        return f"{text}; {self.unparsed:.0%} could not be parsed." if self.unparsed else f"{text}."

    def _repr_html_(self) -> str:
        advice = "".join(f"<li>{escape(item)}</li>" for item in self.advice)
        return f"<p>{escape(str(self))}</p>{self.table.to_html(index=False, border=0)}<ul>{advice}</ul>"


def probe_generation(
    generate: Callable[[str, int], Any],
    prompt: str,
    *,
    times: int = 5,
    seed: int = 0,
    parse: Callable[[str], Any] = json.loads,
) -> GenerationReport:
    """Ask the same several times with the same seed, and compare the answers to the letter and after `parse`.

    `generate(prompt, seed)` returns a text or an `Answer`, as `prompt_models.gemini_generator` gives. `parse` turns an
    answer into what is used of it and raises `ValueError` where it cannot. Raises `InvalidSetting` for fewer than two.
    """
    if times < 2:
        raise InvalidSetting(f"times={times}", "2 or more", "One answer cannot differ from itself.")
    found = [generate(prompt, seed) for _ in range(times)]
    answers = tuple(item if isinstance(item, str) else item.text for item in found)
    parsed = tuple(_parsed(answer, parse, number) for number, answer in enumerate(answers))
    unparsed = sum(text.startswith(UNPARSED) for text in parsed) / times
    return GenerationReport(answers, parsed, unparsed, _ignores_sampling(getattr(found[0], "model", "")))


def _differs(function: Callable[[], Any], times: int, seed: int | None, tolerance: float) -> Difference | None:
    """Return the first difference from the first run; stop there."""
    results = []
    for _ in range(times):
        if seed is not None:
            seed_everything(seed)
        results.append(function())
        if difference := first_difference(results[0], results[-1], tolerance=tolerance):
            return difference
    return None


def _parsed(answer: str, parse: Callable[[str], Any], number: int) -> str:
    """Return an answer's content as text, in a form in which equal contents are equal texts."""
    try:
        return json.dumps(parse(answer), sort_keys=True, ensure_ascii=False, default=repr)
    except ValueError:
        return f"{UNPARSED} ({number})"


def _top_share(values: tuple[str, ...]) -> float:
    return Counter(values).most_common(1)[0][1] / len(values)


def _ignores_sampling(model: str) -> bool | None:
    from mlops_helpers.cloud import models
    from mlops_helpers.cloud.errors import UnknownModel

    try:
        return models.model(model).has("ignores_sampling")
    except UnknownModel:
        return None
