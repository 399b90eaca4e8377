"""Roles: what is refused, who may what and why, and the bindings a real client reports back."""

import pytest

from mlops_helpers.governance.errors import InvalidSetting, RoleConflict
from mlops_helpers.governance.roles import (
    ROLE_NAMES,
    Grant,
    Stewardship,
    grant_on_bucket,
    grant_on_dataset,
    role_table,
)

BOARD = "group:governance@example.org"
ANA, BO, CLEO = "user:ana@example.org", "user:bo@example.org", "user:cleo@example.org"
PIPELINE = "serviceAccount:pipeline@shop.iam.gserviceaccount.com"
GRANTS = (
    Grant("raw", "owner", ANA, BOARD),
    Grant("raw", "steward", BO, ANA),
    Grant("raw", "custodian", PIPELINE, ANA),
    Grant("raw", "consumer", CLEO, BO),
    Grant("raw", "auditor", BOARD, ANA),
)


@pytest.fixture
def stewardship() -> Stewardship:
    return Stewardship({"raw": "gs://lake"}, GRANTS)


@pytest.mark.parametrize(
    ("grants", "message"),
    [
        (GRANTS[1:2], "raw with 0 owners"),
        ((*GRANTS, Grant("raw", "owner", CLEO, BOARD)), "raw with 2 owners .*ana.*cleo"),
        ((GRANTS[0], *GRANTS[2:3]), "raw without a steward"),
        ((*GRANTS, Grant("raw", "consumer", BO, BO)), "bo@example.org who grants consumer to themselves"),
        ((*GRANTS, Grant("raw", "consumer", BO, CLEO)), "cleo.*neither owner nor steward"),
        ((*GRANTS, Grant("raw", "steward", PIPELINE, ANA)), "a machine, as steward"),
        ((*GRANTS, Grant("raw", "king", BO, ANA)), "unknown role 'king'"),
        ((*GRANTS, Grant("web", "consumer", BO, ANA)), "unknown data set 'web'"),
        ((*GRANTS, Grant("raw", "consumer", "allUsers", ANA)), "'allUsers', which is no user"),
    ],
)
def test_conflicting_roles_are_refused(grants, message):
    with pytest.raises(RoleConflict, match=message):
        Stewardship({"raw": "gs://lake"}, grants)


def test_all_conflicts_are_named_at_once():
    with pytest.raises(RoleConflict, match=r"raw with 0 owners; raw without a steward; raw at 's3://lake'"):
        Stewardship({"raw": "s3://lake"}, ())


def test_roles_are_read_from_plain_data(stewardship):
    grants = [{"dataset": g.dataset, "role": g.role, "member": g.member, "granted_by": g.granted_by} for g in GRANTS]

    assert Stewardship.from_dict({"resources": {"raw": "gs://lake"}, "grants": grants}) == stewardship
    with pytest.raises(RoleConflict, match="cannot be read"):
        Stewardship.from_dict({"resources": {}, "grants": [{"who": "me"}]})


def test_who_may_read_and_why(stewardship):
    readers = stewardship.who_may("read", "raw")

    assert readers["role"].tolist() == ["owner", "steward", "custodian", "consumer"]
    assert readers.iloc[-1].tolist() == [CLEO, "consumer", "roles/storage.objectViewer", BO]
    assert stewardship.who_may("grant", "raw")["member"].tolist() == [ANA]
    assert BOARD not in stewardship.who_may("write", "raw")["member"].tolist()


def test_unknown_question_is_refused(stewardship):
    with pytest.raises(InvalidSetting, match=r"'delete'.*read, write"):
        stewardship.who_may("delete", "raw")
    with pytest.raises(InvalidSetting, match=r"'web'.*raw"):
        stewardship.bindings("web")


def test_tables_for_people(stewardship):
    assert stewardship.table().loc["raw"].to_dict() == {
        "owner": "ana",
        "steward": "bo",
        "custodian": "pipeline",
        "consumer": "cleo",
        "auditor": "governance",
    }
    assert role_table()["role"].tolist() == list(ROLE_NAMES)


def test_bindings_join_roles_that_share_an_iam_role():
    stewardship = Stewardship({"raw": "bq://shop.crm"}, GRANTS)

    bindings = {binding["role"]: binding["members"] for binding in stewardship.bindings("raw")}

    assert bindings["roles/bigquery.dataEditor"] == [PIPELINE, BO]
    assert bindings["roles/bigquery.metadataViewer"] == [BOARD]


def test_bucket_keeps_earlier_rights_and_gains_the_new(stewardship, bucket):
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {ANA}})
    bucket.set_iam_policy(policy)

    grant_on_bucket(stewardship, "raw", bucket)
    granted = {binding["role"]: binding["members"] for binding in grant_on_bucket(stewardship, "raw", bucket)}

    assert granted["roles/storage.objectViewer"] == [ANA, CLEO]
    assert granted["roles/storage.admin"] == [ANA]


def test_dataset_gains_each_right_once(bigquery_client, dataset):
    stewardship = Stewardship({"raw": "bq://shop.crm"}, GRANTS)

    grant_on_dataset(stewardship, "raw", bigquery_client, dataset)
    updated = grant_on_dataset(stewardship, "raw", bigquery_client, bigquery_client.get_dataset(dataset.reference))

    entries = [(entry.role, entry.entity_id) for entry in updated.access_entries]
    assert entries.count(("roles/bigquery.dataViewer", "cleo@example.org")) == 1
    assert ("roles/bigquery.metadataViewer", "governance@example.org") in entries
