"""How far two samples of one column are apart, by the measures that Vertex AI Model Monitoring documents.

    categorical   L-infinity: the largest difference between the shares of one value; or Jensen-Shannon divergence
    numeric       Jensen-Shannon divergence of two histograms over the same ten equal intervals

The divergence is to base 2: 0 for equal distributions, 1 for distributions that share nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
L_INFINITY, JENSEN_SHANNON = "l_infinity", "jensen_shannon_divergence"
INTERVALS = 10
TOP_VALUES = 20


@dataclass(frozen=True)
class Drift:
    """The distance between two samples, and both as `DatasetFeatureStatistics`."""

    distance: float
    algorithm: str
    baseline: Json
    target: Json


def categorical(name: str, baseline: Sequence[Any], target: Sequence[Any], algorithm: str = L_INFINITY) -> Drift:
    """Drift of a column of categories; None counts as missing, not as a category."""
    counts = [Counter(str(value) for value in sample if value is not None) for sample in (baseline, target)]
    shares = [_shares(count) for count in counts]
    distance = l_infinity(*shares) if algorithm == L_INFINITY else jensen_shannon(*shares)
    old, new = (_categories(name, count, len(sample)) for count, sample in zip(counts, (baseline, target), strict=True))
    return Drift(distance, algorithm, old, new)


def numeric(name: str, baseline: Sequence[Any], target: Sequence[Any]) -> Drift:
    """Drift of a column of numbers; None and NaN count as missing."""
    old, new = (_numbers(sample) for sample in (baseline, target))
    low, high = (min([*old, *new]), max([*old, *new])) if old or new else (0.0, 0.0)
    bins = [histogram(sample, low, high) for sample in (old, new)]
    distance = jensen_shannon(*(_shares(dict(enumerate(counts))) for counts in bins))
    about = [
        _measures(name, sample, counts, (low, high), missing)
        for sample, counts, missing in zip(
            (old, new), bins, (len(baseline) - len(old), len(target) - len(new)), strict=True
        )
    ]
    return Drift(distance, JENSEN_SHANNON, *about)


def l_infinity(one: Mapping[Any, float], other: Mapping[Any, float]) -> float:
    """The largest difference of one value's shares.

    >>> l_infinity({"a": 0.5, "b": 0.5}, {"a": 0.25, "c": 0.75})
    0.75
    """
    return max((abs(one.get(value, 0.0) - other.get(value, 0.0)) for value in {*one, *other}), default=0.0)


def jensen_shannon(one: Mapping[Any, float], other: Mapping[Any, float]) -> float:
    """The mean divergence (base 2) of both distributions from their average.

    >>> jensen_shannon({"a": 1.0}, {"b": 1.0})
    1.0
    """
    middle = {value: (one.get(value, 0.0) + other.get(value, 0.0)) / 2 for value in {*one, *other}}
    return max(0.0, (_divergence(one, middle) + _divergence(other, middle)) / 2)


def histogram(sample: Sequence[float], low: float, high: float) -> list[int]:
    """How many numbers fall into each of ten equal intervals from `low` to `high`, which belongs to the last one."""
    counts, width = [0] * INTERVALS, (high - low) / INTERVALS
    for value in sample:
        place = int((value - low) / width) if width > 0 else 0
        counts[min(place, INTERVALS - 1)] += 1
    return counts


def _divergence(one: Mapping[Any, float], middle: Mapping[Any, float]) -> float:
    return math.fsum(share * math.log2(share / middle[value]) for value, share in one.items() if share > 0)


def _shares(counts: Mapping[Any, int]) -> dict[Any, float]:
    total = sum(counts.values())
    return {value: count / total for value, count in counts.items()} if total else {}


def _numbers(sample: Sequence[Any]) -> list[float]:
    found = [float(value) for value in sample if value is not None and value != ""]
    return [value for value in found if math.isfinite(value)]


def _categories(name: str, counts: Counter[str], rows: int) -> Json:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP_VALUES]
    total = sum(counts.values())
    return {
        "name": name,
        "type": "STRING",
        "stringStats": {
            "commonStats": {"numNonMissing": str(total), "numMissing": str(rows - total)},
            "unique": str(len(counts)),
            "topValues": [{"value": value, "frequency": count} for value, count in ranked],
        },
    }


def _measures(name: str, sample: list[float], counts: list[int], limits: tuple[float, float], missing: int) -> Json:
    low, high = limits
    width = (high - low) / INTERVALS
    buckets = [
        {"lowValue": low + index * width, "highValue": low + (index + 1) * width, "sampleCount": count}
        for index, count in enumerate(counts)
    ]
    mean = math.fsum(sample) / len(sample) if sample else 0.0
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in sample) / len(sample)) if sample else 0.0
    return {
        "name": name,
        "type": "FLOAT",
        "numStats": {
            "commonStats": {"numNonMissing": str(len(sample)), "numMissing": str(missing)},
            "mean": mean,
            "stdDev": spread,
            "min": min(sample, default=0.0),
            "max": max(sample, default=0.0),
            "histograms": [{"type": "STANDARD", "buckets": buckets}],
        },
    }
