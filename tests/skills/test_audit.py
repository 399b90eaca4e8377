"""Reading an audit log: whose change it was, whether it was made, and which service it was made in."""

import pandas as pd
import pytest

from mlops_helpers.learning import course_data
from mlops_helpers.skills import BadAuditLog, operation_of, read_audit_log, read_team

NIGHTLY = "nightly@somewhere.iam.gserviceaccount.com"


def entry(method, who="data-engineer-f@phone.example", code=None, api="aiplatform"):
    payload = {"serviceName": f"{api}.googleapis.com", "methodName": method}
    payload |= {"authenticationInfo": {"principalEmail": who}, "status": {"code": code}}
    return {"timestamp": pd.Timestamp("2026-11-02", tz="UTC"), "protopayload_auditlog": payload}


def read(*entries):
    return read_audit_log(pd.DataFrame(entries)).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("api", "method", "operation"),
    [
        ("aiplatform", "google.cloud.aiplatform.v1.ModelService.UploadModel", "vertex.ModelService.UploadModel"),
        ("bigquery", "google.cloud.bigquery.v2.JobService.InsertJob", "bigquery.JobService.InsertJob"),
        ("storage", "storage.buckets.update", "storage.buckets.update"),
    ],
)
def test_a_call_becomes_an_operation(api, method, operation):
    assert operation_of(f"{api}.googleapis.com", method) == operation


def test_an_entry_says_who_did_what():
    row = read(entry("google.cloud.aiplatform.v1.FeatureRegistryService.UpdateFeature"))
    assert (row["who"], row["service"], row["interface"]) == (
        "data-engineer-f",
        "Vertex AI Feature Store",
        "FeatureRegistryService",
    )
    assert row["done"]
    assert not row["program"]


def test_a_program_is_nobody_and_a_refused_call_is_not_done():
    assert read(entry("storage.buckets.update", who=NIGHTLY, api="storage"))["program"]
    assert not read(entry("storage.buckets.update", code=7, api="storage"))["done"]
    assert read(entry("storage.buckets.update", code=0, api="storage"))["done"]


def test_a_service_without_a_name_in_the_catalogue_stands_for_itself():
    assert read(entry("google.pubsub.v1.Publisher.CreateTopic", api="pubsub"))["service"] == "pubsub"


def test_a_log_without_the_account_is_refused_by_name():
    bare = pd.DataFrame([{"timestamp": pd.Timestamp("2026-11-02"), "protopayload_auditlog": {"serviceName": "x"}}])
    with pytest.raises(BadAuditLog, match=r"principalEmail.*Export the whole entry"):
        read_audit_log(bare)


def test_on_paper_two_can_restore_the_store_and_in_ninety_days_one_did():
    log = read_audit_log(course_data("audit_log.parquet"))
    coverage = read_team(course_data("team_skills.csv")).coverage(log["operation"].unique()).set_index("name")
    lately = log[log["done"] & ~log["program"] & (log["timestamp"] >= "2026-09-01")]
    store = "Vertex AI Feature Store"
    assert coverage.loc[store, "alone"] == 2
    assert lately.loc[lately["service"] == store, "who"].unique().tolist() == ["data-engineer-f"]
    assert not coverage["verdict"].eq("not in the catalogue").any()
