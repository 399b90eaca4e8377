"""The documented rules of quality, measured on texts that people rated and the simulator was never trained on."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.gemini.answers import answer
from mlops_helpers.offline.gemini.labels import label_chances
from mlops_helpers.offline.gemini.prompts import Prompt, read_prompt
from mlops_helpers.offline.gemini.quality import prompt_score, slip, slips
from mlops_helpers.offline.gemini.registry import rows
from mlops_helpers.offline.gemini.requests import Ask

DATA = Path(__file__).parents[3] / "data"
VAGUE = "What is the sentiment of this?\n\n{}"
NAMED = "Is the sentiment positive, negative or neutral?\n\nText: {}"
GOOD = """Classify the sentiment of the text as positive, negative or neutral. Answer with only the label.

positive: the writer is pleased
negative: the writer is not pleased
neutral: neither

"Great, thank you!" -> positive
"This is awful." -> negative

Text: {}
Label:"""


@pytest.fixture(scope="module")
def rated():
    texts = []
    for name in ("rated_sentiment.csv", "rated_sentiment_reviews.csv"):
        with open(DATA / name, encoding="utf-8", newline="") as file:
            texts += [(row["text"], row["label"]) for row in csv.DictReader(file)]
    return texts


def asked(prompt, model="gemini-3.8-flash", **config):
    contents = [{"role": "user", "parts": [{"text": prompt}]}]
    return Ask(rows()[model], {"contents": contents, "generationConfig": config})


def accuracy(rated, template, model="gemini-3.8-flash", **config):
    """The share of answers that name the raters' label and no other."""
    right = 0
    for text, label in rated:
        said = answer(asked(template.format(text), model, **config)).parts[0]["text"].lower()
        right += [name for name in ("positive", "negative", "neutral") if name in said] == [label]
    return right / len(rated)


def test_a_better_prompt_wins_by_ten_points_on_rated_texts(rated):
    vague, named, good = (accuracy(rated, template, temperature=0) for template in (VAGUE, NAMED, GOOD))
    assert good > 0.64
    assert good - vague > 0.10
    assert vague < named < good


def test_a_dearer_model_is_right_more_often(rated):
    lite, flash, best = (
        accuracy(rated, NAMED, model, temperature=0)
        for model in ("gemini-3.5-flash-lite", "gemini-3.8-flash", "gemini-4-argon")
    )
    assert lite < flash <= best


def test_a_high_temperature_costs_accuracy(rated):
    assert accuracy(rated, GOOD, temperature=2, seed=1) < accuracy(rated, GOOD, temperature=0)


def test_the_newest_family_does_not_care_about_temperature(rated):
    few = rated[:60]
    assert accuracy(few, GOOD, "gemini-4-argon", temperature=2) == accuracy(few, GOOD, "gemini-4-argon", temperature=0)


def test_a_temperature_without_a_seed_varies_between_calls(client):
    prompt = NAMED.format("it is what it is")
    config = {"temperature": 2.0}
    seen = {
        client.models.generate_content(model="gemini-3.5-flash-lite", contents=prompt, config=config).text
        for _ in range(40)
    }
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("prompt", "score"),
    [
        ("What is the sentiment of this? I like it", 0.0),
        (VAGUE.format("I like it"), 0.05),
        (NAMED.format("I like it"), 0.45),
        (GOOD.format("I like it"), 1.0),
    ],
)
def test_the_score_of_a_prompt(prompt, score):
    assert prompt_score(read_prompt(prompt, prompt)) == score


def test_slip_is_the_documented_sum():
    assert slip(asked("x", "gemini-3.5-flash-lite", temperature=0.5), 0.4) == pytest.approx(0.35 * 0.6 + 0.08 + 0.02)


@given(st.text(max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_what_slips_with_a_better_prompt_slips_with_a_worse_one(text, first, second):
    worse, better = sorted((first, second))
    ask = asked("x", temperature=0)
    assert slips(ask, worse, text) or not slips(ask, better, text)


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=5, unique=True))
def test_chances_are_probabilities(text, labels):
    found = label_chances(Prompt(text, marked=True, labels=tuple(labels)), text)
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) >= 0


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I was charged twice on my invoice", "billing"),
        ("My parcel arrived late", "delivery"),
        ("The screen broke", "product"),
    ],
)
def test_topics_by_what_the_labels_mean(text, label):
    prompt = read_prompt(asked_topics := f"Categories: billing, delivery, product.\n\nMessage: {text}", asked_topics)
    chances = label_chances(prompt, text)
    assert max(chances, key=chances.get) == label


def test_examples_teach_labels_that_mean_nothing():
    text = 'Assign a class.\n\n"the cat purrs" -> A7\n"the dog barks" -> B2\n\nText: a dog was barking'
    prompt = read_prompt(text, text)
    assert prompt.labels == ("A7", "B2")
    chances = label_chances(prompt, prompt.subject)
    assert chances["B2"] > chances["A7"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 50_000,
        " " * 50_000,
        "\n" * 50_000,
        "classify as " * 5_000,
        "positive " * 5_000,
        "A" * 50_000 + "!",
        "1 2-" * 9_000,
    ],
    ids=["word", "spaces", "lines", "classify", "positive", "capitals", "digits"],
)
def test_a_strange_long_prompt_takes_no_long_time(text):
    start = time.perf_counter()
    answer(asked(text))
    answer(asked(f"Extract the names, emails and dates.\n\nText: {text}"))
    assert time.perf_counter() - start < 3
