"""A label policy, held against real resources of an offline project, and a repair that overwrites nobody's work."""

import pytest
from google.cloud import aiplatform, bigquery, storage
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.cost import BadLabelPolicy, FixRefused, audit_labels, read_policy

RULES = {"team": {"values": ["ads", "churn", "support"]}, "app": {"pattern": "[a-z][a-z-]*", "default": "unknown"}}
POLICY = read_policy(RULES)


@pytest.fixture(scope="module")
def project(session):
    """A bucket and a dataset without labels, a table with a wrong one, a model endpoint that is fine."""
    storage.Client().create_bucket("recordings")
    client = bigquery.Client()
    client.create_dataset("warehouse")
    table = bigquery.Table(f"{session.project}.warehouse.calls", [bigquery.SchemaField("x", "INT64")])
    table.labels = {"team": "Suport".lower(), "app": "calls"}
    client.create_table(table)
    aiplatform.init(project=session.project, location=session.location)
    fine = aiplatform.Endpoint.create(display_name="fine", labels={"team": "ads", "app": "ranking"})
    demo = aiplatform.Endpoint.create(display_name="demo")
    return {"demo": demo.resource_name, "fine": fine.resource_name, "data": f"{session.project}.warehouse"}


@pytest.fixture
def audit(session, project):
    return audit_labels(session.project, session.location, POLICY)


def test_every_resource_is_held_to_the_policy(audit, project):
    problems = {(row.name, row.label): row.found for row in audit.table.itertuples()}
    assert problems[("gs://recordings", "team")] == ""
    assert problems[(f"{project['data']}.calls", "team")] == "suport"
    assert (project["demo"], "app") in problems
    assert project["fine"] not in set(audit.table["name"])
    assert audit.share == 0.2


def test_a_plan_asks_the_owner_then_the_dataset_then_the_default(audit, project):
    plan = audit.plan({project["data"]: {"team": "churn"}, project["demo"]: {"team": "ads", "app": "demo"}})
    fixes = {fix.name: dict(fix.labels) for fix in plan.fixes}
    assert fixes[project["data"]] == {"team": "churn", "app": "unknown"}
    assert fixes[f"{project['data']}.calls"] == {"team": "churn"}
    assert fixes["gs://recordings"] == {"app": "unknown"}
    assert [(name, problem.key) for name, problem in plan.open] == [("gs://recordings", "team")]
    commands = plan.table.set_index("name")["command"]
    assert commands["gs://recordings"] == "gcloud storage buckets update gs://recordings --update-labels=app=unknown"
    assert commands[project["data"]].startswith("bq update --set_label team:churn --set_label app:unknown ")


def test_a_dry_run_changes_nothing(audit):
    outcomes = audit.plan().apply()
    assert set(outcomes["outcome"]) == {"would be set"}
    assert "app" not in storage.Client().get_bucket("recordings").labels


def test_labels_that_changed_meanwhile_are_not_overwritten_nor_any_other(audit, project):
    plan = audit.plan({"gs://recordings": {"team": "support"}, project["data"]: {"team": "churn"}})
    client = bigquery.Client()
    dataset = client.get_dataset(project["data"])
    dataset.labels = {"team": "ads"}
    client.update_dataset(dataset, ["labels"])
    with pytest.raises(FixRefused, match="'team': 'ads'"):
        plan.apply(dry_run=False)
    assert "app" not in storage.Client().get_bucket("recordings").labels


def test_after_the_repair_nothing_is_left_to_repair(session, project, audit):
    owners = {"gs://recordings": {"team": "support"}, project["demo"]: {"team": "ads"}}
    owners[f"{project['data']}.calls"] = {"team": "churn"}
    owners[project["data"]] = {"team": "churn"}
    outcomes = audit.plan(owners).apply(dry_run=False)
    assert set(outcomes["outcome"]) == {"set"}
    after = audit_labels(session.project, session.location, POLICY)
    assert after.table.empty
    assert after.share == 1.0
    assert aiplatform.Endpoint(project["demo"]).labels == {"team": "ads", "app": "unknown"}


@pytest.mark.parametrize("owners", [{"gs://recordings": {"team": "nobody"}}, {"gs://missing": {"team": "ads"}},
                                    {"gs://recordings": {"app": "UPPER"}}])  # fmt: skip
def test_an_owner_that_cannot_be_is_refused(session, owners):
    from mlops_helpers.cost import Resource, audit_resources

    audit = audit_resources([Resource("bucket", "gs://recordings", {})], POLICY)
    with pytest.raises(BadLabelPolicy, match="owner"):
        audit.plan(owners)


@pytest.mark.parametrize(
    "rules",
    [{}, {"Team": {"values": ["a"]}}, {"team": {}}, {"team": {"values": []}}, {"team": {"values": ["Ads"]}},
     {"team": {"values": "ads"}}, {"team": {"values": ["a"], "pattern": "a"}}, {"team": {"pattern": "("}},
     {"team": {"values": ["a"], "default": "b"}}, {"team": {"values": ["a"], "colour": "red"}}],
)  # fmt: skip
def test_a_policy_that_nobody_can_keep_is_refused(rules):
    with pytest.raises(BadLabelPolicy, match="expected"):
        read_policy(rules)


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(["team", "app", "other"]), st.text(max_size=8)))
def test_a_resource_is_fine_exactly_if_every_rule_is_kept(labels):
    fine = labels.get("team") in RULES["team"]["values"]
    app = labels.get("app", "")
    fine &= bool(app) and app[0] in "abcdefghijklmnopqrstuvwxyz" and not set(app) - set("abcdefghijklmnopqrstuvwxyz-")
    assert (POLICY.problems(labels) == []) == fine
