"""Settings and places: what cannot be is refused by name, what can be survives JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.tooling import InvalidSetting, PipelineRun, PipelineSettings

GOOD = {"bucket": "my-bucket", "table": "p.crm.customers", "train_until": "2026-10-01T00:00:00+00:00"}


def run_with(**other):
    return PipelineRun(**{**GOOD, **other}, settings=PipelineSettings())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"holdot": 0.2}, "the settings holdot"),
        ({"holdout": 0.9}, "holdout=0.9"),
        ({"min_rows": -1}, "min_rows=-1"),
        ({"trials": 2.5}, "trials=2.5"),
        ({"max_gap": float("nan")}, "max_gap=nan"),
        ({"max_milliseconds": 0}, "max_milliseconds=0"),
        ({"label": "x; DROP TABLE y"}, "the column 'x; DROP"),
        ({"numeric": ["churned"]}, "churned among the features"),
        ({"numeric": [], "categorical": []}, "no features"),
        ({"ranges": {"agee": [0, 1]}}, "ranges for agee"),
        ({"ranges": {"age": [1, 0]}}, "the range"),
        ({"model": "Churn!"}, "the model 'Churn!'"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(given, message):
    with pytest.raises(InvalidSetting, match=message):
        PipelineSettings.from_dict(given)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"table": "customers"}, "project.dataset.table"),
        ({"table": "p.d.t` WHERE TRUE --"}, "project.dataset.table"),
        ({"bucket": "gs://my-bucket"}, "without gs://"),
        ({"train_until": "2026-10-01T00:00:00"}, "train_until='2026-10-01T00:00:00'"),
        ({"train_until": "yesterday"}, "train_until='yesterday'"),
    ],
)
def test_places_that_cannot_be_are_refused_by_name(other, message):
    with pytest.raises(InvalidSetting, match=message):
        run_with(**other)


@given(st.floats(0.05, 0.5), st.integers(0, 50), st.booleans(), st.sampled_from(["", "recorded_at"]))
def test_settings_survive_json_and_its_one_kind_of_number(holdout, trials, automatic, column):
    settings = PipelineSettings(holdout=holdout, trials=trials, automatic=automatic, time_column=column)
    assert PipelineSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert PipelineSettings.from_dict({**settings.to_dict(), "trials": float(trials)}) == settings


def test_a_run_survives_json_and_finds_its_staging_table_again():
    run = run_with()
    again = PipelineRun.from_dict(json.loads(json.dumps(run.to_dict())))
    assert (again, again.staging) == (run, run.staging)
    assert run_with(train_until="2026-10-02T00:00:00+00:00").staging != run.staging


def test_columns_are_read_once_each():
    settings = PipelineSettings(time_column="recorded_at")
    assert len(settings.columns) == len(set(settings.columns))
    assert {"customer_id", "recorded_at", "churned", "region", *settings.features} == set(settings.columns)
