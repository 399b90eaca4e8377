"""At once or overnight? An endpoint against a batch job, and Gemini's discounts against each other.

    online_or_batch(endpoint=..., replicas=2, batch=..., rows_per_hour=50_000).break_even_rows     # a month
    token_offers(PromptMix(requests=30_000, prompt=6_000, shared=5_200, output=250), "gemini-3.8-flash", at=today)

An endpoint costs its hours, asked or not. A batch job costs the hours it takes, and nothing in between. So below some
number of rows a month the batch job is cheaper, if nobody waits for the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from .cache_answers import LONG_PROMPT
from .cache_tally import list_price
from .errors import InvalidSetting
from .money import Money

if TYPE_CHECKING:
    import pandas as pd

HOURS = 730  # of a month
SECONDS = 3600


@dataclass(frozen=True)
class OnlineOrBatch:
    """Costs of a month. `break_even_rows`: so many rows a month cost the same both ways; below, batch is cheaper."""

    online: Money
    batch_per_1000: Money
    batch_per_run: Money
    break_even_rows: Decimal

    def batch(self, rows: int, *, runs: int) -> Money:
        """What `rows` rows in `runs` batch jobs cost."""
        return self.batch_per_1000 * rows / 1000 + self.batch_per_run * runs

    def cheaper(self, rows: int, *, runs: int) -> str:
        """Return "batch" or "online"."""
        return "batch" if self.batch(rows, runs=runs) < self.online else "online"


def online_or_batch(
    *, endpoint: Money, replicas: int, batch: Money, rows_per_hour: int, start_minutes: int = 10, runs: int = 30
) -> OnlineOrBatch:
    """Compare an endpoint that is always up with batch jobs.

    `endpoint` and `batch` are prices of an hour of one machine; `rows_per_hour` is what one machine scores in a batch
    job, `start_minutes` what each of `runs` jobs a month bills before its first row. Raises InvalidSetting,
    MixedCurrencies.
    """
    if min(replicas, rows_per_hour, runs) < 1 or start_minutes < 0:
        found = f"replicas={replicas}, rows_per_hour={rows_per_hour}, runs={runs}, start_minutes={start_minutes}"
        raise InvalidSetting(found, "at least 1 of each, and a start of 0 minutes or more", "Measure one run.")
    online, row = endpoint * (replicas * HOURS), batch / rows_per_hour
    start = batch * start_minutes / 60
    left = online - start * runs
    rows = max(left / row, Decimal(0)) if row.amount else Decimal("Infinity")
    return OnlineOrBatch(online, row * 1000, start, rows)


@dataclass(frozen=True)
class PromptMix:
    """Tokens of one kind of request: how many requests, and tokens of each.

    `prompt` is all of a prompt, `shared` its beginning that is the same in all, `output` with thinking.
    """

    requests: int
    prompt: int
    shared: int
    output: int

    def __post_init__(self) -> None:
        if not (self.requests > 0 and self.prompt >= self.shared >= 0 and self.output >= 0):
            raise InvalidSetting(f"{self}", "requests, and a shared part within the prompt", "Count tokens first.")


def token_offers(mix: PromptMix, model: str, *, at: date) -> pd.DataFrame:
    """Return what requests list at, by what is asked for. Columns: offer, usd (Decimal), share (of the first), waits.

    as it is              every token at its full price
    shared beginning cached    the beginning at the cached price, from the second request on
    batch                 half price; the answer comes within 24 hours
    batch, cached         where the table has a price for both

    What keeping a cache costs by the hour is not in it: implicit caching is free, for an explicit cache see the
    console. Raises UnknownSku, PriceNotValid.
    """
    import pandas as pd

    def usd(kind: str, tokens: int) -> Decimal:
        tier = ".over_200k" if mix.prompt > LONG_PROMPT else ""
        return list_price(f"gemini.tokens.{model}.{kind}{tier}", tokens, at=at).amount

    prompt, output = mix.requests * mix.prompt, mix.requests * mix.output
    cached = (mix.requests - 1) * mix.shared
    rows = [
        ("as it is", usd("input", prompt) + usd("output", output), False),
        (
            "shared beginning cached",
            usd("input", prompt - cached) + usd("cached_input", cached) + usd("output", output),
            False,
        ),
        ("batch", usd("batch_input", prompt) + usd("batch_output", output), True),
        (
            "batch, cached",
            usd("batch_input", prompt - cached) + usd("batch_cached_input", cached) + usd("batch_output", output),
            True,
        ),
    ]
    table = pd.DataFrame(rows, columns=["offer", "usd", "waits"])
    return table.assign(share=[float(money / rows[0][1]) if rows[0][1] else float("nan") for _, money, _ in rows])
