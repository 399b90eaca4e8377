"""Alert policies, evaluated whenever a point is written: incidents open and close, and the log tells of both.

A threshold condition is met when enough series (`trigger`, by default one) have been beyond the threshold for
`duration`, up to the newest point of the metric; with an aggregation it is the aligned and reduced series that count.
As at Google, an incident is reported in Cloud Logging, as `monitoring.googleapis.com/ViolationOpenEventv1` and
`.../ViolationAutoResolveEventv1`. Offline that is all: channels are kept, but nothing is sent to them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from google.cloud.logging_v2.types import LogEntry, WriteLogEntriesRequest
from google.cloud.monitoring_v3.types import AlertPolicy, ComparisonType

from ..errors import ApiError, invalid, unsupported
from ..logging import writing
from .alignment import NUMBERS, align, plain
from .descriptors import VALUES
from .reduction import reduce_series
from .selecting import compile_filter, metric_type
from .series import Point, Series

if TYPE_CHECKING:
    from .service import Monitoring

log = logging.getLogger(__name__)
OPENED, RESOLVED = "ViolationOpenEventv1", "ViolationAutoResolveEventv1"
BEYOND: dict[int, Callable[[float, float], bool]] = {
    ComparisonType.COMPARISON_GT: lambda found, threshold: found > threshold,
    ComparisonType.COMPARISON_LT: lambda found, threshold: found < threshold,
}
NOT_OFFERED = ("denominator_filter", "denominator_aggregations", "forecast_options")
Combiner = AlertPolicy.ConditionCombinerType


def check_threshold(threshold: Any) -> None:
    """Raise ApiError 400 for a condition that Google refuses, 501 for one that is not evaluated here."""
    compile_filter(threshold.filter)
    if metric_type(threshold.filter) is None:
        raise invalid("Field condition_threshold.filter must restrict metric.type to one metric")
    if threshold.comparison not in BEYOND:
        name = ComparisonType(threshold.comparison).name
        raise invalid(f"Field condition_threshold.comparison: found {name}, expected COMPARISON_GT or COMPARISON_LT")
    for field, _ in threshold.ListFields():
        if field.name in NOT_OFFERED:
            raise unsupported(f"alert policy condition_threshold.{field.name}")
    if len(threshold.aggregations) > 1:
        raise unsupported("alert policy condition_threshold with a second aggregation")


def evaluate(service: Monitoring, project: str, policies: Iterable[Any] | None = None) -> None:
    """Open and close the incidents of these policies, or of all that the project has."""
    for policy in policies if policies is not None else service.policies.under(project):
        met = [_met(service, project, condition.condition_threshold) for condition in policy.conditions]
        fires = _enabled(policy) and (all(met) if policy.combiner == Combiner.AND else any(met))
        incident = service.incidents.get(policy.name)
        if fires and incident is None:
            service.incidents[policy.name] = service.cloud.next_id("incident")
            _report(service, project, policy, OPENED)
        elif incident is not None and not fires:
            _report(service, project, policy, RESOLVED)
            del service.incidents[policy.name]


def _met(service: Monitoring, project: str, threshold: Any) -> bool:
    """A condition whose metric has changed its nature since (another kind or type) is not met: points must go on."""
    try:
        return is_met(service, project, threshold)
    except ApiError as problem:
        log.warning("alert condition on %s cannot be evaluated: %s", threshold.filter, problem)
        return False


def _enabled(policy: Any) -> bool:
    return policy.enabled.value if policy.HasField("enabled") else True


def is_met(service: Monitoring, project: str, threshold: Any) -> bool:
    """Whether a condition holds now. Raises ApiError 400 if the metric's values cannot be held against a threshold."""
    fits = compile_filter(threshold.filter)
    found = [series for key, series in service.series.items() if key.project == project and fits(series.fields())]
    if not found:
        return False
    now = max(series.points[-1].end for series in found)
    duration = threshold.duration.ToNanoseconds()
    for aggregation in threshold.aggregations:
        found = _aggregated(found, aggregation, now, duration)
    violating = sum(_violates(series, threshold, duration) for series in found)
    return violating >= _needed(threshold.trigger, len(found))


def _aggregated(found: list[Series], aggregation: Any, now: int, duration: int) -> list[Series]:
    start = now - duration - aggregation.alignment_period.ToNanoseconds()
    aligned = [align(series, aggregation, start, now) for series in found]
    return reduce_series([series for series in aligned if series.points], aggregation)


def _needed(trigger: Any, count: int) -> int:
    """How many series have to violate: a number, a share of all, or one."""
    if trigger.WhichOneof("type") == "percent":
        return max(1, -(-count * trigger.percent // 100))
    return max(1, trigger.count)


def _violates(series: Series, threshold: Any, duration: int) -> bool:
    """Whether the latest points are beyond the threshold, without a break, for at least the duration (nanoseconds)."""
    if series.head.value_type not in (*NUMBERS, VALUES.BOOL):
        raise invalid(f"A threshold needs numbers: {series.head.metric.type} has {VALUES.Name(series.head.value_type)}")
    beyond, run = BEYOND[threshold.comparison], list[Point]()
    for point in reversed(series.points):
        if not beyond(plain([point])[0], threshold.threshold_value):
            break
        run.append(point)
    return bool(run) and run[0].end - run[-1].end >= duration


def _report(service: Monitoring, project: str, policy: Any, event: str) -> None:
    """Write the incident into the project's log."""
    payload = {
        "incident": service.incidents[policy.name],
        "policy": policy.name,
        "policy_display_name": policy.display_name,
        "conditions": [condition.display_name for condition in policy.conditions],
        "state": "open" if event == OPENED else "closed",
        "notified": "nobody: not available in the offline Google Cloud",
    }
    name = f"{project}/logs/{quote(f'monitoring.googleapis.com/{event}', safe='')}"
    severity = "WARNING" if event == OPENED else "NOTICE"
    entry = LogEntry(log_name=name, resource={"type": "global"}, severity=severity, json_payload=payload)
    with service.cloud.lock("logging"):
        writing.write(
            service.cloud.service("logging"), WriteLogEntriesRequest.pb(WriteLogEntriesRequest(entries=[entry]))
        )
