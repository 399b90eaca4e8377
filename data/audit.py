"""The audit log of the fourth lesson: who changed what on Google Cloud in half a year, as it is exported to BigQuery.

audit_log.parquet   one row per change, with the columns that matter here of `cloudaudit_googleapis_com_activity`

What is planted: on paper two people can restore the feature store. ML engineer E did so in the drill of June, and not
since: one attempt in October was refused for want of a permission. In the last ninety days data engineer F is the only
person; most of the changes are made by a program. Custom jobs are the other way round: four people start them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.team import PEOPLE

SEED = 20261130
FIRST_DAY, DAYS = pd.Timestamp("2026-06-01", tz="UTC"), 182
DRILL, REFUSED = pd.Timestamp("2026-06-17 10:00", tz="UTC"), pd.Timestamp("2026-10-08 03:12", tz="UTC")
PERMISSION_DENIED = 7  # google.rpc.Code
ROBOT = "nightly@phone-company-prod.iam.gserviceaccount.com"
VERTEX = "google.cloud.aiplatform.v1."
STORE = VERTEX + "FeatureOnlineStoreAdminService.SyncFeatureView"
FEATURES = VERTEX + "FeatureRegistryService.UpdateFeature"
# method: the letters of those who call it, how often they do so together; the robot's share of the days
CHANGES = {
    "google.cloud.bigquery.v2.TableService.InsertTable": ("ACF", 150, 0.0),
    "google.cloud.bigquery.v2.JobService.InsertJob": ("ABCDEF", 420, 1.0),
    "storage.buckets.update": ("DG", 26, 0.0),
    VERTEX + "PipelineService.CreatePipelineJob": ("DE", 60, 0.5),
    VERTEX + "ScheduleService.UpdateSchedule": ("", 0, 0.1),
    VERTEX + "JobService.CreateCustomJob": ("ABCD", 110, 0.0),
    VERTEX + "ModelService.UploadModel": ("DE", 24, 0.4),
    VERTEX + "EndpointService.DeployModel": ("DE", 20, 0.0),
    VERTEX + "ModelMonitoringService.UpdateModelMonitor": ("BD", 18, 0.0),
    STORE: ("F", 34, 1.0),
    FEATURES: ("F", 22, 0.0),
    "google.logging.v2.ConfigServiceV2.UpdateSink": ("DG", 12, 0.0),
    "google.monitoring.v3.AlertPolicyService.UpdateAlertPolicy": ("DG", 30, 0.0),
}


def principal(letter: str) -> str:
    """The account of the person with this letter."""
    label = next(label for label in PEOPLE if label.endswith(f" {letter}"))
    return f"{label.lower().replace(' ', '-')}@phone.example"


def audit_log() -> pd.DataFrame:
    """Columns: insertId, timestamp, protopayload_auditlog (serviceName, methodName, authenticationInfo, status)."""
    rng, rows = np.random.default_rng(SEED), []
    for method, (letters, count, share) in CHANGES.items():
        rows += [(moment, method, ROBOT, None) for moment in _nights(rng, share)]
        people = rng.choice(list(letters), count) if letters else []
        rows += [
            (moment, method, principal(letter), None)
            for moment, letter in zip(_moments(rng, count), people, strict=True)
        ]
    rows += [(DRILL + pd.Timedelta(minutes=9 * step), STORE, principal("E"), None) for step in range(5)]
    rows += [(DRILL + pd.Timedelta(hours=1), FEATURES, principal("E"), None)]
    rows += [(REFUSED, method, principal("E"), PERMISSION_DENIED) for method in (STORE, FEATURES)]
    rows.sort(key=lambda row: row[:3])
    return pd.DataFrame([_entry(number, *row) for number, row in enumerate(rows)])


def _moments(rng: np.random.Generator, count: int) -> list[pd.Timestamp]:
    """Moments of working hours, Monday to Friday."""
    days = [day for day in pd.date_range(FIRST_DAY, periods=DAYS) if day.weekday() < 5]
    minutes = rng.integers(8 * 60, 18 * 60, count)
    return [
        day + pd.Timedelta(minutes=int(minute)) for day, minute in zip(rng.choice(days, count), minutes, strict=True)
    ]


def _nights(rng: np.random.Generator, share: float) -> list[pd.Timestamp]:
    """Two in the morning, on this share of all days."""
    days = pd.date_range(FIRST_DAY, periods=DAYS) + pd.Timedelta(hours=2)
    return list(days[rng.random(DAYS) < share])


def _entry(number: int, moment: pd.Timestamp, method: str, who: str, code: int | None) -> dict[str, object]:
    api = "aiplatform" if method.startswith(VERTEX) else method.removeprefix("google.cloud.").removeprefix("google.")
    change = {
        "serviceName": f"{api.partition('.')[0]}.googleapis.com",
        "methodName": method,
        "authenticationInfo": {"principalEmail": who},
        "status": {"code": code},
    }
    return {"insertId": f"log{number:06d}", "timestamp": moment, "protopayload_auditlog": change}


def audit_files() -> dict[str, pd.DataFrame]:
    """File name -> table, of the fourth lesson's audit log."""
    return {"audit_log.parquet": audit_log()}
