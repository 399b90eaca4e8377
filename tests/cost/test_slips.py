"""Slips that once passed silently or failed with a raw error, and what is said about them now."""

from datetime import date

import pandas as pd
import pytest

from mlops_helpers import cost

LINE = {"cost": 1.0, "currency": "USD", "credits": [], "labels": [{"key": "team", "value": "ads"}]}
EXPORT = pd.DataFrame([LINE | {"invoice": {"month": "202610"}}])
OBJECTS = pd.DataFrame({"name": ["logs/1"], "size_bytes": [1], "age_days": [40], "read_ages": [[1]]})
DAILY = pd.Series(1.0, index=pd.date_range("2026-10-01", periods=20))
TODAY = date(2026, 11, 20)

SLIPS = {
    "a label misspelt": (lambda: cost.attribute(EXPORT, "taem"), cost.BillingError, "one of team"),
    "a month with a hyphen": (lambda: cost.attribute(EXPORT, "team", month="2026-10"), cost.BillingError, "YYYYMM"),
    "a month that is none": (lambda: cost.attribute(EXPORT, "team", month="202613"), cost.BillingError, "202613"),
    "a limit that is no money": (lambda: cost.Budget("ads", 1), cost.BadBudget, "Money"),
    "a bill that is a float": (lambda: cost.Savings(cost.Money(9)).measure("x", 5.0), cost.SavingError, "Money"),
    "a budget in quotes": (lambda: cost.RetryRule("budget", budget="0.1"), cost.InvalidSetting, "without quotes"),
    "a budget in per cent": (lambda: cost.RetryRule("budget", budget=10), cost.InvalidSetting, "from 0 to 1"),
    "attempts in quotes": (lambda: cost.RetryRule("backoff", attempts="3"), cost.InvalidSetting, "attempts"),
    "a folder of nothing": (
        lambda: cost.best_lifecycle(OBJECTS, at=TODAY, prefixes=["nope/"]),
        cost.BadSeries,
        "begins with 'nope/'",
    ),
    "a method that is none": (lambda: cost.forecast_costs(DAILY, days=3, method="x"), cost.ForecastError, "method='x'"),
    "no days": (lambda: cost.forecast_costs(DAILY, days=0), cost.ForecastError, "days=0"),
    "all the confidence": (lambda: cost.forecast_costs(DAILY, days=3, confidence=1), cost.ForecastError, "confidence"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_are_refused_with_a_remedy(slip):
    call, error, told = SLIPS[slip]
    with pytest.raises(error, match="^Found .*; expected") as refused:
        call()
    assert told in str(refused.value)


def test_an_unknown_item_names_three_that_are_near():
    with pytest.raises(cost.UnknownSku) as refused:
        cost.price("compute.n1-standard-61", at=TODAY)
    assert "compute.n1-standard-16" in refused.value.expected
    assert refused.value.expected.count(",") == 2


def test_a_label_of_another_line_is_known_and_an_export_without_labels_is_nobodys():
    bare = EXPORT.assign(labels=[[]])
    assert cost.attribute(pd.concat([EXPORT, bare]), "team").unlabelled == cost.attribute(bare, "team").unlabelled / 2
