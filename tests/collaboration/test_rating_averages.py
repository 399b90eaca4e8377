"""Averages of ratings: against SciPy, against the definition, and against a thousand simulated products."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from mlops_helpers.collaboration import (
    BadRating,
    InvalidSetting,
    MissingColumns,
    average_ratings,
    mean_rating,
    ratings_by_window,
    worst_prompts,
)

RATINGS = st.lists(st.integers(1, 5), min_size=1, max_size=60)


def table(**versions):
    rows = [("m", version, stars) for version, given in versions.items() for stars in given]
    found = pd.DataFrame(rows, columns=["model_id", "prompt_version", "rating"])
    found["rated_at"] = pd.Timestamp("2026-01-05 18:00", tz="UTC") + pd.to_timedelta(found.index, "h") * 10
    return found.assign(user=[f"u{row % 3}" for row in found.index])


def test_many_ratings_get_students_interval():
    stars = [1, 2, 3, 4, 5] * 16
    found = mean_rating(stars)
    low, high = stats.t.interval(0.95, 79, loc=3, scale=stats.sem(stars))
    assert (found.low, found.high, found.method) == (pytest.approx(low), pytest.approx(high), "t")


def test_few_ratings_get_the_bounds_that_the_derivation_asks_for():
    stars = [5, 5, 4, 1, 3]
    found, z = mean_rating(stars), stats.norm.ppf(0.975)
    share = (np.mean(stars) - 1) / 4

    def distance(p):
        return abs(share - p) - z * np.sqrt(p * (1 - p) / 5)

    low, high = optimize.brentq(distance, 1e-9, share), optimize.brentq(distance, share, 1 - 1e-9)
    assert (found.low, found.high) == (pytest.approx(1 + 4 * low), pytest.approx(1 + 4 * high))


@given(RATINGS)
@settings(max_examples=50)
def test_an_interval_holds_the_mean_stays_on_the_scale_and_is_never_a_point(stars):
    found = mean_rating(stars)
    assert 1 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= 5
    assert found.high - found.low > 0


@pytest.mark.parametrize("n", [5, 12, 49, 50, 100])
@pytest.mark.parametrize("chances", [[0.05, 0.05, 0.1, 0.3, 0.5], [0.5, 0, 0, 0, 0.5], [0.02, 0.02, 0.02, 0.04, 0.9]])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(n, chances):
    drawn = np.random.default_rng(1).choice([1, 2, 3, 4, 5], size=(400, n), p=chances)
    found = [mean_rating(row) for row in drawn]
    truth = np.dot([1, 2, 3, 4, 5], chances)
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.92


@pytest.mark.parametrize("ratings", [[], [0], [6], [4.5], [float("nan")]])
def test_nothing_has_no_mean_and_six_is_no_rating(ratings):
    with pytest.raises(BadRating, match="from 1 to 5"):
        mean_rating(ratings)


def test_averages_by_version_equal_pandas_and_flag_few_ratings():
    ratings = table(v1=[5] * 12, v2=[1, 2])
    found = average_ratings(ratings).set_index("prompt_version")
    assert found["mean"].to_dict() == ratings.groupby("prompt_version")["rating"].mean().to_dict()
    assert found["enough"].to_dict() == {"v1": True, "v2": False}
    assert found["satisfied"].to_dict() == {"v1": 1.0, "v2": 0.0}
    assert found["users"].to_dict() == {"v1": 3, "v2": 2}
    assert 1 < found.loc["v1", "low"] < 5


def test_the_worst_is_what_is_surely_bad_not_what_two_people_said():
    ratings = table(steady=[4] * 40, bad=[2] * 20 + [3] * 20, angry=[1, 1], short_and_bad=[2] * 10)
    assert worst_prompts(ratings)["prompt_version"].tolist() == ["bad", "short_and_bad", "steady", "angry"]


def test_windows_begin_at_midnight_and_share_nothing():
    found = ratings_by_window(table(v1=[1, 2, 3, 4, 5]), days=1, support=1)
    assert found["window"].dt.strftime("%d %H").tolist() == ["05 00", "06 00", "07 00"]
    assert found["n"].tolist() == [1, 2, 2]
    assert found["mean"].tolist() == [1, 2.5, 4.5]


def test_no_ratings_give_no_rows():
    empty = table(v1=[1]).iloc[:0]
    assert average_ratings(empty).empty
    assert ratings_by_window(empty).empty


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"by": ["colour"]}, MissingColumns, "without colour"),
        ({"support": 0}, InvalidSetting, "support=0"),
        ({"days": 0}, InvalidSetting, "days=0"),
        ({"days": 1.5}, InvalidSetting, "days=1.5"),
    ],
)
def test_impossible_questions_are_refused(options, error, told):
    with pytest.raises(error, match=told):
        ratings_by_window(table(v1=[1]), **options)


def test_a_confidence_is_between_nought_and_one():
    with pytest.raises(InvalidSetting, match="confidence=95"):
        mean_rating([3], confidence=95)
