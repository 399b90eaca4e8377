"""Exercises and quiz of lesson 8, ethics: what one may say, what to choose, how to repair, and whether to sign."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .decisions import judge_decisions
from .exercises import Exercise, Question

if TYPE_CHECKING:
    import pandas as pd

SENTENCES = {
    "women who qualify get an offer less often than men who qualify": "shown",
    "those called Black who qualify get an offer less often than those called White": "shown",
    "those called Amer-Indian-Eskimo who qualify get an offer less often than those called Black": "not shown",
    "an offer to a woman is a better bet than an offer to a man": "not shown",
    "the team wanted this": "not shown",
}
_REASONS = (
    "look at the verdict for equal opportunity by sex",
    "compare the two intervals: one ends where the other has not begun, and both stand on more than a hundred people",
    "19 people; their interval, 0.15 to 0.54, holds nearly all of the other's, 0.41 to 0.55: ask more people first",
    "0.75 against 0.73: the verdict for predictive parity says what chance can do",
    "no table of outcomes knows what anybody wanted",
)
WHY_SO = dict(zip(SENTENCES, _REASONS, strict=True))
# who wrote -> the criterion whose rate they want to be equal
WISHES = {
    "equality officer": "demographic parity",
    "ombudsman": "equal opportunity",
    "finance": "predictive parity",
}
LEAST_RIGHT, MOST_APART = 0.85, 0.05
IN_THE_BILL = 75  # qualified people who lose their offer in the bill that stands above exercise 2
LEAST_WORDS, LEAST_DIFFERENT = 8, 6
# What the cells of the lesson show: shares in percent, and numbers of people or of texts.
SHARES = (2.1, 2.7, 6.6, 7.6, 9.1, 10.9, 11, 13.3, 15, 22.5, 24, 25.2, 30, 31.6, 32, 33, 36, 40.5, 48, 49, 52, 53)
SHARES += (54, 57, 59, 60, 61, 63, 65, 67, 73, 75, 76, 81, 85.2, 90, 93)
COUNTS = frozenset((8, 11, 19, 22, 24, 25, 41, 45, 48, 56, 74, 75, 107, 108, 116, 131, 133, 141, 179, 219, 236, 779))
COUNTS |= {277, 301, 408, 514, 629, 1087, 1101, 1249, 1327, 2094, 2511, 3490, 4320, 5421, 8349, 10860, 16281, 48842}
NO_FIGURE = re.compile(
    r"\b50 (?:years )?(?:and|or) (?:more|over|older)|\b50 ?\+|[<>] ?50|\bversion \w+|\b1994\b", re.IGNORECASE
)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
PEOPLE = re.compile(
    r"\b(wom[ae]n|m[ae]n|people|persons?|applicants?|customers?|borrowers?|anybody|everybody|somebody|nobody|"
    r"those|whoever|group|groups|couples?|famil(?:y|ies)|she|her|he|they)\b",
    re.IGNORECASE,
)


def _sentences(answer: dict[str, str]) -> bool | str:
    """Right when each sentence has its word; otherwise why the first wrong one is wrong."""
    if isinstance(answer, dict) and (undecided := [one for one in SENTENCES if answer.get(one, ...) is ...]):
        return f"{len(undecided)} of {len(SENTENCES)} open: write 'shown' or 'not shown' for each."
    return judge_decisions(answer, SENTENCES, words=("shown", "not shown"), why=WHY_SO)


def _defence(answer: dict[str, Any], *, test: pd.DataFrame, decide: Any) -> bool | str:
    """Compute what the chosen criterion costs, and compare it with what the learner says."""
    from mlops_helpers.ethics import who_pays
    from mlops_helpers.ethics.thresholds import BOUND

    if not isinstance(answer, dict) or answer.get("criterion", ...) is ...:
        return "Choose a criterion first; then count what it costs."
    criterion = str(answer["criterion"]).strip().lower()
    if criterion not in BOUND:
        return f"{answer['criterion']!r} is none of {', '.join(BOUND)}."
    decisions = decide(criterion)
    bill = who_pays(test["offer"], decisions, test["qualified"], test["sex"]).set_index("group")
    lost = int(bill.loc["all rows", "lost_qualified"])
    if answer.get("lost_qualified", ...) is ...:
        return "Count who pays: who_pays(test['offer'], decide(criterion), test['qualified'], test['sex'])."
    if int(answer["lost_qualified"]) != lost:
        if int(answer["lost_qualified"]) == int(bill.loc["all rows", "lost"]):
            return f"{answer['lost_qualified']} lose their offer; how many of them are qualified?"
        if int(answer["lost_qualified"]) == IN_THE_BILL:
            return f"{IN_THE_BILL} is from the bill above, a whole point apart; call who_pays on decide({criterion!r})."
        return (
            f"With {criterion}, {answer['lost_qualified']} is not the number in the row `all rows`, `lost_qualified`."
        )
    return _unhappy(answer.get("unhappy", ...), criterion, _who_is_unhappy(test, decisions))


def _who_is_unhappy(test: pd.DataFrame, decisions: Any) -> set[str]:
    """Return those whose rate still differs between women and men, beyond chance."""
    from mlops_helpers.ethics import group_metrics

    report = group_metrics(test.assign(decided=decisions), label="qualified", prediction="decided", groups="sex")
    verdicts = report.gaps().set_index("criterion")["verdict"]
    return {who for who, wish in WISHES.items() if verdicts[wish] == "differs"}


def _unhappy(answer: Any, criterion: str, right: set[str]) -> bool | str:
    """Compare the names, and say about the first wrong one what they want."""
    if isinstance(answer, str):
        answer = [answer]
    if answer is ... or not isinstance(answer, list | tuple | set | frozenset) or ... in answer:
        return f"The cost is right. Now list who stays unhappy, of {', '.join(WISHES)}."
    given = {str(who).strip().lower().removeprefix("the ") for who in answer}
    if strange := given - set(WISHES):
        return f"{sorted(strange)[0]!r} did not write to you; {', '.join(WISHES)} did."
    for who, wish in WISHES.items():
        if (who in given) != (who in right):
            state = "still differs, beyond chance" if who in right else "could be chance"
            return f"With {criterion}: the {who} wants {wish}, and its difference {state}. Look at `gaps()`."
    return True


def _repaired(answer: Any, *, test: pd.DataFrame) -> bool | str:
    """Measure the decisions by intersection, and how many are right."""
    import numpy as np

    from mlops_helpers.ethics import group_metrics

    decided = np.asarray(answer)
    if decided.shape != (len(test),):
        return (
            f"Give one decision, 0 or 1, for each of the {len(test):,} rows of `test`; yours has shape {decided.shape}."
        )
    if not set(np.unique(decided).tolist()) <= {0, 1}:
        return "Give decisions, 0 and 1, not scores: `.decide(...)` makes them."
    if (decided == test["qualified"].to_numpy()).all():
        return "All right? Those are the labels. On Monday nobody will have them."
    right = float((decided == test["qualified"]).mean())
    report = group_metrics(
        test.assign(d=decided.astype(int)), label="qualified", prediction="d", groups=["sex", "band"]
    )
    gap = report.gaps().set_index("criterion").loc["equal opportunity"]
    if gap["verdict"] == "undefined" or report.by_group["selection_rate"].max() == 0:
        return "Nobody gets an offer: that is equal, and no offer."
    if gap["verdict"] == "differs":
        return (
            f"{gap['lowest']} and {gap['highest']} are {gap['difference']:.3f} apart; chance explains "
            f"{gap['by_chance']:.3f}. Both columns have to be named as groups."
        )
    if gap["difference"] > MOST_APART:
        return (
            f"{gap['lowest']} and {gap['highest']} are {gap['difference']:.3f} apart: within chance, but more than "
            f"{MOST_APART}. A rule that was never asked about older women is lucky on `test` at best (by sex alone, "
            "0.077 apart on `train`, where chance explains 0.071). Name both columns as groups."
        )
    if right < LEAST_RIGHT:
        return f"Fair, but only {right:.1%} are right; 85 % is possible. Equal opportunity is cheap here."
    return True


def _line(answer: dict[str, str]) -> bool | str:
    """Accept either verdict with a reason that can be contested: long enough, with a figure, about somebody."""
    if not isinstance(answer, dict) or answer.get("verdict", ...) is ...:
        return "Decide: 'released' or 'refused'. There is no third word, and an empty line is a refusal."
    if str(answer["verdict"]) not in ("released", "refused"):
        return f"{answer['verdict']!r} is neither 'released' nor 'refused'; in small letters, as the registry wants it."
    reason = answer.get("reason", ...)
    if not isinstance(reason, str) or not reason.strip():
        return "The verdict is there; now the reason, as a text."
    words = reason.lower().split()
    if len(words) < LEAST_WORDS or len(set(words)) < LEAST_DIFFERENT:
        return f"A reason of {len(set(words))} different words is a feeling. Take a sentence of at least {LEAST_WORDS}."
    numbers = NUMBER.findall(NO_FIGURE.sub(" ", reason))
    if not numbers:
        return (
            "Name a figure of this lesson, in digits, such as 52 %: a reason without a number cannot be contested, nor "
            "checked in a year. (The 50 of an age, a year and the number of a version are names, no figures.)"
        )
    if not any(map(_is_shown, numbers)):
        return f"{numbers[0]} is no figure of this lesson: which cell shows it?"
    if not PEOPLE.search(reason):
        return "Say whom it concerns: applicants, women of 50 and more, customers, whoever writes a note."
    return True


def _is_shown(number: str) -> bool:
    """Return whether a cell of the lesson shows this number: as a count, a percentage or a share (give or take one)."""
    value = float(number.replace(",", ""))
    if value in COUNTS:
        return True
    percent = 100 * value if value < 1 and "." in number else value
    return any(abs(percent - share) <= (1 if share >= 10 else 0.5) for share in SHARES)


EXERCISES = (
    Exercise(
        "ethics.1",
        "What may you say?",
        check=_sentences,
        hints=(
            "For each: which row of which table? Then look at verdict and support, not at the difference.",
            "Two are shown. Small groups, chance and intentions make the other three.",
        ),
        because="What a table does not show may still be true: then it is a question, and somebody should go and ask.",
    ),
    Exercise(
        "ethics.2",
        "Choose and defend",
        check=_defence,
        hints=(
            "Begin with decisions = decide('equal opportunity'), or the criterion of your choice, and call who_pays.",
            "Unhappy is whose rate still differs: group_metrics(test.assign(offer=decisions), **outcome, "
            "groups='sex').gaps(). Selection rate is the equality officer's, tpr the ombudsman's, ppv finance's.",
            "Their criteria are demographic parity, equal opportunity and predictive parity, in this order.",
        ),
        because="A choice that says who pays for it can be discussed; one that does not is only found out.",
    ),
    Exercise(
        "ethics.3",
        "Repair it",
        check=_repaired,
        hints=(
            "`group_thresholds` takes several columns as groups: the list is in `BOTH`.",
            "Thresholds by sex alone are lucky on `test` at best: they never looked at older women.",
            "group_thresholds(train, **scored, groups=BOTH, **rule), and of that .decide(test['score'], test[BOTH])",
        ),
        because="Whom a check does not name it does not protect: name the intersections.",
    ),
    Exercise(
        "ethics.4",
        "The empty line",
        check=_line,
        hints=(
            "Which finding of this lesson would you want to have been told as a customer? Begin there.",
            "For instance about older women (40 % against 56 % and more), the label (income, not repayment), or the "
            "attacks that still work (11 of 74).",
        ),
        because="Either verdict can be right. What binds is the name under it and the reason beside it.",
    ),
)

QUIZ = (
    Question(
        "A model is fair by sex and fair by age. What do you know about older women?",
        options=(
            "they are treated fairly, for both checks include them",
            "nothing yet: others of the same sex or age may make up for what they lose",
            "they are treated unfairly, as intersections always are",
        ),
        answer="b",
        hint="What happens to an average when one part falls and another rises?",
        why="each check sees an average; the intersection has to be measured itself, with its interval",
    ),
    Question(
        "Base rates differ between two groups. Which of these can a model give both, at the same time?",
        options=(
            "equal selection rate, equal tpr and equal ppv",
            "equal ppv, equal tpr and equal fpr",
            "equal tpr and equal ppv, but then fpr and selection rate differ",
        ),
        answer="c",
        hint="base_rate * tpr == selection_rate * ppv. How many may be equal if the first differs?",
        why="two may be held, and the others are forced apart; which two is a decision for people",
    ),
    Question(
        "A red team tried eight tricks of one kind, and none worked. What do you write into the model card?",
        options=(
            "0 of 8, 95 % interval 0 to 32 %, and which version was attacked",
            "the assistant is safe against this kind of attack",
            "nothing, until an attack works",
        ),
        answer="a",
        hint="How surprised would you be if the ninth worked?",
        why="none of eight is compatible with nearly one in three, and a later version may be worse",
    ),
)
