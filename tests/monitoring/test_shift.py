"""The questions behind the diagnosis, one by one, against what was planted and against plain definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.monitoring.bins import bin_column
from mlops_helpers.monitoring.file_order import distributions, find_file_order, psi, psi_limit
from mlops_helpers.monitoring.scorecard import encode, held_out, taught_elsewhere
from mlops_helpers.monitoring.shift import explained_error, find_shift
from tests.monitoring.worlds import FEATURES, customers, with_positives

COLUMNS = [*FEATURES, "score"]


def asked(production, *, label="label"):
    shift = find_shift(*encode(customers(), production, features=COLUMNS, label=label))
    return shift.inputs, shift.meaning, shift.classes


@pytest.mark.parametrize(
    ("production", "answers"),
    [
        (customers(seed=9), (False, False, False)),
        (customers(seed=9, mix=(0.1, 0.2, 0.7)), (True, False, False)),
        (customers(seed=9, meaning=-1), (False, True, False)),
        (customers(seed=9, meaning=-1, age=48), (True, True, False)),
        (with_positives(0.1, seed=9), (False, True, True)),
    ],
)
def test_three_questions_are_answered_apart(production, answers):
    assert asked(production) == answers


def test_without_labels_only_the_inputs_are_asked_about():
    production = customers(seed=9, meaning=-1, age=48)
    assert asked(production, label=None) == (True, False, False)


def test_weights_make_the_reference_look_like_production():
    """The weighted share of a city in the reference is its share in production."""
    reference, production = customers(), customers(seed=9, mix=(0.1, 0.2, 0.7))
    shift = find_shift(*encode(reference, production, features=COLUMNS, label=None))
    share = np.average(reference["city"] == "Salem", weights=shift.weight)
    assert share == pytest.approx((production["city"] == "Salem").mean(), abs=0.05)


def test_the_split_of_an_error_of_a_worked_example():
    """Errors 0 and 1; production holds three of the second kind for one of the first: 0.5 becomes 0.75."""
    (line,) = explained_error(np.array([0.5, 1.5]), np.array([0.0, 1.0]), np.array([0.0, 1, 1, 1]))
    assert line.value == pytest.approx(0.25)
    assert "from 0.5000 to 0.7500: +0.2500 through other inputs, +0.0000 through what they mean" in line.what


def test_no_known_error_is_no_line():
    assert explained_error(np.ones(2), np.array([0.0, 1.0]), np.array([np.nan])) == []


def test_a_scorecard_is_asked_about_rows_it_has_not_seen():
    """Labels without any pattern: whoever knew them by heart would find one."""
    rng = np.random.default_rng(0)
    window, _ = encode(customers(600), customers(600), features=COLUMNS, label="label")
    noise = rng.integers(0, 2, 600).astype(float)
    assert abs(np.corrcoef(held_out(window.x, noise, seed=0), noise)[0, 1]) < 0.12


def test_a_scorecard_learns_what_there_is_to_learn():
    lesson, window = encode(customers(6000), customers(3000, seed=9), features=FEATURES, label="label")
    found = taught_elsewhere(lesson, window)
    assert np.corrcoef(found, customers(3000, seed=9)["score"])[0, 1] > 0.97


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=8))
def test_psi_is_never_negative_symmetric_and_zero_for_the_same(pairs):
    before, after = (np.array(side) for side in zip(*pairs, strict=True))
    assert psi(before, after) >= 0
    assert psi(before, after) == pytest.approx(psi(after, before))
    assert psi(before, before) == 0


def test_psi_of_a_worked_example():
    """Shares .5/.5 against .8/.2: .3 ln 1.6 - .3 ln .4 = 0.4159; with a million rows the half row does not count."""
    assert psi(np.array([500_000, 500_000]), np.array([800_000, 200_000])) == pytest.approx(0.4159, abs=1e-4)


def test_the_limit_leaves_room_for_chance():
    """Columns that did not move stay below it, in windows of any size."""
    for rows in (250, 1000, 4000):
        moved = [line.found for seed in range(20) for line in distributions(binned(customers(rows, seed=seed + 50)))]
        assert sum(moved) == 0
    assert psi_limit(10, 10**9, 10**9) == pytest.approx(0.1)


def binned(production):
    return [bin_column(customers(), production, name) for name in FEATURES]


def test_short_files_are_not_cut_into_chunks():
    line = find_file_order(binned(customers(900, seed=9)), None)
    assert not line.found
    assert line.what == "insufficient data: 900 rows, needs 1000 to cut into chunks"


def test_a_mixed_file_has_no_order_to_blame():
    assert not find_file_order(binned(customers(6000, seed=9)), None).found


def test_bins_show_missing_and_new_values_apart():
    production = customers(50, seed=9)
    production.loc[:4, "city"], production.loc[5:9, "city"] = None, "Quincy"
    city = bin_column(customers(), production, "city")
    assert city.names[-2:] == ["city = another level", "city missing"]
    assert np.bincount(city.production, minlength=5)[-2:].tolist() == [5, 5]
