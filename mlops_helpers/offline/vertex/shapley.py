"""Shapley values of one prediction: how much each feature moved it away from a baseline's prediction.

Both functions take `values`, a function from rows to one number per row, an instance and a baseline of the same length,
and return one attribution per feature; attributions sum to `values(instance) - values(baseline)`.

Source: Štrumbelj and Kononenko, "Explaining prediction models and individual predictions with feature contributions",
Knowledge and Information Systems 41 (2014), the sampling algorithm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Row = list[Any]
Values = Callable[[list[Row]], Sequence[float]]


def additive(values: Values, instance: Row, baseline: Row) -> list[float]:
    """Exact attributions when the features act independently of each other, as in a linear model.

    Each feature's share is what changes when it alone takes the instance's value.
    """
    rows = [[*baseline[:at], instance[at], *baseline[at + 1 :]] for at in range(len(instance))]
    start, *moved = values([baseline, *rows])
    return [float(value - start) for value in moved]


def sampled(values: Values, instance: Row, baseline: Row, *, paths: int, seed: int = 0) -> tuple[list[float], float]:
    """Attributions averaged over random orders of the features, and their largest standard error.

    On each path the features change one after another from baseline to instance; a feature's share is what its own
    step changes. More paths, smaller error; a single path has an error of 0.0, because nothing is known about it.
    """
    orders = [_order(len(instance), seed + number) for number in range(paths)]
    found = values([row for order in orders for row in _path(instance, baseline, order)])
    steps = len(instance) + 1
    shares: list[list[float]] = [[] for _ in instance]
    for number, order in enumerate(orders):
        along = found[number * steps : (number + 1) * steps]
        for position, feature in enumerate(order):
            shares[feature].append(float(along[position + 1] - along[position]))
    return [sum(share) / paths for share in shares], max(_standard_error(share) for share in shares)


def _order(length: int, seed: int) -> list[int]:
    import numpy as np

    return [int(feature) for feature in np.random.default_rng(seed).permutation(length)]


def _path(instance: Row, baseline: Row, order: list[int]) -> list[Row]:
    rows = [list(baseline)]
    for feature in order:
        rows.append([*rows[-1][:feature], instance[feature], *rows[-1][feature + 1 :]])
    return rows


def _standard_error(share: list[float]) -> float:
    if len(share) < 2:
        return 0.0
    mean = sum(share) / len(share)
    variance = sum((value - mean) ** 2 for value in share) / (len(share) - 1)
    return (variance / len(share)) ** 0.5
