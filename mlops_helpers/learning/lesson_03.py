"""Exercises and quiz of lesson 3, debugging: what one decides and repairs between "it works here" and "it works".

`SUPPORT_PROMPTS` is the history of the prompt behind the summaries that support reads, as a team would have left it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .decisions import judge_decisions
from .exercises import Exercise, Question

if TYPE_CHECKING:
    import pandas as pd

MOODS = ("positive", "negative", "neutral")
SCHEMA = {
    "type": "OBJECT",
    "properties": {"mood": {"type": "STRING", "enum": list(MOODS)}, "summary": {"type": "STRING"}},
    "required": ["mood", "summary"],
}
CAREFUL = """\
Summarise the customer's message in one sentence, and give its mood, one of: positive, negative, neutral.

positive: the customer is content, or praises something
negative: the customer complains, or something does not work
neutral: neither

Examples:
The new phone is lovely -> positive
Still waiting for my refund -> negative

<message>{{ message }}</message>"""
SHORTENED = "Summarise the customer's message in one sentence and give its mood. {{ message }}"
SUPPORT_PROMPTS = tuple(
    {
        "template": template,
        "author": author,
        "description": description,
        "parameters": {"response_mime_type": "application/json", "response_schema": SCHEMA},
    }
    for template, author, description in (
        (CAREFUL, "ml engineer", "first version"),
        (SHORTENED, "product owner", "shorter, saves tokens; tried on three messages, looks fine"),
    )
)

TEAMS_CHECK = {"none": ["summarise"]}
ECHOES = (
    '{"mood": "neutral", "summary": "Summarise the customer\'s message in one sentence."}',
    '{"mood": "positive", "summary": "Summarise the customer\'s message"}',
)
INCIDENT = '{"mood": "neutral", "summary": "Summarise the customer\'s message in one sentence and give its mood."}'

USES = ("use", "leave out")
COLUMNS = {
    "age of the contract": "use",
    "number of the final invoice": "leave out",
    "calls to support last quarter": "use",
    "refund granted on leaving": "leave out",
    "churn rate of the postcode": "leave out",
}
KNOWN_WHEN = {
    "age of the contract": "it is known on the first of the month, for everybody",
    "number of the final invoice": "who has a final invoice has left",
    "calls to support last quarter": "the quarter was over before anybody had to decide; calling is not leaving",
    "refund granted on leaving": "on the first of the month nobody has been granted one",
    "churn rate of the postcode": "over all rows, the rate of a postcode with one customer is that customer's label",
}
PROPOSALS = {
    "the message of the complaint": "in",
    "a customer of the tills without tenure": "in",
    "today's answers to 500 messages": "out",
    "a message with instructions in it": "in",
    "labels of the survey firm": "out",
}
WHY_SO = {
    "the message of the complaint": "an incident that is no test will come back",
    "a customer of the tills without tenure": "whatever comes in its place next, the answer for such a row must hold",
    "today's answers to 500 messages": "nobody accepted them: such a set holds the model to its own mistakes",
    "a message with instructions in it": "customers write such things, and then an unmarked message becomes the task",
    "labels of the survey firm": "a golden set is what somebody vouches for; a third of these were guessed",
}


def _repeats(answer: Any, *, review: Any, production: Any, features: Any) -> bool | str:
    """Call the function on few rows: the same seed twice, another seed, and a look at the generator all share."""
    import numpy as np

    from mlops_helpers.debugging.seeds import kept_randomness

    if not callable(answer):
        return "Give the function itself, without calling it."
    try:
        inspect.signature(answer).bind(review, production, features, 1)
    except TypeError:
        return "It is called as repeatable(review, production, features, seed): take these four, in this order."
    given = (review.head(900), production.head(900), features)
    with kept_randomness():
        np.random.seed(1)
        first = answer(*given, 1)
        np.random.seed(2)
        state = np.random.get_state()[1].copy()
        again, other = answer(*given, 1), answer(*given, 2)
        mixed = given[0].assign(churned=given[0]["churned"].to_numpy()[::-1])
        blind = first is not None and answer(mixed, *given[1:], 1) == first
        touched = not np.array_equal(state, np.random.get_state()[1])
    if first is None:
        return "Your function returned nothing: is `return` missing?"
    if set(first) != {"review", "production"}:
        return f"It returned {first!r:.80}; return both numbers, as evaluate does."
    if first != again:
        return "The same seed gave another result. Two calls draw random numbers; did both get the seed?"
    if blind:
        return "With the labels of `review` in another order the result is the same: nothing is trained."
    if first == other:
        return "Seeds 1 and 2 give the same result: the seed is not used."
    if touched:
        return "It repeats, but it seeds the generator that the whole process shares. Pass random_state=seed instead."
    return True


def _columns(answer: dict[str, str]) -> bool | str:
    """Right when each column has its verdict; otherwise why the first wrong one is wrong."""
    return judge_decisions(answer, COLUMNS, words=USES, why=KNOWN_WHEN)


def _golden(answer: dict[str, str]) -> bool | str:
    """Right when each proposal has its verdict; otherwise why the first wrong one is wrong."""
    return judge_decisions(answer, PROPOSALS, words=("in", "out"), why=WHY_SO)


def vouched_for(review: pd.DataFrame) -> pd.Series:
    """Return True for each row whose label somebody vouches for: billing sees who stops paying."""
    return review["labelled_by"] == "billing"


def _keep(answer: Any, *, review: Any) -> bool | str:
    """Compare the rows that are kept with those whose label somebody vouches for."""
    import numpy as np

    kept = np.asarray(answer)
    if kept.dtype != bool or kept.shape != (len(review),):
        return f"Give True or False for each of the {len(review):,} rows, as a comparison of a column does."
    guessed = ~vouched_for(review).to_numpy()
    if kept.any() and not (kept & ~guessed).any():
        return "You kept the survey firm's rows and threw billing's away: turn the comparison round."
    if left := int((kept & guessed).sum()):
        return (
            f"{left:,} labels of the survey firm are still there. The model suspects about half of the wrong ones; "
            "the other half looks as good as the right ones."
        )
    lost = int((~kept & ~guessed).sum())
    if lost and not (kept & (review["region"] == "south").to_numpy()).any():
        return (
            f"You left out the whole south, and with it {lost:,} customers there whom billing labelled. It is not the "
            "region that was tired: who vouches for a label?"
        )
    if lost:
        return (
            f"{lost:,} rows that billing labelled are gone. Nothing is wrong with them but that the model disagrees: "
            "leave out whom it gets wrong, and the review score rises by itself."
        )
    return True


def _incident(answer: Any, *, good: Any, bad: Any) -> bool | str:
    """Run the learner's check on summaries that support accepted and on those it complained about."""
    from mlops_helpers.debugging.check_reading import read_check
    from mlops_helpers.debugging.prompt_checks import judge_answer
    from mlops_helpers.debugging.prompt_models import Answer

    if not isinstance(answer, Mapping):
        return 'Give a dictionary, such as {"none": [...]}.'
    checks = [read_check(kind, value, "your check") for kind, value in answer.items()]
    if graded := [check.kind for check in checks if check.needs_grader]:
        return f"{graded[0]!r} asks a model each time; a check that is computed from the text will do."

    def passed(text: str) -> bool:
        return all(judge_answer(check, Answer(text), None).passed for check in checks)

    if caught := sum(not passed(text) for text in good):
        return f"It fails {caught} of the {len(good)} answers that support was content with."
    if missed := sum(passed(text) for text in bad):
        return f"{missed} of the {len(bad)} answers that support complained about pass."
    # A model may forgive the missing fence, and then nothing bad was given: the incident itself always counts.
    if passed(INCIDENT) or any(passed(echo) for echo in ECHOES):
        return "It knows the given answers by heart: the same echo, cut shorter or about another mood, passes."
    return True


EXERCISES = (
    Exercise(
        "debugging.1",
        "Make it repeat",
        check=_repeats,
        hints=(
            "Which two lines of `evaluate` draw random numbers? Both take `random_state`.",
            "train_test_split(review, test_size=0.25, random_state=seed), and the same word for the forest.",
        ),
        because="A seed that is passed on leaves the random numbers of everybody else alone.",
    ),
    Exercise(
        "debugging.2",
        "Did it know the future?",
        check=_columns,
        hints=(
            "On the first of the month, before the quarter begins: is the value there, and the same for all?",
            "Three of the five are known, wholly or in part, only because somebody left.",
        ),
        because="What counts is when a value is written, not what the column is called.",
    ),
    Exercise(
        "debugging.3",
        "Whose labels do you keep?",
        check=_keep,
        hints=(
            "Who vouches for a label? Try your rows with `run` and look at both numbers.",
            "A row is suspect because the model disagrees. That is a reason to ask, not a reason to delete.",
            "Not the region: the survey firm labelled most of the south, not all of it. Look at `labelled_by`.",
        ),
        because="The cause was who labelled, so that is what you cut; the model's opinion only pointed to it.",
    ),
    Exercise(
        "debugging.4",
        "A test for the incident",
        check=_incident,
        hints=(
            "Read what the bad summaries say. Which word does no customer write, and all of them hold?",
            "The check `none` takes a list of words that must not be there.",
        ),
        because="The test is about what went wrong, not about one wording of a right answer.",
    ),
    Exercise(
        "debugging.5",
        "What goes into the golden set?",
        check=_golden,
        hints=(
            "For each: who says that this answer is right?",
            "What went wrong goes in, with an answer that a person accepted. What nobody vouches for stays out.",
        ),
        because="A golden set is small, versioned, and made of answers that people accepted.",
    ),
)

QUIZ = (
    Question(
        "A run cannot be repeated. The record shows the same code, data, parameters, packages and machine. What next?",
        options=(
            "call the function twice in one process, once without and once with a seed",
            "train ten times and report the best result",
            "raise the tolerance until the two results count as equal",
        ),
        answer="a",
        hint="What can differ when everything that was recorded is the same?",
        why="then the function itself does not repeat, and the probe says whether a seed helps",
    ),
    Question(
        "You repair something, and the score in review falls from 0.91 to 0.77. When is that good news?",
        options=(
            "never: a repair that lowers the score is no repair",
            "when the model becomes faster",
            "when production does not fall with it: the review now measures what production does",
        ),
        answer="c",
        hint="Which of the two numbers do customers see?",
        why="the old score was never real, and a review that tells the truth can be improved on",
    ),
    Question(
        "A prompt was edited and works on the three messages somebody tried. What shows whether it is worse?",
        options=(
            "reading its diff closely",
            "the same cases for both versions, several samples each, and a comparison that allows for chance",
            "asking the model to judge its own answers",
        ),
        answer="b",
        hint="How many messages does it take to tell 72 % from 79 %?",
        why="a diff says what changed, not what it does; three messages would have passed both",
    ),
)
