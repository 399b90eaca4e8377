"""Gemini's price rows: half price in batches, dated changes without gaps, nothing callable without a price."""

import json
from collections import defaultdict
from datetime import date
from importlib import resources

import pytest

from mlops_helpers.cloud import models

TABLE = json.loads((resources.files("mlops_helpers.cloud") / "prices_gemini.json").read_text())
ROWS = TABLE["prices"]
TODAY, NEW_YEAR = date.fromisoformat(TABLE["as_of"]), date(2027, 1, 1)


def usd(item, on):
    [row] = [
        row
        for row in ROWS
        if row["item"] == item and row["from"] <= on.isoformat() and (row["to"] is None or on.isoformat() < row["to"])
    ]
    return row["usd"]


def test_the_rows_have_the_fields_of_the_price_table():
    main = json.loads((resources.files("mlops_helpers.cloud") / "prices.json").read_text())
    assert {frozenset(row) for row in ROWS} == {frozenset(row) for row in main["prices"]}


def test_the_same_call_costs_twice_as_much_next_year():
    for kind in ("input", "cached_input", "output", "batch_input"):
        item = f"gemini.tokens.gemini-3.8-flash.{kind}"
        assert usd(item, NEW_YEAR) == pytest.approx(2 * usd(item, TODAY))


def test_a_batch_costs_half():
    items = {row["item"] for row in ROWS if ".batch_" not in row["item"]}
    for item in items:
        half = item.replace(".input", ".batch_input").replace(".cached_input", ".batch_cached_input")
        half = half.replace(".output", ".batch_output")
        try:
            assert usd(half, TODAY) == pytest.approx(usd(item, TODAY) / 2)
        except ValueError as missing:
            raise AssertionError(item) from missing


def test_dated_rows_follow_each_other_without_gap():
    spans = defaultdict(list)
    for row in ROWS:
        spans[row["item"]].append((row["from"], row["to"]))
    for item, found in spans.items():
        ordered = sorted(found)
        assert [to for _, to in ordered[:-1]] == [start for start, _ in ordered[1:]], item
        assert ordered[-1][1] is None, item


@pytest.mark.parametrize("chosen", models.in_use(), ids=lambda chosen: chosen.id)
def test_every_model_in_use_has_a_price(chosen):
    assert usd(f"gemini.tokens.{chosen.id}.input", TODAY) > 0


def test_a_long_prompt_costs_more_where_google_says_so():
    item = "gemini.tokens.gemini-3.1-pro-preview.input"
    assert usd(f"{item}.over_200k", TODAY) == 2 * usd(item, TODAY)
