"""Reading A/B tests: the verdict at the right look, its interval, mismatches, other metrics than shares, bad counts."""

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.tooling.ab_test import GO_ON, HIGHER, LOWER, MISMATCH, NO_DIFFERENCE, plan_ab_test, read_ab_test
from mlops_helpers.tooling.errors import BadCounts, BadSplit, InvalidSetting
from mlops_helpers.tooling.power import size_for_means, size_for_shares

PLAN = plan_ab_test(size_for_shares(0.10, 0.02), looks=10)
PER_DAY = PLAN.units // 10 + 1


def days(champion, challenger, *, count=10, units=(PER_DAY, PER_DAY)):
    """Days on which each arm has exactly this share of successes."""
    rows = [
        (day, arm, size, round(size * share))
        for day in range(1, count + 1)
        for arm, size, share in (("champion", units[0], champion), ("challenger", units[1], challenger))
    ]
    return pd.DataFrame(rows, columns=["day", "arm", "units", "total"])


def test_the_plan_adds_a_few_percent_for_the_looks():
    assert 1.02 < PLAN.units / PLAN.size.units < 1.05
    assert "with 10 looks" in str(PLAN)
    assert plan_ab_test(PLAN.size, looks=1).units == pytest.approx(PLAN.size.units, abs=1)


def test_a_better_challenger_is_found_before_the_end():
    result = read_ab_test(days(0.10, 0.13), PLAN)
    assert result.verdict == HIGHER
    assert 3 <= result.decided <= 6
    difference, low, high = result.difference
    assert difference == pytest.approx(0.03, abs=0.002)
    assert 0 < low < difference < high
    assert str(result).startswith("challenger higher than champion: difference +0.03")


def test_a_worse_challenger_is_lower():
    result = read_ab_test(days(0.13, 0.10), PLAN)
    assert result.verdict == LOWER
    assert result.difference[2] < 0


def test_what_peeking_calls_a_difference_is_none_before_its_limit():
    result = read_ab_test(days(0.10, 0.145, count=1), PLAN)
    assert result.table["naive_p"].iloc[0] < 0.1
    assert (result.verdict, result.decided) == (GO_ON, None)
    assert "10% of the planned units" in str(result)


def test_no_difference_is_said_at_the_end_only():
    assert read_ab_test(days(0.10, 0.10, count=9), PLAN).verdict == GO_ON
    assert read_ab_test(days(0.10, 0.10), PLAN).verdict == NO_DIFFERENCE


def test_later_days_do_not_undo_a_decision():
    early = read_ab_test(days(0.10, 0.14, count=5), PLAN)
    back = days(0.14, 0.10, count=5).assign(day=lambda frame: frame["day"] + 5)
    late = read_ab_test(pd.concat([days(0.10, 0.14, count=5), back]), PLAN)
    assert late.decided == early.decided
    assert late.difference == early.difference


def test_lost_units_stop_the_reading_whatever_the_metric_says():
    result = read_ab_test(days(0.10, 0.14, units=(PER_DAY, PER_DAY * 85 // 100)), PLAN)
    assert result.verdict == MISMATCH
    assert "do not read the metric" in str(result)


def test_z_is_the_pooled_test_of_two_shares():
    """By hand: 40 of 400 against 60 of 400; pooled share 1/8; z = 0.05 / sqrt(2 · 7/64 / 400) = 2.138."""
    daily = pd.DataFrame({"day": [1, 1], "arm": ["champion", "challenger"], "units": 400, "total": [40, 60]})
    table = read_ab_test(daily, PLAN).table
    assert table["z"].iloc[0] == pytest.approx(2.1381, abs=1e-4)
    assert table["information"].iloc[0] == pytest.approx(400 / PLAN.units)


def test_a_metric_with_squares_is_tested_as_by_welch():
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(2)
    values = {"champion": rng.normal(20, 5, 900), "challenger": rng.normal(22, 9, 900)}
    rows = [(1, arm, len(each), each.sum(), (each**2).sum()) for arm, each in values.items()]
    daily = pd.DataFrame(rows, columns=["day", "arm", "units", "total", "squares"])
    result = read_ab_test(daily, plan_ab_test(size_for_means(1.0, 7.5), looks=1))
    welch = ttest_ind(values["challenger"], values["champion"], equal_var=False)
    assert result.table["z"].iloc[0] == pytest.approx(welch.statistic)
    assert result.verdict == HIGHER


def test_an_uneven_split_carries_less_information():
    plan = plan_ab_test(PLAN.size, split={"champion": 90, "challenger": 10}, looks=10)
    result = read_ab_test(days(0.1, 0.1, count=1, units=(9000, 1000)), plan)
    assert result.table["information"].iloc[0] == pytest.approx(1800 / plan.units)
    assert result.ratio.is_balanced


def test_the_repeated_interval_covers_the_truth_at_every_look():
    """Jennison and Turnbull: over all looks at once, in 95 % of the tests at least."""
    rng, covered = np.random.default_rng(5), 0
    daily = days(0, 0)
    truth = np.where(daily["arm"] == "champion", 0.10, 0.12)
    for _ in range(150):
        table = read_ab_test(daily.assign(total=rng.binomial(daily["units"], truth)), PLAN).table
        covered += bool(((table["low"] <= 0.02) & (table["high"] >= 0.02)).all())
    assert covered >= 135


def test_days_without_anybody_in_both_arms_are_no_looks():
    empty = pd.DataFrame({"day": [0, 0], "arm": ["champion", "challenger"], "units": 0, "total": 0})
    after = empty.assign(day=11)
    assert len(read_ab_test(pd.concat([empty, days(0.1, 0.1)]), PLAN).table) == 10
    table = read_ab_test(pd.concat([days(0.1, 0.1, count=5), after]), PLAN).table
    assert np.isinf(table["limit"].iloc[-1])


def test_the_figure_shows_the_decision_and_the_text_tells_it():
    result = read_ab_test(days(0.10, 0.14), PLAN)
    axes = result.figure().axes[0]
    assert "decided" in [text.get_text() for text in axes.get_legend().get_texts()]
    assert axes.get_xlabel() == "look"
    assert result.alt().startswith("Line chart of z over 10 looks")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda daily: daily.drop(columns="total"), "no column total"),
        (lambda daily: daily.replace("challenger", "new"), "'challenger', 'new'"),
        (lambda daily: daily[daily["arm"] == "champion"], "challenger"),
        (lambda daily: pd.concat([daily, daily]), "days twice"),
        (lambda daily: daily.iloc[:-1], "without one of the arms"),
        (lambda daily: daily.assign(units=-5), "impossible counts in 20 rows"),
        (lambda daily: daily.assign(total=daily["units"] + 1), "0 ≤ total ≤ units"),
        (lambda daily: daily.assign(total="many"), "impossible counts"),
        (lambda daily: daily.assign(total=float("nan")), "impossible counts"),
        (lambda daily: daily.assign(squares=0.0), "impossible counts"),
        (lambda daily: daily.assign(units=0, total=0), "at least two in each arm"),
        (lambda daily: daily.iloc[:0], "in one of counts and plan"),
    ],
)
def test_counts_that_cannot_be_are_refused(change, message):
    with pytest.raises(BadCounts, match=message):
        read_ab_test(change(days(0.1, 0.12)), PLAN)


def test_plans_that_cannot_be_are_refused():
    with pytest.raises(InvalidSetting, match="0 looks"):
        plan_ab_test(PLAN.size, looks=0)
    for split in ({"a": 50, "b": 25, "c": 25}, {"a": 100, "b": 0}):
        with pytest.raises(BadSplit, match="two arms, both with traffic"):
            plan_ab_test(PLAN.size, split=split)
