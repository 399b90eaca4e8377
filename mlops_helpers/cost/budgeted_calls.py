"""Gemini calls under a budget: the most a call can cost is set aside before it is made.

The upper bound: Google counts the tokens of contents and system instruction (`count_tokens`, free of charge); a schema
has no more tokens than letters; output ends at `max_output_tokens`, thinking included. Not bounded, and named here:
what a tool of Google's (search, code execution) feeds back into the prompt.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mlops_helpers.cloud.models import model as registered

from .budget import Alert, BudgetBook
from .errors import BadBudget
from .money import Money
from .usage import Usage, read_usage, usage_cost
from .usage_log import Calls

log = logging.getLogger(__name__)


def upper_bound(client: Any, model: str, contents: Any, *, at: date, config: Any = None) -> Money:
    """The most that `client.models.generate_content` can cost with these arguments on a day, at list price.

    Without `max_output_tokens` in the config it is the model's own limit, which is large: set one. Raises
    UnknownModel, UnknownSku, PriceNotValid, BadBudget for a model whose limit nobody knows, and google.genai's APIError
    from `count_tokens`.
    """
    from google.genai import types

    chosen = types.GenerateContentConfig.model_validate(config or {})
    asked = {"system_instruction": chosen.system_instruction, "tools": chosen.tools}
    counting = types.CountTokensConfig(**{name: value for name, value in asked.items() if value})
    counted = client.models.count_tokens(model=model, contents=contents, config=counting).total_tokens
    schema = chosen.response_schema or chosen.response_json_schema
    letters = len(json.dumps(schema, default=str)) if schema else 0
    output = chosen.max_output_tokens or registered(model).output_limit
    if output is None:
        remedy = "Set max_output_tokens in the config."
        raise BadBudget(f"a call of {model} without max_output_tokens", "a bound on the answer", remedy)
    most = Usage(prompt=counted + letters, candidates=output * (chosen.candidate_count or 1))
    return usage_cost(model, most, at=at)


@dataclass(frozen=True)
class BudgetedModel:
    """One model under one budget: `generate(contents)` in place of `client.models.generate_content`.

    Every call is booked in `calls` (of a UsageLog) and in `book`. `client` is a `genai.Client`, `config` what goes
    along with every call.
    """

    client: Any
    model: str
    book: BudgetBook
    budget: str
    calls: Calls
    config: Any = None

    def generate(self, contents: Any, *, at: datetime) -> tuple[Any, list[Alert]]:
        """The response, and the alerts that it set off. `at` is the moment of the call, which decides price and month.

        Raises BudgetExceeded before anything is called. An error that Google answers with is not billed, and what was
        set aside is free again. After any other failure (a timeout, an interrupt) nobody knows whether Google went on
        and billed: the whole reservation counts as spent.
        """
        from google.genai.errors import APIError

        most = upper_bound(self.client, self.model, contents, at=at, config=self.config)
        held, actual = self.book.reserve(self.budget, most, at=at), most
        try:
            response = self.client.models.generate_content(model=self.model, contents=contents, config=self.config)
            actual = usage_cost(self.model, read_usage(response), at=at)
        except APIError:
            actual = most * 0
            raise
        finally:
            alerts = self.book.settle(held, actual)
            for alert in alerts:
                log.warning("%s", alert)
        if actual > most:
            log.warning("a call cost %s, above the bound of %s: %s", actual, most, "a tool fed the prompt")
        self.calls.add(response, at=at)
        return response, alerts
