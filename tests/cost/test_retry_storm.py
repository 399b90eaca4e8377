"""What retries make of an outage."""

import numpy as np
import pytest

from mlops_helpers import cost

STORM = cost.Storm()
EACH = cost.Money("0.004")


def run(kind, storm=STORM, seed=6, **options):
    return cost.simulate_retries(storm, cost.RetryRule(kind, **options), seed=seed)


@pytest.mark.parametrize("kind", ["at once", "backoff", "budget"])
def test_every_request_ends_answered_given_up_or_is_still_waiting(kind):
    result = run(kind)
    ended = result.answered.sum() + result.given_up
    assert result.asked - 100 <= ended <= result.asked
    assert (result.billed >= result.answered).all()
    assert (result.billed <= STORM.capacity).all()
    assert result.billed.sum() - result.answered.sum() == result.late


def test_without_an_outage_and_with_room_nobody_retries():
    calm = cost.Storm(outage=0, capacity=1000)
    for kind in ("at once", "backoff", "budget"):
        result = run(kind, calm)
        assert (result.amplification, result.given_up, result.late) == (1, 0, 0)


def test_one_attempt_is_no_retry():
    result = run("at once", attempts=1)
    assert result.amplification == 1
    assert result.given_up == result.asked - result.answered.sum()


def test_endless_retries_at_once_are_a_storm_that_a_budget_prevents():
    storm = run("at once", cost.Storm(seconds=400), attempts=1000)
    backoff, budget = (run(kind, cost.Storm(seconds=400)) for kind in ("backoff", "budget"))
    assert storm.amplification > 10 > 3 > backoff.amplification > budget.amplification
    assert budget.amplification < 1.1
    assert storm.wasted(EACH) > backoff.wasted(EACH) > budget.wasted(EACH)
    assert storm.bill(EACH) == EACH * int(storm.billed.sum())
    after = STORM.start + STORM.outage + 120  # two minutes after the outage
    assert storm.calls[after] > 5 * STORM.rate > backoff.calls[after : after + 60].mean()


def test_first_attempts_are_the_same_for_every_rule_and_seeds_repeat():
    asked = {run(kind).asked for kind in ("at once", "backoff", "budget")}
    assert len(asked) == 1
    assert np.array_equal(run("backoff").calls, run("backoff").calls)
    assert not np.array_equal(run("backoff").calls, run("backoff", seed=7).calls)


def test_a_budget_is_kept():
    result = run("budget", budget=0.1)
    assert result.calls.sum() <= 1.1 * result.asked + 1
    assert run("budget", budget=0).amplification == 1


def test_rules_in_one_table():
    rules = [cost.RetryRule("at once"), cost.RetryRule("budget")]
    table = cost.compare_retries(STORM, rules, each=EACH, seed=6)
    assert list(table["rule"]) == ["at once", "budget"]
    assert table["usd"][1] == run("budget").bill(EACH).amount
    assert (table["answered"] + table["given_up"]).between(0.98, 1).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: cost.RetryRule("never"),
        lambda: cost.RetryRule("backoff", attempts=0),
        lambda: cost.RetryRule("budget", budget=-1),
        lambda: cost.Storm(rate=0),
        lambda: cost.Storm(seconds=100),
        lambda: cost.Storm(timeout_share=2),
    ],
)
def test_storms_and_rules_that_cannot_be_are_refused(make):
    with pytest.raises(cost.InvalidSetting):
        make()
