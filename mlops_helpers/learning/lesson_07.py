"""Exercises and quiz of lesson 7, collaboration: who decides, what next, how long it took, and how to say so."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .decisions import judge_decisions
from .exercises import Exercise, Question

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

NEXT_WORDS = ("wait", "escalate", "sign again", "close", "start over")
NEXT = {
    "stable": "close",
    "phone off": "wait",
    "phone still off": "escalate",
    "new numbers": "sign again",
    "canary fell back": "start over",
}
WHY_NEXT = {
    "stable": "nothing drifted, so there is nothing to triage: the table has a step from alert to closed for that",
    "phone off": "the decision may take an hour; before that a deputy is not asked",
    "phone still off": "the hour is over, and that is what the deputy is for",
    "new numbers": "a sign-off holds for the evidence it was given on, and that evidence is not the latest any more",
    "canary fell back": "the endpoint is as it was and the model still wrong: which step leads back to a training",
}
VERDICTS = ("in", "out")
SENTENCES = {
    "two roles": "in",
    "attention": "out",
    "should have": "out",
    "left early": "out",
    "no limit": "in",
}
WHY_SENTENCE = {
    "two roles": "it says what was in place that day, and anybody in these roles would have waited: it can be changed",
    "attention": "it asks people to be better; ask what made the alert easy to miss",
    "should have": "what would have been in time is known only afterwards; not why the other way looked right then",
    "left early": "at the end of a working day people go home; what was missing is somebody who stands in",
    "no limit": "it names a missing rule, and a rule can be written",
}
DECIDE, TRAIN, APPROVE = "decide on retraining", "train the candidate", "approve the model"
EXPERTS = ("data_scientist", "ml_engineer")  # who know the model: one trains it, one is asked before the decision
# Rows that wait for nobody: their work stays with who knows it.
STAYS = MappingProxyType(
    {
        "confirm the alert": "ml_engineer",
        "check the data": "data_engineer",
        "roll out the model": "platform_engineer",
        "verify the recovery": "ml_engineer",
    }
)
MIDNIGHT = timedelta(hours=6, minutes=20)  # from the alert on
NEARLY = 0.51  # minutes: whole ones are as good as exact ones


def _next_steps(answer: dict[str, str]) -> bool | str:
    """Right when each case has its next step."""
    return judge_decisions(answer, NEXT, words=NEXT_WORDS, why=WHY_NEXT)


def _sentences(answer: dict[str, str]) -> bool | str:
    """Right when each sentence has its verdict."""
    return judge_decisions(answer, SENTENCES, words=VERDICTS, why=WHY_SENTENCE)


def _rewritten(answer: Any, *, at: datetime, hours: Any, work: Any) -> bool | str:
    """Play the Friday with the learner's matrix: valid, the owner releases, restored before midnight."""
    from mlops_helpers.collaboration import Raci, rehearse

    if not isinstance(answer, Raci):
        return "Give the matrix itself, as wiki.changed(...) returns it."
    if problems := answer.problems():
        return f"{problems[0]}. {problems[0].remedy}"
    if (strange := _out_of_place(answer)) is not None:
        return strange
    releases = answer.accountable(APPROVE)
    if releases != "business_owner":
        return f"The last word on releasing is the owner's, and you gave it to {releases}: leave that A where it was."
    played = rehearse(answer, hours, at=at, work=work)
    if played.stuck:
        return f"Nobody can go on: {played.stuck}."
    if played.closed <= at + MIDNIGHT:
        return True
    slow = max(played.played, key=lambda one: one.waited)
    told = f"Closed on {played.closed:%a %H:%M}. {slow.activity!r} waits longest, {slow.waited:,.0f} minutes"
    return f"{told}: who may begin it, who signs it or stands in, and when can they be reached?"


def _out_of_place(answer: Any) -> str | None:
    """Say which role has a part that the text excludes, None if none has."""
    if signing := [one for one in answer.activities if set(answer.activities[one].get("support", "")) & set("ARD")]:
        return f"Support signs nothing, and you gave it a part in {signing[0]!r}: somebody else."
    if wrong := [role for role in answer.who(TRAIN, "R") if role not in EXPERTS]:
        return f"{wrong[0]} begins the training: that is for the scientist or the ML engineer."
    if not set(EXPERTS) & {*answer.who(DECIDE, "R"), *answer.who(DECIDE, "A"), *answer.who(DECIDE, "C")}:
        return f"{DECIDE!r} asks nobody who knows the model: an R or a C for the scientist or the ML engineer."
    if moved := [one for one, role in STAYS.items() if answer.who(one, "R") != (role,)]:
        return f"The work of {moved[0]!r} is that of the {STAYS[moved[0]]}, and waits for nobody: leave that R alone."
    return None


def minutes_of(log: pd.DataFrame, degraded: datetime) -> dict[str, float]:
    """Return the minutes to detect, decide and restore of an incident's log, by the lesson's definition."""
    moves = log[log["kind"] == "moved"].assign(step=lambda rows: rows["message"].str.partition(":")[0])
    when = moves.set_index("step")["at"]
    opened = log.loc[log["kind"] == "opened", "at"].iloc[0]
    spans = {"detect": opened - degraded, "decide": when["retrain"] - opened}
    spans["restore"] = when["finish the rollout"] - degraded
    return {name: span / timedelta(minutes=1) for name, span in spans.items()}


def _minutes(answer: Any, *, log: pd.DataFrame, degraded: datetime) -> bool | str:
    """Compare three numbers with those of the log."""
    right = minutes_of(log, degraded)
    if not isinstance(answer, dict) or set(answer) != set(right):
        return "Give a dictionary with detect, decide and restore."
    if undecided := [name for name, value in answer.items() if value is ...]:
        return f"Compute {', '.join(undecided)} as well."
    given = {name: _in_minutes(value) for name, value in answer.items()}
    for name, value in right.items():
        if not abs(given[name] - value) <= NEARLY:
            return f"{name}: you say {given[name]:,.0f} minutes. {_slip(name, given[name], right)}"
    return True


def _in_minutes(value: Any) -> float:
    """A number as it is, a span of time in minutes."""
    return value / timedelta(minutes=1) if hasattr(value, "seconds") else float(value)


def _slip(name: str, given: float, right: dict[str, float]) -> str:
    """Say which mistake gives this number."""
    if abs(given * 60 - right[name]) <= 1:
        return "These are hours."
    if abs(given / 60 - right[name]) <= 1:
        return "These are seconds."
    if name == "decide" and abs(given - right["detect"] - right[name]) <= 1:
        return "You counted from 14:00; this one begins with the alert."
    if name == "restore" and abs(given + right["detect"] - right[name]) <= 1:
        return "You counted from the alert; customers had lived with it since 14:00."
    where = {
        "detect": "the row 'opened'",
        "decide": "the move by 'retrain'",
        "restore": "the move that ends the rollout",
    }
    return f"It ends with {where[name]}; is that the row you took?"


EXERCISES = (
    Exercise(
        "collaboration.1",
        "Rewrite the matrix",
        check=_rewritten,
        hints=(
            "rehearse(mine, hours, at=FRIDAY, work=DRILL).table shows where a try waits, and for how long.",
            "Who decides on retraining if one A becomes an R, and perhaps: who stands in (D)?",
            "The scientist is away until Saturday: somebody on duty must begin the training (R) and sign it (A).",
        ),
        because="No tool became faster. One last word where there were two, and training by somebody who was there.",
    ),
    Exercise(
        "collaboration.2",
        "What next?",
        check=_next_steps,
        hints=(
            "Find the stage in the table of steps: which ways lead out of it, and on what evidence?",
            "For the telephone: how long may a decision take before the deputy is asked?",
        ),
        because="The answers are in the table and in the charter, not in anybody's mood at that hour.",
    ),
    Exercise(
        "collaboration.3",
        "How long did it take?",
        check=_minutes,
        hints=(
            "`moved`, above, has a row for each step: `at` is its time, the message begins with the step.",
            "(later - earlier) / pd.Timedelta(minutes=1) gives minutes. Only `decide` begins with the row 'opened'.",
        ),
        because="The three numbers are differences of times that nobody can have forgotten or improved.",
    ),
    Exercise(
        "collaboration.4",
        "In or out?",
        check=_sentences,
        hints=(
            "Which of them names something that can be changed within days?",
            "Read each with another person in the same role: would it still be true?",
        ),
        because="What would have happened to anybody in that role is a condition; conditions can be changed.",
    ),
)

QUIZ = (
    Question(
        "An incident took three days, and the work in it four hours. Where do you look first?",
        options=(
            "at faster machines for training",
            "at what waited for whom, by activity",
            "at who was on duty, to talk to them",
        ),
        answer="b",
        hint="Which of the three could explain the other sixty-eight hours?",
        why="waiting is not seen on any dashboard of machines, and it has a place in the matrix, not a face",
    ),
    Question(
        "At 19:40 the author of the candidate, on duty and sure of it, signs the approval in the owner's place. Then?",
        options=(
            "the protocol accepts it, since the numbers are good",
            "the protocol accepts it if somebody writes a reason",
            "the protocol refuses it, and its log says so",
        ),
        answer="c",
        hint="Who may approve a model, whatever the hour is?",
        why="whoever made a model cannot be the second pair of eyes, and that it was tried is worth knowing",
    ),
    Question(
        "Ratings of the last week average 3.4. Two models served in that week. What do you need?",
        options=(
            "which model earned which of the ratings",
            "twice as many ratings of that week",
            "the median instead of the average",
        ),
        answer="a",
        hint="Whose 3.4 is it?",
        why="one average of two models describes neither; with the model's id there are two, each with its doubt",
    ),
)
