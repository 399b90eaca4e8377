"""Flipped attributes and swapped names: changed decisions are counted, and chance is ruled out."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.ethics import (
    BadGroups,
    BadLabels,
    EmptyData,
    InvalidSetting,
    MissingColumn,
    OneGroup,
    counterfactual_rows,
    flip_attribute,
    name_pairs,
    name_swaps,
)
from mlops_helpers.ethics.swaps import NAMES

SWAP = {"Female": "Male", "Male": "Female"}
ROWS = pd.DataFrame(
    {
        "sex": ["Female", "Female", "Male", "Male", "Male"],
        "relationship": ["Wife", "Own-child", "Husband", "Husband", "Own-child"],
        "hours": [20, 40, 30, 50, 60],
    }
)


def flipped(decide, **options):
    return flip_attribute(decide, ROWS, **{"attribute": "sex", "swap": SWAP} | options)


def test_a_model_that_reads_the_attribute_changes_all_decisions():
    found = flipped(lambda rows: rows["sex"] == "Male")
    assert found.table.set_index("group")["to_selected"].to_dict() == {"Female": 2, "Male": 0, "all rows": 2}
    assert found.table.set_index("group")["to_rejected"].to_dict() == {"Female": 0, "Male": 3, "all rows": 3}
    assert found.changed.all()
    assert str(found).startswith("5 of 5 decisions change (100.0%")


def test_a_model_that_reads_a_proxy_changes_only_when_that_is_flipped_too():
    def decide(rows):
        return (rows["relationship"] == "Husband").astype(int)

    assert not flipped(decide).changed.any()
    found = flipped(decide, proxies={"relationship": {"Husband": "Wife", "Wife": "Husband"}})
    assert found.changed.tolist() == [True, False, True, True, False]


def test_who_is_not_swapped_is_not_counted():
    found = flipped(lambda rows: rows["sex"] == "Male", swap={"Female": "Male"})
    assert found.table[["group", "n", "changed"]].to_numpy().tolist() == [["Female", 2, 2], ["all rows", 2, 2]]
    assert found.changed.tolist() == [True, True, False, False, False]


def test_matched_proxies_worked_by_hand():
    found = counterfactual_rows(ROWS, attribute="sex", swap=SWAP, proxies={"hours": None, "relationship": None})
    assert found["hours"].tolist() == [30, 60, 20, 40, 40]
    assert found["relationship"].tolist() == ["Husband", *["Own-child"] * 4]
    assert ROWS["hours"].tolist() == [20, 40, 30, 50, 60]  # the data stay as they are


@settings(max_examples=40)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=20), st.lists(st.integers(0, 100), min_size=1, max_size=20))
def test_matched_numbers_are_those_of_the_other_group_in_the_same_order(women, men):
    frame = pd.DataFrame({"sex": ["Female"] * len(women) + ["Male"] * len(men), "hours": [*women, *men]})
    found = counterfactual_rows(frame, attribute="sex", swap=SWAP, proxies={"hours": None})
    moved = found["hours"].to_numpy()[: len(women)]
    assert set(moved) <= set(men)
    order = np.argsort(women, kind="stable")
    assert (np.diff(moved[order]) >= 0).all()


def test_missing_values_stay_missing():
    frame = ROWS.assign(hours=[20, np.nan, 30, 50, np.nan], relationship=[None, *"abcd"])
    found = counterfactual_rows(frame, attribute="sex", swap=SWAP, proxies={"hours": None, "relationship": None})
    assert found["hours"].isna().tolist() == frame["hours"].isna().tolist()
    assert found["relationship"].isna().tolist() == frame["relationship"].isna().tolist()
    nobody = ROWS.assign(relationship=["Wife", "Wife", None, None, None])
    found = counterfactual_rows(nobody, attribute="sex", swap=SWAP, proxies={"relationship": None})
    assert found["relationship"].tolist()[:2] == ["Wife", "Wife"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"attribute": "gender"}, MissingColumn, "no column 'gender'"),
        ({"proxies": {"hour": None}}, MissingColumn, "Nearest: hours"),
        ({"swap": {"Female": "Man"}}, BadGroups, "'Man' in the swap"),
        ({"swap": {"Female": "Female"}}, InvalidSetting, "a level for another"),
    ],
)
def test_flips_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        flipped(lambda rows: rows["sex"] == "Male", **options)


def test_decisions_are_checked():
    with pytest.raises(BadLabels, match="the decisions"):
        flipped(lambda rows: rows["hours"])
    with pytest.raises(OneGroup):
        flip_attribute(lambda rows: rows["hours"], ROWS.head(2), attribute="sex", swap=SWAP)


TEMPLATES = [f"{{name}} asks for {amount} euros. {{pronoun}} has a job." for amount in range(1000, 9000, 1000)]
WOMEN = {person.name for person in NAMES if person.gender == "woman"}


def test_a_model_that_hears_the_name_is_found():
    found = name_swaps(lambda text: float(text.split()[0] not in WOMEN), TEMPLATES)
    assert (found.difference, found.low, found.high, found.changed) == (-1, -1, -1, 1)
    assert found.p_value == pytest.approx(2 / 2 ** len(TEMPLATES))
    assert len(found.pairs) == len(TEMPLATES) * len(name_pairs())


def test_a_model_that_does_not_is_cleared():
    found = name_swaps(lambda text: float("5000" in text), TEMPLATES)
    assert (found.difference, found.p_value, found.changed) == (0, 1, 0)


def test_noise_is_rarely_called_bias():
    rng = np.random.default_rng(0)
    found = [name_swaps(lambda text: rng.normal(), TEMPLATES, draws=200, seed=seed) for seed in range(60)]
    assert np.mean([report.p_value < 0.05 for report in found]) <= 0.12
    assert np.mean([report.low <= 0 <= report.high for report in found]) >= 0.85


def test_the_sign_flips_are_those_of_scipy():
    from scipy.stats import permutation_test

    rng = np.random.default_rng(1)
    found = name_swaps(lambda text: rng.normal() + 0.3 * (text.split()[0] in WOMEN), TEMPLATES)
    means = found.pairs.groupby("template", sort=False)["difference"].mean().to_numpy()
    expected = permutation_test((means,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_pairs_differ_in_one_thing_only():
    for first, second in name_pairs():
        assert (first.gender, second.gender, first.origin) == ("woman", "man", second.origin)
    for first, second in name_pairs(by="origin", origins=("German", "Nigerian")):
        assert (first.origin, second.origin, first.gender) == ("German", "Nigerian", second.gender)
    assert len({person.name for person in NAMES}) == len(NAMES)
    with pytest.raises(InvalidSetting, match="Klingon"):
        name_pairs(by="origin", origins=("German", "Klingon"))


def test_words_follow_the_gender():
    words = [person.words() for person, _ in product(NAMES[:1] + NAMES[3:4], [0])]
    assert [(word["pronoun"], word["title"]) for word in words] == [("She", "Ms"), ("He", "Mr")]


@pytest.mark.parametrize(
    ("templates", "score", "error", "message"),
    [
        ([], len, EmptyData, "no templates"),
        (["no name here"], len, InvalidSetting, "the fields"),
        (["{name} {income}"], len, InvalidSetting, "income"),
        (["{name"], len, InvalidSetting, "brace"),
        (["{name}"], lambda text: "approved", BadLabels, "'approved' as a score"),
        (["{name}"], lambda text: float("nan"), BadLabels, "nan as a score"),
    ],
)
def test_swaps_are_checked(templates, score, error, message):
    with pytest.raises(error, match=message):
        name_swaps(score, templates)
