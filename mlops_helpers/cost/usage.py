"""Tokens of one call, as a real response reports them, and what they list at on a day.

    used = read_usage(client.models.generate_content(...))
    usage_cost("gemini-3.8-flash", used, at=date(2027, 1, 1))

Which count is billed how (Gemini API, `UsageMetadata`): cached tokens are part of the prompt and have a price of their
own; tokens of tool results are input; thinking is billed as output; a prompt over 200,000 tokens puts the whole call
into the dearer tier of models that have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .errors import BadUsage, UnknownSku
from .money import Money
from .price_table import PriceTable, list_prices

LONG_PROMPT = 200_000  # tokens; beyond them the whole call is in the dearer tier
COUNTS = {  # ours -> Google's, in `GenerateContentResponse.usage_metadata`
    "prompt": "prompt_token_count",
    "cached": "cached_content_token_count",
    "candidates": "candidates_token_count",
    "thoughts": "thoughts_token_count",
    "tool_use": "tool_use_prompt_token_count",
}


@dataclass(frozen=True)
class Usage:
    """Tokens: `prompt` (of which `cached`), `candidates`, `thoughts` and `tool_use`. Raises BadUsage."""

    prompt: int = 0
    cached: int = 0
    candidates: int = 0
    thoughts: int = 0
    tool_use: int = 0

    def __post_init__(self) -> None:
        check_counts((self.prompt, self.cached, self.candidates, self.thoughts, self.tool_use))

    @property
    def fresh(self) -> int:
        """Input tokens at the full price."""
        return self.prompt - self.cached + self.tool_use

    @property
    def output(self) -> int:
        """Output tokens, thinking included."""
        return self.candidates + self.thoughts

    @property
    def is_long(self) -> bool:
        """Whether the prompt is in the dearer tier, for models that have one."""
        return self.prompt + self.tool_use > LONG_PROMPT


def check_counts(counts: tuple[int, ...]) -> None:
    """Refuse counts (in the order of `COUNTS`) that cannot be. Raises BadUsage for negatives and fractions."""
    try:
        fine = min(counts) >= 0 and counts[1] <= counts[0]
    except TypeError:
        fine = False
    if fine and {type(count) for count in counts} == {int}:
        return
    named = ", ".join(f"{name}={count!r}" for name, count in zip(COUNTS, counts, strict=True))
    remedy = "Book what `usage_metadata` says; a refund is not a call."
    raise BadUsage(f"tokens {named}", "whole numbers from 0 on, cached no more than prompt", remedy)


def counts_of(response: Any) -> tuple[int, ...]:
    """The counts of a response in the order of `COUNTS`; what Google leaves out is 0. Raises BadUsage without any."""
    said = getattr(response, "usage_metadata", None)
    if said is None:
        remedy = "Book the last piece of a stream; a response without usage cannot be priced."
        raise BadUsage(f"a {type(response).__name__} without usage_metadata", "a response of google-genai", remedy)
    return (
        said.prompt_token_count or 0,
        said.cached_content_token_count or 0,
        said.candidates_token_count or 0,
        said.thoughts_token_count or 0,
        said.tool_use_prompt_token_count or 0,
    )


def read_usage(response: Any) -> Usage:
    """The tokens of a `GenerateContentResponse` (of a stream: its last piece). Raises BadUsage."""
    return Usage(*counts_of(response))


def usage_cost(
    model: str,
    usage: Usage,
    *,
    at: date,
    batch: bool = False,
    table: PriceTable | None = None,
    long: bool | None = None,
) -> Money:
    """What these tokens list at on a day, exact. `batch` asks for the batch rate.

    `usage` may be the sum of many calls, then `long` says in which tier all of them were; it is read off the prompt
    otherwise. Raises UnknownSku for a model without a price and PriceNotValid for a day without one, even for no
    tokens at all.
    """
    prices, prefix = table or list_prices(), "batch_" if batch else ""
    tier = ".over_200k" if (usage.is_long if long is None else long) else ""
    parts = (("input", usage.fresh), ("cached_input", usage.cached), ("output", usage.output))
    result = None
    for kind, tokens in parts:
        if tokens or kind == "input":
            part = _found(prices, f"gemini.tokens.{model}.{prefix}{kind}", tier, at).of(tokens)
            result = part if result is None else result + part
    return result


def _found(prices: PriceTable, sku: str, tier: str, at: date) -> Any:
    """The price in the dearer tier; a model that has none bills long prompts like all others."""
    if tier:
        try:
            return prices.find(sku + tier, at=at)
        except UnknownSku:
            return prices.find(sku, at=at)
    return prices.find(sku, at=at)
