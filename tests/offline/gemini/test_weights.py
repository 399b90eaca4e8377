"""What was learnt beforehand: small files, made by the tools, never from the texts that lessons measure on."""

import csv
import json
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.gemini.sentiment import meaning_of, probabilities, valence
from tools.sentiment_weights import LABELS, SAMPLE_ROWS, held_out

DATA = Path(__file__).parents[3] / "data"
SAMPLES = {"tweets": "rated_sentiment.csv", "reviews": "rated_sentiment_reviews.csv"}


def packaged(name):
    return (resources.files("mlops_helpers.offline.gemini") / name).read_bytes()


def test_the_weights_are_small_and_complete():
    raw = packaged("sentiment.json")
    model = json.loads(raw)
    assert len(raw) < 200_000
    assert tuple(model["labels"]) == LABELS
    assert {len(weights) for weights in model["weights"].values()} == {len(LABELS)}


def test_the_templates_are_ten_digits_of_64_pixels():
    shapes = json.loads(packaged("digits.json"))
    assert sorted(shapes) == [str(digit) for digit in range(10)]
    assert {len(shape) for digit in shapes.values() for shape in digit} == {64}


@pytest.mark.parametrize("source", SAMPLES)
def test_the_samples_were_kept_out_of_training(source):
    with open(DATA / SAMPLES[source], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == SAMPLE_ROWS[source]
    assert all(held_out(source, row) for row in rows)


@pytest.mark.parametrize("source", SAMPLES)
def test_the_labels_follow_from_the_ratings(source):
    with open(DATA / SAMPLES[source], encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rating = float(row["mean_rating"])
            near = min(abs(rating - 0.5), abs(rating + 0.5)) < 0.01  # the column is rounded
            expected = "positive" if rating > 0.5 else "negative" if rating < -0.5 else "neutral"
            assert near or row["label"] == expected


@given(st.text(max_size=100))
def test_probabilities_sum_to_one(text):
    assert sum(probabilities(text).values()) == pytest.approx(1)
    assert -1 <= valence(text) <= 1


def test_a_negation_turns_a_word_around():
    assert valence("I am happy with it") > 0 > valence("I am not happy with it")


def test_labels_that_mean_a_sentiment():
    assert [meaning_of(label) for label in ("POSITIVE", "bad", "mixed", "billing")] == [
        "positive",
        "negative",
        "neutral",
        None,
    ]
