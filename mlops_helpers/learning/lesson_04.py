"""Exercises and quiz of lesson 4, skills: who may be away, what comes first, and what to do about a bus factor of one.

`AN_EXAMPLE` stands in for learners who have not solved anything yet; the table of traps for exercise 2 is in
`audit_traps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .audit_traps import one_person_in_sql
from .decisions import judge_decisions
from .exercises import LESSONS, Exercise, Question, Right

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlops_helpers.skills import Catalogue, Quiz, Team

AN_EXAMPLE = (
    *(f"governance.{name}" for name in ("1", "2", "3", "4", "5", "quiz")),
    *(f"monitoring.{name}" for name in ("1", "2", "3", "quiz")),
    *(f"debugging.{name}" for name in ("1", "2", "3", "5", "quiz")),
)

WORDS = ("grant", "refuse")
REQUESTS = {
    "scientists A and B": ("scientist A", "scientist B"),
    "scientist B and ML engineer E": ("scientist B", "ML engineer E"),
    "ML engineers D and E": ("ML engineer D", "ML engineer E"),
    "ML engineer E and platform engineer G": ("ML engineer E", "platform engineer G"),
    "data engineer F": ("data engineer F",),
}


def _leave(answer: Any, *, team: Team) -> bool | str:
    """Simulate each absence: a request is refused when it leaves some system without anybody."""
    right, why = {}, {}
    for request, away in REQUESTS.items():
        table = team.without(*away).bus_factors("system")
        stranded = table.loc[table["alone"] == 0, "name"].tolist()
        right[request] = "refuse" if stranded else "grant"
        why[request] = f"nobody could restore the {' or the '.join(stranded)}" if stranded else "nothing is left alone"
    return judge_decisions(answer, right, words=WORDS, why=why)


def _order(answer: Any, *, team: Team, person: str, system: str) -> bool | str:
    """Accept every order of all skills that are missing in which nothing comes before what it builds on."""
    from mlops_helpers.skills.steps import full_goals

    if isinstance(answer, str | dict):
        return "Give a list of skills, the first to be learned first."
    one, catalogue, given = team.person(person), team.catalogue, list(answer)
    wanted = full_goals(one, catalogue.system(system).needs, catalogue)
    for name in given:
        if catalogue.skill(name).id not in wanted:
            return _not_wanted(name, one.level(name), wanted, catalogue)
    if twice := [name for name in given if given.count(name) > 1]:
        return f"{twice[0]} is there twice; say once where it comes."
    if forgotten := [name for name in wanted if name not in given]:
        first, has = forgotten[0], one.level(forgotten[0])
        asks = {name: catalogue.skill(name).prerequisites.get(first, 0) for name in wanted}
        needed_by = [
            f"{name} builds on it (level {level}; {person} has {has})" for name, level in asks.items() if level > has
        ]
        built_on = next(iter(needed_by), f"the {catalogue.system(system).name} needs it")
        return f"Something is missing that {person} cannot do yet: {first}; {built_on}."
    for place, name in enumerate(given):
        for before, level in catalogue.skill(name).prerequisites.items():
            if one.level(before) < level and before in given[place:]:
                return f"{name} comes before {before}, and needs it on level {level}."
    return True


def _not_wanted(name: str, level: int, wanted: Collection[str], catalogue: Catalogue) -> str:
    """Why a skill is none of those to work on: nothing asks for it, or what there is is enough."""
    if any(name in catalogue.skill(other).prerequisites for other in wanted):
        return f"No hours are needed for {name}: level {level} is there, and enough for what builds on it."
    return f"Nothing on the way to this system needs {name}."


NIGHTS, AWAY, DAYS_DOWN, A_DAY = 12, 13, 3, 9_000
RISK = NIGHTS / 52 * AWAY / 52 * DAYS_DOWN * A_DAY
SLIPS = (
    (RISK * 52 / AWAY, "that is the damage if F were never there; F is away in a quarter of the weeks only"),
    (RISK / DAYS_DOWN, "that counts one day; it takes three until F is back"),
    (RISK * 52, "that is a year's; a week is asked for"),
    (
        DAYS_DOWN * A_DAY,
        "that is one failure in every week, and F always away; it is 12 a year, and F is away in 13 of 52",
    ),
    (AWAY / 52 * DAYS_DOWN * A_DAY, "that is one failure in every week; it is 12 a year"),
    (RISK * 52 * 52 / AWAY, "that is a year's, and of an F who is never there; a week is asked for"),
)


def _choice(answer: Any) -> bool | str:
    """Judge the risk per week, and then whether the option follows from it."""
    if not isinstance(answer, dict) or {"risk_per_week", "option"} - set(answer):
        return "Give a dictionary with risk_per_week and option."
    if undecided := [name for name in ("risk_per_week", "option") if answer[name] is ...]:
        return f"Say something about {' and '.join(undecided)}."
    risk, option = float(answer["risk_per_week"]), str(answer["option"]).strip().lower()
    for slip, told in SLIPS:
        if abs(risk - slip) < 0.02 * slip:
            return f"{risk:,.0f} a week: {told}."
    if abs(risk - RISK) > 0.02 * RISK:
        return f"{risk:,.0f} a week is not what the four numbers give: failures a week, times the share without F?"
    if option not in ("teach", "simplify", "hire"):
        return f"{answer['option']!r} is none of 'teach', 'simplify', 'hire'."
    reasons = {
        "simplify": "it pays from 2,100 a week on, and the risk is lower",
        "hire": "by the time somebody is found and introduced, D has been there for twelve weeks",
    }
    return option == "teach" or f"The risk is right; {option}: {reasons[option]}."


def _placed(answer: Any, *, paper: Quiz) -> str:
    """Place the learner: any letters do; say which lessons to open first, and why the first wrong answer is wrong."""
    from mlops_helpers.skills.errors import QuizError
    from mlops_helpers.skills.quiz_bank import SKIPPED
    from mlops_helpers.skills.quiz_bank import answer as mark

    try:
        feedback = mark(paper, answer)
    except QuizError as refused:
        return str(refused)
    wrong = feedback.table[~feedback.table["ok"]]
    placed = f"Placed: {len(feedback.marked) - len(wrong)} of {len(feedback.marked)} right."
    if wrong.empty:
        return Right(placed)
    lessons = {name: f"{name} (lesson {LESSONS.index(name) + 1})" for name in wrong["challenge"]}
    told = f"{placed} Open first: {', '.join(lessons.values())}."
    if (chosen := wrong[wrong["given"] != SKIPPED]).empty:
        return Right(told)
    number, letter = chosen.iloc[0][["number", "given"]]
    option = feedback.marked[number - 1].asked.option(letter)
    return Right(f"{told} Question {number}, {letter}) {option.text}: {option.why}")


EXERCISES = (
    Exercise(
        "skills.1",
        "Who may be away together?",
        check=_leave,
        hints=(
            "What does `stranded(team.without(...))` say about the people of a request?",
            "Three of the five leave a system without anybody. E holds three of the six systems, G none: grant it.",
        ),
        because="Not who is important decides, but what is left without them.",
    ),
    Exercise(
        "skills.2",
        "Count people, not programs",
        check=one_person_in_sql,
        hints=(
            "Three filters: the day, the account, the status. Then GROUP BY the interface.",
            "HAVING COUNT(DISTINCT …principalEmail) = 1 keeps the interfaces of one person.",
            "WHERE timestamp >= '2026-09-01' AND IFNULL(…status.code, 0) = 0 AND NOT ENDS_WITH(…, "
            "'.gserviceaccount.com')",
        ),
        because="Two interfaces, and both belong to the feature store.",
    ),
    Exercise(
        "skills.3",
        "What is a week of waiting worth?",
        check=_choice,
        hints=(
            "Failures in a week, times the share of weeks without F, times the days, times the damage of a day.",
            "12 / 52 failures a week, 13 / 52 of the weeks without F, three days of 9,000 each.",
        ),
        because="Teaching is cheaper below 2,100 a week; had you forgotten that F is usually there, you would rebuild.",
    ),
    Exercise(
        "skills.4",
        "What comes first?",
        check=_order,
        hints=(
            "Begin at the system's four skills, and ask of each: is what it builds on there? Then of that, again.",
            "Seven skills are missing. Two of them nobody mentioned: they are prerequisites of prerequisites.",
        ),
        because="Any order is right in which nothing comes before what it builds on.",
    ),
    Exercise(
        "skills.5",
        "Where do you stand?",
        check=_placed,
        hints=(
            "One letter for each of the eight questions, in order; '-' leaves one out.",
            "Any letters place you; the check names the lessons to open first, and explains the first wrong answer.",
        ),
        because="One question of each challenge proves little; placement_quiz(seed=5, each=5) asks forty others.",
    ),
)

QUIZ = (
    Question(
        "Every skill that a system needs is held by two people. How many can restore it at three in the morning?",
        options=(
            "at least two",
            "two, if they answer the telephone",
            "perhaps one, or nobody: it takes all the skills in one person",
        ),
        answer="c",
        hint="Who is woken: a team, or a person?",
        why="levels of different people do not add up on the telephone",
    ),
    Question(
        "Three people claim that they can restore a system; one was seen doing it. How many do you plan with?",
        options=(
            "one, and a drill for the other two",
            "two, the mean",
            "three, people know themselves best",
        ),
        answer="a",
        hint="What costs an hour and turns a claim into a fact?",
        why="a claim is a good reason for a drill, and no reason to sleep well",
    ),
    Question(
        "Three people learn side by side: 60 hours at six a week, 56 at four, 40 at five. What shortens the plan?",
        options=(
            "a fourth colleague who learns the same",
            "more hours a week for the one with 56 hours to learn",
            "fewer hours for the one with 60, who has most to learn",
        ),
        answer="b",
        hint="Count in weeks, not in hours: who is the last to be there?",
        why="56 hours at four a week are fourteen weeks, and that chain is the critical path",
    ),
)
