"""What each model on an endpoint does, as custom metrics of Cloud Monitoring: written by the service, read by a canary.

    values, requests = measure(outcomes)                           what the service saw in the last minute
    metrics.write(deployed_model, values, requests, at=now)
    window = metrics.read(challenger, champion, since=..., until=now, fresh=...)

Metrics are `custom.googleapis.com/rollout/NAME` with the labels `endpoint` and `deployed_model`. A value counts as much
as the requests it was measured on, written at the same time; one without that number counts for nothing. Of the latency
the worst value counts: a percentile must not be averaged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.given import need_able
from mlops_helpers.tooling.guardrails import Window

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import monitoring_v3

PREFIX, REQUESTS = "custom.googleapis.com/rollout/", "requests"
ERROR_RATE, LATENCY, QUALITY, FAIRNESS = "error_rate", "p99_latency_ms", "quality", "fairness_gap"
WORST_COUNTS = frozenset({LATENCY})
Points = Mapping[datetime, float]


def measure(outcomes: pd.DataFrame, *, group: str | None = None, least: int = 30) -> tuple[dict[str, float], int]:
    """Return the standard metrics of some requests, and how many requests these were.

    `outcomes` has the columns `failed` (bool) and `latency_ms`, and may have `correct` (bool, missing where the truth
    is not known yet). The fairness gap is the largest difference in the share of correct answers between groups of at
    least `least` known answers. What cannot be measured is left out: it is not zero. Raises `InvalidSetting`
    for missing columns, and for no requests at all: then nothing was measured, and nothing is to be written.
    """
    need_able(outcomes, "groupby dropna", "a DataFrame of requests", "Pass one row per request.")
    if absent := {"failed", "latency_ms", *([group] if group else [])} - set(outcomes.columns):
        found = f"outcomes without {', '.join(sorted(absent))}"
        raise InvalidSetting(found, "columns failed and latency_ms", "Record them with each request.")
    if outcomes.empty:
        remedy = "Look at the filter; in a minute without requests write nothing."
        raise InvalidSetting("no requests", "at least one", remedy)
    served = outcomes[~outcomes["failed"].astype(bool)]
    found = {ERROR_RATE: float(outcomes["failed"].mean()), LATENCY: float(outcomes["latency_ms"].quantile(0.99))}
    if "correct" in served and served["correct"].notna().any():
        known = served.dropna(subset=["correct"]).astype({"correct": float})
        found[QUALITY] = float(known["correct"].mean())
        if group:
            sized = known.groupby(group, observed=True)["correct"].agg(["mean", "size"])
            shares = sized.loc[sized["size"] >= least, "mean"]
            if len(shares) > 1:
                found[FAIRNESS] = float(shares.max() - shares.min())
    return found, len(outcomes)


@dataclass(frozen=True)
class RolloutMetrics:
    """The metrics of one endpoint, through the client it is given; `endpoint` is the endpoint's id."""

    client: monitoring_v3.MetricServiceClient
    project: str
    endpoint: str

    def write(self, model: str, values: Mapping[str, float], requests: int, *, at: datetime) -> None:
        """Write what a deployed model did until `at`; a later call needs a later time. NaN is not written."""
        points = {**{name: value for name, value in values.items() if math.isfinite(value)}, REQUESTS: requests}
        series = [self._series(name, model, value, at) for name, value in points.items()]
        self.client.create_time_series(name=f"projects/{self.project}", time_series=series)

    def names(self) -> list[str]:
        """Return the metrics of rollouts that were ever written in this project, of any endpoint, sorted."""
        wanted = f'metric.type = starts_with("{PREFIX}")'
        request = {"name": f"projects/{self.project}", "filter": wanted}
        found = {one.type.removeprefix(PREFIX) for one in self.client.list_metric_descriptors(request=request)}
        return sorted(found - {REQUESTS})

    def read(
        self,
        challenger: str,
        champion: str,
        *,
        names: tuple[str, ...],
        span: tuple[datetime, datetime],
        fresh: timedelta,
    ) -> Window:
        """Return what both models did in a span (its beginning excluded, its end included).

        A metric whose newest point is older than `fresh` at the end of the span has stopped arriving: it is left out.
        """
        points = {name: self._points(name, span) for name in (*names, REQUESTS)}
        latest = span[1] - fresh
        both = [
            {name: value for name in names if (value := _summed_up(name, points, model, latest)) is not None}
            for model in (challenger, champion)
        ]
        requests = sum(points[REQUESTS].get(challenger, {}).values())
        return Window(*both, requests=int(requests))

    def _points(self, name: str, span: tuple[datetime, datetime]) -> dict[str, dict[datetime, float]]:
        """Return a metric's points by deployed model; none if nobody ever wrote it.

        A reading interval of Cloud Monitoring excludes its start and includes its end, as stated for `TimeInterval`.
        """
        from google.api_core.exceptions import NotFound

        wanted = f'metric.type = "{PREFIX}{name}" AND metric.labels.endpoint = "{self.endpoint}"'
        interval = {"start_time": span[0], "end_time": span[1]}
        request = {"name": f"projects/{self.project}", "filter": wanted, "interval": interval, "view": "FULL"}
        found: dict[str, dict[datetime, float]] = {}
        try:
            for series in self.client.list_time_series(request=request):
                mine = found.setdefault(series.metric.labels["deployed_model"], {})
                mine.update((point.interval.end_time, point.value.double_value) for point in series.points)
        except NotFound:
            return {}
        return found

    def _series(self, name: str, model: str, value: float, at: datetime) -> monitoring_v3.TimeSeries:
        from google.cloud import monitoring_v3

        return monitoring_v3.TimeSeries(
            metric={"type": f"{PREFIX}{name}", "labels": {"endpoint": self.endpoint, "deployed_model": model}},
            resource={"type": "global", "labels": {"project_id": self.project}},
            points=[{"interval": {"end_time": at}, "value": {"double_value": float(value)}}],
        )


def _summed_up(name: str, points: Mapping[str, Mapping[str, Points]], model: str, latest: datetime) -> float | None:
    """Return one value for a model's points of one metric, None if there is none or the newest is too old."""
    mine, requests = points[name].get(model, {}), points[REQUESTS].get(model, {})
    weights = {at: requests.get(at, 0.0) for at in mine}
    if not mine or max(mine) < latest or not sum(weights.values()):
        return None
    if name in WORST_COUNTS:
        return max(value for at, value in mine.items() if weights[at])
    return sum(value * weights[at] for at, value in mine.items()) / sum(weights.values())
