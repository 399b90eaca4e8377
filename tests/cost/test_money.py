"""Money adds up exactly, keeps its currency, and is never a float."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.cost import MixedCurrencies, Money, NotMoney, total

amounts = st.decimals(min_value=-10_000, max_value=10_000, places=6, allow_nan=False)


@pytest.mark.parametrize("wrong", [0.1, float("nan"), True, None, "a lot", "NaN", Decimal("Infinity")])
def test_what_is_no_exact_number_is_no_money(wrong):
    with pytest.raises(NotMoney, match="expected"):
        Money(wrong)


@pytest.mark.parametrize("code", ["usd", "US", "EURO", "", "ÄÖÜ"])
def test_a_currency_has_three_capital_letters(code):
    with pytest.raises(NotMoney, match="ISO 4217"):
        Money(1, code)


@pytest.mark.parametrize("act", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a / b])
def test_two_currencies_are_never_mixed(act):
    with pytest.raises(MixedCurrencies, match="USD and EUR|EUR and USD"):
        act(Money(1), Money(1, "EUR"))


def test_a_sum_with_a_number_is_refused():
    with pytest.raises(NotMoney, match="two amounts"):
        Money(1) + 1


@given(st.lists(amounts, min_size=1, max_size=30))
@settings(max_examples=50)
def test_a_total_is_the_sum_of_whole_micros(values):
    micros = sum(int(value.scaleb(6)) for value in values)
    assert total(map(Money, values)).amount.scaleb(6) == micros


def test_ten_dimes_are_a_dollar_and_a_share_is_a_number():
    assert total([Money("0.10")] * 10) == Money(1)
    assert Money("1.50") / Money(6) == Decimal("0.25")
    assert Money(3) / 2 == Money("1.5") == Decimal("0.5") * Money(3)
    assert total([]) == Money(0)


def test_halves_go_to_the_even_cent():
    assert [str(Money(text)) for text in ("0.125", "0.135", "-1234.565")] == ["0.12 USD", "0.14 USD", "-1,234.56 USD"]
