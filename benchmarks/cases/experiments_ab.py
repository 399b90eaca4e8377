"""One run of the churn pipeline, a hundred looks of a canary, ten million units of an experiment, 2,000 A/A tests."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

CUSTOMERS, LOOKS, UNITS, TESTS = 1_200, 100, 10_000_000, 2_000
BASE, LIFT = 0.10, 0.02
START = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
SPLIT = {"champion": 50, "challenger": 50}


def cases(what: str) -> dict[str, Callable[[], object]]:
    """Return the cases of one kind: "pipeline" (compile, run), "canary" (replay) or "units" (assign)."""
    return {"pipeline": _pipeline, "canary": _canary, "units": _units}[what]()


def _pipeline() -> dict[str, Callable[[], object]]:
    """Each run is of a model of its own in a folder of its own: nothing comes from a cache."""
    from mlops_helpers.tooling import compile_pipeline, run_locally

    session, told = _customers()
    numbers, model = count(), "bench"

    def run() -> None:
        settings = {"time_column": "recorded_at", "model": f"{model}{next(numbers)}"}
        with _folder() as folder:
            run_locally("churn_training", {**told, "settings": settings}, root=folder, url=session.url)

    def compile_() -> None:
        with _folder() as folder:
            compile_pipeline("churn_training", folder / "churn.yaml")

    return {"run": run, "compile": compile_}


def _customers() -> tuple[object, dict[str, str]]:
    """Return an offline session with customers in BigQuery, and the parameters of a run over them."""
    import numpy as np
    import pandas as pd
    from google.cloud import bigquery, storage

    from data.churn import customers
    from mlops_helpers.cloud import connect
    from mlops_helpers.governance.loading import load_table

    session = connect("offline")
    known = START + pd.to_timedelta(np.arange(CUSTOMERS), unit="min")
    rows = customers(np.random.default_rng(1), CUSTOMERS, 1).assign(recorded_at=known)
    client = bigquery.Client()
    client.create_dataset("bench")
    load_table(client, rows, "bench.customers", replace=True)
    storage.Client().create_bucket("bench-pipelines")
    until = (START + dt.timedelta(minutes=900)).isoformat()
    table = f"{session.project}.bench.customers"
    return session, {"bucket": "bench-pipelines", "table": table, "train_until": until, "reason": "benchmark"}


def _canary() -> dict[str, Callable[[], object]]:
    from mlops_helpers.tooling.canary import CanaryPlan, begin, replay
    from mlops_helpers.tooling.guardrails import Window

    seen = {"error_rate": 0.001, "p99_latency_ms": 120.0, "quality": 0.9, "fairness_gap": 0.02}
    window = Window(seen, seen, requests=1000)
    looks = [(START + dt.timedelta(seconds=15 * look), window) for look in range(1, LOOKS + 1)]
    rollout = begin(CanaryPlan("2"), {"1": 100}, seen, START)

    def run() -> None:
        assert len(replay(rollout, looks).decisions) == LOOKS + 1

    return {"replay": run}


def _units() -> dict[str, Callable[[], object]]:
    import numpy as np

    from mlops_helpers.tooling import assign, check_ratio

    users = np.arange(UNITS)

    def run() -> None:
        arms = assign(users, experiment="price-page", split=SPLIT)
        assert check_ratio(arms.value_counts().to_dict(), SPLIT).is_balanced

    return {"assign": run}


def errors_of_daily_looks() -> tuple[float, float]:
    """Return, of the sequential test with 14 looks, the rate of false alarms and how far its power is off, in per cent.

    Over simulated tests of a fixed seed: without a difference, and with the one that was planned for at 80 %.
    """
    from mlops_helpers.tooling import plan_ab_test, simulate_peeking, size_for_shares
    from mlops_helpers.tooling.peeking import SEQUENTIAL

    plan = plan_ab_test(size_for_shares(BASE, LIFT), looks=14)
    same = simulate_peeking(plan, BASE, tests=TESTS).found[SEQUENTIAL]
    better = simulate_peeking(plan, BASE, lift=LIFT, tests=TESTS).found[SEQUENTIAL]
    return 100 * same, 100 * abs(better - plan.size.power)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
