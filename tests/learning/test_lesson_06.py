"""Plausible wrong answers to lesson 6, and what the learner is told."""

from pathlib import Path

import pandas as pd
import pytest

from mlops_helpers.cost import Replica, RetryRule, ScalingPolicy, Storm
from mlops_helpers.learning import lesson_06

DATA = Path(__file__).resolve().parents[2] / "data"
REPLICA, STORM = Replica(rate=60, latency_ms=80), Storm(rate=22, outage=60)


@pytest.fixture(scope="module")
def traffic():
    return pd.read_parquet(DATA / "endpoint_traffic.parquet")["requests"]


@pytest.mark.parametrize("question", lesson_06.CACHEABLE)
def test_each_wrong_verdict_on_the_cache_is_told_why(question):
    other = "ask" if lesson_06.CACHEABLE[question] == "cache" else "cache"
    assert lesson_06.PRIVATE[question] in lesson_06._cacheable(lesson_06.CACHEABLE | {question: other})


@pytest.mark.parametrize("proposal", lesson_06.PROPOSALS)
def test_each_wrong_proposal_is_told_what_was_measured(proposal):
    other = "take" if lesson_06.PROPOSALS[proposal] == "refuse" else "refuse"
    assert lesson_06.EVIDENCE[proposal] in lesson_06._proposals(lesson_06.PROPOSALS | {proposal: other})


def test_decisions_that_are_right_or_missing():
    assert lesson_06._cacheable({text: word.upper() for text, word in lesson_06.CACHEABLE.items()}) is True
    assert lesson_06._proposals(lesson_06.PROPOSALS) is True
    assert lesson_06._proposals(dict.fromkeys(lesson_06.PROPOSALS, ...)).startswith("Decide about")


@pytest.mark.parametrize("policy", [ScalingPolicy(1, 3, target=0.4), ScalingPolicy(1, 6, target=0.4)])
def test_policies_that_are_quick_and_cheap(policy, traffic):
    assert lesson_06._policy(policy, requests=traffic, replica=REPLICA) is True


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (ScalingPolicy(1, 3, target=0.6), "take longer than half a second"),
        (ScalingPolicy(1, 1), "take longer than half a second"),
        (ScalingPolicy(2, 3, target=0.6), "four at night"),
        (ScalingPolicy(3, 3), "four at night"),
        (ScalingPolicy(1, 3, target=0.3), "A higher target"),
        (0.4, "Give a ScalingPolicy"),
        (..., "Give a ScalingPolicy"),
    ],
)
def test_policies_that_are_slow_or_dear(policy, told, traffic):
    assert told in lesson_06._policy(policy, requests=traffic, replica=REPLICA)


@pytest.mark.parametrize(
    "rule",
    [
        *(RetryRule("budget", budget=share) for share in (0.05, 0.1, 0.3, 0.5)),
        *(RetryRule("backoff", attempts=number) for number in (2, 3)),
        RetryRule("budget", attempts=2),
        RetryRule("at once", attempts=2),
    ],
)
def test_rules_that_answer_more(rule):
    assert lesson_06._retries(rule, storm=STORM, seed=5) is True


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (RetryRule("at once"), "Every refused call comes back"),
        (RetryRule("backoff"), "Every refused call comes back"),
        (RetryRule("budget", budget=1), "allow fewer"),
        (RetryRule("budget", budget=0), "allow a few more"),
        (RetryRule("backoff", attempts=4), "allow fewer"),
        (RetryRule("at once", attempts=1), "the line to beat"),
        ("budget", "Give a RetryRule"),
    ],
)
def test_rules_that_feed_the_storm(rule, told):
    assert told in lesson_06._retries(rule, storm=STORM, seed=5)


def test_the_prompts_differ_in_what_they_carry():
    old, whole, brief = (lesson_06.support_prompt(version) for version in lesson_06.VERSIONS)
    assert ["K481516" in prompt for prompt in (old, whole, brief)] == [False, True, True]
    assert len(old) < len(brief) < len(whole) / 2
    with pytest.raises(ValueError, match="support-v9"):
        lesson_06.support_prompt("support-v9")


def test_the_team_solved_its_exercise(traffic):
    assert lesson_06._policy(lesson_06.teams_policy(), requests=traffic, replica=REPLICA) is True
