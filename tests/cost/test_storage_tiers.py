"""Lifecycle rules: counted day by day and object by object, and set on a real client's bucket."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from google.api_core.exceptions import PreconditionFailed
from google.cloud import storage
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers import cost
from mlops_helpers.cost.storage_tiers import every_rule

DAY = date(2026, 11, 21)
GIB = 2**30
AGES = (0, 30, 90)


def table(*rows):
    return pd.DataFrame(rows, columns=["name", "size_bytes", "age_days", "read_ages"])


OBJECTS = table(
    ("logs/a", 50 * GIB, 400, []),
    ("logs/b", 5 * GIB, 80, [3]),
    ("models/a", 2 * GIB, 300, list(range(0, 300, 2))),
    ("models/b", 3 * GIB, 10, [0, 9]),
)


def usd(item):
    found = cost.price(item, at=DAY)
    return found.each.amount / found.per


def by_hand(objects, moves, delete_after=None):
    """Every object, every day."""
    total = Decimal(0)
    for row in objects.itertuples():
        size, kind = Decimal(row.size_bytes) / GIB, "standard"
        for age in range(row.age_days):
            if delete_after is not None and age >= delete_after:
                break
            for at, name in moves:
                if age == at:
                    kind = name.lower()
                    total += usd(f"storage.{kind}.class_a")
            total += size * usd(f"storage.{kind}.gib_month") * 12 / 365
            read = "storage.class_b" if kind == "standard" else f"storage.{kind}.class_b"
            total += row.read_ages.count(age) * (size * usd(f"storage.{kind}.retrieval") + usd(read))
    return total


@pytest.mark.parametrize(
    "moves", [(), ((0, "NEARLINE"),), ((30, "NEARLINE"), (90, "ARCHIVE")), ((30, "COLDLINE"),), ((90, "ARCHIVE"),)]
)
@pytest.mark.parametrize("delete_after", [None, 200])
def test_a_rule_costs_what_each_day_costs(moves, delete_after):
    found = cost.rule_cost(OBJECTS, moves, at=DAY, delete_after=delete_after)
    expected = by_hand(OBJECTS, moves, delete_after)
    if moves == ((90, "ARCHIVE"),) and delete_after:  # deleted at 200 of 365 days: both that reached 200 pay the rest
        expected += 52 * Decimal(165) * usd("storage.archive.gib_month") * 12 / 365
    if moves and moves[-1] == (90, "ARCHIVE") and len(moves) == 2 and delete_after:
        expected += 52 * Decimal(165) * usd("storage.archive.gib_month") * 12 / 365
    assert abs(found.amount - expected) < Decimal("1e-12")


def test_the_best_rule_is_the_best_of_all():
    (plan,) = cost.best_lifecycle(OBJECTS, at=DAY, ages=AGES)
    costs = {moves: cost.rule_cost(OBJECTS, moves, at=DAY) for moves in every_rule(AGES)}
    assert abs(plan.after.amount - min(costs.values()).amount) < Decimal("1e-12")  # sums in another order
    assert costs[plan.moves] == min(costs.values())
    assert plan.before == costs[()]
    assert len(costs) == 1 + 3 * 3 + 3 * 3 + 1


def test_what_is_read_stays_warm_and_what_sleeps_goes_cold():
    logs, models = cost.best_lifecycle(OBJECTS, at=DAY, prefixes=["logs/", "models/"], ages=AGES)
    assert logs.moves
    assert models.moves == ()
    assert models.saving == cost.Money(0)
    assert "stay STANDARD" in str(models)
    assert (logs.objects, models.objects) == (2, 2)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 500)), min_size=1, max_size=5))
def test_no_rule_is_dearer_than_none(sizes):
    objects = table(*[(str(number), size, age, []) for number, (size, age) in enumerate(sizes)])
    (plan,) = cost.best_lifecycle(objects, at=DAY, ages=AGES)
    assert cost.Money(0) <= plan.after <= plan.before


def test_the_rules_are_set_on_the_bucket(bucket):
    plans = cost.best_lifecycle(OBJECTS, at=DAY, prefixes=["logs/", "models/"], ages=AGES, delete_after=400)
    bucket.add_lifecycle_delete_rule(age=7)
    bucket.patch()
    cost.apply_lifecycle(bucket, plans)
    rules = [dict(rule) for rule in storage.Client().get_bucket(bucket.name).lifecycle_rules]
    deletes = [rule["condition"] for rule in rules if rule["action"]["type"] == "Delete"]
    assert deletes == [{"age": 400, "matchesPrefix": [prefix]} for prefix in ("logs/", "models/")]
    moved = [
        (rule["condition"]["age"], rule["action"]["storageClass"]) for rule in rules if "storageClass" in rule["action"]
    ]
    assert tuple(moved) == plans[0].moves


def test_a_bucket_that_changed_in_between_is_not_overwritten(bucket, monkeypatch):
    """Somebody changes the bucket between the two requests."""
    other = storage.Client().bucket(bucket.name)
    plain = bucket.clear_lifecycle_rules

    def meanwhile():
        plain()
        other.labels = {"team": "support"}
        other.patch()

    monkeypatch.setattr(bucket, "clear_lifecycle_rules", meanwhile)
    with pytest.raises(PreconditionFailed):
        cost.apply_lifecycle(bucket, cost.best_lifecycle(OBJECTS, at=DAY, ages=AGES))


@pytest.mark.parametrize(
    "objects",
    [
        table(),
        table(("a", -1, 5, [])),
        table(("a", 1, 5, [6])),
        table(("a", 1, 5, [-1])),
        OBJECTS.drop(columns="read_ages"),
    ],
)
def test_objects_that_cannot_be_are_named(objects):
    with pytest.raises(cost.BadSeries):
        cost.best_lifecycle(objects, at=DAY)


@pytest.mark.parametrize(
    "options",
    [{"ages": (30, 10)}, {"ages": (-1,)}, {"prefixes": ("a", "ab")}, {"ages": (30,), "delete_after": 30}],
)
def test_options_that_make_no_rule_are_refused(options):
    with pytest.raises(cost.InvalidSetting):
        cost.best_lifecycle(OBJECTS, at=DAY, **options)


def test_a_rule_gets_colder_only():
    with pytest.raises(cost.InvalidSetting, match="colder"):
        cost.rule_cost(OBJECTS, ((0, "ARCHIVE"), (30, "NEARLINE")), at=DAY)
