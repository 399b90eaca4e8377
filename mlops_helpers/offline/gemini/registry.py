"""The models behind the offline Gemini: which exist, which have retired, and what each refuses.

Reads the course's model registry, `mlops_helpers/cloud/models.json`, as data. "Today" is the day the registry was last
checked, or the offline clock's day if that is later: advance the clock, and models retire.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from ..errors import ApiError, invalid, not_found

HINT = "or your project does not have access to it. Please ensure you are using a valid model version."


@dataclass(frozen=True)
class ModelRow:
    """One line of the registry; `rules` are its family's. Limits are tokens, `dimensions` those of an embedding."""

    id: str
    family: str
    tier: str
    retires: date | None
    replacement: str | None
    input_limit: int
    output_limit: int
    cache_minimum: int
    thinking: str
    dimensions: int
    preview: bool
    rules: frozenset[str]


def find_model(id: str, parent: str, now: datetime) -> ModelRow:
    """The model a path names, if it can be called today. Raises ApiError 404, naming a retired model's replacement."""
    name = f"{parent}/publishers/google/models/{id}".lstrip("/")
    row = rows().get(id)
    if row is None:
        raise not_found(
            f"Publisher Model `{name}` was not found {HINT} The registry lists: {', '.join(available(now))}."
        )
    if has_retired(row, now):
        successor = f" Use `{row.replacement}` instead." if row.replacement else ""
        raise not_found(
            f"Publisher Model `{name}` was not found {HINT} It was retired on {row.retires}.{successor}"
            " For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
        )
    return row


def available(now: datetime) -> list[str]:
    """The ids that can be called today."""
    return [id for id, row in rows().items() if row.id == id and not has_retired(row, now)]


def has_retired(row: ModelRow, now: datetime) -> bool:
    """Whether the model's day has come."""
    return row.retires is not None and max(now.date(), _as_of()) >= row.retires


def check_rules(row: ModelRow, config: dict) -> None:
    """Refuse what the model does not take. Raises ApiError 400."""
    if "rejects_thinking_budget" in row.rules and "thinkingBudget" in config.get("thinkingConfig", {}):
        raise refused(row, "thinking_budget is not supported", "use thinking_level")
    penalties = [name for name in ("frequencyPenalty", "presencePenalty") if name in config]
    if "rejects_penalties" in row.rules and penalties:
        raise refused(row, f"{' and '.join(penalties)} is not supported", "leave it out")
    if "one_candidate" in row.rules and config.get("candidateCount", 1) > 1:
        raise refused(row, f"found candidateCount {config['candidateCount']}, only 1 is supported", "ask again")


def check_explicit_cache(row: ModelRow) -> None:
    """Refuse explicit caches where the model has none. Raises ApiError 400."""
    if "no_explicit_cache" in row.rules:
        raise refused(row, "explicit context caching is not supported", "equal beginnings are cached implicitly")


def refused(row: ModelRow, what: str, instead: str) -> ApiError:
    """400 for a request that this model does not take."""
    return invalid(f"Unable to submit request because {what} by model {row.id}: {instead}.")


@cache
def rows() -> dict[str, ModelRow]:
    """All models by id and alias."""
    found = {}
    for raw in _file()["models"]:
        row = _row(raw)
        found |= dict.fromkeys((row.id, *raw.get("aliases", ())), row)
    return found


def _row(raw: dict) -> ModelRow:
    return ModelRow(
        id=raw["id"],
        family=raw["family"],
        tier=raw["tier"],
        retires=date.fromisoformat(raw["retires"]) if raw["retires"] else None,
        replacement=raw["replacement"],
        input_limit=raw["input_limit"],
        output_limit=raw.get("output_limit", 0),
        cache_minimum=raw.get("cache_minimum", 0),
        thinking=raw.get("thinking", "MEDIUM" if raw["family"] == "gemini-4" else "MINIMAL"),
        dimensions=raw.get("dimensions", 0),
        preview=raw.get("preview", False),
        rules=frozenset(_file()["families"][raw["family"]]),
    )


def _as_of() -> date:
    return date.fromisoformat(_file()["as_of"])


@cache
def _file() -> dict:
    path = resources.files(__package__.partition(".")[0]) / "cloud" / "models.json"
    return json.loads(path.read_text(encoding="utf-8"))
