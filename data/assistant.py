"""One day of the phone company's support assistant: one queue of twenty, on 14 October 2026, attempt by attempt.

The client waits six seconds and no longer. What it then gives up (status 499) Google finishes all the same, and bills;
what Google refuses (429, 503) is not billed. Either way the client asks again at once, up to six times, which is what
keeps an overloaded service overloaded. A third of the questions have been asked that day before, word for word.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import pandas as pd

from data.billing import ANSWER_TOKENS, PROMPT_TOKENS

SEED = 20261014
DAY = pd.Timestamp("2026-10-14", tz="UTC")
QUESTIONS, QUEUES = 1_500, 20
COMMON = 0.375  # share of questions that many people ask
TALK_TOKENS = 6_500  # of the conversation so far, where there is one
DEADLINE, ATTEMPTS = 6_000, 6  # milliseconds, attempts a question
STORMS = ((9.5, 10.1), (13.0, 13.4), (18.2, 19.0))  # hours in which Google had too little capacity
REFUSED = 0.6  # of attempts during a storm
MODEL, OLD, NEW = "gemini-3.8-flash", "support-v6", "support-v7"
STILL_OLD = 0.08  # of the conversations run in an app that was not updated
SUBJECTS = ("my bill", "roaming", "a new SIM", "my voicemail", "my data plan", "the app", "my contract", "call waiting")
COMMON_FORMS = (
    "How do I change {}?",
    "How do I switch off {}?",
    "What does it cost to keep {}?",
    "Why is there a problem with {}?",
    "Where do I find {}?",
)
OWN_FORMS = (
    "On the {day}th I wrote about {subject}; my case is {case}, what happened to it?",
    "My charge for {subject} was {euros} euros on the {day}th, reference {case}. Why?",
    "{subject} stopped on the {day}th at {euros} per cent, as in case {case}. And now?",
)


def busy_hours(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Hours of the day, in order: a peak before noon and one in the evening."""
    peaks = rng.choice([10.5, 19.0, 14.5], rows, p=[0.4, 0.35, 0.25])
    return np.sort(np.clip(rng.normal(peaks, [2.2] * rows), 0.0, 23.98))


def questions(rng: np.random.Generator) -> pd.DataFrame:
    """What was asked: `hour`, `question`, `history_tokens`, `prompt_version`; no history at the start of a talk."""
    common = [form.format(subject) for form in COMMON_FORMS for subject in SUBJECTS]
    frequent = 1 / np.arange(1, len(common) + 1) ** 0.7
    shuffled = rng.permutation(common)
    is_common = rng.random(QUESTIONS) < COMMON
    texts = [str(rng.choice(shuffled, p=frequent / frequent.sum())) if often else _own(rng) for often in is_common]
    version = np.where(rng.random(QUESTIONS) < STILL_OLD, OLD, NEW)
    history = rng.gamma(3.0, TALK_TOKENS / 3.0, QUESTIONS).round().astype(int)
    return pd.DataFrame(
        {
            "hour": busy_hours(rng, QUESTIONS),
            "question": texts,
            "history_tokens": np.where(is_common | (version == OLD), 0, history),
            "prompt_version": version,
        }
    )


def _own(rng: np.random.Generator) -> str:
    """A question that only one person asks."""
    form = str(rng.choice(OWN_FORMS))
    values = {"case": f"K{rng.integers(100_000, 999_999)}", "day": rng.integers(4, 20), "euros": rng.integers(5, 99)}
    return form.format(subject=rng.choice(SUBJECTS), **values)


def attempts(asked: pd.DataFrame, rng: np.random.Generator) -> Iterator[dict]:
    """Every attempt: until one succeeds, or six have failed."""
    numbers = count(1)
    for question in asked.to_dict("records"):
        at = DAY + pd.Timedelta(hours=question["hour"])
        request, fresh = f"r{next(numbers):05d}", PROMPT_TOKENS + int(rng.normal(0, 60))
        for attempt in range(1, ATTEMPTS + 1):
            status, latency = _answer(at, question["history_tokens"], rng)
            billed = status in (200, 499)
            yield {
                "ts": at.floor("ms"),
                "request_id": request,
                "attempt": attempt,
                "question": question["question"],
                "prompt_version": question["prompt_version"],
                "model": MODEL,
                "history_tokens": question["history_tokens"],
                "input_tokens": (fresh + question["history_tokens"]) if billed else 0,
                "output_tokens": max(20, int(rng.normal(ANSWER_TOKENS, 70))) if billed else 0,
                "status": status,
                "latency_ms": latency,
            }
            at += pd.Timedelta(milliseconds=latency + 20)
            if status == 200:
                break


def _answer(at: pd.Timestamp, history: int, rng: np.random.Generator) -> tuple[int, int]:
    """Status and milliseconds of one attempt; a long prompt takes longer."""
    hour = (at - DAY) / pd.Timedelta(hours=1)
    if any(start <= hour < end for start, end in STORMS) and rng.random() < REFUSED:
        return int(rng.choice([429, 503])), int(rng.uniform(40, 200))
    took = int(rng.lognormal(np.log(5_700 + 0.08 * history), 0.5))
    return (200, took) if took <= DEADLINE else (499, DEADLINE)


def assistant_requests() -> pd.DataFrame:
    """One row for each attempt, in the order of time."""
    rng = np.random.default_rng(SEED)
    table = pd.DataFrame(attempts(questions(rng), rng))
    table["ts"] = table["ts"].astype("datetime64[us, UTC]")
    return table.sort_values(["ts", "request_id", "attempt"], kind="stable", ignore_index=True)


def assistant_files() -> dict[str, pd.DataFrame]:
    """File name -> table."""
    return {"assistant_requests.parquet": assistant_requests()}
