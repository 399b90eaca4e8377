"""Which parameters the trials of a tuning job try: a grid, or points drawn at random in an order that never changes.

Vertex AI's default search is Bayesian. Here it is random too, and documented as such: for the handful of trials of a
lesson the difference does not show, and a simulated optimiser would only pretend.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import unsupported
from .errors import bad_field

KINDS = ("doubleValueSpec", "integerValueSpec", "categoricalValueSpec", "discreteValueSpec")
Value = float | int | str


def suggestions(study: Mapping[str, Any], count: int) -> list[dict[str, Value]]:
    """The parameters of up to `count` trials, by parameter id. Raises ApiError 400 or 501 as `check` does."""
    parameters = study.get("parameters", [])
    if not parameters:
        raise bad_field("study_spec.parameters", [], "at least one parameter")
    for parameter in parameters:
        check(parameter)
    names = [parameter["parameterId"] for parameter in parameters]
    if study.get("algorithm") == "GRID_SEARCH":
        rows = itertools.islice(itertools.product(*(feasible(parameter) for parameter in parameters)), count)
    else:
        rows = (_random_row(parameters, trial) for trial in range(count))
    return [dict(zip(names, row, strict=True)) for row in rows]


def check(parameter: Mapping[str, Any]) -> None:
    """Raises ApiError 400 for a parameter without values or with crossed bounds, 501 for a conditional one."""
    kind = kind_of(parameter)
    if parameter.get("conditionalParameterSpecs"):
        raise unsupported("Vertex AI: conditional parameters of a tuning job")
    spec = parameter[kind]
    if kind in ("doubleValueSpec", "integerValueSpec"):
        low, high = bounds(spec)
        logarithmic = parameter.get("scaleType", "").endswith("LOG_SCALE")
        if low > high or (logarithmic and low <= 0):
            raise bad_field(parameter["parameterId"], (low, high), "min ≤ max, and min > 0 on a logarithmic scale")
    elif not spec.get("values"):
        raise bad_field(parameter["parameterId"], [], "at least one value")


def kind_of(parameter: Mapping[str, Any]) -> str:
    """Which of the four kinds of parameter this is. Raises ApiError 400 for none."""
    for kind in KINDS:
        if kind in parameter:
            return kind
    raise bad_field(parameter.get("parameterId", "parameter"), "no values", f"one of {', '.join(KINDS)}")


def bounds(spec: Mapping[str, Any]) -> tuple[float, float]:
    """The smallest and the largest value of a numeric parameter."""
    return float(spec.get("minValue", 0)), float(spec.get("maxValue", 0))


def feasible(parameter: Mapping[str, Any]) -> Sequence[Value]:
    """Every value of a parameter, for a grid. Raises ApiError 400 for a continuous one."""
    kind = kind_of(parameter)
    if kind == "doubleValueSpec":
        raise bad_field(
            parameter["parameterId"], "a double", "integer, categorical or discrete values in a grid search"
        )
    if kind == "integerValueSpec":
        low, high = bounds(parameter[kind])
        return range(int(low), int(high) + 1)
    return parameter[kind]["values"]


def place(parameter: Mapping[str, Any], share: float) -> Value:
    """The value at a share from 0 (the smallest) to 1 of a parameter's range, on its own scale."""
    kind = kind_of(parameter)
    if kind in ("categoricalValueSpec", "discreteValueSpec"):
        values = parameter[kind]["values"]
        return values[min(int(share * len(values)), len(values) - 1)]
    low, high = bounds(parameter[kind])
    if kind == "integerValueSpec":
        return min(round(_scaled(low - 0.49, high + 0.49, share, parameter)), int(high))
    return _scaled(low, high, share, parameter)


def _scaled(low: float, high: float, share: float, parameter: Mapping[str, Any]) -> float:
    scale = parameter.get("scaleType", "UNIT_LINEAR_SCALE")
    if scale == "UNIT_LOG_SCALE":
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    if scale == "UNIT_REVERSE_LOG_SCALE":
        return low + high - math.exp(math.log(high) + share * (math.log(low) - math.log(high)))
    return low + share * (high - low)


def _random_row(parameters: Sequence[Mapping[str, Any]], trial: int) -> list[Value]:
    import numpy as np

    shares = np.random.default_rng(trial).random(len(parameters))
    return [place(parameter, float(share)) for parameter, share in zip(parameters, shares, strict=True)]
