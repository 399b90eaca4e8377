"""From BigQuery through the gate to features: real clients, the offline cloud."""

import pandas as pd
import pytest
from google.api_core.exceptions import NotFound
from google.cloud import bigquery
from hypothesis import given
from hypothesis import strategies as st
from vertexai.resources.preview import feature_store

from mlops_helpers.governance import QualityGateFailed
from mlops_helpers.tooling import PipelineSettings
from mlops_helpers.tooling.pipeline_data import drop_staging, ingest, is_held_out, source_version, split
from mlops_helpers.tooling.pipeline_features import feature_rows, write_features
from tests.tooling.pipeline_samples import load, rows, run_of


@pytest.fixture
def run(session, bucket, name):
    return run_of(session, bucket, load(session, name, rows()), ranges={"tenure_months": (0, 600)})


def tables(run):
    project, dataset, _ = run.table.split(".")
    return {table.table_id for table in bigquery.Client().list_tables(f"{project}.{dataset}")}


def test_only_rows_known_by_then_are_read_and_the_staging_table_goes(run):
    found, report = ingest(run, bigquery.Client())
    assert len(found) == report.rows == 901
    assert list(found["customer_id"]) == sorted(found["customer_id"])
    assert list(found.columns) == run.settings.columns
    assert tables(run) == {"customers"}


def test_the_gate_names_the_rows_and_leaves_the_staging_table_to_the_exit_handler(session, run, name):
    bad = rows()
    bad.loc[[3, 7], "tenure_months"] = -999
    load(session, name, bad)
    with pytest.raises(QualityGateFailed, match="'K000004', 'K000008'"):
        ingest(run, bigquery.Client())
    assert tables(run) == {"customers", run.staging.rpartition(".")[2]}
    assert (drop_staging(run, bigquery.Client()), drop_staging(run, bigquery.Client())) == (True, False)


def test_a_changed_table_has_another_version(session, run, name):
    before = source_version(run, bigquery.Client())
    load(session, name, rows(seed=2))
    assert source_version(run, bigquery.Client()) != before


def test_a_table_that_is_not_there_is_the_clients_not_found(session, bucket):
    lost = run_of(session, bucket, f"{session.project}.nowhere.customers")
    with pytest.raises(NotFound):
        ingest(lost, bigquery.Client())


@given(st.sets(st.text(max_size=12), min_size=1, max_size=60), st.floats(0.05, 0.5), st.floats(0, 0.4))
def test_a_customer_stays_on_its_side_whoever_else_comes(keys, share, more):
    keys = pd.Series(sorted(keys))
    held = is_held_out(keys, share)
    assert list(is_held_out(keys[::-1], share)[::-1]) == list(held)
    assert not (held & ~is_held_out(keys, share + more)).any()


def test_a_split_shares_no_customer_and_has_about_the_stated_share():
    training, holdout = split(rows(4000), PipelineSettings(holdout=0.25))
    assert not set(training["customer_id"]) & set(holdout["customer_id"])
    assert len(training) + len(holdout) == 4000
    assert 0.22 < len(holdout) / 4000 < 0.28


def test_features_are_written_and_registered_once(run):
    frame, _ = ingest(run, bigquery.Client())
    client = bigquery.Client()
    assert write_features(frame, run, client) == len(run.settings.features)
    assert write_features(frame, run, client) == 0
    group = feature_store.FeatureGroup(run.feature_group)
    assert {feature.name for feature in group.list_features()} == set(run.settings.features)
    assert client.get_table(run.feature_table).num_rows == 901


def test_the_feature_store_holds_no_label():
    run = run_of(type("Place", (), {"project": "p"}), type("Place", (), {"name": "bucket"}), "p.d.t")
    found = feature_rows(rows(5), run)
    assert list(found.columns) == ["customer_id", "feature_timestamp", *run.settings.features]
