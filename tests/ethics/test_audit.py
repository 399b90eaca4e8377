"""The audit of data: who is missing, whose labels and measurements differ, and what gives a group away."""

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.ethics import (
    BadGroups,
    BadLabels,
    EmptyData,
    InvalidSetting,
    MissingColumn,
    OneGroup,
    UndefinedRate,
    find_proxies,
    label_gap,
    made_up_postcodes,
    measurement_gap,
    missing_by_group,
    population_gap,
)

SEXES = pd.DataFrame({"sex": ["f"] * 30 + ["m"] * 70})


def test_shares_against_a_population():
    found = population_gap(SEXES, attribute="sex", population={"f": 51, "m": 48, "x": 1}).set_index("group")
    assert found["verdict"].to_dict() == {"f": "under-represented", "m": "over-represented", "x": "absent"}
    assert found.loc["f", "ratio"] == pytest.approx(0.30 / 0.51)
    assert found.loc["f", "ratio_high"] < 1
    assert found.loc["x", ["n", "ratio"]].tolist() == [0, 0]


def test_a_sample_of_the_population_is_as_the_population():
    verdicts = []
    for seed in range(100):
        sample = pd.DataFrame({"sex": np.random.default_rng(seed).choice(["f", "m"], 500)})
        verdicts += population_gap(sample, attribute="sex", population={"f": 1, "m": 1})["verdict"].tolist()
    assert np.mean(np.array(verdicts) == "as in the population") >= 0.9


def test_a_group_nobody_counted_is_said_so():
    found = population_gap(SEXES, attribute="sex", population={"f": 1}).set_index("group")
    assert found.loc["m", "verdict"] == "no population share"
    assert np.isnan(found.loc["m", "ratio"])


@pytest.mark.parametrize(
    "population",
    [{}, {"f": -1, "m": 2}, {"f": 0, "m": 0}, {"f": float("nan"), "m": 1}, {"f": "half"}, {"f": 0.4, "m": 0.5}],
)
def test_populations_are_checked(population):
    with pytest.raises(InvalidSetting, match="population"):
        population_gap(SEXES, attribute="sex", population=population)


def test_missing_values_by_group():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 2000), "pay": rng.random(2000), "city": "Ulm"})
    frame.loc[(frame["sex"] == "f") & (rng.random(2000) < 0.2), "pay"] = np.nan
    frame["tel"] = np.where(rng.random(2000) < 0.1, None, "1")
    found = missing_by_group(frame, groups="sex").set_index(["column", "group"])
    assert found["verdict"].groupby("column").first().to_dict() == {"pay": "differs by group", "tel": "could be chance"}
    assert found.loc[("pay", "f"), "share"] == pytest.approx(frame.loc[frame["sex"] == "f", "pay"].isna().mean())
    assert missing_by_group(frame, groups="sex", columns=["city"]).empty


def test_rows_without_a_group_are_a_group():
    frame = pd.DataFrame({"sex": ["f", None, "m", None], "pay": [1, np.nan, 2, np.nan]})
    found = missing_by_group(frame, groups="sex").set_index("group")
    assert found.loc["(missing)", "share"] == 1
    with pytest.raises(MissingColumn, match="Nearest: pay"):
        missing_by_group(frame, groups="sex", columns=["pays"])


def people(*, prejudice, rows=6000):
    """Men have more schooling; women's labels may in addition be lower than schooling explains."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows)})
    frame["schooling"] = rng.binomial(3, np.where(frame["sex"] == "m", 0.7, 0.4))
    rate = 0.1 + 0.2 * frame["schooling"] - prejudice * (frame["sex"] == "f")
    return frame.assign(y=(rng.random(rows) < rate).astype(int), noise=rng.normal(size=rows))


def test_labels_that_schooling_explains():
    found = label_gap(people(prejudice=0), label="y", groups="sex", given="schooling").set_index("group")
    assert found.loc["f", "high"] < found.loc["m", "low"]
    assert found.loc["f", "standardised"] == pytest.approx(found.loc["m", "standardised"], abs=0.03)
    assert found["compared"].tolist() == [1, 1]


def test_labels_that_schooling_does_not_explain():
    found = label_gap(people(prejudice=0.1), label="y", groups="sex", given="schooling").set_index("group")
    assert found.loc["f", "standardised_high"] < found.loc["m", "standardised_low"]
    assert found.loc["m", "standardised"] - found.loc["f", "standardised"] == pytest.approx(0.1, abs=0.03)


def test_standardised_rates_worked_by_hand():
    frame = pd.DataFrame({"sex": list("ffmmmm"), "kind": list("ababbb"), "y": [0, 1, 1, 0, 1, 1]})
    found = label_gap(frame, label="y", groups="sex", given="kind").set_index("group")
    assert found["standardised"].to_dict() == pytest.approx({"f": 4 / 6 * 1, "m": 2 / 6 * 1 + 4 / 6 * 2 / 3})


def test_nobody_alike_is_said_so():
    frame = pd.DataFrame({"sex": list("ffmm"), "kind": list("aabb"), "y": [0, 1, 0, 1]})
    with pytest.raises(EmptyData, match="no people who are alike"):
        label_gap(frame, label="y", groups="sex", given="kind")
    with pytest.raises(OneGroup):
        label_gap(frame.head(2), label="y", groups="sex", given="kind")
    with pytest.raises(BadLabels):
        label_gap(frame.assign(y=2), label="y", groups="sex", given="kind")


def test_a_number_that_says_nothing_about_one_group():
    frame = people(prejudice=0)
    frame["mark"] = np.where(frame["sex"] == "m", frame["y"] + frame["noise"], frame["noise"])
    found = measurement_gap(frame, label="y", groups="sex", columns=["mark", "noise"]).set_index(["column", "group"])
    assert found["verdict"].groupby("column").first().to_dict() == {
        "mark": "differs by group",
        "noise": "could be chance",
    }
    from sklearn.metrics import roc_auc_score

    men = frame[frame["sex"] == "m"]
    assert found.loc[("mark", "m"), "auc"] == pytest.approx(roc_auc_score(men["y"], men["mark"]))


def test_a_group_with_one_class_cannot_be_measured():
    frame = people(prejudice=0, rows=200)
    frame["y"] = frame["y"].where(frame["sex"] == "m", 0)
    found = measurement_gap(frame, label="y", groups="sex", columns=["noise"]).set_index("group")
    assert found.loc["f", "verdict"].startswith("insufficient data: only one class")
    with pytest.raises(InvalidSetting, match="a column of numbers"):
        measurement_gap(frame.assign(city="Ulm"), label="y", groups="sex", columns=["city"])


def test_a_postcode_gives_the_group_away():
    frame = people(prejudice=0, rows=1500).drop(columns="y")
    honest = find_proxies(frame[["sex", "noise"]], sensitive="sex")
    assert honest.auc == pytest.approx(0.5, abs=0.05)
    found = find_proxies(frame.assign(postcode=made_up_postcodes(frame["sex"], apart=0.8)), sensitive="sex")
    assert found.auc > 0.85
    assert found.table["column"].tolist()[0] == "postcode"
    assert found.table.set_index("column")["verdict"].to_dict()["noise"] == "weak"
    assert "the strongest alone is postcode" in str(found)


def test_postcodes_are_made_as_told():
    groups = pd.Series(list("fm") * 1000, index=range(5, 2005))
    mixed, apart = made_up_postcodes(groups, apart=0), made_up_postcodes(groups, apart=1)
    assert apart.equals(made_up_postcodes(groups, apart=1))
    assert set(apart[groups == "f"]) & set(apart[groups == "m"]) == set()
    assert set(mixed[groups == "f"]) == set(mixed[groups == "m"])
    assert mixed.str.fullmatch(r"7\d{4}").all()
    with pytest.raises(InvalidSetting, match="apart=2"):
        made_up_postcodes(groups, apart=2)


def test_proxies_are_looked_for_with_care():
    frame = people(prejudice=0, rows=100)
    with pytest.raises(InvalidSetting, match="among the columns"):
        find_proxies(frame, sensitive="sex", columns=["sex", "y"])
    with pytest.raises(InvalidSetting, match="infinite values in 'noise'"):
        find_proxies(frame.assign(noise=np.inf), sensitive="sex")
    with pytest.raises(BadGroups, match="levels of 'schooling'"):
        find_proxies(frame, sensitive="schooling")
    with pytest.raises(UndefinedRate, match="one per fold"):
        find_proxies(frame.assign(sex=["f"] * 98 + ["m"] * 2), sensitive="sex")
    assert find_proxies(frame, sensitive="schooling", target="3").target == "3"
