"""Exercises and quiz of lesson 4, skills: who may be away, what comes first, and what to do about a bus factor of one.

`AN_EXAMPLE` stands in for learners who have not solved anything yet; `practice_export` is a small audit log whose every
line is a trap for a query that counts people.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from .decisions import judge_decisions
from .exercises import Exercise, Question

if TYPE_CHECKING:
    from mlops_helpers.skills import Quiz, Team

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
    "ML engineer D and platform engineer G": ("ML engineer D", "platform engineer G"),
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


ROBOT, LATELY, EARLIER = "nightly@p.iam.gserviceaccount.com", "2026-10-05", "2026-06-17"
REFUSED = 7  # google.rpc.Code, permission denied
# interface: its entries (account, day, status code), and what to say to who gets it wrong
TRAPS = {
    "WithProgram": (
        [("f@phone.example", LATELY, None), (ROBOT, LATELY, None)],
        "one person and one program changed it: a service account is nobody who can be called",
    ),
    "WithRefusal": (
        [("f@phone.example", LATELY, None), ("e@phone.example", LATELY, REFUSED)],
        "the second person was refused (status code 7): an attempt is no change",
    ),
    "WithDrill": (
        [("f@phone.example", LATELY, None), ("e@phone.example", EARLIER, None)],
        "the second person's change is of June, before 1 September",
    ),
    "OnlyProgram": ([(ROBOT, LATELY, None)], "only a program changed it, and that is no person"),
    "OnlyRefusal": ([("e@phone.example", LATELY, REFUSED)], "the only call was refused, so nobody has changed it"),
    "Twice": (
        [("f@phone.example", LATELY, None), ("f@phone.example", "2026-10-06", None)],
        "one person changed it twice; count different accounts, not changes",
    ),
    "TwoPeople": (
        [("f@phone.example", LATELY, None), ("e@phone.example", LATELY, 0)],
        "two people changed it (a code of 0 means done, as an empty one does)",
    ),
}
ALONE = {"WithProgram", "WithRefusal", "WithDrill", "Twice"}
ALONE_IN_THE_LOG = {"FeatureOnlineStoreAdminService", "FeatureRegistryService"}


def practice_export() -> io.BytesIO:
    """A Parquet file of the traps, shaped like the exported audit log."""
    import pandas as pd

    rows = [
        {"timestamp": pd.Timestamp(day, tz="UTC"), "protopayload_auditlog": _payload(interface, account, code)}
        for interface, (entries, _) in TRAPS.items()
        for account, day, code in entries
    ]
    file = io.BytesIO()
    pd.DataFrame(rows).to_parquet(file, index=False)
    file.seek(0)
    return file


def _payload(interface: str, account: str, code: int | None) -> dict[str, object]:
    return {
        "serviceName": "aiplatform.googleapis.com",
        "methodName": f"google.cloud.aiplatform.v1.{interface}.Update",
        "authenticationInfo": {"principalEmail": account},
        "status": {"code": code},
    }


def _one_person_in_sql(answer: Any, *, client: Any, log: str, traps: str) -> bool | str:
    """Run the learner's query on the traps, which explain mistakes, and then on the team's log."""
    if not isinstance(answer, str) or "{table}" not in answer:
        return "Give the query as a plain string, with {table} where the table's name belongs."
    from google.api_core.exceptions import ClientError

    found = []
    for table in (traps, log):
        try:
            rows = client.query_and_wait(answer.replace("{table}", table))
        except ClientError as error:
            return f"BigQuery refuses the query: {_reason(error)}"
        found.append({row[0] for row in rows})
    if strange := sorted(found[0] - set(TRAPS), key=str):
        return f"{strange[0]!r} is no interface; the first column is the last word but one of methodName."
    if wrong := sorted(found[0] ^ ALONE, key=list(TRAPS).index):
        return f"In the table of traps, {wrong[0]}: {TRAPS[wrong[0]][1]}."
    return found[1] == ALONE_IN_THE_LOG or "Right for the traps, wrong for the log: is something written in by hand?"


def _reason(error: Any) -> str:
    """What the service says about a refused call, without the address that was called."""
    return next((item["message"] for item in error.errors if item.get("message")), error.message)


def _order(answer: Any, *, team: Team, person: str, system: str) -> bool | str:
    """Accept every order of all skills that are missing in which nothing comes before what it builds on."""
    from mlops_helpers.skills.steps import full_goals

    if isinstance(answer, str | dict):
        return "Give a list of skills, the first to be learned first."
    one, catalogue, given = team.person(person), team.catalogue, list(answer)
    wanted = full_goals(one, catalogue.system(system).needs, catalogue)
    for name in given:
        level = one.level(catalogue.skill(name).id)
        if name not in wanted:
            return f"{person} needs no hours for {name}: level {level} is enough for what builds on it."
    if twice := [name for name in given if given.count(name) > 1]:
        return f"{twice[0]} is there twice; say once where it comes."
    if forgotten := [name for name in wanted if name not in given]:
        needed_by = [name for name in wanted if forgotten[0] in catalogue.skill(name).prerequisites]
        built_on = f"{needed_by[0]} builds on it" if needed_by else f"the {catalogue.system(system).name} needs it"
        return f"Something is missing that {person} cannot do yet: {forgotten[0]}; {built_on}."
    for place, name in enumerate(given):
        for before, level in catalogue.skill(name).prerequisites.items():
            if one.level(before) < level and before in given[place:]:
                return f"{name} comes before {before}, and needs it on level {level}."
    return True


NIGHTS, AWAY, DAYS_DOWN, A_DAY = 12, 13, 3, 9_000
RISK = NIGHTS / 52 * AWAY / 52 * DAYS_DOWN * A_DAY
SLIPS = (
    (RISK * 52 / AWAY, "that is the damage if F were never there; F is away in a quarter of the weeks only"),
    (RISK / DAYS_DOWN, "that counts one day; it takes three until F is back"),
    (RISK * 52, "that is a year's; a week is asked for"),
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


def _placed(answer: Any, *, paper: Quiz) -> bool | str:
    """Mark the placement quiz; say which lessons to open first, and why the first wrong answer is wrong."""
    from mlops_helpers.skills.quiz_bank import answer as mark

    feedback = mark(paper, answer)
    wrong = feedback.table[~feedback.table["ok"]]
    if wrong.empty:
        return True
    first = wrong.iloc[0]
    open_first = ", ".join(dict.fromkeys(wrong["challenge"]))
    if first["given"] == "-":
        return f"{len(feedback.marked) - len(wrong)} of {len(feedback.marked)} right. Open first: {open_first}."
    chosen = feedback.marked[first["number"] - 1].asked.option(first["given"])
    return (
        f"{len(feedback.marked) - len(wrong)} of {len(feedback.marked)} right. Open first: {open_first}. "
        f"Question {first['number']}, {first['given']}) {chosen.text}: {chosen.why}"
    )


EXERCISES = (
    Exercise(
        "skills.1",
        "Who may be away together?",
        check=_leave,
        hints=(
            "What does `stranded(team.without(...))` say about the people of a request?",
            "Three of the five leave a system without anybody. D and G hold most systems, and are not among them.",
        ),
        because="Not who is important decides, but what is left without them.",
    ),
    Exercise(
        "skills.2",
        "Count people, not programs",
        check=_one_person_in_sql,
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
            "The check names the lessons to open first, and says why the first wrong answer is wrong.",
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
        "Three people learn side by side. The plan takes fourteen weeks, its critical path ten. What shortens it?",
        options=(
            "a fourth colleague who learns the same",
            "more hours a week for the one who needs fourteen",
            "leaving out the prerequisites",
        ),
        answer="b",
        hint="Which of the two limits is the plan at: the chain of steps, or somebody's hours?",
        why="no chain is that long, so what is short is one person's time",
    ),
)
