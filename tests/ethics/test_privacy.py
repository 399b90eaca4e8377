"""Differential privacy: the noise is the one promised, and the budget is never exceeded."""

import math
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlops_helpers.ethics.errors import (
    BudgetSpent,
    InvalidEpsilon,
    InvalidSetting,
    MissingColumn,
    UnequalLengths,
)
from mlops_helpers.ethics.privacy_budget import PrivacyBudget
from mlops_helpers.ethics.private_noise import discrete_laplace, exponential_coin, noise_margin, random_below
from mlops_helpers.ethics.private_queries import GRID, PrivateQueries, split_epsilon

PEOPLE = pd.DataFrame({"age": [20.0, 30, 40, np.nan, 500], "town": ["a", "a", "b", "b", "c"], "left": [True] * 5})


def queries(epsilon=1, seed=0, data=PEOPLE):
    return PrivateQueries(data, PrivacyBudget(epsilon), random_below(seed))


@pytest.mark.parametrize(("epsilon", "sensitivity"), [("0.3", 1), ("2", 3)])
def test_the_noise_of_counts_is_scipys_discrete_laplace(epsilon, sensitivity):
    below, size = random_below(1), 4_000
    drawn = np.array([discrete_laplace(epsilon, below, sensitivity=sensitivity) for _ in range(size)])
    law = stats.dlaplace(float(epsilon) / sensitivity)
    edges = np.array([-4, -2, -1, 0, 1, 3, 6])
    found = np.bincount(np.searchsorted(edges, drawn), minlength=len(edges) + 1)
    expected = np.diff(np.concatenate([[0], law.cdf(edges), [1]])) * size
    assert stats.chisquare(found, expected).pvalue > 0.01
    assert drawn.std() == pytest.approx(law.std(), rel=0.1)


def test_the_noise_of_sums_is_scipys_laplace():
    """On a grid of a millionth the discrete law is the continuous one, as far as Kolmogorov and Smirnov can tell."""
    below = random_below(2)
    drawn = np.array([discrete_laplace("0.5", below, sensitivity=GRID) for _ in range(2_000)]) / GRID
    assert stats.kstest(drawn, stats.laplace(scale=2).cdf).pvalue > 0.05


@pytest.mark.parametrize("exponent", [Fraction(0), Fraction(1, 3), Fraction(1)])
def test_a_coin_falls_with_the_chance_of_an_exponential(exponent):
    below = random_below(3)
    heads = sum(exponential_coin(exponent, below) for _ in range(3_000))
    assert stats.binomtest(heads, 3_000, math.exp(-exponent)).pvalue > 0.01


@settings(max_examples=50)
@given(st.integers(-20, 20), st.sampled_from([0.1, 0.5, 2.0]))
def test_no_output_tells_neighbours_apart_by_more_than_epsilon(output, epsilon):
    """The law of the output, not a sample of it: counts 7 and 8 are of tables that differ by one person."""
    law = stats.dlaplace(epsilon)
    assert law.pmf(output - 7) <= math.exp(epsilon) * law.pmf(output - 8) * (1 + 1e-9)


@settings(max_examples=30)
@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20), st.integers(0, 19))
def test_one_person_moves_a_sum_by_no_more_than_the_bounds(values, place):
    """With the same noise, so that only the data differ."""
    table = pd.DataFrame({"x": values})
    fewer = table.drop(index=place % len(values)).reset_index(drop=True)
    both = [queries(9, 4, data).sum("x", bounds=(-3, 10), epsilon=1).value for data in (table, fewer)]
    assert abs(both[0] - both[1]) <= 10 + 1e-6


def test_what_is_outside_the_bounds_is_clipped_and_what_is_missing_left_out():
    answer = queries(2000).sum("age", bounds=(0, 100), epsilon=1000)
    assert answer.value == pytest.approx(190, abs=2)
    mean = queries(2000).mean("age", bounds=(0, 100), epsilon=1000)
    assert mean.value == pytest.approx(190 / 4, abs=2)
    assert 0 < mean.margin < 2


@pytest.mark.parametrize("epsilon", [0, -1, math.nan, math.inf, "much", None, True])
def test_an_epsilon_that_is_none_is_refused(epsilon):
    with pytest.raises(InvalidEpsilon, match="a number above 0"):
        PrivacyBudget(epsilon)
    budget = PrivacyBudget(1)
    with pytest.raises(InvalidEpsilon):
        budget.spend(epsilon, "age")
    assert budget.remaining == 1


def test_the_budget_is_spent_to_the_last_tenth_and_not_beyond():
    private = queries(1)
    for _ in range(10):
        private.count(epsilon=0.1)
    with pytest.raises(BudgetSpent, match="with 0.0 of 1 left"):
        private.count(epsilon=0.000001)
    assert private.budget.spent == 1
    assert private.budget.table()["remaining"].tolist()[-2:] == [0.1, 0]


def test_threads_cannot_spend_more_than_there_is():
    budget = PrivacyBudget("1")

    def attempt(number):
        try:
            return budget.spend("0.01", f"query {number}").epsilon
        except BudgetSpent:
            return Decimal(0)

    with ThreadPoolExecutor(8) as pool:
        spent = list(pool.map(attempt, range(300)))
    assert sum(spent) == 1
    assert budget.remaining == 0


def test_a_refused_query_costs_nothing():
    private = queries()
    refused = (
        (MissingColumn, lambda: private.sum("income", bounds=(0, 1), epsilon=1)),
        (InvalidSetting, lambda: private.sum("town", bounds=(0, 1), epsilon=1)),
        (InvalidSetting, lambda: private.mean("age", bounds=(10, 10), epsilon=1)),
        (InvalidSetting, lambda: private.mean("age", bounds=None, epsilon=1)),
        (InvalidSetting, lambda: private.counts("town", ["a", "a"], epsilon=1)),
        (UnequalLengths, lambda: private.count(where=[True], epsilon=1)),
    )
    for error, ask in refused:
        with pytest.raises(error):
            ask()
    assert private.budget.spent == 0


def test_counts_of_categories_cost_epsilon_once():
    private = queries(200)
    table = private.counts("town", ["a", "b", "nowhere"], epsilon=100)
    assert table["count"].tolist() == [2, 2, 0]
    assert private.budget.spent == 100


def test_the_margin_holds_as_often_as_it_says():
    for epsilon, sensitivity in ((0.2, 1), (1.5, 1), (0.5, 40)):
        margin = noise_margin(epsilon, sensitivity=sensitivity)
        law = stats.dlaplace(epsilon / sensitivity)
        assert law.cdf(margin) - law.cdf(-margin - 1) >= 0.95
        assert margin == 0 or law.cdf(margin - 1) - law.cdf(-margin) < 0.95


def test_without_a_seed_no_two_answers_are_planned():
    answers = {PrivateQueries(PEOPLE, PrivacyBudget(1)).sum("age", bounds=(0, 9), epsilon=0.1).value for _ in range(5)}
    assert len(answers) == 5
    assert queries().count(epsilon=0.1) == queries().count(epsilon=0.1)


@given(st.decimals("0.001", "10", places=3), st.integers(1, 50))
def test_parts_never_add_up_to_more_than_the_whole(epsilon, parts):
    assert split_epsilon(epsilon, parts) * parts <= epsilon
