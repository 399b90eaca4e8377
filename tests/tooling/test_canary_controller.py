"""A canary on a real endpoint, with real metrics: it goes up, rolls back, dies and goes on."""

import logging
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pandas as pd
import pytest
from google.api_core import exceptions
from google.cloud import aiplatform, monitoring_v3

from mlops_helpers.tooling.canary import CanaryPlan
from mlops_helpers.tooling.canary_controller import Canary
from mlops_helpers.tooling.canary_state import RolloutStore
from mlops_helpers.tooling.errors import (
    BadSplit,
    InvalidSetting,
    LastModel,
    MetricMissing,
    NothingToRollBack,
    RolloutChanged,
)
from mlops_helpers.tooling.rollout_metrics import RolloutMetrics, measure
from mlops_helpers.tooling.traffic import Traffic
from tests.tooling.serving import Clock, endpoint_with

GOOD = {"error_rate": 0.01, "p99_latency_ms": 200.0, "quality": 0.9, "fairness_gap": 0.05}


class World:
    """An endpoint with a champion and a challenger, and a service that writes what they do."""

    def __init__(self, session, bucket, name, models=2):
        self.endpoint, ids = endpoint_with(bucket, name, models)
        self.champion, self.challenger = ids[0], ids[-1]
        self.clock, self.bucket = Clock(), bucket
        client = monitoring_v3.MetricServiceClient()
        self.metrics = RolloutMetrics(client, session.project, self.endpoint.name)
        self.plan = CanaryPlan(self.challenger, soak=timedelta(minutes=30), patience=timedelta(hours=2))

    @property
    def canary(self):
        """A controller that knows nothing but what is written down: a new one each time."""
        return Canary(self.endpoint, RolloutStore(self.bucket), self.metrics, self.clock)

    @property
    def split(self):
        return Traffic(self.endpoint).read().split

    def serve(self, minutes=31, challenger=True, **bad):
        """Let time pass; both models answer and are measured."""
        self.clock.move(minutes=minutes)
        self.metrics.write(self.champion, GOOD, 900, at=self.clock())
        if challenger:
            values = {name: value for name, value in (GOOD | bad).items() if value is not None}
            self.metrics.write(self.challenger, values, 300, at=self.clock())

    def begin(self):
        self.serve(challenger=False)
        return self.canary.start(self.plan)


@pytest.fixture
def world(session, bucket, name):
    return World(session, bucket, name)


def test_a_good_challenger_ends_with_all_traffic(world):
    world.begin()
    shares = [world.split[world.challenger]]
    done = world.canary.run(lambda: (world.serve(), shares.append(world.split[world.challenger])))
    assert shares == [5, 5, 25, 50, 100]
    assert (done.status, world.split) == ("finished", {world.challenger: 100})
    with pytest.raises(RolloutChanged, match="a rollout that is finished"):
        world.canary.step()


def test_predictions_follow_the_split(world):
    world.begin()
    for _ in range(2):
        world.serve()
        world.canary.step()
    answered = [world.endpoint.predict([[1, 0]]).deployed_model_id for _ in range(100)]
    assert 35 <= answered.count(world.challenger) <= 65


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"error_rate": 0.2}, "error_rate 0.2 breaks the bound 0.015"),
        ({"p99_latency_ms": 480.0}, "p99_latency_ms 480 breaks the bound 300"),
        ({"quality": 0.8}, "quality 0.8 breaks the bound 0.88"),
        ({"fairness_gap": 0.3}, "fairness_gap 0.3 breaks the bound 0.1"),
    ],
)
def test_a_bad_challenger_is_taken_out_at_25_percent(world, bad, why):
    world.begin()
    world.serve()
    assert world.canary.step().next_share == 25
    world.serve(minutes=5, **bad)
    decision = world.canary.step()
    assert (decision.action, decision.why) == ("roll back", why)
    assert world.split == {world.champion: 100}


def test_the_previous_split_comes_back_to_the_per_cent(session, bucket, name):
    world = World(session, bucket, name, models=3)
    first, second, _ = (model.id for model in world.endpoint.list_models())
    world.endpoint.update(traffic_split={first: 67, second: 33})
    world.begin()
    assert sum(world.split.values()) == 100
    world.serve(error_rate=0.5)
    world.canary.step()
    assert world.split == {first: 67, second: 33}


@pytest.mark.parametrize("name_of_metric", sorted(GOOD))
def test_silence_holds_and_then_rolls_back(world, name_of_metric):
    world.begin()
    for _ in range(3):
        world.serve(**{name_of_metric: None})
        held = world.canary.step()
        assert (held.action, world.split[world.challenger]) == ("hold", 5)
        assert f"{name_of_metric} of the challenger did not arrive" in held.why
    world.serve(**{name_of_metric: None})
    assert world.canary.step().action == "roll back"
    assert world.split == {world.champion: 100}


def test_a_metric_that_stops_arriving_is_missing(world):
    world.begin()
    world.serve(minutes=15)
    world.serve(minutes=16, challenger=False)
    assert "error_rate of the challenger did not arrive" in world.canary.step().why


def test_what_arrived_before_a_stage_says_nothing_about_it(world):
    world.begin()
    world.serve()
    assert world.canary.step().next_share == 25
    world.clock.move(minutes=5)
    assert world.canary.step().why.startswith("error_rate of the challenger did not arrive")


def test_it_does_not_begin_without_metrics(world):
    with pytest.raises(MetricMissing, match="no error_rate, p99_latency_ms, quality, fairness_gap of the champion"):
        world.canary.start(world.plan)
    assert world.split == {world.champion: 100}
    with pytest.raises(RolloutChanged, match="no rollout on endpoint"):
        world.canary.state()


def test_an_endpoint_with_one_model_has_no_canary(session, bucket, name):
    world = World(session, bucket, name, models=1)
    with pytest.raises(LastModel, match="an endpoint with 1 model"):
        world.begin()
    with pytest.raises(LastModel, match="alone on its endpoint"):
        Traffic(world.endpoint).undeploy(world.champion)
    assert world.split == {world.champion: 100}


def test_a_challenger_that_cannot_be_let_in_is_refused(world):
    world.plan = CanaryPlan("4711")
    with pytest.raises(BadSplit, match="no deployed model 4711"):
        world.begin()
    world.plan = CanaryPlan(world.champion)
    with pytest.raises(BadSplit, match="Take the challenger's traffic away first"):
        world.begin()
    assert world.split == {world.champion: 100}


def test_of_two_rollouts_the_second_is_refused(world):
    world.begin()
    with pytest.raises(RolloutChanged, match="canary running at 5 %"):
        world.canary.start(world.plan)
    assert world.split == {world.champion: 95, world.challenger: 5}


def test_a_person_can_roll_back_even_a_finished_canary_but_only_once(world):
    with pytest.raises(NothingToRollBack, match="no rollout"):
        world.canary.roll_back(by="grace@example.com", why="in doubt")
    world.begin()
    world.canary.run(world.serve)
    decision = world.canary.roll_back(by="grace@example.com", why="a complaint")
    assert (decision.share, decision.why) == (100, "grace@example.com: a complaint")
    assert world.split == {world.champion: 100}
    with pytest.raises(NothingToRollBack, match="rolled back already"):
        world.canary.roll_back(by="grace@example.com", why="again")


def test_there_is_no_way_back_to_a_model_that_is_gone(world):
    world.begin()
    world.canary.run(world.serve)
    Traffic(world.endpoint).undeploy(world.champion)
    with pytest.raises(NothingToRollBack, match=f"no {world.champion} on endpoint"):
        world.canary.roll_back(by="grace@example.com", why="a complaint")
    assert (world.split, world.canary.state().status) == ({world.challenger: 100}, "finished")


def test_a_finished_rollout_makes_room_for_the_next(world):
    world.begin()
    world.serve(error_rate=0.5)
    world.canary.step()
    assert world.begin().split == {world.champion: 95, world.challenger: 5}


UPDATE = "*EndpointService.UpdateEndpoint"


def die(session, world, operation, act):
    """Let a controller die at an operation."""
    with session.faults.inject("permission_denied", operation=operation), pytest.raises(exceptions.Forbidden):
        act()


def test_a_controller_that_dies_before_it_changed_the_traffic_is_followed_by_one_that_does(session, world, caplog):
    world.begin()
    world.serve()
    die(session, world, UPDATE, world.canary.step)
    assert world.split[world.challenger] == 5
    world.clock.move(minutes=40)
    with caplog.at_level(logging.WARNING):
        assert world.canary.step().action == "hold"  # at 25 % nothing was measured yet
    assert "finishing what was begun" in caplog.text
    assert world.split[world.challenger] == 25
    assert [one.action for one in world.canary.state().decisions] == ["start", "advance", "hold"]


def test_a_controller_that_dies_before_it_wrote_anything_has_done_nothing(session, world):
    world.begin()
    world.serve()
    die(session, world, "storage.objects.insert", world.canary.step)
    assert (world.split[world.challenger], world.canary.state().stage) == (5, 0)
    assert world.canary.step().next_share == 25
    assert world.split[world.challenger] == 25


def test_a_rollback_that_was_not_made_is_made_by_whoever_comes_next(session, world):
    world.begin()
    world.serve(error_rate=0.5)
    die(session, world, UPDATE, world.canary.step)
    assert world.split[world.challenger] == 5
    with pytest.raises(RolloutChanged, match="Call step"):
        world.canary.start(world.plan)
    assert world.canary.step().action == "roll back"
    assert world.split == {world.champion: 100}


def test_a_person_can_finish_a_rollback_that_was_not_made(session, world):
    world.begin()
    die(session, world, UPDATE, lambda: world.canary.roll_back(by="grace", why="a complaint"))
    assert world.canary.roll_back(by="ada", why="a complaint").why == "grace: a complaint"
    assert world.split == {world.champion: 100}


def test_two_who_die_one_after_the_other_leave_nothing_that_cannot_be_finished(session, world):
    world.begin()
    world.serve()
    die(session, world, UPDATE, world.canary.step)
    die(session, world, UPDATE, lambda: world.canary.roll_back(by="grace", why="a complaint"))
    assert world.split[world.challenger] == 5
    assert world.canary.step().why == "grace: a complaint"
    assert world.split == {world.champion: 100}


def test_a_start_that_was_not_made_is_made_by_the_first_step(session, world):
    die(session, world, UPDATE, world.begin)
    assert world.split == {world.champion: 100}
    assert world.canary.step().action == "hold"
    assert world.split == {world.champion: 95, world.challenger: 5}


@pytest.mark.parametrize("share", [10, 100])
def test_somebody_elses_split_is_left_alone(world, share):
    world.begin()
    world.serve()
    mine = {world.challenger: share, world.champion: 100 - share}
    aiplatform.Endpoint(world.endpoint.resource_name).update(traffic_split=mine)
    for act in (world.canary.step, lambda: world.canary.roll_back(by="grace", why="a complaint")):
        with pytest.raises(RolloutChanged, match="Find out who changed it"):
            act()
    assert world.split == {model: part for model, part in mine.items() if part}


def test_of_two_controllers_one_is_told(world):
    world.begin()
    store = RolloutStore(world.bucket)
    rollout, generation = store.read(world.endpoint.name)
    world.serve()
    world.canary.step()
    with pytest.raises(RolloutChanged, match="written by another controller"):
        store.write(world.endpoint.name, rollout, generation)


def test_an_endpoint_that_changed_since_it_was_read_is_not_written(world):
    traffic = Traffic(world.endpoint)
    seen = traffic.read()
    world.endpoint.update(traffic_split={world.champion: 50, world.challenger: 50})
    with pytest.raises(RolloutChanged, match="changed in the meantime"):
        traffic.write({world.challenger: 100}, seen)
    with pytest.raises(BadSplit, match="add up to 100"):
        traffic.write({world.challenger: 90}, traffic.read())
    with pytest.raises(BadSplit, match="50 % of the traffic"):
        traffic.undeploy(world.champion)
    assert world.split == {world.champion: 50, world.challenger: 50}


# --- what is measured -----------------------------------------------------------------------------------------------


def test_values_count_as_much_as_their_requests(world):
    since = world.clock()
    world.metrics.write("7", {"error_rate": 0.9, "p99_latency_ms": 900.0}, 500, at=since)  # before the span
    for requests, value in ((100, 0.1), (300, 0.5)):
        world.clock.move(minutes=1)
        world.metrics.write("7", {"error_rate": value, "p99_latency_ms": 1000 * value}, requests, at=world.clock())
    span = (since, world.clock())
    names = ("error_rate", "p99_latency_ms")
    found = world.metrics.read("7", "8", names=names, span=span, fresh=timedelta(minutes=1))
    assert found.challenger == {"error_rate": pytest.approx(0.4), "p99_latency_ms": 500.0}
    assert (found.champion, found.requests) == ({}, 400)


def test_outcomes_are_measured_by_hand_worked_numbers():
    outcomes = pd.DataFrame(
        {
            "failed": [False] * 99 + [True],
            "latency_ms": range(1, 101),
            "correct": [True] * 40 + [True] * 44 + [False] * 15 + [None],
            "region": ["north"] * 40 + ["south"] * 60,
        }
    )
    values, requests = measure(outcomes, group="region")
    assert requests == 100
    assert values == {
        "error_rate": 0.01,
        "p99_latency_ms": pytest.approx(99.01),
        "quality": pytest.approx(84 / 99),
        "fairness_gap": pytest.approx(1 - 44 / 59),
    }


def test_what_cannot_be_measured_is_left_out():
    outcomes = pd.DataFrame({"failed": [False, True], "latency_ms": [1.0, 2.0], "correct": [None, None]})
    assert set(measure(outcomes)[0]) == {"error_rate", "p99_latency_ms"}
    with pytest.raises(InvalidSetting, match="no requests.*write nothing"):
        measure(outcomes.iloc[:0])
    with pytest.raises(InvalidSetting, match="outcomes without region"):
        measure(outcomes, group="region")


# --- the two stories of the lesson -----------------------------------------------------------------------------------


def outcomes(north, south):
    """300 requests, of two groups, with these shares of correct answers."""
    correct = [number < 150 * share for share in (north, south) for number in range(150)]
    return pd.DataFrame({"failed": False, "latency_ms": 200.0, "correct": correct, "region": ["n"] * 150 + ["s"] * 150})


def test_better_on_average_and_worse_for_one_group_is_not_let_in(world):
    before, _ = measure(outcomes(0.82, 0.80), group="region")
    after, requests = measure(outcomes(0.98, 0.76), group="region")
    assert after["quality"] > before["quality"]
    world.clock.move(minutes=1)
    world.metrics.write(world.champion, before, 900, at=world.clock())
    world.canary.start(world.plan)
    world.clock.move(minutes=31)
    world.metrics.write(world.champion, before, 900, at=world.clock())
    world.metrics.write(world.challenger, after, requests, at=world.clock())
    assert world.canary.step().why == "fairness_gap 0.22 breaks the bound 0.1"
    assert world.split == {world.champion: 100}


KILLED = """
import os, signal, sys
from datetime import datetime
from google.cloud import aiplatform, monitoring_v3, storage
from mlops_helpers.cloud import connect
from mlops_helpers.tooling import Canary, RolloutMetrics, RolloutStore, Traffic

endpoint, bucket, now = sys.argv[1:]
session = connect("offline")
aiplatform.init(project=session.project, location=session.location)
Traffic.write = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
found = aiplatform.Endpoint(endpoint)
metrics = RolloutMetrics(monitoring_v3.MetricServiceClient(), session.project, found.name)
Canary(found, RolloutStore(storage.Client().bucket(bucket)), metrics, lambda: datetime.fromisoformat(now)).step()
"""


def test_a_controller_that_is_killed_in_the_middle_of_a_step_is_followed_by_another(session, world):
    world.begin()
    world.serve()
    command = [sys.executable, "-c", KILLED, world.endpoint.resource_name, world.bucket.name, str(world.clock())]
    environment = os.environ | {"MLOPS_OFFLINE_URL": session.url}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
    assert (world.canary.state().share, world.split[world.challenger]) == (25, 5)
    world.serve()  # measured at 5 %: that says nothing about 25 %
    assert world.canary.step().action == "hold"
    assert world.split == {world.champion: 75, world.challenger: 25}
