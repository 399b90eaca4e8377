"""A run, its record, the replay that names the first thing that differs, and the store nobody can overwrite."""

import datetime as dt
import json
import random
import subprocess
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from mlops_helpers.debugging import (
    InvalidSetting,
    NaiveTimestamp,
    RecordChanged,
    RunExists,
    RunRecord,
    RunsNotComparable,
    RunStore,
    UnknownRun,
    Workspace,
    compare_runs,
    record_run,
    replay,
)
from mlops_helpers.debugging.surroundings import UNKNOWN, code_facts, source_digest

TABLE = pd.DataFrame({"age": [20, 30, 40], "left": [0, 1, 1]})
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
PLACE = Workspace(repository=None, clock=lambda: NOON)


def train(customers, depth):
    noise = random.random()
    return {"score": customers["left"].mean() * depth + noise, "guesses": customers["age"] * depth}


def recorded(name="monday", **changes):
    options = {"data": {"customers": TABLE}, "parameters": {"depth": 3}, "seed": 7, "workspace": PLACE}
    return record_run(name, train, **options | changes)


@pytest.fixture
def repository(tmp_path):
    """A folder under git with one commit."""
    for command in (
        ["init", "-q"],
        ["config", "user.email", "ada@example.com"],
        ["config", "user.name", "Ada"],
        ["commit", "-q", "--allow-empty", "-m", "first"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def test_a_record_says_what_the_result_depends_on():
    record = recorded()
    assert record.function == f"{__name__}.train"
    assert record.parameters == {"depth": 3}
    assert record.data["customers"].startswith("3 rows × 2 columns, sha256 ")
    assert record.outputs["guesses"].startswith("array 3, sha256 ")
    assert record.packages["pandas"] == pd.__version__
    assert record.recorded == "2026-03-01T12:00:00+00:00"
    assert record.metrics["score"] == record.result["score"]


def test_a_record_survives_json_and_holds_no_path_or_data(tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("pandas==3\n")
    record = recorded(workspace=replace(PLACE, lock=lock, files=(lock,)))
    text = record.to_json()
    assert RunRecord.from_json(text) == record
    assert {"lock"} <= record.packages.keys()
    assert "file lock.txt" in record.code
    assert str(tmp_path) not in text


def test_what_json_does_not_know_becomes_text_and_a_model_is_not_compared():
    record = record_run("odd", lambda: {"loss": float("nan"), "model": object()}, workspace=PLACE)
    assert record.metrics == {"loss": "nan"}
    assert record.outputs == {"model": "not compared: object"}
    assert RunRecord.from_json(record.to_json()) == record


def test_a_replay_gives_the_same():
    comparison = replay(recorded(), train, data={"customers": TABLE}, workspace=PLACE)
    assert comparison.first is None
    assert str(comparison) == "monday and monday.replay: nothing differs."
    assert comparison.same_result


def test_a_replay_names_changed_data_before_the_metric_they_changed():
    changed = TABLE.assign(left=[1, 1, 1])
    comparison = replay(recorded(), train, data={"customers": changed}, workspace=PLACE)
    assert (comparison.first.part, comparison.first.item) == ("data", "customers")
    parts = comparison.table.loc[comparison.table["same"].eq(False), "part"]
    assert parts.tolist() == ["data", "result"]
    assert str(comparison).endswith("; another result.")


def test_a_missing_seed_leaves_only_the_result_different():
    comparison = replay(recorded(seed=None), train, data={"customers": TABLE}, workspace=PLACE)
    assert (comparison.first.part, comparison.first.item) == ("result", "score")
    assert compare_runs(comparison.before, comparison.again, tolerance=1.0).first is None


CHANGES = [
    ("code", {"code": {"revision": "b"}}),
    ("data", {"data": {"customers": "other"}}),
    ("parameters", {"parameters": {"depth": 4}}),
    ("parameters", {"parameters": {"depth": 3, "width": 1}}),
    ("seed", {"seed": 8}),
    ("packages", {"packages": {"pandas": "0.1"}}),
    ("hardware", {"hardware": {"cpus": "0"}}),
    ("result", {"metrics": {"score": 0.0}}),
]


@pytest.mark.parametrize("count", range(len(CHANGES)))
def test_the_first_difference_follows_the_stated_order(count):
    later = [change for _, change in CHANGES[count:]]
    other = recorded()
    for change in reversed(later):
        other = replace(other, **change)
    assert compare_runs(recorded(), other).first.part == CHANGES[count][0]


def test_a_package_that_one_run_did_not_import_counts_for_nothing():
    one = recorded()
    two = replace(one, packages={**one.packages, "another": "1.0"})
    comparison = compare_runs(one, two)
    assert comparison.first is None
    assert comparison.table.set_index("item").at["another", "same"] is None


def test_runs_that_say_nothing_about_each_other_are_not_compared():
    one = recorded()
    with pytest.raises(RunsNotComparable, match=r"and one of .*other"):
        compare_runs(one, replace(one, function="m.other"))
    with pytest.raises(RunsNotComparable, match="recall"):
        compare_runs(one, replace(one, metrics={"recall": 1}))
    with pytest.raises(RunsNotComparable, match="two runs of one function"):
        replay(one, print, data={"customers": TABLE})
    with pytest.raises(InvalidSetting, match="the same data under the same names"):
        replay(one, train, data={})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Monday!"}, "lower-case letters"),
        ({"parameters": {"depth": 3, "customers": 1}}, "as data and as parameters"),
        ({"parameters": {"depth": object()}}, "JSON cannot hold"),
        ({"parameters": {"depth": float("inf")}}, "JSON cannot hold"),
        ({"seed": -1}, "whole number"),
        ({"data": {"customers": object()}}, "content cannot be compared"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_runs(changes, message):
    ran = []
    options = {"name": "a", "data": {"customers": TABLE}, "parameters": {"depth": 3}, "workspace": PLACE} | changes
    with pytest.raises(InvalidSetting, match=message):
        record_run(options.pop("name"), lambda **given: ran.append(given), **options)
    assert ran == []


def test_a_time_without_a_zone_and_a_lock_that_is_not_there_are_refused():
    with pytest.raises(NaiveTimestamp, match="without a zone"):
        recorded(workspace=replace(PLACE, clock=lambda: dt.datetime(2026, 3, 1)))
    with pytest.raises(InvalidSetting, match=r"no file 'gone\.txt'"):
        Workspace(lock=Path("gone.txt"))


def test_an_edited_record_is_found_out():
    edited = recorded().to_json().replace('"depth": 3', '"depth": 4')
    with pytest.raises(RecordChanged, match="edited after the run"):
        RunRecord.from_json(edited)
    for text in ("{}", "[]", "not json", json.dumps({"name": "x"})):
        with pytest.raises(RecordChanged, match="no record of a run"):
            RunRecord.from_json(text)


def test_git_gives_the_revision_and_tells_changes_apart(repository):
    clean = code_facts(train, Workspace(repository=repository))
    assert len(clean["revision"]) == 40
    assert clean["uncommitted changes"] == "none"
    (repository / "new.py").write_text("1")
    dirty = code_facts(train, Workspace(repository=repository))
    assert dirty["revision"] == clean["revision"]
    assert len(dirty["uncommitted changes"]) == 64


def test_outside_of_git_the_function_itself_is_known(tmp_path):
    facts = code_facts(partial(train, depth=2), Workspace(repository=tmp_path / "nowhere"))
    assert facts == {f"function {__name__}.train": source_digest(train)}
    assert source_digest(print) == UNKNOWN
    assert source_digest(recorded) != source_digest(train)


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    return RunStore(tmp_path / "runs" if request.param == "folder" else request.getfixturevalue("bucket"))


def test_a_store_keeps_what_it_was_given(store):
    record = recorded()
    store.save(record)
    store.save(record)
    assert store.load("monday") == record
    assert store.names() == ["monday"]
    assert store.table().loc[0, ["run", "seed", "score"]].tolist() == ["monday", 7, record.metrics["score"]]


def test_a_name_that_is_taken_stays_with_its_run(store):
    store.save(recorded())
    with pytest.raises(RunExists, match="another run called 'monday'"):
        store.save(recorded(seed=8))
    assert store.load("monday").seed == 7


def test_of_many_writers_one_wins(store):
    records, refused = [recorded(seed=seed) for seed in range(6)], []

    def save(record):
        try:
            store.save(record)
        except RunExists:
            refused.append(record)

    threads = [threading.Thread(target=save, args=(record,)) for record in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert store.load("monday") in [record for record in records if record not in refused]


def test_a_run_that_is_not_there_and_an_edited_one_are_refused(store):
    assert store.table().empty
    store.save(recorded())
    with pytest.raises(UnknownRun, match="monday"):
        store.load("mondy")
    with pytest.raises(InvalidSetting, match="the name of a run"):
        store.load("../monday")
    with pytest.raises(RecordChanged):
        store.save(replace(recorded(name="tuesday"), seed=9))
    assert store.names() == ["monday"]


def test_a_file_that_was_edited_or_renamed_is_refused(tmp_path):
    store = RunStore(tmp_path)
    store.save(recorded())
    (tmp_path / "monday.json").rename(tmp_path / "sunday.json")
    with pytest.raises(RecordChanged, match="rename it back"):
        store.load("sunday")
    (tmp_path / "sunday.json").write_text("{}")
    with pytest.raises(RecordChanged, match="no record of a run"):
        store.load("sunday")


def test_data_without_names_are_refused_before_anything_runs():
    with pytest.raises(InvalidSetting, match="DataFrame as data"):
        record_run("first", lambda review: 1, data=pd.DataFrame({"a": [1]}))
