"""A tiny lesson whose exercises show every way an answer can be judged."""

from mlops_helpers.learning import Exercise, Question


def _is_churn(answer):
    if answer == "age":
        return "Age is known before the customer leaves."
    return answer == "cancelled_at"


def _same_length(answer, *, customers):
    return len(answer) == len(customers)


def _calls_the_answer(answer):
    return answer(1250) == 12.5


EXERCISES = (
    Exercise(
        "governance.1", "Name the leak", _is_churn, hints=("A date.", "Look at the end."), because="Known too late."
    ),
    Exercise("governance.2", "Keep all rows", _same_length, hints=("Count them.",)),
    Exercise("governance.3", "Cents to euro", _calls_the_answer, hints=("Divide.",)),
)
QUIZ = (
    Question(
        "Which defect stops the pipeline?", ("none", "a lost column"), "b", "Nothing can stand in for it.", "Right."
    ),
    Question("Who repairs it?", ("the owner", "nobody", "the model"), "a", "Who knows the meaning?", "They know it."),
)
