"""The same report from a BigQuery table, through the real client."""

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.ethics import (
    BadGroups,
    BadLabels,
    EmptyData,
    InvalidSetting,
    MissingColumn,
    OneGroup,
    fairness_sql,
    group_metrics,
)
from mlops_helpers.governance.loading import load_table


@pytest.fixture(scope="module")
def client(session):
    from google.cloud import bigquery

    client = bigquery.Client()
    client.create_dataset("fair")
    return client


def decisions(rows=2000):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "age band": rng.choice(["40+", "<40"], rows)})
    frame["y"] = rng.integers(0, 2, rows)
    return frame.assign(p=rng.random(rows) < 0.4, score=rng.random(rows), when=pd.Timestamp("2026-01-01", tz="UTC"))


@pytest.fixture(scope="module")
def table(client):
    load_table(client, decisions(), "fair.decisions")
    return f"{client.project}.fair.decisions"


def measured(data, client=None, groups=("sex", "age band"), **options):
    return group_metrics(data, **{"label": "y", "prediction": "p", "groups": groups, "client": client} | options)


def test_the_report_is_that_of_the_dataframe(client, table):
    by_sql, by_pandas = measured(table, client), measured(decisions())
    assert by_sql.outcomes.names == by_pandas.outcomes.names
    assert (by_sql.outcomes.counts == by_pandas.outcomes.counts).all()
    pd.testing.assert_frame_equal(by_sql.table, by_pandas.table)
    pd.testing.assert_frame_equal(by_sql.gaps(draws=200), by_pandas.gaps(draws=200))


def test_missing_levels_are_refused_or_a_group(client):
    frame = decisions().assign(sex=lambda rows: rows["sex"].where(rows.index > 99), room=[9, 10] * 1000)
    load_table(client, frame, "fair.gaps", replace=True)
    with pytest.raises(BadGroups, match="without a value in 'sex'"):
        measured("fair.gaps", client)
    for groups in ("sex", ["room", "sex"]):  # numbers in their own order, missing ones last
        by_sql = measured("fair.gaps", client, groups, missing="group")
        pd.testing.assert_frame_equal(by_sql.by_group, measured(frame, groups=groups, missing="group").by_group)


@pytest.mark.parametrize(
    ("where", "options", "error", "message"),
    [
        ("fair.nowhere", {}, InvalidSetting, "no table fair.nowhere"),
        ("fair.b` --", {}, InvalidSetting, "table id"),
        (None, {"groups": "sexx"}, MissingColumn, "Nearest: sex"),
        (None, {"groups": "score"}, InvalidSetting, "FLOAT"),
        (None, {"label": "score"}, BadLabels, "other than 0 and 1"),
        (None, {"label": "when"}, BadLabels, "TIMESTAMP"),
        (None, {"client": None}, InvalidSetting, "without a client"),
    ],
)
def test_bad_input_is_named(client, table, where, options, error, message):
    with pytest.raises(error, match=message):
        measured(where or table, **{"client": client} | options)


def test_one_group_and_none(client, table):
    client.query_and_wait("CREATE OR REPLACE TABLE fair.women AS SELECT * FROM fair.decisions WHERE sex = 'f'")
    with pytest.raises(OneGroup, match="'f'"):
        measured("fair.women", client, "sex")
    client.query_and_wait("CREATE OR REPLACE TABLE fair.empty AS SELECT * FROM fair.decisions WHERE FALSE")
    with pytest.raises(EmptyData, match=r"no rows in fair\.empty"):
        measured("fair.empty", client)


def test_the_statement_is_there_to_read_and_names_cannot_end_their_quotation():
    text = fairness_sql("fair.decisions", ("y", "p"), ["age band"])
    assert "GROUP BY `age band`" in text
    with pytest.raises(InvalidSetting, match="^Found column name"):
        fairness_sql("fair.decisions", ("y", "p"), ["x` FROM secrets --"])
