"""From calls to Cloud Monitoring: totals and distributions, written in batches that the service accepts.

- Counts are CUMULATIVE: each point is the total since the start. A write that is lost takes nothing with it, the next
  one says the same and more.
- Durations and scores are GAUGE distributions of what came since the last write that succeeded; they are kept until
  then. So a failed write that did arrive is counted twice, never lost.
- One request takes 200 series, one point each; a series takes one point every five seconds, and each has to be later
  than the one before.

Source: https://cloud.google.com/monitoring/quotas and .../custom-metrics/creating-metrics
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mlops_helpers.monitoring import genai_names as names
from mlops_helpers.monitoring.genai_calls import CallRecord

MOST_SERIES = 200
MILLISECOND = dt.timedelta(milliseconds=1)
# Seconds from 1 ms to 8 minutes, each bound 20% above the one before; scores in steps of 0.05.
BOUNDS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        names.LATENCY.name: tuple(0.001 * 1.2**step for step in range(73)),
        names.QUALITY_SCORE.name: tuple(step / 20 for step in range(21)),
    }
)
Key = tuple[names.Metric, tuple[str, ...]]


class MetricWriter:
    """Collects records and writes them as time series of one process, through the client it is given.

    `resource` are the labels of the monitored resource `generic_task`; `task_id` must differ between processes. `last`
    is the time of the latest points.
    """

    def __init__(self, client: Any, resource: Mapping[str, str], started: dt.datetime) -> None:
        self._client, self._resource, self._started = client, dict(resource), started
        self._project = f"projects/{resource['project_id']}"
        self.last, self._described = started, False
        self._totals: dict[Key, int] = defaultdict(int)
        self._samples: dict[Key, list[float]] = defaultdict(list)
        self._changed: dict[Key, None] = {}

    def add(self, record: CallRecord) -> None:
        """Take a call into the totals; nothing is sent."""
        who = (record.model, record.prompt_version)
        self._count(names.CALLS, (*who, record.outcome, record.error_type), 1)
        for kind, count in record.tokens.items():
            self._count(names.TOKENS, (*who, kind), count)
        for category in record.safety:
            self._count(names.SAFETY_TRIGGERS, (*who, category), 1)
        if record.outcome != names.FAILED:  # a refusal after 10 ms would make the model look fast
            self._sample(names.LATENCY, who, record.latency)
        if record.quality is not None:
            self._sample(names.QUALITY_SCORE, who, record.quality)

    def write(self, now: dt.datetime) -> int:
        """Send what changed, and give the number of series. Raises google.api_core's errors; what is unsent is kept."""
        self._describe()
        end = max(now, self.last + MILLISECOND)
        waiting = list(self._changed)
        self.last = end if waiting else self.last
        for batch in _batches(waiting):
            series = [self._series(key, end) for key in batch]
            self._client.create_time_series(name=self._project, time_series=series)
            for key in batch:
                del self._changed[key]
                self._samples.pop(key, None)
        return len(waiting)

    def delete(self) -> None:
        """Delete the metrics, with all points that anybody wrote to them."""
        from google.api_core.exceptions import NotFound

        for metric in names.METRICS:
            try:
                self._client.delete_metric_descriptor(name=f"{self._project}/metricDescriptors/{metric.type}")
            except NotFound:
                continue
        self._described = False

    def _count(self, metric: names.Metric, labels: tuple[str, ...], count: int) -> None:
        self._totals[metric, labels] += count
        self._changed[metric, labels] = None

    def _sample(self, metric: names.Metric, labels: tuple[str, ...], value: float) -> None:
        self._samples[metric, labels].append(value)
        self._changed[metric, labels] = None

    def _describe(self) -> None:
        """Create the metrics, once; creating one that exists changes nothing."""
        if not self._described:
            for metric in names.METRICS:
                self._client.create_metric_descriptor(name=self._project, metric_descriptor=descriptor(metric))
            self._described = True

    def _series(self, key: Key, end: dt.datetime) -> Any:
        from google.cloud import monitoring_v3

        metric, labels = key
        interval: dict[str, Any] = {"end_time": end}
        if metric.counts:
            interval["start_time"] = self._started
            value: dict[str, Any] = {"int64_value": self._totals[key]}
        else:
            value = {"distribution_value": distribution(self._samples[key], BOUNDS[metric.name])}
        return monitoring_v3.TimeSeries(
            metric={"type": metric.type, "labels": dict(zip(metric.labels, labels, strict=True))},
            resource={"type": "generic_task", "labels": self._resource},
            metric_kind="CUMULATIVE" if metric.counts else "GAUGE",
            value_type="INT64" if metric.counts else "DISTRIBUTION",
            points=[{"interval": interval, "value": value}],
        )


def descriptor(metric: names.Metric) -> Any:
    """The metric as Cloud Monitoring's `MetricDescriptor`."""
    from google.api import metric_pb2

    kinds, values = metric_pb2.MetricDescriptor.MetricKind, metric_pb2.MetricDescriptor.ValueType
    return metric_pb2.MetricDescriptor(
        type=metric.type,
        metric_kind=kinds.CUMULATIVE if metric.counts else kinds.GAUGE,
        value_type=values.INT64 if metric.counts else values.DISTRIBUTION,
        unit=metric.unit,
        description=metric.description,
        labels=[{"key": label} for label in metric.labels],
    )


def distribution(values: Sequence[float], bounds: Sequence[float]) -> Any:
    """Values as Cloud Monitoring's `Distribution`: count, mean, squared deviations, and a count for each bucket.

    Bucket i holds values from bounds[i - 1] (included) to bounds[i].
    """
    from google.api import distribution_pb2

    mean = sum(values) / len(values)
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[bisect.bisect_right(bounds, value)] += 1
    return distribution_pb2.Distribution(
        count=len(values),
        mean=mean,
        sum_of_squared_deviation=sum((value - mean) ** 2 for value in values),
        bucket_options={"explicit_buckets": {"bounds": bounds}},
        bucket_counts=counts,
    )


def _batches(keys: list[Key]) -> list[list[Key]]:
    return [keys[start : start + MOST_SERIES] for start in range(0, len(keys), MOST_SERIES)]
