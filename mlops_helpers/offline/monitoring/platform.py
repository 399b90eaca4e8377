"""Metrics that Google Cloud writes by itself: of these, the number of online predictions of each deployed model.

At Google a point stands for a minute and shows after two more; here it shows at once, and ends with the minute's last
prediction. Source: cloud.google.com/monitoring/api/metrics_gcp (aiplatform).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.api.metric_pb2 import MetricDescriptor
from google.cloud.monitoring_v3.types import TimeSeries, TypedValue

from .series import Point, Series

if TYPE_CHECKING:
    from ..vertex.prediction_counts import Minute
    from .service import Monitoring

PREDICTIONS = "aiplatform.googleapis.com/prediction/online/prediction_count"
RESOURCE = "aiplatform.googleapis.com/Endpoint"
NANOSECONDS = 1_000_000_000


def prediction_series(service: Monitoring, project: str) -> list[Series]:
    """One series for each deployed model of a project (`projects/p`) that ever answered."""
    if not service.cloud.is_open("vertex"):
        return []
    from ..vertex.prediction_counts import PredictionCounts

    found: dict[tuple[str, str], Series] = {}
    for minute, start, last, many in service.cloud.service("vertex").part(PredictionCounts).found():
        if minute.endpoint.startswith(f"{project}/"):
            series = found.setdefault(minute[:2], Series(_head(minute)))
            end = max(int(last.timestamp()), int(start.timestamp()) + 1)
            value = TypedValue.pb()(int64_value=many)
            series.points.append(Point(int(start.timestamp()) * NANOSECONDS, end * NANOSECONDS, value))
    return list(found.values())


def _head(minute: Minute) -> TimeSeries:
    _, project, _, location, _, number = minute.endpoint.split("/")
    place = {"resource_container": project, "location": location, "endpoint_id": number}
    kind = {"metric_kind": MetricDescriptor.DELTA, "value_type": MetricDescriptor.INT64}
    labels = {"deployed_model_id": minute.deployed_model}
    resource = {"type": RESOURCE, "labels": place}
    return TimeSeries.pb(TimeSeries(metric={"type": PREDICTIONS, "labels": labels}, resource=resource, **kind))
