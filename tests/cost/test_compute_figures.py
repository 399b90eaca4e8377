"""Pictures of endpoints and storms: what is drawn is what was computed, and the sentence says it too."""

import numpy as np
import pytest

from mlops_helpers import cost

REPLICA = cost.Replica(10, 80)


def drawn(figure):
    """Draw it (warnings are errors), and give its axes."""
    figure.canvas.draw()
    return figure.axes


def test_the_frontier_is_drawn_and_told():
    requests = np.random.default_rng(1).poisson(30, 900)
    policies = [cost.ScalingPolicy(number, number) for number in (2, 3, 4, 8)]
    table = cost.scaling_frontier(requests, REPLICA, policies, hourly=cost.Money("0.219"))
    (axes,) = drawn(cost.frontier_figure(table))
    line = axes.lines[1]
    assert list(line.get_ydata()) == list(table[table["best"]]["p99_ms"])
    assert axes.get_ylabel().endswith("(ms, log)")
    assert cost.frontier_alt(table).startswith(f"{table['best'].sum()} of 4 policies")


def test_a_day_is_drawn_by_minute():
    result = cost.simulate_autoscaling([5] * 600 + [60] * 120, REPLICA, cost.ScalingPolicy(1, 4))
    above, below, replicas = drawn(cost.scaling_figure(result))
    assert len(below.lines[0].get_ydata()) == 12
    assert below.lines[0].get_ydata().max() == result.latency_ms.max()
    assert replicas.lines[0].get_ydata().max() == result.billed.max()
    assert "replica hours" in above.get_title()
    assert "10,200 requests" in cost.scaling_alt(result)


def test_a_storm_is_drawn_with_its_outage():
    storm = cost.Storm(seconds=300)
    results = {kind: cost.simulate_retries(storm, cost.RetryRule(kind), seed=1) for kind in ("at once", "budget")}
    (axes,) = drawn(cost.storm_figure(results, outage=(60, 120)))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["outage", "at once", "budget"]
    assert len({line.get_linestyle() for line in axes.lines}) == 2  # told apart without colour
    assert cost.storm_alt(results).count("calls per request") == 2


def test_nothing_is_no_picture():
    with pytest.raises(cost.BadSeries):
        cost.storm_figure({}, outage=(0, 1))
    with pytest.raises(cost.BadSeries):
        cost.scaling_figure(cost.simulate_autoscaling([1], REPLICA, cost.ScalingPolicy(1, 1)))
