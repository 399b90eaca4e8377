"""Points of one series brought to regular times: one value for each alignment period, counted back from the end.

    ALIGN_MEAN, MIN, MAX, SUM, STDDEV   of the values in the period (STDDEV: of the population)
    ALIGN_COUNT, NEXT_OLDER             how many; the latest
    ALIGN_COUNT_TRUE, COUNT_FALSE, FRACTION_TRUE   of truth values
    ALIGN_DELTA, RATE                   growth of a counter in the period, and growth per second; a reset starts at 0
    ALIGN_PERCENTILE_99, 95, 50, 05     of distributions, straight lines within a bucket

Google interpolates a counter at the edges of a period; here the last point before the period is its start.
Source: https://cloud.google.com/monitoring/api/ref_v3/rpc/google.monitoring.v3#aligner
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from google.cloud.monitoring_v3.types import Aggregation, TypedValue

from ..errors import ApiError, invalid, unsupported
from ..rpc.resources import copied
from .descriptors import KINDS, VALUES
from .distributions import merged, quantile
from .series import Point, Series

Aligner = Aggregation.Aligner
SECOND = 10**9
SHORTEST = 60 * SECOND
NUMBERS = (VALUES.INT64, VALUES.DOUBLE)
SAME, REAL, WHOLE = None, VALUES.DOUBLE, VALUES.INT64

# aligner: (what it does with the values of a period, the type of its result or SAME)
OF_NUMBERS: dict[int, tuple[Callable[[Sequence], Any], int | None]] = {
    Aligner.ALIGN_MEAN: (statistics.fmean, REAL),
    Aligner.ALIGN_MIN: (min, SAME),
    Aligner.ALIGN_MAX: (max, SAME),
    Aligner.ALIGN_SUM: (sum, SAME),
    Aligner.ALIGN_STDDEV: (statistics.pstdev, REAL),
}
OF_ANY = {
    Aligner.ALIGN_COUNT: (len, WHOLE),
    Aligner.ALIGN_NEXT_OLDER: (lambda values: values[-1], SAME),
}
OF_TRUTHS = {
    Aligner.ALIGN_COUNT_TRUE: (sum, WHOLE),
    Aligner.ALIGN_COUNT_FALSE: (lambda values: len(values) - sum(values), WHOLE),
    Aligner.ALIGN_FRACTION_TRUE: (lambda values: sum(values) / len(values), REAL),
}
PERCENTILES = {
    Aligner.ALIGN_PERCENTILE_99: 0.99,
    Aligner.ALIGN_PERCENTILE_95: 0.95,
    Aligner.ALIGN_PERCENTILE_50: 0.50,
    Aligner.ALIGN_PERCENTILE_05: 0.05,
}
GROWTH = (Aligner.ALIGN_DELTA, Aligner.ALIGN_RATE)
FIELDS = {VALUES.BOOL: "bool_value", VALUES.INT64: "int64_value", VALUES.DOUBLE: "double_value"}


def align(series: Series, aggregation: Any, start: int, end: int) -> Series:
    """The series with one point for each period of the interval that has data. Raises ApiError 400 or 501."""
    aligner, period = aggregation.per_series_aligner, aggregation.alignment_period.ToNanoseconds()
    if aligner == Aligner.ALIGN_NONE:
        raise invalid("Reducing across series needs a per_series_aligner other than ALIGN_NONE")
    if period < SHORTEST:
        raise invalid("Field aggregation.alignmentPeriod had an invalid value: must be at least 60 seconds")
    make, kind, value_type = _plan(series, aligner, period)
    points = []
    for low, high in _periods(start, end, period):
        inside = [point for point in series.points if low < point.end <= high]
        if inside:
            begin = low if kind == KINDS.DELTA else high
            points.append(Point(begin, high, make(inside)))
    head = copied(series.head)
    head.metric_kind, head.value_type = kind, value_type
    return Series(head, points)


def _periods(start: int, end: int, period: int) -> list[tuple[int, int]]:
    """The periods of an interval, oldest first; each ends a whole number of periods before the interval's end."""
    count = max(1, -(-(end - start) // period))
    return [(end - (index + 1) * period, end - index * period) for index in reversed(range(count))]


def _plan(series: Series, aligner: int, period: int) -> tuple[Callable[[list[Point]], Any], int, int]:
    """How to make the value of a period, and the kind and type of value of the aligned series."""
    head = series.head
    if aligner in GROWTH:
        return _growth_plan(series, aligner, period)
    if aligner in PERCENTILES:
        _need(head.value_type == VALUES.DISTRIBUTION, aligner, head)
        rank = PERCENTILES[aligner]
        return (lambda points: typed(_quantile(points, rank), REAL)), KINDS.GAUGE, REAL
    if aligner == Aligner.ALIGN_NEXT_OLDER:
        return (lambda points: points[-1].value), head.metric_kind, head.value_type
    function, result = _function(head, aligner)
    value_type = result or head.value_type
    return (lambda points: typed(function(plain(points)), value_type)), KINDS.GAUGE, value_type


def _function(head: Any, aligner: int) -> tuple[Callable[[Sequence], Any], int | None]:
    for table, fits in (
        (OF_ANY, True),
        (OF_TRUTHS, head.value_type == VALUES.BOOL),
        (OF_NUMBERS, head.value_type in NUMBERS and head.metric_kind != KINDS.CUMULATIVE),
    ):
        if aligner in table:
            _need(fits, aligner, head)
            return table[aligner]
    raise unsupported(f"Monitoring aligner {Aligner(aligner).name}")


def _growth_plan(series: Series, aligner: int, period: int) -> tuple[Callable[[list[Point]], Any], int, int]:
    head = series.head
    _need(head.metric_kind == KINDS.CUMULATIVE and head.value_type in NUMBERS, aligner, head)
    before = dict(zip((point.end for point in series.points), [None, *series.points], strict=False))

    def growth(points: list[Point]) -> Any:
        return sum(_step(before[point.end], point) for point in points)

    if aligner == Aligner.ALIGN_RATE:
        return (lambda points: typed(growth(points) / (period / SECOND), REAL)), KINDS.GAUGE, REAL
    return (lambda points: typed(growth(points), head.value_type)), KINDS.DELTA, head.value_type


def _step(before: Point | None, point: Point) -> Any:
    """How much a counter grew since the point before; after a reset (another start) it began at 0."""
    [value] = plain([point])
    if before is None or before.start != point.start:
        return value
    return value - plain([before])[0]


def _quantile(points: list[Point], rank: float) -> float:
    return quantile(merged([point.value.distribution_value for point in points]), rank)


def plain(points: Sequence[Point]) -> list[Any]:
    """The values as Python's own."""
    return [getattr(point.value, point.value.WhichOneof("value")) for point in points]


def typed(value: Any, value_type: int) -> Any:
    """A value of Python's as a message of the given type."""
    return TypedValue.pb()(**{FIELDS[value_type]: value})


def _need(holds: bool, aligner: int, head: Any) -> None:
    if not holds:
        raise _not_applicable(Aligner(aligner).name, head)


def _not_applicable(name: str, head: Any) -> ApiError:
    found = f"metric kind {KINDS.Name(head.metric_kind)} and value type {VALUES.Name(head.value_type)}"
    return invalid(f"The aligner {name} is not applicable to {found} of metric {head.metric.type}.")
