"""Retention: contradictions are refused, words and rules say the same, and a real client applies them."""

import datetime as dt
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance.errors import NaiveTimestamp, RetentionConflict
from mlops_helpers.governance.retention import (
    RetentionPolicy,
    Rule,
    apply_retention,
    expire_table,
    explain_retention,
    lifecycle_rules,
    what_is_due,
)

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def policy() -> RetentionPolicy:
    raw = {
        "prefix": "raw/",
        "reason": "billing disputes",
        "steps": {"NEARLINE": 30, "COLDLINE": 90},
        "delete_after_days": 365,
        "personal": True,
    }
    versions = {"prefix": "clean/", "reason": "reproduce models", "keep_versions": 3, "delete_versions_after_days": 180}
    return RetentionPolicy.from_dict({"name": "churn", "rules": [raw, versions]})


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"steps": {"COLDLINE": 90}, "delete_after_days": 60}, "deletion before archiving"),
        ({"steps": {"COLDLINE": 30, "NEARLINE": 90}}, "back to a warmer class"),
        ({"steps": {"NEARLINE": 90, "COLDLINE": 30}}, "ages do not rise"),
        ({"steps": {"FREEZER": 30}}, "FREEZER"),
        ({"delete_after_days": 0}, "below one day"),
        ({"delete_after_days": 30, "minimum_days": 365}, "365 days of law"),
        ({"personal": True, "keep_versions": 2}, "never deleted"),
        ({}, "nothing to do"),
    ],
)
def test_rule_that_contradicts_itself_is_refused(rule, message):
    with pytest.raises(RetentionConflict, match=f"raw/: .*{message}"):
        RetentionPolicy("p", (Rule("raw/", "r", **rule),))


@pytest.mark.parametrize(
    ("outer", "inner", "message"),
    [
        (Rule("raw/", "r", delete_after_days=30), Rule("raw/", "r", delete_after_days=60), "same prefix"),
        (Rule("", "r", delete_after_days=30), Rule("raw/", "r", delete_after_days=60), r"for 60 days, but \(all\)"),
        (Rule("raw/", "r", delete_after_days=30), Rule("raw/law/", "r", keep_versions=1), "for ever, but raw/"),
        (
            Rule("raw/", "r", delete_after_days=30),
            Rule("raw/law/", "r", keep_versions=1, minimum_days=90),
            "for 90 days",
        ),
    ],
)
def test_rules_that_defeat_each_other_are_refused(outer, inner, message):
    with pytest.raises(RetentionConflict, match=message):
        RetentionPolicy("p", (outer, inner))


def test_a_stricter_rule_inside_a_milder_one_is_fine():
    rules = (Rule("", "r", delete_after_days=365), Rule("tmp/", "r", delete_after_days=1))

    assert RetentionPolicy("p", rules).rules == rules


def test_all_contradictions_are_named_at_once():
    rules = (Rule("a/", "r"), Rule("b/", "r", delete_after_days=0))

    with pytest.raises(RetentionConflict, match="a/: nothing.*b/: an age"):
        RetentionPolicy("p", rules)


def test_unknown_field_is_refused():
    with pytest.raises(RetentionConflict, match=r"delete_after.*delete_after_days"):
        RetentionPolicy.from_dict({"name": "p", "rules": [{"prefix": "", "reason": "", "delete_after": 3}]})


def test_policy_in_words_warns_of_minimum_charges(policy):
    table = explain_retention(policy)

    assert table["what happens"][0] == "after 30 days to NEARLINE; after 90 days to COLDLINE; after 365 days deleted"
    assert table["gone for good"].tolist() == ["after 372 days (7 of them soft-deleted)", "never"]
    assert table["note"].tolist() == ["", ""]
    hasty = RetentionPolicy("p", (Rule("", "r", steps={"ARCHIVE": 10}, delete_after_days=20),))
    assert explain_retention(hasty)["note"][0] == "ARCHIVE charges 365 days, objects stay 10"


def test_bucket_reports_the_rules_it_was_given(policy, bucket):
    applied = apply_retention(bucket, policy)

    assert applied == lifecycle_rules(policy)
    assert [rule["action"]["type"] for rule in applied] == ["SetStorageClass"] * 2 + ["Delete"] * 3
    assert apply_retention(bucket, RetentionPolicy("none", ())) == []


@dataclass
class Stored:
    """The three fields of a blob that decide its fate."""

    name: str
    time_created: dt.datetime
    storage_class: str = "STANDARD"


def test_what_would_happen_today(policy):
    ages = {"raw/a": 10, "raw/b": 30, "raw/c": 364, "raw/d": 365, "other": 999}
    blobs = [Stored(name, NOW - dt.timedelta(days=age)) for name, age in ages.items()]
    blobs.append(Stored("raw/e", NOW - dt.timedelta(days=40), "NEARLINE"))

    table = what_is_due(policy, blobs, as_of=NOW)

    assert table.values.tolist() == [
        ["raw/b", 30, "NEARLINE", 0],
        ["raw/c", 364, "COLDLINE", 274],
        ["raw/d", 365, "Delete", 0],
    ]


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 120))
def test_an_object_is_due_exactly_from_the_day_of_its_rule(archive, more, age):
    policy = RetentionPolicy("p", (Rule("", "r", steps={"ARCHIVE": archive}, delete_after_days=archive + more),))
    expected = ["Delete"] if age >= archive + more else ["ARCHIVE"] if age >= archive else []

    assert what_is_due(policy, [Stored("x", NOW - dt.timedelta(days=age))], as_of=NOW)["action"].tolist() == expected


def test_day_without_a_zone_is_refused(policy):
    with pytest.raises(NaiveTimestamp, match="as_of"):
        what_is_due(policy, [], as_of=dt.datetime(2026, 3, 1))


def test_table_expires_after_its_creation(bigquery_client, dataset):
    table = bigquery_client.create_table(f"{dataset.project}.{dataset.dataset_id}.t")

    expired = expire_table(Rule("", "r", delete_after_days=30), bigquery_client, table)

    assert expired.expires - expired.created == dt.timedelta(days=30)


def test_partitions_expire_one_by_one(bigquery_client, dataset):
    from google.cloud import bigquery

    schema = [bigquery.SchemaField("day", "DATE")]
    table = bigquery.Table(f"{dataset.project}.{dataset.dataset_id}.t", schema=schema)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    table = bigquery_client.create_table(table)

    expired = expire_table(Rule("", "r", delete_after_days=30), bigquery_client, table)

    assert (expired.time_partitioning.expiration_ms, expired.expires) == (30 * 24 * 3600 * 1000, None)


def test_a_rule_that_never_deletes_cannot_expire_a_table(bigquery_client):
    with pytest.raises(RetentionConflict, match="never deletes"):
        expire_table(Rule("", "r", keep_versions=1), bigquery_client, None)
