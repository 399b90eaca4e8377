"""Where did it fall? Change points against brute force, bisection against a plain search."""

import math
import random
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.debugging import EmptyData, InvalidSetting, UnknownMetric, bisect_fall, find_fall


def runs(scores):
    return pd.DataFrame({"run": [f"r{number}" for number in range(len(scores))], "recall": scores})


NOISY = [0.80, 0.81, 0.79, 0.80, 0.82, 0.80, 0.70, 0.71, 0.69, 0.70, 0.72, 0.70]


def test_a_fall_beyond_noise_is_found_without_a_threshold():
    fall = find_fall(runs(NOISY), "recall")
    assert (fall.before, fall.at) == ("r5", "r6")
    assert fall.p_value < 0.01
    assert str(fall).startswith("recall fell at r6: 0.803 on average up to r5, 0.703 from there on; p = 0.00")
    assert fall.table["level"].nunique() == 2


def test_a_rise_and_noise_are_no_falls():
    assert find_fall(runs(NOISY[::-1]), "recall") is None
    assert find_fall(runs([0.8, 0.81] * 6), "recall") is None
    assert find_fall(runs([0.8] * 8), "recall") is None


def test_for_a_loss_a_rise_is_a_fall():
    fall = find_fall(runs([1 - score for score in NOISY]), "recall", larger_is_better=False)
    assert fall.at == "r6"


def test_of_two_falls_the_first_is_found():
    scores = [0.9, 0.91, 0.9, 0.89, 0.9, 0.8, 0.81, 0.8, 0.79, 0.8, 0.5, 0.51, 0.5, 0.49, 0.5]
    assert find_fall(runs(scores), "recall").at == "r5"
    assert find_fall(runs(scores), "recall", threshold=0.2).at == "r10"


def test_a_threshold_serves_a_few_runs():
    assert find_fall(runs([0.8, 0.6]), "recall", threshold=0.1).at == "r1"
    assert find_fall(runs([0.8, 0.6]), "recall", threshold=0.25) is None


def test_runs_without_the_metric_are_left_out():
    scores = [value for score in NOISY for value in (score, None)]
    assert find_fall(runs(scores), "recall").at == "r12"


def brute_force(scores, end):
    """All runs that may be called the first fall, in exact numbers: the split of least squares, then what is before."""

    def squares(part):
        return sum((value - Fraction(sum(part), len(part))) ** 2 for value in part)

    falls = {
        place: squares(scores[:place]) + squares(scores[place:end])
        for place in range(1, end)
        if Fraction(sum(scores[:place]), place) > Fraction(sum(scores[place:end]), end - place)
    }
    best = [place for place, value in falls.items() if value == min(falls.values())]
    return set().union(*(brute_force(scores, place) or {place} for place in best))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=2, max_size=12))
def test_the_split_is_the_one_that_least_squares_takes(scores):
    fall = find_fall(runs(scores), "recall", threshold=1e-9)
    expected = brute_force(scores, len(scores))
    assert (fall is None) == (expected == set())
    assert fall is None or fall.table["run"].tolist().index(fall.at) in expected


def test_noise_is_called_a_fall_about_as_often_as_alpha_says():
    generator = np.random.default_rng(3)
    found = sum(find_fall(runs(generator.normal(size=10)), "recall") is not None for _ in range(200))
    assert found <= 20  # 5% of 200 are 10; above 20 has a probability of one in a thousand


def test_bad_input_is_named():
    with pytest.raises(UnknownMetric, match="expected recall"):
        find_fall(runs(NOISY), "recal")
    with pytest.raises(EmptyData, match="1 runs"):
        find_fall(runs([0.8]), "recall")
    with pytest.raises(InvalidSetting, match="to tell a fall from noise"):
        find_fall(runs([0.8] * 5), "recall")
    with pytest.raises(InvalidSetting, match="threshold=-1"):
        find_fall(runs(NOISY), "recall", threshold=-1)


@given(st.integers(2, 200), st.data())
def test_bisection_finds_what_a_plain_search_finds(count, data):
    first_bad, asked = data.draw(st.integers(1, count - 1)), []

    def score(revision):
        asked.append(revision)
        return 0.8 if revision < first_bad else 0.6

    fall = bisect_fall(range(count), score, tolerance=0.1)
    assert (fall.before, fall.at) == (first_bad - 1, first_bad)
    assert len(asked) <= 2 + math.ceil(math.log2(count - 1))
    assert len(set(asked)) == len(asked)


def test_repeats_carry_bisection_through_noise():
    noise = random.Random(5)
    fall = bisect_fall(
        [f"c{n:02}" for n in range(64)], lambda name: (0.8 if name < "c37" else 0.7) + noise.gauss(0, 0.03),
        tolerance=0.05, repeats=9,
    )  # fmt: skip
    assert fall.at == "c37"
    assert fall.table["sure"].all()
    assert fall.table["spread"].between(0.005, 0.08).all()
    assert fall.table["bad"].tolist() == sorted(fall.table["bad"])


def test_a_doubtful_score_is_marked():
    scores = iter([0.8, 0.82, 0.6, 0.62, 0.6, 0.8])
    fall = bisect_fall("abc", lambda _: next(scores), tolerance=0.1, repeats=2)
    assert fall.table.set_index("revision")["sure"].tolist() == [True, False, True]


def test_for_a_loss_bisection_looks_for_the_rise():
    assert bisect_fall("abcd", lambda name: float(name > "b"), tolerance=0.5, larger_is_better=False).at == "c"


@pytest.mark.parametrize(
    ("revisions", "score", "options", "message"),
    [
        ("abc", lambda _: 1.0, {}, "a last score that is worse"),
        ("abc", lambda _: float("nan"), {}, "a finite number"),
        ("a", lambda _: 1.0, {}, "two revisions"),
        ("abc", lambda _: 1.0, {"repeats": 0}, "one repeat"),
        ("abc", lambda _: 1.0, {"tolerance": -1}, "a tolerance of 0"),
    ],
)
def test_a_bisection_that_makes_no_sense_is_refused(revisions, score, options, message):
    with pytest.raises(InvalidSetting, match=message):
        bisect_fall(revisions, score, **{"tolerance": 0.1} | options)
