"""What a better prompt is worth. The table is in the package's docstring; this is the arithmetic."""

from __future__ import annotations

from .prompts import Prompt
from .requests import Ask
from .sampling import draw, salt, temperature

NAMES_LABELS, STATES_FORMAT, GIVES_EXAMPLES, DEFINES_LABELS, MARKS_SUBJECT = 0.40, 0.25, 0.20, 0.10, 0.05
PROMPT_SLIP = 0.35
TIER_SLIP = {"frontier": 0.0, "standard": 0.02, "lite": 0.08}
TEMPERATURE_SLIP = 0.04
ENOUGH_EXAMPLES = 2


def prompt_score(prompt: Prompt, *, has_schema: bool = False) -> float:
    """How much a prompt says of what it wants, from 0 to 1. A response schema states the format."""
    earned = (
        NAMES_LABELS * (bool(prompt.labels) and not prompt.unnamed),
        STATES_FORMAT * (has_schema or prompt.states_format),
        GIVES_EXAMPLES * (len(prompt.examples) >= ENOUGH_EXAMPLES),
        DEFINES_LABELS * bool(prompt.definitions),
        MARKS_SUBJECT * prompt.marked,
    )
    return round(sum(earned), 2)


def slip(ask: Ask, score: float) -> float:
    """The share of labels that slip to the second best."""
    return PROMPT_SLIP * (1 - score) + TIER_SLIP[ask.model.tier] + TEMPERATURE_SLIP * temperature(ask)


def slips(ask: Ask, score: float, text: str, candidate: int = 0) -> bool:
    """Whether the label of this text slips. What slips with a good prompt also slips with a worse one.

    Temperature draws on its own: which texts it makes slip differs from sample to sample.
    """
    steady = PROMPT_SLIP * (1 - score) + TIER_SLIP[ask.model.tier]
    by_prompt = draw("slip", text) < steady
    by_chance = draw("sample", text, salt(ask, candidate)) < TEMPERATURE_SLIP * temperature(ask)
    return by_prompt or by_chance
