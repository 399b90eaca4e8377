"""Figures show the numbers that their tables hold, and say them in words."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.cost import (
    Attribution,
    BillingError,
    Money,
    Share,
    attribution_alt,
    attribution_figure,
    forecast_alt,
    forecast_costs,
    forecast_figure,
    savings_alt,
    savings_figure,
)

SPLIT = Attribution(
    "team", "USD", (Share(None, Decimal(30), Decimal(0), 3), Share("ads", Decimal(80), Decimal(-10), 4))
)
SAVED = [("retries", Money("40.10")), ("cache", Money("9.90"))]


def test_the_unlabelled_bar_is_on_top_and_hatched():
    [axes] = attribution_figure(SPLIT).axes
    assert [bar.get_width() for bar in axes.patches] == [70, 30]
    assert [bar.get_hatch() for bar in axes.patches] == ["", "///"]
    assert "(unlabelled) 30, ads 70" in attribution_alt(SPLIT)


def test_the_forecast_goes_on_where_the_bill_ends():
    daily = pd.Series(np.tile([5.0, 6, 7, 6, 5, 2, 1], 4), index=pd.date_range("2026-10-01", periods=28))
    forecast = forecast_costs(daily, days=5)
    [axes] = forecast_figure(daily, forecast).axes
    billed, expected = axes.lines
    assert billed.get_ydata().tolist() == daily.tolist()
    assert expected.get_ydata().tolist() == [5, 6, 7, 6, 5]
    assert "a forecast of 5 days: 29.00 USD" in forecast_alt(forecast)


def test_the_waterfall_ends_at_the_new_bill():
    [axes] = savings_figure(Money(100), SAVED).axes
    assert [round(bar.get_width(), 2) for bar in axes.patches] == [100, 40.1, 9.9, 50]
    assert [round(bar.get_x(), 2) for bar in axes.patches] == [0, 59.9, 50, 0]
    assert savings_alt(Money(100), SAVED).startswith("Waterfall from 100.00 USD to 50.00 USD: retries saves 40.10 USD")


def test_nobody_saves_more_than_was_spent():
    with pytest.raises(BillingError, match="no more than 10.00 USD"):
        savings_figure(Money(10), SAVED)
