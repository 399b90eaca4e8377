"""Splitting units: stable, balanced, independent of type and of other experiments, the same for one as for many."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.tooling.assignment import CHUNK, assign, assign_one, siphash
from mlops_helpers.tooling.errors import BadCounts, BadSplit, BadUnits, InvalidSetting
from mlops_helpers.tooling.sample_ratio import check_ratio

EVEN = {"champion": 50, "challenger": 50}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("length", "expected"), [(0, 0x726FDB47DD0E0E31), (1, 0x74F839C593DC67FD), (15, 0xA129CA6149BE45E5)]
)
def test_the_hash_is_the_published_one(length, expected):
    """Vectors of the reference implementation; the longest is the example in the paper's appendix."""
    assert siphash(bytes(range(length)), bytes(range(16))) == expected


def test_the_hash_refuses_another_key_length():
    with pytest.raises(InvalidSetting, match="16 bytes"):
        siphash(b"data", b"short")


@given(st.lists(TEXTS, min_size=1, max_size=30), TEXTS.filter(str.strip))
def test_one_unit_gets_the_arm_that_it_has_in_a_column(units, experiment):
    split = {"a": 33.3, "b": 33.3, "c": 33.4}
    column = assign(units, experiment=experiment, split=split)
    assert list(column) == [assign_one(unit, experiment=experiment, split=split) for unit in units]


def test_the_assignment_never_changes():
    """Written down once: a change here would move customers between arms in the middle of an experiment."""
    arms = assign([f"user-{number}" for number in range(12)], experiment="price-page", split=EVEN)
    assert "".join("AB"[code] for code in arms.cat.codes) == "AAABABAABBBA"


def test_a_million_units_are_balanced_and_experiments_independent():
    first, second = (assign(np.arange(1_000_000), experiment=name, split=EVEN) for name in ("one", "two"))
    assert check_ratio(first.value_counts().to_dict(), EVEN).p_value > 0.01
    both = pd.crosstab(first, second).to_numpy().ravel()
    quarters = dict.fromkeys("abcd", 25)
    assert check_ratio(dict(zip("abcd", both.tolist(), strict=True)), quarters).p_value > 0.01


def test_numbers_and_their_texts_are_one_unit():
    numbers = assign(np.arange(1000), experiment="e", split=EVEN)
    texts = assign(pd.Series(range(1000)).astype("str"), experiment="e", split=EVEN)
    objects = assign([str(number) for number in range(1000)], experiment="e", split=EVEN)
    assert list(numbers) == list(texts) == list(objects)
    assert assign_one(7, experiment="e", split=EVEN) == numbers[7]


def test_a_long_column_is_hashed_in_parts_without_seams():
    units = np.arange(3 * CHUNK - 7)
    arms = assign(units, experiment="e", split=EVEN)
    assert len(arms) == len(units)
    for place in (0, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 3 * CHUNK - 8):
        assert arms[place] == assign_one(int(units[place]), experiment="e", split=EVEN)


def test_an_arm_that_grows_keeps_its_units():
    small = assign(np.arange(5000), experiment="e", split={"champion": 95, "challenger": 5})
    large = assign(np.arange(5000), experiment="e", split={"champion": 75, "challenger": 25})
    assert set(small[small == "challenger"].index) < set(large[large == "challenger"].index)


def test_an_arm_without_traffic_gets_nobody():
    assert set(assign(range(1000), experiment="e", split={"a": 0, "b": 100, "c": 0})) == {"b"}
    assert assign_one("x", experiment="e", split={"a": 100, "b": 0}) == "a"


def test_index_and_arms_are_kept():
    arms = assign(pd.Series(["u", "v"], index=[7, 9]), experiment="e", split=EVEN)
    assert list(arms.index) == [7, 9]
    assert list(arms.cat.categories) == ["champion", "challenger"]
    assert assign([], experiment="e", split=EVEN).empty


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"a": 50, "b": 60}, "with the sum 110"),
        ({"a": 33.3, "b": 66.6}, "with the sum 99.9"),
        ({"a": 100}, "two arms"),
        ({"a": -10, "b": 110}, "-10 for a"),
        ({"a": float("nan"), "b": 50}, "nan for a"),
        ({"a": True, "b": 99}, "True for a"),
        ({"": 50, "b": 50}, "each named"),
    ],
)
def test_a_split_that_cannot_be_is_refused(split, message):
    with pytest.raises(BadSplit, match=message):
        assign_one("u", experiment="e", split=split)


@pytest.mark.parametrize("units", [["a", None], [1.5, 2.0], ["a", ""], [True, False], ["a", 1], [b"a"], ["\ud800"]])
def test_units_without_an_id_are_refused(units):
    with pytest.raises(BadUnits):
        assign(units, experiment="e", split=EVEN)


def test_half_a_character_is_refused_in_an_object_column_too():
    with pytest.raises(BadUnits, match="half a character"):
        assign(pd.Series(["\ud800"], dtype=object), experiment="e", split=EVEN)


@pytest.mark.parametrize("unit", [None, "", 1.5, True, b"a", "\ud800"])
def test_one_unit_without_an_id_is_refused(unit):
    with pytest.raises(BadUnits):
        assign_one(unit, experiment="e", split=EVEN)


def test_an_experiment_needs_a_name():
    with pytest.raises(InvalidSetting, match="a name"):
        assign(["u"], experiment=" ", split=EVEN)


def test_a_lost_tenth_of_one_arm_is_a_mismatch():
    """By hand: 5,000 and 4,500 against 4,750 each give (250² / 4750) · 2 = 26.3."""
    check = check_ratio({"champion": 5000, "challenger": 4500}, EVEN)
    assert check.statistic == pytest.approx(26.3158, abs=1e-4)
    assert not check.is_balanced
    assert "sample ratio mismatch" in str(check)


def test_the_ratio_agrees_with_scipy():
    from scipy.stats import chisquare

    check = check_ratio({"a": 8930, "b": 1070}, {"a": 90, "b": 10})
    assert check.p_value == pytest.approx(chisquare([8930, 1070], [9000, 1000]).pvalue)
    assert check.is_balanced
    assert "as planned" in str(check)


def test_traffic_in_an_arm_that_should_have_none_is_a_mismatch():
    assert check_ratio({"a": 10_000, "b": 1}, {"a": 100, "b": 0}).p_value == 0
    assert check_ratio({"a": 10_000, "b": 0}, {"a": 100, "b": 0}).p_value == 1


@pytest.mark.parametrize(
    "counts", [{"champion": 5}, {"champion": -1, "challenger": 5}, {"champion": 0, "challenger": 0}]
)
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(BadCounts):
        check_ratio(counts, EVEN)


def test_an_alarm_is_a_probability():
    with pytest.raises(InvalidSetting, match="between 0 and 1"):
        check_ratio({"champion": 1, "challenger": 1}, EVEN, alarm=0)
