"""A canary's decisions: pure, so that a hundred of them take no time; and each rule has a case that breaks it."""

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.tooling.canary import CanaryPlan, begin, decide, follow, replay
from mlops_helpers.tooling.canary_figure import rollout_alt, rollout_figure
from mlops_helpers.tooling.canary_state import from_json, to_json
from mlops_helpers.tooling.errors import BadSplit, InvalidSetting
from mlops_helpers.tooling.guardrails import STANDARD, Guardrail, Window
from mlops_helpers.tooling.traffic import canary_split, check_split
from tests.tooling.serving import START

GOOD = {"error_rate": 0.01, "p99_latency_ms": 200.0, "quality": 0.9, "fairness_gap": 0.05}
PLAN = CanaryPlan("9", soak=timedelta(minutes=30), patience=timedelta(hours=2))


def at(minutes):
    return START + timedelta(minutes=minutes)


def window(requests=1000, **challenger):
    return Window(GOOD | challenger, GOOD, requests)


def without(name):
    return Window({key: value for key, value in GOOD.items() if key != name}, GOOD, 1000)


@pytest.fixture
def rollout():
    return begin(PLAN, {"1": 70, "2": 30}, GOOD, START)


def test_a_good_challenger_goes_up_in_steps_and_stays(rollout):
    done = replay(rollout, [(at(30 * look), window()) for look in range(1, 9)])
    assert [(one.action, one.share, one.next_share) for one in done.decisions] == [
        ("start", 0, 5),
        ("advance", 5, 25),
        ("advance", 25, 50),
        ("advance", 50, 100),
        ("finish", 100, 100),
    ]
    assert (done.status, done.split) == ("finished", {"9": 100})


def test_a_slow_challenger_is_rolled_back_at_25_percent_to_the_exact_split(rollout):
    looks = [(at(30), window()), (at(31), window(p99_latency_ms=480.0)), (at(60), window())]
    done = replay(rollout, looks)
    assert (done.status, done.share, done.split) == ("rolled back", 0, {"1": 70, "2": 30})
    assert str(done.decisions[-1]) == ("2026-03-02 09:31 roll back (25 → 0 %): p99_latency_ms 480 breaks the bound 300")


def test_a_hundred_decisions_are_replayed_in_less_than_a_second(rollout):
    looks = [(at(look / 4), window()) for look in range(1, 101)]
    started = time.perf_counter()
    done = replay(rollout, looks)
    assert len(done.table) == 401
    assert time.perf_counter() - started < 1
    assert {one.action for one in done.decisions} == {"start", "hold"}


@pytest.mark.parametrize("name", [rail.name for rail in STANDARD])
def test_a_metric_that_does_not_arrive_is_not_good(rollout, name):
    held = decide(rollout, without(name), at(60))
    assert (held.action, held.next_share, held.why) == ("hold", 5, f"{name} of the challenger did not arrive")
    late = decide(rollout, without(name), at(120))
    assert (late.action, late.next_share) == ("roll back", 0)
    assert late.why == f"after 2:00:00: {name} of the challenger did not arrive"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_is_missing(rollout, value):
    assert decide(rollout, window(quality=value), at(60)).action == "hold"


def test_the_champions_silence_is_no_good_news_either(rollout):
    silent = Window(GOOD, {}, 1000)
    assert decide(rollout, silent, at(60)).why == "error_rate of the champion did not arrive; " + (
        "quality of the champion did not arrive"
    )


def test_at_100_percent_the_champion_is_remembered(rollout):
    last = replay(rollout, [(at(30), window()), (at(60), window()), (at(90), window())])
    assert last.share == 100
    assert decide(last, Window(GOOD, {}, 1000), at(120)).action == "finish"
    assert decide(last, Window(GOOD | {"quality": 0.85}, {}, 1000), at(120)).action == "roll back"


def test_what_the_champion_does_now_counts_more_than_what_is_remembered(rollout):
    """Somebody may still send it copies of the requests."""
    last = replay(rollout, [(at(30), window()), (at(60), window()), (at(90), window())])
    now = Window(GOOD | {"quality": 0.85}, GOOD | {"quality": 0.86}, 1000)
    assert decide(last, now, at(120)).action == "finish"


def test_few_requests_prove_nothing(rollout):
    few = window(requests=99, error_rate=1.0)
    assert decide(rollout, few, at(60)).why == "99 requests of 100"
    assert decide(rollout, few, at(120)).action == "roll back"
    assert decide(rollout, window(requests=100, error_rate=1.0), at(1)).action == "roll back"


def test_a_stage_takes_its_time(rollout):
    assert decide(rollout, window(), at(29)).action == "hold"
    assert decide(rollout, window(), at(30)).action == "advance"
    assert decide(rollout, window(), at(-5)).action == "hold"  # a clock that was set back


@pytest.mark.parametrize(
    ("rail", "good", "bad"),
    [
        (Guardrail("x", limit=0.02), 0.02, 0.0201),
        (Guardrail("x", margin=0.01), 0.51, 0.511),
        (Guardrail("x", limit=0.505, margin=0.01), 0.505, 0.506),
        (Guardrail("x", margin=0.01, larger_is_better=True), 0.49, 0.489),
        (Guardrail("x", limit=0.8, larger_is_better=True), 0.8, 0.79),
    ],
)
def test_exactly_on_the_bound_is_good(rail, good, bad):
    assert rail.judge(good, 0.5).verdict == "pass"
    assert rail.judge(bad, 0.5).verdict == "breach"


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": ()},
        {"steps": (5, 5, 100)},
        {"steps": (5, 50)},
        {"steps": (0, 100)},
        {"steps": (2.5, 100)},
        {"guardrails": ()},
        {"guardrails": (STANDARD[0], STANDARD[0])},
        {"soak": timedelta(hours=3)},
        {"min_requests": 0},
    ],
)
def test_senseless_plans_are_refused(wrong):
    with pytest.raises(InvalidSetting):
        CanaryPlan("9", **wrong)


@pytest.mark.parametrize("wrong", [{}, {"limit": float("nan")}, {"margin": -0.1}])
def test_senseless_guardrails_are_refused(wrong):
    with pytest.raises(InvalidSetting, match="the guardrail 'x'"):
        Guardrail("x", **wrong)


def test_decisions_are_a_tidy_table(rollout):
    done = replay(rollout, [(at(30), without("quality")), (at(31), window(error_rate=0.5))])
    table = done.table
    assert table["action"].tolist() == ["start", *["hold"] * 4, *["roll back"] * 4]
    broken = table[table["verdict"] == "breach"].iloc[0]
    assert (broken["guardrail"], broken["challenger"], broken["bound"]) == ("error_rate", 0.5, pytest.approx(0.015))
    assert "canary rolled back at 0 %" in done._repr_html_()


WINDOWS = st.builds(
    Window,
    st.dictionaries(st.sampled_from(sorted(GOOD)), st.sampled_from([0.0, 0.05, 0.9, 500.0, float("nan")])),
    st.just(GOOD),
    st.sampled_from([0, 99, 1000]),
)


@given(st.lists(st.tuples(st.integers(1, 200), WINDOWS), max_size=20))
def test_whatever_arrives_the_split_is_whole_and_the_way_up_is_earned(looks):
    rollout, minutes = begin(PLAN, {"1": 70, "2": 30}, GOOD, START), 0
    for gap, seen in looks:
        if rollout.status != "running":
            break
        minutes += gap
        decision = decide(rollout, seen, at(minutes))
        if decision.action in ("advance", "finish"):
            assert {finding.verdict for finding in decision.findings} == {"pass"}
            assert seen.requests >= PLAN.min_requests
        rollout = follow(rollout, decision, seen)
        assert sum(rollout.split.values()) == 100
        assert from_json(to_json(rollout)) == rollout
    assert rollout.status != "rolled back" or rollout.split == {"1": 70, "2": 30}


@given(st.lists(st.integers(1, 100), min_size=1, max_size=5), st.integers(0, 100))
def test_a_split_adds_up_and_is_as_near_as_whole_numbers_allow(parts, share):
    exact = [part * 100 // sum(parts) for part in parts]
    exact[0] += 100 - sum(exact)
    before = {str(number): part for number, part in enumerate(exact)}
    found = canary_split(before, "new", share)
    assert sum(found.values()) == 100
    assert found.get("new", 0) == share
    assert all(abs(found.get(model, 0) - part * (100 - share) / 100) < 1 for model, part in before.items())


@pytest.mark.parametrize(
    "split", [{"1": 50}, {"1": 60, "2": 60}, {"1": -10, "2": 110}, {"1": 99.5, "2": 0.5}, {"1": True, "2": 99}, {}]
)
def test_splits_that_do_not_add_up_are_refused(split):
    with pytest.raises(BadSplit, match=r"add up to 100"):
        check_split(split, ["1", "2"])


def test_shares_of_models_that_are_not_there_are_refused():
    with pytest.raises(BadSplit, match="a share for 3; expected some of 1, 2"):
        check_split({"1": 50, "3": 50}, ["1", "2"])
    with pytest.raises(BadSplit, match="beside another model"):
        canary_split({"9": 100}, "9", 5)


def test_the_picture_shows_shares_breaches_and_silence(rollout):
    looks = [(at(30), window()), (at(40), without("quality")), (at(50), window(p99_latency_ms=480.0))]
    done = replay(rollout, looks)
    share, *panels = rollout_figure(done).axes
    assert share.lines[0].get_ydata().tolist() == [5, 25, 25, 0]
    assert [panel.get_title(loc="left") for panel in panels] == [rail.name for rail in STANDARD]
    latency, quality = panels[1], panels[2]
    assert [len(panel.lines[2].get_xdata()) for panel in panels] == [0, 1, 0, 0]
    assert (latency.lines[2].get_ydata()[0], latency.lines[1].get_ydata()[0]) == (480, 300)
    assert [(text.get_text(), text.get_position()[0]) for text in quality.texts] == [("?", 40)]
    assert rollout_alt(done) == (
        "The challenger's share of traffic: 5 %, 25 %, 0 %. In the end: roll back, because p99_latency_ms 480 breaks "
        "the bound 300."
    )
