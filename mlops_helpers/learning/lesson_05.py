"""Exercises and quiz of lesson 5, tooling: what one decides between a better model and a model that customers get."""

from __future__ import annotations

import time
from datetime import timedelta
from math import isclose
from typing import TYPE_CHECKING, Any

from .decisions import judge_decisions
from .exercises import Exercise, Question

if TYPE_CHECKING:
    from mlops_helpers.cloud import Session

AGREED = {"segment": "calls", "min_gain": 0.01, "max_segment_loss": 0.03}  # the team's rule for a better model
LOSS = 0.05  # in AUC; what challenger and chance cannot pass
TESTS = {"letters": "go on", "shops": "stop, ship it", "tablets": "throw it away"}
WHY_TESTS = {
    "letters": "p < 0.05 is the limit of a test with one look; on day 6 of 14 the limit is higher, and z is below it",
    "shops": "look at z beside the limit of its day: this one is beyond it, and its groups are as large as planned",
    "tablets": "half and half was planned; count the customers of each arm, and ask how likely that difference is",
}
WAYS = {"letters": "batch", "telephone": "online", "new contract": "online", "report": "batch"}
WHY_WAYS = {
    "letters": "all customers, once a week, and nobody waits: an endpoint would be paid for from Tuesday to Sunday too",
    "telephone": "what was said a minute ago is in no table that a job of last night could have read",
    "new contract": "this customer was in no table last night, and stands at the counter now",
    "report": "once a month, and nobody waits for an answer",
}


def pass_time(session: Session, by: timedelta) -> None:
    """Let time pass: offline the cloud's clock jumps, on Google Cloud the lesson waits."""
    if session.cloud == "offline":
        session.advance(by)
    else:
        time.sleep(by.total_seconds())


def _gate(answer: Any, *, champion: Any, challenger: Any, paired: Any) -> bool | str:
    """Let the learner's gate judge both models, and see whether it asks for a gain."""
    from mlops_helpers.tooling import InvalidSetting, PipelineSettings, judge_candidate

    if not isinstance(answer, dict):
        return "Give a dictionary of settings, as {'segment': ..., 'min_gain': ..., 'max_segment_loss': ...}."
    if missing := [name for name in ("segment", "min_gain", "max_segment_loss") if name not in answer]:
        return f"Say something about {', '.join(missing)} as well: a default that nobody chose is nobody's decision."
    try:
        told = PipelineSettings.from_dict({"time_column": "recorded_at", "max_milliseconds": 1000, **answer})
    except InvalidSetting as error:
        return str(error)
    if told.segment == "support_calls":
        return (
            "Each number of calls is then a group of its own, below 50 people, and too small to be judged: use `calls`."
        )
    if told.segment not in challenger.held_out:
        return f"There is no column {told.segment!r}; there are {', '.join(challenger.held_out)}."
    if told.segment != "calls":
        return f"The column {told.segment!r} does not tell who calls often: nobody would notice what happens to them."
    if not isclose(told.min_gain, 0.01):
        return f"min_gain={told.min_gain:g} is {told.min_gain * 100:g} points; one point of AUC is 0.01."
    stopped = judge_candidate(challenger, champion, settings=told)
    if not any("5 or more" in reason for reason in stopped.reasons):
        return f"The challenger loses 0.096 with the people who call often, and you allow {told.max_segment_loss:g}."
    if told.max_segment_loss > LOSS:
        return f"You allow a loss of {told.max_segment_loss:g}, it was 0.096: with a little luck the challenger passes."
    passed = judge_candidate(paired, champion, settings=told)
    reasons = [reason for reason in passed.reasons if not reason.startswith("slow")]
    return not reasons or f"It does not let `paired` through: {'; '.join(reasons)}."


def _tests(answer: dict[str, str]) -> bool | str:
    """Right when each test has its verdict; otherwise why the first wrong one is wrong."""
    return judge_decisions(answer, TESTS, words=tuple(TESTS.values()), why=WHY_TESTS)


def _ways(answer: dict[str, str]) -> bool | str:
    """Right when each case has its way; otherwise why the first wrong one is wrong."""
    return judge_decisions(answer, WAYS, words=("batch", "online"), why=WHY_WAYS)


# name, challenger, champion, whether a guardrail must break, what to say if it does not do as it must
CASES = (
    ("p99_latency_ms", 401.0, 390.0, True, "An answer after 401 ms shows nothing, however fast the champion is"),
    ("p99_latency_ms", 399.0, 200.0, False, "399 ms is in time, also if the champion is faster"),
    ("error_rate", 0.021, 0.019, True, "2.1 % errors are never right, also beside a champion with 1.9 %"),
    ("error_rate", 0.010, 0.004, True, "1 % errors beside a champion with 0.4 % is more than half a point worse"),
    ("error_rate", 0.006, 0.002, False, "0.6 % errors beside a champion with 0.2 % is less than half a point worse"),
    ("quality", 0.685, 0.700, True, "Quality of 0.685 beside a champion with 0.700 is more than a point worse"),
    ("quality", 0.695, 0.700, False, "Quality of 0.695 beside a champion with 0.700 is less than a point worse"),
    ("quality", 0.800, 0.700, False, "Quality of 0.8 beside 0.7 is better"),
    ("quality", 0.500, 0.505, False, "Quality of 0.5 beside 0.505 is allowed: only the distance was agreed on"),
)


# name -> limit and margin as they were agreed on
BOUNDS = {"p99_latency_ms": (400, None), "error_rate": (0.02, 0.005), "quality": (None, 0.01)}


def _rails(answer: Any) -> bool | str:
    """Show each guardrail what it must stop and what it must let through."""
    from mlops_helpers.tooling.guardrails import BREACH, Guardrail

    given = [answer] if isinstance(answer, Guardrail) else list(answer)
    if strange := [one for one in given if not isinstance(one, Guardrail)]:
        return f"{strange[0]!r:.60} is no Guardrail."
    rails = {rail.name: rail for rail in given}
    if missing := [name for name in dict.fromkeys(case[0] for case in CASES) if name not in rails]:
        return f"No guardrail for {', '.join(missing)} yet."
    for name, challenger, champion, breaks, told in CASES:
        if (rails[name].judge(challenger, champion).verdict == BREACH) != breaks:
            return f"{told}; yours {'lets it pass' if breaks else 'stops it'}."
    for name, agreed in BOUNDS.items():
        for bound, wanted in zip((rails[name].limit, rails[name].margin), agreed, strict=True):
            if wanted is not None and not isclose(bound or 0, wanted):
                return f"{name}: {bound} is near, but {wanted:g} was agreed on."
    return len(rails) == len(given) == 3 or "Three guardrails were asked for, each metric once."


EXERCISES = (
    Exercise(
        "tooling.1",
        "What does better mean?",
        check=_gate,
        hints=(
            "Which column says how often somebody calls? And how much did the people with five calls or more lose?",
            "segment='calls', a gain of one point (0.01), and a loss in a segment that is well below 0.09.",
        ),
        because="The average did not notice; the rule now asks about the people whom it hides.",
    ),
    Exercise(
        "tooling.2",
        "Three tests on day 6",
        check=_tests,
        hints=(
            "Read each with read_ab_test(six_days[six_days['test'] == 'letters'], plan), and look at the group sizes.",
            "One has too few in one group, one is beyond the limit of its day, one is only beyond 1.96.",
        ),
        because="First the groups, then the limit of the day, then the size of the difference.",
    ),
    Exercise(
        "tooling.3",
        "Your guardrails",
        check=_rails,
        hints=(
            "`limit` is a line that counts whatever the champion does; `margin` is the distance to the champion.",
            "Errors have both. For quality more is better, and half a point is 0.005.",
        ),
        because="What users would notice is written down before anybody is excited about the new model.",
    ),
    Exercise(
        "tooling.4",
        "Batch or online?",
        check=_ways,
        hints=(
            "For each: does somebody wait for the answer, and is all it needs known the night before?",
            "Two of the four cannot wait for the night.",
        ),
        because="Online is for what is known only now; all else is cheaper in the night.",
    ),
)

QUIZ = (
    Question(
        "A pipeline dies after it uploaded the model and before it registered it. What is the repair?",
        options=(
            "delete the uploaded file and start from the beginning",
            "start it again: what is done comes from the cache, and the model's hash tells what is registered",
            "register the file by hand, so that no time is lost",
        ),
        answer="b",
        hint="What makes it harmless to run the same steps twice?",
        why="steps that may be run again need no repair, and a hand is what the pipeline was to replace",
    ),
    Question(
        "A canary has 25 % of the traffic, and the metric for errors stops arriving. What should happen?",
        options=(
            "it goes on: no errors were reported",
            "it jumps to 50 %, so that more data arrive",
            "it waits, and rolls back if the metric does not come back",
        ),
        answer="c",
        hint="Is silence good news?",
        why="a metric that is missing is neither good nor bad, so it never lets anything pass",
    ),
    Question(
        "A tool wins by 0.8 points, and would lose if lock-in counted 30 instead of 15 %. What do you tell the team?",
        options=(
            "to ask itself whether lock-in could matter that much",
            "which tool won",
            "to add criteria until it wins by more",
        ),
        answer="a",
        hint="What would change somebody's mind?",
        why="the sum is only as good as its weights, and one of them is the whole argument",
    ),
)
