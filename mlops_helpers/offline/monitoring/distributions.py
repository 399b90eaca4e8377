"""Distributions: histograms with explicit, linear or exponential buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import invalid


@dataclass(frozen=True)
class Histogram:
    """Counts of the buckets below, between and above the bounds: one more count than bounds."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]


def histogram(distribution: Any) -> Histogram:
    """From Google's message. Raises ApiError 400 if it has no buckets."""
    options = distribution.bucket_options
    kind = options.WhichOneof("options")
    if kind == "explicit_buckets":
        bounds = tuple(options.explicit_buckets.bounds)
    elif kind == "linear_buckets":
        linear = options.linear_buckets
        bounds = tuple(linear.offset + linear.width * step for step in range(linear.num_finite_buckets + 1))
    elif kind == "exponential_buckets":
        grows = options.exponential_buckets
        bounds = tuple(grows.scale * grows.growth_factor**step for step in range(grows.num_finite_buckets + 1))
    else:
        raise invalid("A percentile needs a distribution with bucket_options: found none")
    counts = tuple(distribution.bucket_counts) + (0,) * (len(bounds) + 1 - len(distribution.bucket_counts))
    return Histogram(bounds, counts)


def merged(distributions: Sequence[Any]) -> Histogram:
    """All counts together. Raises ApiError 400 if the buckets differ."""
    found = [histogram(distribution) for distribution in distributions]
    if len({item.bounds for item in found}) > 1:
        raise invalid("Distributions with different buckets cannot be put together")
    counts = tuple(sum(column) for column in zip(*(item.counts for item in found), strict=True))
    return Histogram(found[0].bounds, counts)


def quantile(histogram: Histogram, rank: float) -> float:
    """The value below which a share of `rank` lies, on a straight line within its bucket; the outer buckets have no
    width, so there it is the bound. 0 for an empty histogram.

    >>> quantile(Histogram((0.0, 10.0), (0, 4, 0)), 0.5)
    5.0
    """
    wanted, below = rank * sum(histogram.counts), 0
    edges = (histogram.bounds[0], *histogram.bounds, histogram.bounds[-1])
    for index, count in enumerate(histogram.counts):
        if count and below + count >= wanted:
            low, high = edges[index], edges[index + 1]
            return low + (high - low) * (wanted - below) / count
        below += count
    return 0.0
