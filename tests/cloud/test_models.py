"""The model registry: lookups, errors, and the deprecation clock."""

from datetime import date

import pytest

from mlops_helpers.cloud import models
from mlops_helpers.cloud.models import UnknownModel, choose, days_left, model

WARNING_DAYS = 60


@pytest.mark.parametrize("chosen", models.in_use(), ids=lambda chosen: chosen.id)
def test_no_model_in_use_retires_within_sixty_days(chosen):
    """Fails in time: choose another model in models.json, then run every lesson again."""
    left = days_left(chosen.id, date.today())
    assert left is None or left > WARNING_DAYS, f"{chosen.id} retires in {left} days: {chosen.replacement}"


def test_a_model_by_id_and_by_alias():
    assert model("gemini-2.0-flash-001").id == "gemini-2.0-flash"
    assert model("gemini-3.8-flash").retires == date(2027, 9, 2)


def test_days_left_counts_down_past_zero():
    assert days_left("gemini-2.5-pro", date(2026, 10, 19)) == 1
    assert days_left("gemini-2.5-pro", date(2026, 10, 21)) == -1
    assert days_left("gemini-4-neon", date(2026, 11, 21)) is None


def test_an_unknown_model_is_an_error_that_lists_the_known():
    with pytest.raises(UnknownModel, match=r"gemini-9.*expected one of .*gemini-3\.8-flash"):
        model("gemini-9")


def test_an_unknown_use_is_an_error_that_lists_the_uses():
    with pytest.raises(UnknownModel, match="default, cheap, embedding"):
        choose("fast")


def test_the_newest_family_ignores_temperature():
    assert model("gemini-4-argon").has("ignores_sampling")
    assert not model("gemini-3.8-flash").has("ignores_sampling")


def test_every_replacement_is_in_the_registry_and_outlives_the_model():
    for found in map(model, models.ids()):
        if found.replacement:
            successor = model(found.replacement)
            assert successor.retires is None or found.retires is None or successor.retires > found.retires
