"""Plausible wrong answers to lesson 5, and what the learner is told."""

import pandas as pd
import pytest

from mlops_helpers.learning import course_data, lesson_05
from mlops_helpers.tooling import Guardrail, PipelineSettings, train_candidate

RIGHT = {"segment": "calls", "min_gain": 0.01, "max_segment_loss": 0.03}


@pytest.fixture(scope="module")
def models():
    customers = pd.read_parquet(course_data("churn_autumn.parquet"))
    plain = PipelineSettings(time_column="recorded_at")
    return {
        "champion": train_candidate(customers[customers["recorded_at"] < "2026-10-01"], plain),
        "challenger": train_candidate(customers, plain),
        "paired": train_candidate(customers, PipelineSettings(time_column="recorded_at", interactions=True)),
    }


@pytest.mark.parametrize("loss", [0.0, 0.01, 0.05])
def test_any_rule_that_stops_one_and_lets_the_other_through_is_right(models, loss):
    assert lesson_05._gate(RIGHT | {"max_segment_loss": loss}, **models) is True


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("calls", "Give a dictionary"),
        ({"segment": "calls"}, "min_gain, max_segment_loss as well"),
        (RIGHT | {"segment": "region"}, "'region' does not tell who calls often"),
        (RIGHT | {"min_gain": 1}, "one point is 0.01"),
        (RIGHT | {"min_gain": 0.1}, "0.1 is 10 points"),
        (RIGHT | {"min_gain": "0.01"}, "min_gain='0.01'; expected a number"),
        (RIGHT | {"max_gain": 1}, "the settings max_gain; expected some of model"),
        (RIGHT | {"segment": "callz"}, "no column 'callz'; there are customer_id"),
        (RIGHT | {"min_gain": 0.0}, "one point of AUC is 0.01"),
        (RIGHT | {"max_segment_loss": 0.1}, "you allow 0.1"),
        (RIGHT | {"max_segment_loss": 0.09}, "with a little luck"),
        (RIGHT | {"segment": "support_calls"}, "too small to be judged"),
    ],
)
def test_rules_that_miss_the_point(models, gate, told):
    assert told in lesson_05._gate(gate, **models)


def test_a_rule_that_stops_everything_is_told_why(models):
    assert "does not let `paired` through: not better" in lesson_05._gate(
        RIGHT | {"max_gap": 0.2}, champion=models["paired"], challenger=models["challenger"], paired=models["champion"]
    )


@pytest.mark.parametrize("test", lesson_05.TESTS)
@pytest.mark.parametrize("word", lesson_05.TESTS.values())
def test_each_wrong_verdict_is_told_why(test, word):
    told = lesson_05._tests(lesson_05.TESTS | {test: word})
    assert told is True if word == lesson_05.TESTS[test] else lesson_05.WHY_TESTS[test] in told


@pytest.mark.parametrize("case", lesson_05.WAYS)
def test_each_wrong_way_is_told_why(case):
    other = {"batch": "online", "online": "batch"}[lesson_05.WAYS[case]]
    assert lesson_05.WHY_WAYS[case] in lesson_05._ways(lesson_05.WAYS | {case: other})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("letters", "Give a dictionary"),
        (lesson_05.WAYS | {"letters": ...}, "Decide about letters"),
        (lesson_05.WAYS | {"letters": "by hand"}, "none of 'batch', 'online'"),
    ],
)
def test_what_is_no_decision(answer, told):
    assert told in lesson_05._ways(answer)


LATENCY = Guardrail("p99_latency_ms", limit=400)
ERRORS = Guardrail("error_rate", limit=0.02, margin=0.005)
QUALITY = Guardrail("quality", margin=0.01, larger_is_better=True)


def test_the_agreed_guardrails_are_right_in_any_order():
    assert lesson_05._rails([QUALITY, LATENCY, ERRORS]) is True


@pytest.mark.parametrize(
    ("rails", "told"),
    [
        (LATENCY, "No guardrail for error_rate, quality yet"),
        ([400, ERRORS, QUALITY], "400 is no Guardrail"),
        ([Guardrail("p99_latency_ms", margin=400), ERRORS, QUALITY], "401 ms shows nothing"),
        ([Guardrail("p99_latency_ms", limit=400, margin=50), ERRORS, QUALITY], "399 ms is in time"),
        ([LATENCY, Guardrail("error_rate", limit=0.02), QUALITY], "more than half a point worse"),
        ([LATENCY, Guardrail("error_rate", margin=0.005), QUALITY], "2.1 % errors are never right"),
        ([LATENCY, Guardrail("error_rate", limit=0.02, margin=0.5), QUALITY], "more than half a point worse"),
        ([LATENCY, ERRORS, Guardrail("quality", margin=0.01)], "more than a point worse"),
        ([LATENCY, ERRORS, Guardrail("quality", limit=0.69, larger_is_better=True)], "only the distance"),
        ([Guardrail("p99_latency_ms", limit=400.9), ERRORS, QUALITY], "400.9 is near, but 400 was agreed on"),
        ([LATENCY, Guardrail("error_rate", limit=0.0205, margin=0.005), QUALITY], "0.0205 is near"),
        ([LATENCY, ERRORS, Guardrail("quality", margin=0.014, larger_is_better=True)], "0.014 is near"),
        ([LATENCY, ERRORS, QUALITY, Guardrail("fairness_gap", limit=0.1)], "Three guardrails were asked for"),
    ],
)
def test_guardrails_that_let_through_or_stop_too_much(rails, told):
    assert told in lesson_05._rails(rails)
