"""The cheapest machine that fits; endpoints against batch jobs; Gemini's discounts."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from mlops_helpers import cost

DAY = date(2026, 11, 21)
SMALL = cost.Machine("compute.small", cost.Money("0.10"), 2, 8)
SPOT = cost.Machine("compute.large.spot", cost.Money("0.08"), 8, 32)
LARGE = cost.Machine("compute.large", cost.Money("0.40"), 8, 32)
FAST = cost.Machine("compute.fast", cost.Money("0.70"), 4, 16, "one L4")
OFFERS = (LARGE, FAST, SPOT, SMALL)


def verdicts(need):
    return dict(zip((choice := cost.right_size(need, OFFERS)).table["sku"], choice.table["verdict"], strict=True))


def test_a_small_load_gets_the_small_machine():
    choice = cost.right_size(cost.Need([0.5, 1.0], [3, 4]), OFFERS)
    assert choice.best == SMALL
    assert choice.table["usd_per_hour"].is_monotonic_increasing
    assert "cheapest of 3 that fit (4 looked at)" in choice.reason


@pytest.mark.parametrize(
    ("need", "best"),
    [
        (cost.Need([3], [4]), LARGE),
        (cost.Need([3], [4], interruptible=True), SPOT),
        (cost.Need([1], [7.5]), LARGE),
        (cost.Need([1], [4], latency_ms=60, limit_ms=100), LARGE),
        (cost.Need([8], [4], latency_ms=90, limit_ms=100, speedup={"one L4": 6}), FAST),
    ],
)
def test_memory_cores_latency_and_patience_decide(need, best):
    assert cost.right_size(need, OFFERS).best == best


def test_each_machine_has_its_reason():
    found = verdicts(cost.Need([1], [4], latency_ms=60, limit_ms=100))
    assert found["compute.small"] == "120 ms, 100 ms allowed"  # 60 / (1 - 1/2)
    assert found["compute.large.spot"] == "may be taken away, and the work cannot be interrupted"
    assert verdicts(cost.Need([3], [4]))["compute.small"] == "cores 150% busy, 70% allowed"
    assert verdicts(cost.Need([1], [7.9]))["compute.small"] == "memory 99% full, 90% allowed"


def test_the_peak_counts_and_a_single_outlier_does_not():
    rng = np.random.default_rng(3)
    cores = np.concatenate([rng.uniform(0.5, 1.2, 2000), [50]])
    assert cost.right_size(cost.Need(cores, [1]), OFFERS).best == SMALL


def test_the_price_table_has_machines_of_both_kinds():
    offers = cost.machines(at=DAY)
    assert {machine.spot for machine in offers} == {True, False}
    assert any(machine.accelerator for machine in offers)
    standard = next(machine for machine in offers if machine.sku == "compute.e2-standard-4")
    assert (standard.vcpus, standard.memory_gib) == (4, 16)
    with pytest.raises(cost.NothingFits, match="abacus"):
        cost.machines("abacus", at=DAY)


def test_what_fits_nowhere_is_named_with_its_reason():
    with pytest.raises(cost.NothingFits, match=r"compute\.fast, the largest price: memory 6250% full"):
        cost.right_size(cost.Need([1], [1000]), OFFERS)


@pytest.mark.parametrize(
    "make",
    [
        lambda: cost.Need([], [1]),
        lambda: cost.Need([1], [-1]),
        lambda: cost.Need([float("nan")], [1]),
        lambda: cost.right_size(cost.Need([1], [1]), []),
    ],
)
def test_series_that_cannot_be_are_named(make):
    with pytest.raises(cost.BadSeries):
        make()


@pytest.mark.parametrize(
    "options", [{"latency_ms": 5}, {"latency_ms": 5, "limit_ms": 4}, {"speedup": {"one L4": 0}}, {"limit_ms": 5}]
)
def test_needs_that_contradict_themselves_are_refused(options):
    with pytest.raises(cost.InvalidSetting):
        cost.Need([1], [1], **options)


def test_at_the_break_even_both_ways_cost_the_same():
    found = cost.online_or_batch(
        endpoint=cost.Money("0.219"), replicas=2, batch=cost.Money("0.19"), rows_per_hour=50_000, start_minutes=12
    )
    assert found.online == cost.Money("0.219") * 1460
    assert found.batch_per_run == cost.Money("0.038")
    rows = int(found.break_even_rows)
    assert abs(found.batch(rows, runs=30).amount - found.online.amount) < Decimal("0.0001")
    assert (found.cheaper(rows - 1000, runs=30), found.cheaper(rows + 1000, runs=30)) == ("batch", "online")


@pytest.mark.parametrize("wrong", [{"replicas": 0}, {"rows_per_hour": 0}, {"runs": 0}, {"start_minutes": -1}])
def test_a_comparison_of_nothing_is_refused(wrong):
    with pytest.raises(cost.InvalidSetting):
        cost.online_or_batch(
            **{"endpoint": cost.Money(1), "replicas": 1, "batch": cost.Money(1), "rows_per_hour": 1, **wrong}
        )


def test_discounts_by_hand():
    """1,000 requests of 1,000 tokens, 900 of them shared; gemini-3.8-flash at 0.75 and 3.75 a million."""
    table = cost.token_offers(cost.PromptMix(1000, 1000, 900, 100), "gemini-3.8-flash", at=DAY).set_index("offer")
    cached = cost.price("gemini.tokens.gemini-3.8-flash.cached_input", at=DAY).each.amount
    shared = Decimal(999 * 900) / 10**6
    assert table.loc["as it is", "usd"] == Decimal("0.75") + Decimal("0.375")
    assert table.loc["shared beginning cached", "usd"] == (1 - shared) * Decimal("0.75") + shared * cached + Decimal(
        "0.375"
    )
    assert table.loc["batch", "usd"] * 2 == table.loc["as it is", "usd"]
    assert table["share"].iloc[0] == 1
    assert list(table["waits"]) == [False, False, True, True]


def test_the_same_tokens_cost_twice_as_much_next_year_and_unknown_models_nothing_at_all():
    mix = cost.PromptMix(10, 1000, 0, 100)
    now, later = (cost.token_offers(mix, "gemini-3.8-flash", at=day)["usd"] for day in (DAY, date(2027, 1, 1)))
    assert (later == 2 * now).all()
    with pytest.raises(cost.UnknownSku):
        cost.token_offers(mix, "gemini-99", at=DAY)
    with pytest.raises(cost.InvalidSetting):
        cost.PromptMix(10, 100, 200, 5)
