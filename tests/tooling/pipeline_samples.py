"""Customers in BigQuery, and a run over them, shared by the tests of the churn pipeline."""

import numpy as np
import pandas as pd
from google.cloud import bigquery

from data.churn import customers
from mlops_helpers.governance.loading import load_table
from mlops_helpers.tooling.pipeline_settings import PipelineRun, PipelineSettings

START = pd.Timestamp("2026-10-01T00:00:00Z")


def rows(number=1200, seed=1):
    """Customers, one of them becoming known every minute."""
    found = customers(np.random.default_rng(seed), number, 1)
    return found.assign(recorded_at=START + pd.to_timedelta(np.arange(number), unit="min"))


def moment(minutes):
    return (START + pd.Timedelta(minutes=minutes)).isoformat()


def load(session, name, frame):
    """The customers as a table in a dataset of the test's own; gives its id."""
    client, dataset = bigquery.Client(), name.replace("-", "_")
    client.create_dataset(dataset, exists_ok=True)
    load_table(client, frame, f"{dataset}.customers", replace=True)
    return f"{session.project}.{dataset}.customers"


def run_of(session, bucket, table, **settings):
    told = PipelineSettings(time_column="recorded_at", **settings)
    return PipelineRun(bucket.name, table, moment(900), told)
