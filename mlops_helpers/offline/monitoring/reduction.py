"""Several aligned series brought to one for each group: `group_by_fields` says which labels make a group."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from google.cloud.monitoring_v3.types import Aggregation, TimeSeries

from ..errors import invalid, unsupported
from .alignment import REAL, SAME, WHOLE, plain, typed
from .descriptors import VALUES
from .selecting import selector
from .series import Point, Series

Reducer = Aggregation.Reducer
Function = Callable[[Sequence], Any]
NUMBERS = (VALUES.INT64, VALUES.DOUBLE)


def percentile(values: Sequence[float], rank: float) -> float:
    """The value at a rank between 0 and 1, on a straight line between neighbours (numpy's and Excel's default).

    >>> percentile([1, 2, 3, 4], 0.5)
    2.5
    """
    ordered = sorted(values)
    place = rank * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


OF_NUMBERS: dict[int, tuple[Function, int | None]] = {
    Reducer.REDUCE_MEAN: (statistics.fmean, REAL),
    Reducer.REDUCE_MIN: (min, SAME),
    Reducer.REDUCE_MAX: (max, SAME),
    Reducer.REDUCE_SUM: (sum, SAME),
    Reducer.REDUCE_STDDEV: (statistics.pstdev, REAL),
    Reducer.REDUCE_PERCENTILE_99: (lambda values: percentile(values, 0.99), REAL),
    Reducer.REDUCE_PERCENTILE_95: (lambda values: percentile(values, 0.95), REAL),
    Reducer.REDUCE_PERCENTILE_50: (lambda values: percentile(values, 0.50), REAL),
    Reducer.REDUCE_PERCENTILE_05: (lambda values: percentile(values, 0.05), REAL),
}
OF_TRUTHS: dict[int, tuple[Function, int | None]] = {
    Reducer.REDUCE_COUNT_TRUE: (sum, WHOLE),
    Reducer.REDUCE_COUNT_FALSE: (lambda values: len(values) - sum(values), WHOLE),
    Reducer.REDUCE_FRACTION_TRUE: (lambda values: sum(values) / len(values), REAL),
}


def reduce_series(found: list[Series], aggregation: Any) -> list[Series]:
    """One series for each group, or the series as they are for REDUCE_NONE. Raises ApiError 400 or 501."""
    reducer = aggregation.cross_series_reducer
    if reducer == Reducer.REDUCE_NONE:
        return found
    fields = [selector(tuple(path.split("."))) for path in aggregation.group_by_fields]
    groups: dict[tuple, list[Series]] = defaultdict(list)
    for series in found:
        known = series.fields()
        groups[tuple(known.get(field, "") for field in fields)].append(series)
    return [_reduced(groups[group], reducer, dict(zip(fields, group, strict=True))) for group in sorted(groups)]


def _reduced(members: list[Series], reducer: int, labels: dict[str, str]) -> Series:
    head = members[0].head
    function, result = _function(reducer, head)
    value_type = result or head.value_type
    at: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for point in (point for series in members for point in series.points):
        at[point.start, point.end].append(point)
    points = [Point(start, end, typed(function(plain(at[start, end])), value_type)) for start, end in sorted(at)]
    return Series(_head(head, value_type, labels), points)


def _function(reducer: int, head: Any) -> tuple[Function, int | None]:
    if reducer == Reducer.REDUCE_COUNT:
        return len, WHOLE
    for table, types in ((OF_NUMBERS, NUMBERS), (OF_TRUTHS, (VALUES.BOOL,))):
        if reducer in table:
            if head.value_type not in types:
                found = VALUES.Name(head.value_type)
                raise invalid(f"The reducer {Reducer(reducer).name} is not applicable to value type {found}.")
            return table[reducer]
    raise unsupported(f"Monitoring reducer {Reducer(reducer).name}")


def _head(head: Any, value_type: int, labels: dict[str, str]) -> Any:
    """The group's series keeps the metric's and resource's type, and of the labels only those that make the group."""
    found = TimeSeries.pb()(metric_kind=head.metric_kind, value_type=value_type)
    found.metric.type, found.resource.type = head.metric.type, head.resource.type
    for field, value in labels.items():
        part, _, name = field.partition(".labels.")
        if name and value:
            getattr(found, part).labels[name] = value
    return found
