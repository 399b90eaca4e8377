"""Reading series: those that fit a filter, with the points of an interval, as they are or aligned and reduced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.cloud.monitoring_v3.types import ListTimeSeriesRequest, ListTimeSeriesResponse, TimeSeries

from ..errors import invalid, not_found, unsupported
from ..rpc.paging import page
from ..rpc.resources import copied
from .alignment import align
from .descriptors import full_name
from .platform import PREDICTIONS, prediction_series
from .reduction import reduce_series
from .selecting import compile_filter, metric_type
from .series import Point, Series

if TYPE_CHECKING:
    from .service import Monitoring

MOST = 100_000
HEADERS = ListTimeSeriesRequest.TimeSeriesView.HEADERS
LOG_METRICS = "logging.googleapis.com/user/"


def list_series(service: Monitoring, request: Any) -> Any:
    """The series of one metric, newest point first. Raises ApiError 404 for a metric that nobody described or wrote."""
    start, end = _interval(request)
    found = _selected(service, request)
    aggregation = request.aggregation
    if request.HasField("secondary_aggregation"):
        raise unsupported("monitoring.ListTimeSeries with secondary_aggregation")
    if aggregation.per_series_aligner or aggregation.cross_series_reducer:
        found = [align(series, aggregation, start, end) for series in found]
        found = reduce_series([series for series in found if series.points], aggregation)
    else:
        found = [
            Series(series.head, [point for point in series.points if _within(point, start, end)]) for series in found
        ]
    shown, token = page([series for series in found if series.points], request, default=MOST, most=MOST)
    whole = request.view != HEADERS
    return ListTimeSeriesResponse.pb()(
        time_series=[_message(item, whole=whole) for item in shown], next_page_token=token
    )


def _selected(service: Monitoring, request: Any) -> list[Series]:
    fits, metric = compile_filter(request.filter), metric_type(request.filter)
    if metric is None:
        raise invalid('The supplied filter must restrict metric.type to one metric: metric.type = "custom..."')
    if metric.startswith(LOG_METRICS):
        raise unsupported(f"the time series of log-based metric {metric}")
    if metric == PREDICTIONS:
        return [series for series in prediction_series(service, request.name) if fits(series.fields())]
    if service.descriptors.find(full_name(request.name, metric)) is None:
        raise not_found(f'Cannot find metric(s) that match type = "{metric}".')
    return [series for key, series in service.series.items() if key.project == request.name and fits(series.fields())]


def _interval(request: Any) -> tuple[int, int]:
    """Start and end in nanoseconds. Without a start, only a point that ends exactly at the end is asked for."""
    if request.order_by:
        raise unsupported(f"monitoring.ListTimeSeries ordered by {request.order_by!r}")
    if not request.interval.HasField("end_time"):
        raise invalid("Field interval.end_time is required: found none")
    end = request.interval.end_time.ToNanoseconds()
    start = request.interval.start_time.ToNanoseconds() if request.interval.HasField("start_time") else end - 1
    if start > end:
        raise invalid("Field interval had an invalid value: start_time must not be after end_time")
    return (start if start < end else end - 1), end


def _within(point: Point, start: int, end: int) -> bool:
    return start < point.end <= end


def _message(series: Series, *, whole: bool) -> Any:
    found: Any = TimeSeries.pb()()
    found.CopyFrom(copied(series.head))
    for point in reversed(series.points) if whole else ():
        added = found.points.add()
        added.interval.start_time.FromNanoseconds(point.start)
        added.interval.end_time.FromNanoseconds(point.end)
        added.value.CopyFrom(point.value)
    return found
