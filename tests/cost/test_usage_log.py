"""A log loses no update, knows its dates, and leaves the process whole: SQLite, CSV, BigQuery."""

import csv
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from google.cloud import bigquery

from mlops_helpers.cost import BadUsage, ClockWentBack, Money, Usage, UsageLog, load, save, to_bigquery, write_csv

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)
FLASH, ONE = "gemini-3.8-flash", Usage(prompt=1_000, candidates=100, thoughts=20)
EACH = Money("0.00075") + Money("0.00045")  # of ONE, at $0.75 and $3.75


def booked(log, times=1, **who):
    calls = log.calls(FLASH, **({"prompt_version": "v7", "team": "support", "lesson": "06_cost"} | who))
    for _ in range(times):
        calls.add_usage(ONE, at=NOON)
    return log


def test_calls_are_counted_by_model_version_team_and_lesson():
    log = booked(booked(booked(UsageLog(), 2), prompt_version="v6"), team="churn")
    frame = log.frame()
    assert frame[["prompt_version", "team", "calls"]].values.tolist() == [
        ["v6", "support", 1], ["v7", "churn", 1], ["v7", "support", 2],
    ]  # fmt: skip
    assert frame["cost"].sum() == log.cost().amount == (EACH * 4).amount


def test_the_same_calls_cost_twice_as_much_next_year():
    log = booked(UsageLog(), 3)
    assert log.cost() == log.cost(at=date(2026, 12, 31)) == EACH * 3
    assert log.cost(at=date(2027, 1, 1)) == EACH * 6


def test_each_day_has_its_own_price():
    log = booked(UsageLog())
    log.calls(FLASH, prompt_version="v7").add_usage(ONE, at=NOON + timedelta(days=1))
    assert log.cost() == EACH * 3


def test_threads_lose_nothing():
    log = UsageLog(clock=lambda: NOON)
    calls = log.calls(FLASH, prompt_version="v7")
    workers = [threading.Thread(target=lambda: [calls.add_usage(ONE) for _ in range(500)]) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    [sums] = log.counts().values()
    assert sums == [4000, 4_000_000, 0, 400_000, 80_000, 0]


WRITER = """
import sys
from datetime import UTC, datetime
from mlops_helpers.cost import Usage, UsageLog, save
log = UsageLog(clock=lambda: datetime(2026, 12, 31, 12, tzinfo=UTC))
calls = log.calls("gemini-3.8-flash", prompt_version="v7", team="support", lesson="06_cost")
for _ in range(10):
    for _ in range(10):
        calls.add_usage(Usage(prompt=1_000, candidates=100, thoughts=20))
    save(log, sys.argv[1])
"""


def test_processes_lose_nothing(tmp_path):
    path = tmp_path / "usage.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) for _ in range(3)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    assert load(path).frame()["calls"].tolist() == [300]
    assert load(path).cost() == EACH * 300


def test_what_cannot_be_saved_stays_in_the_log(tmp_path):
    log = booked(UsageLog(), 5)
    with pytest.raises(sqlite3.Error):
        save(log, tmp_path)
    assert log.cost() == EACH * 5
    with pytest.raises(FileNotFoundError, match="save"):
        load(tmp_path / "none.sqlite")


def test_nothing_is_saved_twice(tmp_path):
    log, path = booked(UsageLog(), 2), tmp_path / "usage.sqlite"
    save(log, path)
    save(log, path)
    save(booked(log), path)
    assert load(path).frame()["calls"].tolist() == [3]


def test_a_clock_that_goes_back_is_refused():
    log = booked(UsageLog())
    calls = log.calls(FLASH, prompt_version="v7")
    calls.add_usage(ONE, at=NOON - timedelta(seconds=59))  # threads overtake each other
    with pytest.raises(ClockWentBack, match="at most 0:01:00 earlier"):
        calls.add_usage(ONE, at=NOON - timedelta(hours=1))
    assert log.frame()["calls"].sum() == 2


def test_a_time_without_its_zone_is_refused():
    with pytest.raises(BadUsage, match="a time with its zone"):
        UsageLog().calls(FLASH, prompt_version="v7").add_usage(ONE, at=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("who", [{"model": ""}, {"prompt_version": ""}])
def test_a_call_names_its_model_and_its_prompt_version(who):
    names = {"model": FLASH, "prompt_version": "v7"} | who
    with pytest.raises(BadUsage, match="both of them named"):
        UsageLog().calls(names.pop("model"), **names)


def test_a_csv_keeps_every_digit_and_is_whole_or_absent(tmp_path):
    path = write_csv(booked(UsageLog()), tmp_path / "usage.csv")
    [row] = csv.DictReader(path.read_text().splitlines())
    assert Decimal(row["cost"]) == EACH.amount
    with pytest.raises(OSError, match="missing"):
        write_csv(UsageLog(), tmp_path / "missing" / "usage.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["usage.csv"]


def test_bigquery_adds_up_to_the_same_amount(session):
    client = bigquery.Client()
    client.create_dataset("costs", exists_ok=True)
    log = booked(booked(UsageLog(), 7), team="churn")
    assert to_bigquery(log, "costs.usage", client=client) == 2
    [row] = client.query_and_wait("SELECT SUM(cost) AS usd, SUM(calls) AS calls, MIN(day) AS day FROM costs.usage")
    assert (row.usd, row.calls, row.day) == (log.cost().amount, 8, NOON.date())
