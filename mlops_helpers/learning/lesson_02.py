"""Exercises and quiz of lesson 2, monitoring: what an engineer on call decides when something moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .exercises import Exercise, Question

FALSE_ALARMS, DELAY_DAYS, COOL_DOWN_DAYS = 1, 7, 7
ACTIONS = ("close", "wait for labels", "retrain", "call the data team")
TICKETS = {"redesign": "close", "tired audience": "retrain", "age missing": "call the data team"}
WHY_NOT = {
    "redesign": "the realised area under the curve never moved, so there is nothing to mend",
    "tired audience": "10,000 labels say who clicks on what today; the model can learn it",
    "age missing": "nobody forgets their age overnight; a model trained on the gap would learn it",
}
LEAST_PEOPLE, MOST_PEOPLE = 1000, 2500


def _policy(answer: Any, *, quiet: Any, changed: Any) -> bool | str:
    """Simulate the learner's policy, with other seeds than the lesson's, and hold it against what the team accepts."""
    from mlops_helpers.monitoring import AlertPolicy, simulate_policies

    if not isinstance(answer, AlertPolicy):
        return "Give an AlertPolicy, such as AlertPolicy(by_day, needed=1, of=1)."
    policy = replace(answer, cool_down_days=COOL_DOWN_DAYS)  # long silence must not hide false alarms
    row = simulate_policies(quiet, [policy], changed=changed, days=60, runs=2000, seed=7).iloc[0]
    if row["alerts_per_month"] > FALSE_ALARMS:
        return f"{row['alerts_per_month']:.1f} false alarms a month; the team accepts {FALSE_ALARMS}."
    if row["detection_delay_days"] > DELAY_DAYS:
        return f"It takes {row['detection_delay_days']:.1f} days to notice; the team wants {DELAY_DAYS} or fewer."
    return True


def _arrived(answer: Any, *, labels: Any, impressions: Any, as_of: Any) -> bool | str:
    """Compare the rows with those that had arrived, and name the side on which they differ."""
    if "impression" not in getattr(answer, "columns", ()):
        return "Give rows of `labels`, a DataFrame, not a mask or a number."
    known = labels[labels["impression"].isin(impressions) & (labels["labelled_at"] <= as_of)]
    given, wanted = set(answer["impression"]), set(known["impression"])
    if strange := given - set(impressions):
        return f"{len(strange)} of your rows belong to impressions of other days."
    if early := given - wanted:
        return f"{len(early)} of your labels had not arrived that morning: they are from the future."
    missing = wanted - given
    return not missing or f"{len(missing)} labels that had arrived are missing."


def _tickets(answer: dict[str, str]) -> bool | str:
    """Right when every ticket has its action; otherwise why the first wrong one is not."""
    if undecided := [ticket for ticket in TICKETS if answer[ticket] is ...]:
        return f"Decide about {', '.join(undecided)}: one of {', '.join(map(repr, ACTIONS))}."
    for ticket, action in TICKETS.items():
        if answer[ticket] not in ACTIONS:
            return f"{ticket}: {answer[ticket]!r} is none of {', '.join(map(repr, ACTIONS))}."
        if answer[ticket] != action:
            return f"{ticket}: think again about {answer[ticket]!r}; {WHY_NOT[ticket]}."
    return True


def _chunks(answer: Any, *, people: Any, estimator: Any) -> bool | str:
    """Estimate by the learner's chunks: all people, years apart, chunks large enough, and no alarm."""
    if (
        not hasattr(answer, "reindex")
        or not answer.index.sort_values().equals(people.index.sort_values())
        or answer.isna().any()
    ):
        return "Give a chunk number for every person: a Series with the index of `people`."
    chunked = people.assign(chunk=answer.reindex(people.index))
    if (chunked.groupby("chunk")["year"].nunique() > 1).any():
        return "A chunk holds people of two years; keep years apart, or a change between years would be hidden."
    sizes = chunked["chunk"].value_counts()
    if sizes.min() < LEAST_PEOPLE or sizes.max() > MOST_PEOPLE:
        return (
            f"Chunks have {sizes.min():,} to {sizes.max():,} people; have {LEAST_PEOPLE:,} to {MOST_PEOPLE:,} in each."
        )
    found = estimator.estimate(chunked, by="chunk")
    below = found[(found["metric"] == "roc_auc") & found["verdict"].str.startswith("alarm")]
    return below.empty or f"{len(below)} chunks still alarm. Do people who stand together in the file share something?"


EXERCISES = (
    Exercise(
        "monitoring.1",
        "Choose an alert policy",
        check=_policy,
        hints=(
            "Look down the column `alerts_per_month` for rows of at most 1, then at their delay.",
            "The line that one quiet day in seven breaks is fine, if several of the latest days must break it.",
        ),
        because="Persistence buys sleep more cheaply than a higher line does.",
    ),
    Exercise(
        "monitoring.2",
        "Nothing from the future",
        check=_arrived,
        hints=(
            "Two conditions: the impression is one of `tenth`, and `labelled_at` is not after that morning.",
            "labels['impression'].isin(tenth['impression']) and labels['labelled_at'] <= that_morning, joined by &.",
        ),
        because="A backtest that uses what came later promises an alarm that nobody could have had.",
    ),
    Exercise(
        "monitoring.3",
        "Three tickets",
        check=_tickets,
        hints=(
            "What does the truth say about each: was anything lost, can the model learn it, or is the input a lie?",
            "One is closed, one retrained, one goes to the people who own the data.",
        ),
        because="Loud is not costly, and a model must never be trained on a fault.",
    ),
    Exercise(
        "monitoring.4",
        "Is it the world, or the file?",
        check=_chunks,
        hints=(
            "What if everybody of one year were dealt to that year's chunks at random?",
            "people.sample(frac=1, random_state=1), groupby('year').cumcount() // 2000 numbers each year's people.",
        ),
        because="An alarm that depends on how the rows are sorted says something about the sorting.",
    ),
)

QUIZ = (
    Question(
        "A pooled Kolmogorov-Smirnov test gives p < 0.001 every day. What does that tell you?",
        options=(
            "that the model has to be retrained",
            "that the model is losing accuracy",
            "that there are enough rows to notice that two windows are not exactly the same",
        ),
        answer="c",
        hint="What happens to a p-value when the rows double and the difference stays?",
        why="with enough rows every difference is surprising; whether it is large is another question",
    ),
    Question(
        "Which of these could have shown the tired audience before the labels came?",
        options=("none of them", "drift of the features", "the estimate of the area under the curve"),
        answer="a",
        hint="What moved on 10 October: the people, the scores, or what people do?",
        why="only P(click | features) changed, and that is what labels measure",
    ),
    Question(
        "Estimated and realised performance dip together in one chunk of a file. What do you check first?",
        options=(
            "whether the model should be retrained on that chunk",
            "whether the rows of that chunk were put together by something other than time",
            "whether the limits are too narrow",
        ),
        answer="b",
        hint="The census.",
        why="files are often sorted by something, and a chunk then is a group of people, not a time",
    ),
)
