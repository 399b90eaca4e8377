"""Savings that add up, whatever the bills."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers import cost

MONEY = st.decimals(0, 10**6, places=9).map(cost.Money)


def test_levers_are_measured_on_what_is_left():
    savings = cost.Savings(cost.Money("1000"))
    savings.measure("cache", cost.Money("650"))
    savings.measure("batch", cost.Money("325"))
    assert list(savings.table["saved"]) == [Decimal(350), Decimal(325)]
    assert list(savings.table["before"]) == [Decimal(1000), Decimal(650)]
    assert (savings.saved, savings.share) == (cost.Money("675"), 0.675)
    assert savings.steps == [("cache", cost.Money("350.00")), ("batch", cost.Money("325.00"))]
    savings.check(cost.Money("325.004"))
    assert "1,000.00 USD" in savings._repr_html_()


@settings(max_examples=40)
@given(MONEY, st.lists(MONEY, max_size=8))
def test_the_rows_add_up_to_the_cent(before, bills):
    savings = cost.Savings(before)
    for number, bill in enumerate(bills):
        savings.measure(f"lever {number}", bill)
    total = sum((row.saved for row in savings.rows), start=cost.Money(0))
    assert total == savings.saved == before.cents() - savings.after.cents()
    assert sum(savings.table["saved"], Decimal(0)) == savings.saved.amount


def test_a_lever_may_cost_money():
    savings = cost.Savings(cost.Money(10))
    assert savings.measure("more replicas", cost.Money(12)).saved == cost.Money(-2)
    assert savings.share == -0.2


def test_a_bill_computed_in_another_way_must_agree():
    savings = cost.Savings(cost.Money(10))
    savings.measure("cache", cost.Money("6.01"))
    with pytest.raises(cost.SavingError, match="wrong bill"):
        savings.check(cost.Money("6.02"))


@pytest.mark.parametrize(("lever", "after"), [(" ", "5"), ("cache", "5"), ("batch", "-1")])
def test_levers_without_name_twice_or_below_zero_are_refused(lever, after):
    savings = cost.Savings(cost.Money(10))
    savings.measure("cache", cost.Money(8))
    with pytest.raises(cost.SavingError):
        savings.measure(lever, cost.Money(after))
    assert len(savings.rows) == 1


def test_a_bill_in_another_currency_is_refused():
    savings = cost.Savings(cost.Money(10))
    with pytest.raises(cost.MixedCurrencies):
        savings.measure("cache", cost.Money(8, "EUR"))
    assert savings.rows == []


def test_nothing_saved_of_nothing():
    assert cost.Savings(cost.Money(0)).share == 0
