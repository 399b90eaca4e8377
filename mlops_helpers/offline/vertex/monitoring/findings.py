"""What a job finds: per column and objective a data point, and an alert where it lies above its threshold.

A column's own threshold comes first, then the default for its kind, then 0.3, Vertex AI's documented default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import bad_field
from . import drift

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
DEFAULT_THRESHOLD = 0.3
NUMERIC = ("integer", "float")
OBJECTIVES = {
    "featureDriftSpec": ("raw-feature-drift", "featureFields", "feature_drift"),
    "predictionOutputDriftSpec": ("prediction-output-drift", "predictionFields", "output_drift"),
}


@dataclass(frozen=True)
class Finding:
    """The drift of one column under one objective. `point` is its data point as the API shows it."""

    name: str
    objective: str
    folder: str
    found: drift.Drift
    point: Json

    def alert(self) -> Json:
        """The alert that it raises."""
        condition = {"threshold": self.point["thresholdValue"]}
        limit = f"{condition['threshold']:.6g}"
        summary = f"The {self.found.algorithm} of {self.name} is {self.found.distance:.6g}, above {limit}."
        anomaly = {
            "summary": summary,
            "anomaly": {"feature": self.name, "distance": self.found.distance},
            "triggerTime": self.point["createTime"],
            "condition": condition,
        }
        told = {"tabularAnomaly": anomaly, "algorithm": self.found.algorithm}
        return {
            "statsName": self.name,
            "objectiveType": self.objective,
            "alertTime": self.point["createTime"],
            "anomaly": {**told, "modelMonitoringJob": self.point["modelMonitoringJob"]},
        }


class Findings:
    """The findings of every monitor, oldest first."""

    def __init__(self, vertex: Vertex) -> None:
        self._found: dict[str, list[Finding]] = {}

    def add(self, monitor: str, findings: Sequence[Finding]) -> None:
        """Keep what a job found."""
        self._found.setdefault(monitor, []).extend(findings)

    def of(self, monitor: str) -> list[Finding]:
        """What all jobs of a monitor found."""
        return self._found.get(monitor, [])

    def forget(self, name: str) -> None:
        """Drop the findings of a monitor, or of one of its jobs."""
        self._found.pop(name, None)
        for monitor, findings in self._found.items():
            self._found[monitor] = [item for item in findings if item.point["modelMonitoringJob"] != name]


def compare(schema: Json, objective: Json, samples: tuple[list[Json], list[Json]], about: Json) -> list[Finding]:
    """The findings of a tabular objective; `samples` are baseline and target rows, `about` the fields of every point.

    Raises ApiError 400 for a column that the schema or the rows do not have.
    """
    found = []
    for spec, (kind, fields, folder) in OBJECTIVES.items():
        if spec not in objective:
            continue
        known = {field["name"]: field for field in schema.get(fields, [])}
        for name in objective[spec].get("features") or known:
            if name not in known:
                raise bad_field("features", name, f"a column of the monitor's schema: {', '.join(known)}")
            measured = _measure(known[name], objective[spec], samples)
            point = _point(measured, _threshold(objective[spec], known[name]), about)
            found.append(Finding(name, kind, folder, measured, point))
    return found


def _measure(field: Json, spec: Json, samples: tuple[list[Json], list[Json]]) -> drift.Drift:
    name = field["name"]
    for label, rows in zip(("baseline", "target"), samples, strict=True):
        if rows and not any(name in row for row in rows):
            raise bad_field(f"{label}_dataset", ", ".join(rows[0]), f"a column {name!r}")
    old, new = ([row.get(name) for row in rows] for rows in samples)
    if field.get("dataType") in NUMERIC:
        return drift.numeric(name, old, new)
    return drift.categorical(name, old, new, spec.get("categoricalMetricType") or drift.L_INFINITY)


def _threshold(spec: Json, field: Json) -> float:
    kind = "defaultNumericAlertCondition" if field.get("dataType") in NUMERIC else "defaultCategoricalAlertCondition"
    own = spec.get("featureAlertConditions", {}).get(field["name"])
    return (own or spec.get(kind) or {}).get("threshold", DEFAULT_THRESHOLD)


def _point(measured: drift.Drift, threshold: float, about: Json) -> Json:
    return {
        **about,
        "currentStats": {
            "distributionValue": {"distribution": measured.target, "distributionDeviation": measured.distance}
        },
        "baselineStats": {"distributionValue": {"distribution": measured.baseline}},
        "thresholdValue": threshold,
        "hasAnomaly": measured.distance > threshold,
        "algorithm": measured.algorithm,
    }
