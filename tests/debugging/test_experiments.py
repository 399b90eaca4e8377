"""Runs in Vertex AI Experiments and TensorBoard, through the real client."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from google.api_core import exceptions
from google.cloud import aiplatform

from mlops_helpers.cloud import connect
from mlops_helpers.debugging import (
    InvalidSetting,
    NaiveTimestamp,
    RunExists,
    RunsNotComparable,
    UnknownMetric,
    UnknownRun,
    Workspace,
    compare_experiments,
    find_fall,
    log_curves,
    log_run,
    read_curves,
    record_run,
    runs_table,
)

PLACE = Workspace(repository=None, clock=lambda: dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
TABLE = pd.DataFrame({"spent": [1.0, 2.0, 3.0]})


def train(customers, depth):
    return {"recall": customers["spent"].mean() / 10 * depth}


@pytest.fixture
def experiment(session, request):
    """The name of an experiment that does not exist yet."""
    return request.node.name.replace("_", "-").lower()[:60]


def test_a_run_is_found_as_the_client_finds_it(experiment):
    log_run(experiment, "one", parameters={"depth": np.int64(3), "kind": "tree"}, metrics={"recall": np.float64(0.5)})
    log_run(experiment, "two", parameters={"depth": 4, "steps": [1, 2]}, metrics={"recall": 0.25, "loss": np.nan})
    ours = runs_table(experiment)
    theirs = aiplatform.get_experiment_df(experiment).set_index("run_name").loc[["one", "two"]]
    assert ours["run"].tolist() == ["one", "two"]
    assert ours["logged"].is_monotonic_increasing
    for name in ("param.depth", "param.kind", "param.steps", "metric.recall", "metric.loss", "state"):
        assert ours[name].fillna("none").tolist() == theirs[name].fillna("none").tolist(), name
    assert ours["param.steps"].tolist()[1] == "[1, 2]"
    assert set(ours["state"]) == {"COMPLETE"}


def test_a_record_says_what_the_run_depended_on(experiment):
    options = {"parameters": {"depth": 3}, "seed": 7, "workspace": PLACE}
    record = record_run("monday", train, data={"customers": TABLE}, **options)
    log_run(experiment, "monday", parameters={"note": "first"}, record=record)
    row = runs_table(experiment).iloc[0]
    assert row["metric.recall"] == record.metrics["recall"]
    assert row["param.record.data.customers"] == record.data["customers"]
    assert row["param.record.checksum"] == record.checksum
    assert (row["param.depth"], row["param.note"], row["param.record.seed"]) == (3, "first", 7)


def test_the_best_and_the_worst_differ_first_in_their_data(experiment):
    for name, table in (("good", TABLE), ("bad", TABLE / 2)):
        record = record_run(name, train, data={"customers": table}, parameters={"depth": 3}, workspace=PLACE)
        log_run(experiment, name, record=record)
    found = compare_experiments(experiment, "recall")
    assert (found.best, found.worst) == ("good", "bad")
    assert found.table["name"].tolist() == ["record.data.customers", "recall"]
    assert "the first thing that differs is record.data.customers" in str(found)
    assert compare_experiments(experiment, "recall", larger_is_better=False).best == "bad"


def test_differences_come_in_the_order_of_cause_and_effect():
    names = ["metric.a", "param.record.hardware", "param.record.seed", "param.z", "param.record.data.t"]
    rows = pd.DataFrame([dict.fromkeys(names, 1), dict.fromkeys(names, 2)]).assign(run=["one", "two"])
    rows["param.record.code.f"] = ["x", None]
    table = compare_experiments(rows, "a").table
    expected = ["record.code.f", "record.data.t", "z", "record.seed", "record.hardware", "a"]
    assert table["name"].tolist() == expected
    assert table.iloc[0][["best", "worst"]].tolist() == ["absent", "x"]


def test_a_name_that_is_taken_and_bad_values_leave_nothing_behind(experiment):
    log_run(experiment, "one", metrics={"recall": 0.5})
    with pytest.raises(RunExists, match="a run 'one' in the experiment"):
        log_run(experiment, "one", metrics={"recall": 0.9})
    with pytest.raises(InvalidSetting, match="no numbers"):
        log_run(experiment, "two", metrics={"recall": [0.9]})
    with pytest.raises(InvalidSetting, match="JSON cannot hold"):
        log_run(experiment, "two", parameters={"model": object()})
    assert runs_table(experiment)[["run", "metric.recall"]].to_numpy().tolist() == [["one", 0.5]]


def test_a_run_that_could_not_be_written_whole_is_deleted(experiment, session):
    log_run(experiment, "one")
    with (
        session.faults.inject("permission_denied", operation="vertex.MetadataService.UpdateContext"),
        pytest.raises(exceptions.Forbidden),
    ):
        log_run(experiment, "two", parameters={"a": 1})
    assert runs_table(experiment)["run"].tolist() == ["one"]


@pytest.mark.parametrize("name", ["", "Upper", "a b", "-a", "x" * 128])
def test_names_that_vertex_ai_does_not_take_are_refused(name):
    with pytest.raises(InvalidSetting, match="characters|lower-case"):
        log_run("churn", name)


def test_what_is_not_there_is_named_with_the_nearest(experiment):
    log_run(experiment, "monday", metrics={"recall": 0.5})
    with pytest.raises(UnknownRun, match=experiment):
        runs_table(f"{experiment}x")
    with pytest.raises(UnknownRun, match="expected monday"):
        read_curves(experiment, "mondy")
    with pytest.raises(UnknownMetric, match="expected recall"):
        compare_experiments(experiment, "recal")
    with pytest.raises(RunsNotComparable, match="1 runs with 'recall'"):
        compare_experiments(experiment, "recall")


def test_curves_are_read_back_tidy(experiment):
    board = aiplatform.Tensorboard.create(display_name="board")
    log_run(experiment, "one", metrics={"recall": 0.5})
    assert read_curves(experiment, "one").empty
    moment = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    log_curves(experiment, "one", {"loss": [1.0, 0.5, 0.25], "recall": [0.125, 0.5]}, board, at=moment)
    table = read_curves(experiment, "one")
    assert table["metric"].tolist() == ["loss"] * 3 + ["recall"] * 2
    assert table["step"].tolist() == [1, 2, 3, 1, 2]
    assert table["value"].tolist() == [1.0, 0.5, 0.25, 0.125, 0.5]


def test_curves_without_values_or_zone_are_refused(experiment):
    with pytest.raises(InvalidSetting, match="without values"):
        log_curves(experiment, "one", {"loss": []}, "board")
    with pytest.raises(NaiveTimestamp):
        log_curves(experiment, "one", {"loss": [1.0]}, "board", at=dt.datetime(2026, 3, 1))


def test_the_run_where_the_metric_fell_is_found_in_an_experiment(experiment):
    for number, recall in enumerate((0.81, 0.8, 0.82, 0.81, 0.62, 0.6, 0.61, 0.63)):
        log_run(experiment, f"commit-{number}", metrics={"recall": recall})
    fall = find_fall(runs_table(experiment), "recall", threshold=0.1)
    assert (fall.before, fall.at) == ("commit-3", "commit-4")


def test_cleaning_up_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MLOPS_COURSE_HOME", str(tmp_path))
    with connect("offline") as session:
        with pytest.raises(UnknownRun, match="an experiment that was logged to"):
            runs_table("churn")
        board = aiplatform.Tensorboard.create(display_name="board")
        log_run("churn", "one", metrics={"recall": 0.5})
        log_curves("churn", "one", {"loss": [1.0, float("nan"), 0.5]}, board)
        assert read_curves("churn", "one")["step"].tolist() == [1, 3]
        board.delete()
        session.clean_up()
        assert aiplatform.Tensorboard.list() == []
        with pytest.raises(UnknownRun):
            runs_table("churn")
