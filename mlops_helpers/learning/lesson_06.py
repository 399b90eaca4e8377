"""Exercises and quiz of lesson 6, cost: which savings to take, and which of them customers would feel.

`support_prompt` is the assistant's prompt in its three versions, and `in_spring` puts back what somebody forgot.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from .decisions import judge_decisions
from .exercises import Exercise, Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops_helpers.cost import RetryRule, ScalingPolicy, Storm

TASK = "Answer the customer of a phone company, and give the number of the case that the talk is about, if it has one."
TALK = (
    "Customer: You took 34.90 dollars for roaming on 4 November, and I was at home all week.",
    "Assistant: I am sorry to hear that. Which country does the bill name? Your case is K481516.",
    "Customer: None. It says roaming, zone 2, and nothing else.",
    "Assistant: Thank you. Do you live near a border? Phones there sometimes join the neighbour's network.",
    "Customer: Twenty kilometres from one. But I did not leave the house, I had the flu.",
    "Assistant: Then it was the network next door. You can switch roaming off in the settings of your phone.",
    "Customer: Where is that? I have looked under connections and found nothing.",
    "Assistant: Settings, then mobile network, then data roaming. On older phones it is under more.",
    "Customer: Found it. It was on. I have never seen that switch in my life.",
    "Assistant: Many people have not. It is off now, so no such charge can come again.",
    "Customer: Good. My daughter's phone is on the same contract. Is it on there as well?",
    "Assistant: I cannot see that from here. Please look in the same place on her phone.",
    "Customer: Hers was off. She says that everybody knows that.",
    "Assistant: Then both are safe. Is there anything else that I can do for you?",
)
NOTES = "Notes: charged 34.90 dollars for roaming on 4 November, wants them back; it is off now. The case is K481516."
LAST = "Customer: Yes. When do I get my money back?"
VERSIONS = ("support-v6", "support-v7", "support-v8")
CASE = {
    "response_mime_type": "application/json",
    "response_schema": {
        "type": "OBJECT",
        "properties": {"answer": {"type": "STRING"}, "case": {"type": "STRING"}},
        "required": ["answer", "case"],
    },
    "temperature": 0,
    "seed": 0,
}
FEES = {
    "october": "fee: roaming abroad, a second SIM\nfree: voicemail, call waiting",
    "november": "fee: a second SIM\nfree: voicemail, call waiting, roaming abroad",
}
MACHINE, IMAGE = "g2-standard-8", "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"

ANSWERED, WASTED_USD, CALL_USD = 0.93, "5", "0.004"
SLOW = 0.01  # share of the requests that may take longer than half a second
PROPOSALS = {
    "no history in the prompt at all": "refuse",
    "answers from the cache for a month": "refuse",
    "switch off the endpoint of the demo": "take",
    "one node for the adverts, never more": "refuse",
    "write the marketing texts overnight": "take",
}
EVIDENCE = {
    "no history in the prompt at all": "version 6 no longer knew the case: the customer would tell it all again",
    "answers from the cache for a month": "prices change within a month, and the old ones would be quoted",
    "switch off the endpoint of the demo": "nobody has asked it anything for months",
    "one node for the adverts, never more": "at 18:00 requests would wait in line for minutes",
    "write the marketing texts overnight": "nobody reads them before the morning, so nobody waits",
}
CACHEABLE = {
    "How do I change my voicemail?": "cache",
    "When do I get my money back for K481516?": "ask",
    "What does it cost to keep roaming?": "cache",
    "How much data have I left?": "ask",
    "And the second one?": "ask",
}
PRIVATE = {
    "How do I change my voicemail?": "everybody gets the same answer until somebody rebuilds the voicemail",
    "When do I get my money back for K481516?": "the answer is about one customer: it helps, and concerns, nobody else",
    "What does it cost to keep roaming?": "it is the same for all; that prices change is what TTL and version are for",
    "How much data have I left?": "the words are the same for everybody, the answer is not",
    "And the second one?": "its meaning is in the talk before it, so equal words are not an equal question",
}


def support_prompt(version: str, question: str = LAST) -> str:
    """Return the prompt of a version: v6 has no history, v7 the whole talk, v8 notes and the last two lines.

    Raises ValueError for another version.
    """
    carried = {"support-v6": (), "support-v7": TALK, "support-v8": (NOTES, *TALK[-2:])}
    if version not in carried:
        raise ValueError(f"Found version {version!r}, expected one of {', '.join(VERSIONS)}.")
    return "\n".join((TASK, "", "<talk>", *carried[version], question, "</talk>"))


def in_spring(bucket: Any, name: str = "demo-spring") -> None:
    """Deploy a small model on two large nodes, as somebody did for a demo: costs money on Google Cloud."""
    import joblib
    from google.cloud import aiplatform
    from sklearn.linear_model import LinearRegression

    buffer = io.BytesIO()
    joblib.dump(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), buffer)
    bucket.blob(f"{name}/model.joblib").upload_from_string(buffer.getvalue())
    uri = f"gs://{bucket.name}/{name}"
    model = aiplatform.Model.upload(display_name=name, artifact_uri=uri, serving_container_image_uri=IMAGE)
    endpoint = aiplatform.Endpoint.create(display_name=name)
    accelerator = {"accelerator_type": "NVIDIA_L4", "accelerator_count": 1}
    model.deploy(endpoint, machine_type=MACHINE, min_replica_count=2, max_replica_count=2, **accelerator)


def _cacheable(answer: Mapping[str, str]) -> bool | str:
    """Right when each question has its verdict; otherwise why the first wrong one is wrong."""
    return judge_decisions(answer, CACHEABLE, words=("cache", "ask"), why=PRIVATE)


def _proposals(answer: Mapping[str, str]) -> bool | str:
    """Right when each proposal has its verdict; otherwise what the lesson has shown about the first wrong one."""
    return judge_decisions(answer, PROPOSALS, words=("take", "refuse"), why=EVIDENCE)


def _policy(answer: ScalingPolicy, *, requests: Any, replica: Any) -> bool | str:
    """Half the cost of three nodes, the slowest per cent still quick, and few slow ones beyond it."""
    from mlops_helpers.cost import ScalingPolicy, simulate_autoscaling

    if not isinstance(answer, ScalingPolicy):
        return f"Give a ScalingPolicy(minimum=..., maximum=..., target=...), not {answer!r:.60}."
    fixed = simulate_autoscaling(requests, replica, ScalingPolicy(3, 3))
    found = simulate_autoscaling(requests, replica, answer)
    share = found.replica_hours / fixed.replica_hours
    slow = found.slower_than(500)
    if slow > SLOW:
        return (
            f"It costs {share:.0%} of today's nodes, but {slow:.1%} of the requests take longer than half a second. "
            "New nodes need three minutes: let them come earlier."
        )
    if 2 * found.replica_hours > fixed.replica_hours:
        night = "What is the second node for at four at night?"
        remedy = night if answer.minimum > 1 else "A higher target orders fewer nodes by day."
        return f"Quick enough, but it costs {share:.0%} of today's nodes. {remedy}"
    return True


def _retries(answer: RetryRule, *, storm: Storm, seed: int) -> bool | str:
    """A rule under which enough requests are answered, and few answers are paid for and thrown away."""
    from mlops_helpers.cost import Money, RetryRule, simulate_retries

    if not isinstance(answer, RetryRule):
        return f"Give a RetryRule, such as RetryRule('backoff', attempts=6), not {answer!r:.60}."
    found = simulate_retries(storm, answer, seed=seed)
    share, wasted = found.answered.sum() / found.asked, found.wasted(Money(CALL_USD))
    if share >= ANSWERED and wasted <= Money(WASTED_USD):
        return True
    if answer.attempts == 1:
        return f"That is the line to beat: {share:.1%}. A call lost once should be tried again, by a careful rule."
    if share >= ANSWERED:
        return f"{share:.1%} are answered, and that is enough, but {wasted} is wasted: allow fewer retries."
    if wasted <= Money(WASTED_USD):
        return f"Only {wasted} is wasted, but {share:.1%} are answered, not {ANSWERED:.0%}: allow a few more retries."
    return (
        f"{share:.1%} are answered, with {found.amplification:.1f} calls for each, and {wasted} is wasted. Every "
        "refused call comes back: what limits how many?"
    )


def teams_policy() -> ScalingPolicy:
    """Return what the team chose for the adverts: one node at night, the next one early."""
    from mlops_helpers.cost import ScalingPolicy

    return ScalingPolicy(1, 3, target=0.4)


EXERCISES = (
    Exercise(
        "cost.1",
        "What may be answered from the cache?",
        check=_cacheable,
        hints=(
            "Would two customers who type these words have to get the same answer?",
            "Two of the five are the same for everybody; one of these two will change some day, and that is allowed.",
        ),
        because="A question may be kept if its words alone decide the answer, for everybody, until the TTL is over.",
    ),
    Exercise(
        "cost.2",
        "How many nodes, and when?",
        check=_policy,
        hints=(
            "Vary `minimum` and `target`, and look at `simulate_autoscaling(...).slower_than(500)` each time.",
            "A lower target orders the next node earlier. At night one is enough; at 18:00 two, if it comes early.",
        ),
        because="It pays for the night to be empty, and for the evening to come early.",
    ),
    Exercise(
        "cost.3",
        "Which savings would customers feel?",
        check=_proposals,
        hints=(
            "For each: which cell has measured what changes for somebody who waits or reads?",
            "Two of the five cost nobody anything. The others are cheap because somebody else pays.",
        ),
        because="A saving is one only if whoever pays for it has been asked.",
    ),
    Exercise(
        "cost.4",
        "A rule for retries",
        check=_retries,
        hints=(
            "Waiting longer spreads the retries, but six attempts are still six. What bounds their number?",
            "`RetryRule('budget', budget=0.1)`: at most one retry for ten first attempts. Or allow very few attempts.",
        ),
        because="Retries help against a hiccup and feed an outage; a budget tells the two apart.",
    ),
)

QUIZ = (
    Question(
        "A cache saves 35 % of the bill, a shorter prompt 60 %. Together they save",
        options=(
            "95 %",
            "what you measure when the second is tried on what the first has left",
            "60 %, the larger of the two",
        ),
        answer="b",
        hint="Can a call that is never made be shortened?",
        why="both work on the same calls, so the second can only save from what is left",
    ),
    Question(
        "The bill doubled. The comparison with last month shows every line that grew. What does it never show?",
        options=(
            "a line that costs the same every month",
            "a new line",
            "a line whose price changed",
        ),
        answer="a",
        hint="What is the difference of two equal numbers?",
        why="the endpoint of the demo costs as much each month, so only the question who owns it finds it",
    ),
    Question(
        "What must happen before a call to a model, for a budget to be a limit and not a report?",
        options=(
            "the cost of the last call must be known",
            "an alert must have been read",
            "the most that the call can cost must be set aside, or the call refused",
        ),
        answer="c",
        hint="Which number is known before the answer is?",
        why="afterwards the money is spent, however fast somebody reads the mail",
    ),
)
