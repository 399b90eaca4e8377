"""How well an agent used its tools: calls in an answer, and trajectories (the calls in their order).

A call in an answer is JSON, `{"content": "", "tool_calls": [{"name": "book", "arguments": {"seats": 2}}]}`; only the
first one is looked at. Two calls of a trajectory are equal if name and input are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Trajectory = Sequence[tuple[str, str]]


def tool_call_valid(prediction: str, reference: str) -> float:
    """1 if the prediction holds a well-formed call; the reference does not count."""
    return float(first_call(prediction) is not None)


def tool_name_match(prediction: str, reference: str) -> float:
    """1 if the first call names the tool that the reference's first call names."""
    said, wanted = first_call(prediction), first_call(reference)
    return float(said is not None and wanted is not None and said["name"] == wanted["name"])


def first_call(text: str) -> dict[str, Any] | None:
    """The first tool call of an answer, None if there is none that is well-formed."""
    try:
        found = json.loads(text)["tool_calls"][0]
    except (ValueError, LookupError, TypeError):
        return None
    formed = isinstance(found, dict) and isinstance(found.get("name"), str) and isinstance(found.get("arguments"), dict)
    return found if formed else None


def exact(said: Trajectory, wanted: Trajectory) -> float:
    """1 if the calls are the same in the same order."""
    return float(list(said) == list(wanted))


def in_order(said: Trajectory, wanted: Trajectory) -> float:
    """1 if all wanted calls were made in their order; others may stand between them."""
    left = iter(said)
    return float(all(call in left for call in wanted))


def any_order(said: Trajectory, wanted: Trajectory) -> float:
    """1 if all wanted calls were made, in whatever order."""
    return float(all(call in said for call in wanted))


def precision(said: Trajectory, wanted: Trajectory) -> float:
    """The share of the calls made that were wanted."""
    return sum(call in wanted for call in said) / len(said) if said else 0.0


def recall(said: Trajectory, wanted: Trajectory) -> float:
    """The share of the wanted calls that were made."""
    return sum(call in said for call in wanted) / len(wanted) if wanted else 0.0


def uses_tool(said: Trajectory, tool: str) -> float:
    """1 if a tool was used at all."""
    return float(any(name == tool for name, _ in said))


def trajectory(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The calls of a trajectory as JSON, each as name and input."""
    return [(call.get("toolName", ""), call.get("toolInput", "")) for call in found.get("toolCalls", [])]
