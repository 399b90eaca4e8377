"""Token counts of an answer: prompt, cached, answer, thoughts. And what the receipt counts of them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from . import tokens
from .registry import ModelRow, refused
from .requests import Ask, wrong

if TYPE_CHECKING:
    from ..state import OfflineCloud

REMEMBERED = 16  # prompts per model whose beginnings count as cached
LONG_PROMPT = 200_000  # above it some models bill a dearer tier
THINKING = {"MINIMAL": 0.0, "LOW": 0.25, "MEDIUM": 0.5, "HIGH": 1.0}  # thought tokens per prompt token
THINKING_BASE = {"MINIMAL": 0, "LOW": 16, "MEDIUM": 48, "HIGH": 128}
MOST_THOUGHTS = 8192


def thoughts_for(ask: Ask, prompt_tokens: int) -> int:
    """How many tokens the model "thinks": by level and length of the prompt, up to a budget. Raises ApiError 400."""
    config = ask.config.get("thinkingConfig", {})
    level = config.get("thinkingLevel", ask.model.thinking)
    if level not in THINKING:
        raise wrong("thinking_config.thinking_level", level, f"one of {', '.join(THINKING)}")
    if "thinkingLevel" in config and "thinkingBudget" in config:
        raise refused(ask.model, "thinking_level and thinking_budget are both set", "set one of them")
    wanted = min(MOST_THOUGHTS, round(THINKING_BASE[level] + THINKING[level] * prompt_tokens))
    budget = config.get("thinkingBudget", -1)
    return wanted if budget < 0 else min(wanted, budget)


class ImplicitCache:
    """Remembers the last long prompts of every model: an equal beginning is cheaper the second time."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], deque[str]] = {}

    def cached_tokens(self, place: str, model: ModelRow, prompt: str, total: int) -> int:
        """How many tokens of a prompt some earlier prompt began with; 0 below the model's minimum."""
        if total < model.cache_minimum:
            return 0
        seen = self._seen.setdefault((place, model.id), deque(maxlen=REMEMBERED))
        longest = max((common_start(prompt, before) for before in seen), default=0)
        seen.append(prompt)
        found = tokens.count(prompt[:longest])
        return found if found >= model.cache_minimum else 0


def common_start(first: str, second: str) -> int:
    """How many characters two texts have in common at the beginning (by halving: it is called often)."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if first[:middle] == second[:middle] else (low, middle - 1)
    return low


def metadata(prompt: dict[str, int], *, answer: int, thoughts: int, cached: int) -> dict[str, Any]:
    """Google's usageMetadata. `prompt` counts by modality, cached tokens included; zero counts are left out."""
    total = sum(prompt.values())
    found = {
        "promptTokenCount": total,
        "candidatesTokenCount": answer,
        "thoughtsTokenCount": thoughts,
        "cachedContentTokenCount": cached,
        "totalTokenCount": total + answer + thoughts,
    }
    lists = {
        "promptTokensDetails": prompt,
        "candidatesTokensDetails": {"TEXT": answer},
        "cacheTokensDetails": {"TEXT": cached},
    }
    shown = {name: tokens.details(counts) for name, counts in lists.items() if sum(counts.values())}
    return {name: count for name, count in found.items() if count} | shown | {"trafficType": "ON_DEMAND"}


def bill(cloud: OfflineCloud, model: str, usage: dict[str, Any], *, batch: bool = False) -> None:
    """Count tokens for the receipt, under the items of the price list: `gemini.tokens.MODEL.input`."""
    cached, prompt = usage.get("cachedContentTokenCount", 0), usage.get("promptTokenCount", 0)
    output = usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
    tier = ".over_200k" if prompt > LONG_PROMPT else ""
    for kind, amount in (("input", prompt - cached), ("cached_input", cached), ("output", output)):
        if amount:
            cloud.count(f"gemini.tokens.{model}.{'batch_' if batch else ''}{kind}{tier}", amount)
