"""Metrics by group: fairlearn is the oracle, and what is undefined stays undefined."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.ethics import BadGroups, BadLabels, EmptyData, InvalidSetting, MissingColumn, OneGroup, group_metrics
from mlops_helpers.ethics.criteria import CRITERIA, difference
from mlops_helpers.ethics.outcomes import RATES, rate_of, redraw

TINY = pd.DataFrame(
    {"sex": list("ffffmmmm"), "y": [0, 0, 1, 1, 0, 1, 1, 1], "p": [0, 1, 0, 1, 0, 1, 1, 0], "age": [1, 2] * 4}
)


def decisions(rows=3000, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "band": rng.choice(["<30", "30-60", ">60"], rows)})
    frame["y"] = (rng.random(rows) < 0.3 + 0.2 * (frame["sex"] == "m")).astype(int)
    frame["p"] = np.where(rng.random(rows) < 0.8, frame["y"], 1 - frame["y"])
    return frame


def measured(frame, groups="sex", **options):
    return group_metrics(frame, label="y", prediction="p", groups=groups, **options)


def test_a_table_worked_by_hand():
    found = measured(TINY).by_group
    assert found.loc["f"].to_dict() == pytest.approx(
        {"n": 4, "base_rate": 0.5, "selection_rate": 0.5, "accuracy": 0.5, "tpr": 0.5, "fnr": 0.5, "fpr": 0.5}
        | {"tnr": 0.5, "ppv": 0.5, "npv": 0.5}
    )
    assert found.loc["m", ["base_rate", "tpr", "fpr", "ppv", "npv"]].tolist() == [0.75, 2 / 3, 0, 1, 0.5]


def test_every_rate_is_that_of_fairlearn():
    from fairlearn import metrics as theirs
    from sklearn.metrics import accuracy_score, precision_score

    frame = decisions()
    named = {
        "selection_rate": theirs.selection_rate,
        "tpr": theirs.true_positive_rate,
        "fpr": theirs.false_positive_rate,
        "fnr": theirs.false_negative_rate,
        "tnr": theirs.true_negative_rate,
        "accuracy": accuracy_score,
        "ppv": precision_score,
    }
    attributes = frame[["sex", "band"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.MetricFrame(
            metrics=named, y_true=frame["y"], y_pred=frame["p"], sensitive_features=attributes
        ).by_group
    found = measured(frame, ["sex", "band"]).by_group.sort_index()[list(named)]
    pd.testing.assert_frame_equal(found, expected.sort_index(), rtol=0, atol=1e-12, check_dtype=False)


def test_criteria_are_those_of_fairlearn():
    from fairlearn import metrics as theirs

    frame = decisions(seed=1)
    found = measured(frame, ["sex", "band"]).gaps(draws=100).set_index("criterion")
    given = {"sensitive_features": frame[["sex", "band"]]}
    for name, function in {
        "demographic parity": "demographic_parity",
        "equalized odds": "equalized_odds",
        "equal opportunity": "equal_opportunity",
    }.items():
        for what in ("difference", "ratio"):
            expected = getattr(theirs, f"{function}_{what}")(frame["y"], frame["p"], **given)
            assert found.loc[name, what] == pytest.approx(expected, abs=1e-12)


def test_coarser_groups_are_sums_of_the_finer_ones():
    frame = decisions(seed=2)
    both = measured(frame, ["sex", "band"])
    for name in ("sex", "band"):
        expected = measured(frame, name).by_group.sort_index()
        pd.testing.assert_frame_equal(both.by(name).by_group.sort_index(), expected)


cells = st.lists(st.tuples(*[st.integers(0, 40)] * 4).filter(any), min_size=2, max_size=5)


@settings(max_examples=50)
@given(cells)
def test_rates_are_between_0_and_1_or_undefined(counts):
    counts = np.array(counts).reshape(-1, 2, 2)
    for name, rate in RATES.items():
        found, among = rate_of(counts, name), counts.reshape(-1, 4) @ np.array(rate.among)
        assert (np.isnan(found) == (among == 0)).all()
        assert ((found[among > 0] >= 0) & (found[among > 0] <= 1)).all()
    for criterion in CRITERIA:
        gap = difference(counts, criterion)
        assert np.isnan(gap) or 0 <= gap <= 1
        assert np.isnan(difference(counts[:1], criterion))


def test_a_group_without_positives_has_no_true_positive_rate():
    frame = TINY.assign(y=[0, 0, 0, 0, 0, 1, 1, 1])
    report = measured(frame, few=2)
    line = report.table.query("group == 'f' and metric == 'tpr'").iloc[0]
    assert np.isnan(line["value"])
    assert line["verdict"] == "undefined: no positives"
    gaps = report.gaps(draws=100).set_index("criterion")
    assert gaps.loc["equal opportunity", "verdict"] == "undefined"
    assert np.isnan(gaps.loc["equal opportunity", "difference"])
    assert "f: no positives, left out" in gaps.loc["equal opportunity", "note"]


def test_small_groups_are_flagged_and_stay():
    frame = pd.concat([decisions(), TINY.assign(sex="x", band="<30")])
    report = measured(frame)
    assert report.small == ["x"]
    assert report.table.query("group == 'x' and metric == 'tpr'")["verdict"].tolist() == ["few: 5 positives"]
    assert "x: only 8 rows" in report.gaps(draws=100).set_index("criterion").loc["demographic parity", "note"]


def test_redrawing_the_counts_is_the_bootstrap_of_the_rows():
    frame = decisions(rows=400, seed=3)
    drawn = redraw(measured(frame).outcomes.counts, draws=2000, seed=0)
    ours = np.quantile(rate_of(drawn, "tpr")[:, 0], [0.025, 0.5, 0.975])
    rng, women = np.random.default_rng(1), []
    for _ in range(500):
        again = frame.iloc[rng.integers(0, 400, 400)]
        women.append(again.loc[(again["sex"] == "f") & (again["y"] == 1), "p"].mean())
    assert ours == pytest.approx(np.quantile(women, [0.025, 0.5, 0.975]), abs=0.03)


def test_equal_rates_are_rarely_called_different():
    verdicts = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"sex": rng.choice(list("abcd"), 400), "y": rng.integers(0, 2, 400)})
        frame["p"] = rng.integers(0, 2, 400)
        verdicts += measured(frame).gaps(draws=200, seed=seed)["verdict"].tolist()
    assert 0.01 < np.mean(np.array(verdicts) == "differs") < 0.10  # 5 % by construction


def test_wilson_intervals_are_those_of_scipy():
    from scipy.stats import binomtest

    report = measured(decisions())
    line = report.table.query("group == 'f' and metric == 'selection_rate'").iloc[0]
    expected = binomtest(round(line["value"] * line["support"]), line["support"]).proportion_ci(method="wilson")
    assert (line["low"], line["high"]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_a_report_shows_itself():
    html = measured(TINY.assign(y=[0, 0, 0, 0, 0, 1, 1, 1]))._repr_html_()
    assert "undefined" in html
    assert "equalized odds" in html


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": [0, 0, 1, 1, 0, 1, 1, 2]}, BadLabels, "the first 2 in row 7"),
        ({"y": [0, 0, 1, None, 0, 1, 1, 1]}, BadLabels, "the first nan in row 3"),
        ({"p": list("01010101")}, BadLabels, "the prediction other than 0 and 1"),
        ({"p": [0.5] * 8}, BadLabels, "8 values"),
        ({"sex": [*"fffmmm", None, None]}, BadGroups, "2 rows without a value in 'sex'"),
        ({"sex": ["f"] * 8}, OneGroup, "one group only, 'f'"),
    ],
)
def test_bad_input_is_named(change, error, message):
    with pytest.raises(error, match=message):
        measured(TINY.assign(**change))


def test_settings_and_columns_are_checked():
    with pytest.raises(MissingColumn, match="Nearest: sex"):
        measured(TINY, "sexx")
    with pytest.raises(EmptyData, match="no rows"):
        measured(TINY.iloc[:0])
    with pytest.raises(InvalidSetting, match="fewer"):
        measured(TINY, fewer=3)
    with pytest.raises(InvalidSetting, match="few='many'"):
        measured(TINY, few="many")
    with pytest.raises(InvalidSetting, match="confidence=2"):
        measured(TINY, confidence=2)
    wide = pd.DataFrame({"sex": range(60), "y": 0, "p": 1})
    with pytest.raises(BadGroups, match="cut"):
        measured(wide)


def test_a_missing_attribute_can_be_a_group():
    frame = TINY.assign(sex=pd.Categorical([*"fffmmm", None, None]))
    assert measured(frame, missing="group").by_group["n"].to_dict() == {"f": 3, "m": 3, "(missing)": 2}


@pytest.mark.parametrize("kind", [bool, "int8", "float64", "Int64", "object"])
def test_labels_come_in_many_types(kind):
    frame = TINY.assign(y=TINY["y"].astype(kind))
    pd.testing.assert_frame_equal(measured(frame).by_group, measured(TINY).by_group)


def test_the_published_rates_of_adult():
    from data.generate import HERE

    adult = pd.read_parquet(HERE / "adult_income.parquet", columns=["sex", "income"])
    adult["y"] = adult["income"] == ">50K"
    found = measured(adult.assign(p=adult["y"])).by_group["base_rate"].round(3)
    assert found.to_dict() == {"Female": 0.109, "Male": 0.304}


def test_a_small_rate_is_not_drowned_by_the_noise_of_the_other():
    """tpr stands on 40 people of a group, fpr on 10,000: 0.2 % against 1 % false alarms is no chance."""
    groups = []
    for sex, hits, alarms in (("f", 22, 20), ("m", 20, 100)):
        p = np.repeat([1, 0, 1, 0], [hits, 40 - hits, alarms, 10_000 - alarms])
        groups.append(pd.DataFrame({"sex": sex, "y": [1] * 40 + [0] * 10_000, "p": p}))
    frame = pd.concat(groups, ignore_index=True)
    row = measured(frame).gaps(draws=500).set_index("criterion").loc["equalized odds"]
    assert row["difference"] < row["by_chance"]
    assert row["verdict"] == "differs"
    assert row["note"].startswith("fpr differs by 0.0080, by chance 0.0")
    assert (
        measured(frame).gaps(draws=500).set_index("criterion").loc["equal opportunity", "verdict"] == "could be chance"
    )
