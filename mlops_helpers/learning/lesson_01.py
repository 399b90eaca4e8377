"""Exercises and quiz of lesson 1, governance: decisions and repairs that an engineer on call really faces."""

from __future__ import annotations

from typing import Any

from .exercises import Exercise, Question

SEVERITIES = {"copies": "repair", "lifetime": "stop", "cents": "repair", "country": "record"}
WHY_NOT = {
    "copies": "exact copies can be removed without losing anything: no need to wake anybody",
    "lifetime": "nobody here can know which contract these customers have: only the sender can",
    "cents": "the day it began is known, so is the factor: every value can be put right",
    "country": "a constant column does no harm today: tell the owner, train anyway",
}


def _severities(answer: dict[str, str]) -> bool | str:
    """Right when every defect has its severity; otherwise why the first wrong one is not."""
    if undecided := [defect for defect in SEVERITIES if answer[defect] is ...]:
        return f"Decide about {', '.join(undecided)}: 'stop', 'repair' or 'record'."
    for defect, severity in SEVERITIES.items():
        if answer[defect] not in ("stop", "repair", "record"):
            return f"{defect}: {answer[defect]!r} is none of 'stop', 'repair', 'record'."
        if answer[defect] != severity:
            return f"{defect}: think again about {answer[defect]!r}; {WHY_NOT[defect]}."
    return True


def _too_young(answer: Any, *, customers: Any) -> bool | str:
    """Run the learner's expectation, and compare with the same rule in plain pandas."""
    from mlops_helpers.governance import Suite, check_quality

    found = check_quality(customers, Suite("yours", (answer,))).findings[0].failed
    age_at_signing = customers["age"] - customers["tenure_months"] / 12
    expected = int((age_at_signing < 16).sum())
    mistakes = {
        int((age_at_signing <= 16).sum()): "Exactly 16 is allowed.",
        int((age_at_signing >= 16).sum()): "Is the sign turned round? A rule says what is allowed.",
        int((age_at_signing > 16).sum()): "Is the sign turned round? A rule says what is allowed.",
    }
    why = mistakes.get(found, "Mind the units, years and months.")
    return found == expected or f"Your rule fails {found} rows; the one asked for fails {expected}. {why}"


def _honest_split(answer: Any, *, customers: Any) -> bool | str:
    """Try the learner's function on the table, and on a shuffled part of it, whose labels are no positions."""
    if not callable(answer):
        return "Give the function, not its result: check(..., split, ...) without parentheses behind split."
    told = _judge_split(answer, customers)
    return told if isinstance(told, str) else _judge_split(answer, customers.sample(frac=0.9, random_state=0))


def _judge_split(split: Any, table: Any) -> bool | str:
    """No customer on both sides, every row used once, about a quarter held out."""
    sides = split(table)
    if sides is None:
        return "Your function returned nothing; end it with return, and the two lists."
    if not isinstance(sides, tuple | list) or len(sides) != 2:
        return "Return exactly two lists of index labels: rows to train on, rows to test on."
    seen, unseen = map(list, sides)
    if sorted([*seen, *unseen]) != sorted(table.index):
        return "Every row belongs on exactly one side: return two lists of index labels (not positions, not ids)."
    both = set(table.loc[seen, "customer_id"]) & set(table.loc[unseen, "customer_id"])
    if both:
        return f"{len(both)} customers are still on both sides."
    share = len(unseen) / len(table)
    return 0.2 <= share <= 0.3 or f"{share:.0%} of the rows are held out; hold out about a quarter."


def _copies_in_sql(answer: Any, *, client: Any, tables: list[str]) -> bool | str:
    """Run the learner's query on each table: one row, one number, the right one."""
    if not isinstance(answer, str) or "{table}" not in answer:
        return "Give the query as a plain string, with {table} where the table's name belongs."
    from google.api_core.exceptions import ClientError

    for table in tables:
        try:
            rows = [tuple(row) for row in client.query_and_wait(answer.replace("{table}", table))]
        except ClientError as error:
            return f"BigQuery refuses the query: {_reason(error)}"
        if len(rows) != 1 or len(rows[0]) != 1:
            return f"The query returns {len(rows)} rows; it should return one number."
        counted = f"SELECT COUNT(*) - COUNT(DISTINCT customer_id) FROM `{table}`"
        expected = next(iter(client.query_and_wait(counted)))[0]
        if rows[0][0] != expected:
            name = table.rpartition(".")[2]
            return f"For the table {name} the query says {rows[0][0]}; it holds {expected} rows too many."
    return True


def _reason(error: Any) -> str:
    """What the service says about a refused call, without the address that was called."""
    return next((item["message"] for item in error.errors if item.get("message")), error.message)


def _forgotten(answer: Any, *, blob: Any, customer: str) -> bool | str:
    """Read every generation of the object, and compare those that hold the customer with the learner's list."""
    from mlops_helpers.governance import list_versions

    named = {int(generation) for generation in answer}
    known = list_versions(blob)["generation"].tolist()
    if strange := sorted(named - set(known)):
        return f"{strange[0]} is no generation of {blob.name}; list_versions(delivered) shows them."
    texts = {number: blob.bucket.blob(blob.name, generation=number).download_as_text() for number in known}
    holding = {number for number, text in texts.items() if customer in text}
    if holding - named:
        return "She is in a generation that you left out: overwritten is not deleted."
    return named == holding or "You named a generation that does not hold her."


EXERCISES = (
    Exercise(
        "governance.1",
        "Stop, repair or record?",
        check=_severities,
        hints=(
            "Ask of each defect: can it be put right from the file alone, without asking anybody?",
            "One stops the run, two are repaired, one is only recorded.",
        ),
        because="A stop costs a day; keep it for what only the sender can answer.",
    ),
    Exercise(
        "governance.2",
        "Write a promise between columns",
        check=_too_young,
        hints=(
            "The age at signing up is the age today minus the tenure in years.",
            'RowRule(number("age") - ... >= 16), and a year has 12 months.',
        ),
        because="No column was wrong alone: only the two together were.",
    ),
    Exercise(
        "governance.3",
        "Split honestly",
        check=_honest_split,
        hints=(
            "Draw customers, not rows: then both copies of a row land on the same side. drop_duplicates() lists them.",
            "Sample a quarter of table['customer_id'].drop_duplicates(), then use isin() on the whole column.",
        ),
        because="Whatever repeats (a customer, a household, a device) must stay on one side of the split.",
    ),
    Exercise(
        "governance.4",
        "Count the copies where the data is",
        check=_copies_in_sql,
        hints=(
            "How many rows, minus how many different customers?",
            "COUNT(*) and COUNT(DISTINCT customer_id) fit into one SELECT.",
        ),
        because="One number came back; 7,330 rows stayed where they were.",
    ),
    Exercise(
        "governance.5",
        "Forget a customer",
        check=_forgotten,
        hints=(
            "list_versions(delivered) has a column `generation`; download each and look for her_id.",
            "her_id in bucket.blob(delivered.name, generation=number).download_as_text()",
        ),
        because="The first upload was overwritten, never deleted and never recorded: nobody would have looked there.",
    ),
)

QUIZ = (
    Question(
        "The score rose from 0.73 to 0.855 after the new file came in. What do you check first?",
        options=(
            "whether another seed of the forest gives the same score",
            "whether rows of the test set also stand in the training set",
            "whether the score on the training set rose as well",
        ),
        answer="b",
        hint="A score that is too good usually knows the answers.",
        why="copies across the split let the model remember instead of predict",
    ),
    Question(
        "A column arrives under a new name. Which control notices first?",
        options=(
            "the schema comparison before loading",
            "the quality suite, when it looks for the column",
            "the gate, when it reads the report",
        ),
        answer="a",
        hint="Which of the three runs before anything is written?",
        why="the schema is compared before a single row is loaded",
    ),
    Question(
        "What does a Cloud Storage generation give you that a file name with a date does not?",
        options=(
            "a copy in a second region, in case the first is lost",
            "a hash of the content, so that a damaged upload is refused",
            "a number the service sets on every write, which a writer can name as a condition",
        ),
        answer="c",
        hint="Who chooses the date in a file name?",
        why="the service numbers every write, and refuses a writer who names a number that is no longer the newest",
    ),
)
