"""Before, while and after training: each mitigation does what it promises, and says what it costs whom."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mlops_helpers.ethics import (
    BadLabels,
    GroupThresholds,
    InvalidSetting,
    OneGroup,
    UndefinedRate,
    UnequalLengths,
    constrained_model,
    fairness_frontier,
    group_metrics,
    group_thresholds,
    reweighing_weights,
    who_pays,
)


def applicants(rows=2000, seed=0):
    """A score that favours men beyond what their labels justify."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "skill": rng.normal(size=rows)})
    frame["y"] = (rng.random(rows) < 1 / (1 + np.exp(-2 * frame["skill"] - 0.8 * (frame["sex"] == "m")))).astype(int)
    shown = 1.5 * frame["skill"] + 1.5 * (frame["sex"] == "m") + rng.normal(size=rows)
    return frame.assign(score=(1 / (1 + np.exp(-shown))).round(3))


def thresholds(frame, **options):
    return group_thresholds(frame, **{"label": "y", "score": "score", "groups": "sex"} | options)


def test_weights_worked_by_hand():
    weights = reweighing_weights([1, 0, 0, 0, 1, 1, 1, 0], list("ffffmmmm"))
    assert weights.tolist() == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 2])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=40))
def test_weighted_labels_do_not_depend_on_the_group(rows):
    rows = [*rows, *product(range(3), range(2))]
    groups, label = (np.array(column) for column in zip(*rows, strict=True))
    weights = reweighing_weights(label, groups)
    shares = [np.average(label[groups == group], weights=weights[groups == group]) for group in range(3)]
    assert shares == pytest.approx([label.mean()] * 3)
    assert weights.sum() == pytest.approx(len(rows))


def test_no_weight_can_give_a_group_what_it_has_not():
    with pytest.raises(UndefinedRate, match="'f', where all 2 labels are 0"):
        reweighing_weights([0, 0, 1, 0], list("ffmm"))
    with pytest.raises(OneGroup):
        reweighing_weights([0, 1], ["f", "f"])
    with pytest.raises(UnequalLengths):
        reweighing_weights([0, 1, 1], ["f", "m"])


def test_a_constraint_holds_on_the_training_rows():
    frame = applicants(rows=800, seed=1)
    features = frame[["skill"]].assign(man=(frame["sex"] == "m").astype(int))
    free = LogisticRegression().fit(features, frame["y"]).predict(features)
    model = constrained_model(
        LogisticRegression(), features, frame["y"], frame["sex"], criterion="demographic parity", tolerance=0.02
    )
    chance = pd.Series(model.chance(features)).groupby(frame["sex"]).mean()
    before = pd.Series(free).groupby(frame["sex"]).mean()
    assert abs(chance["f"] - chance["m"]) <= 0.05 < abs(before["f"] - before["m"])
    assert sum(model.weights) == pytest.approx(1)
    assert (model.predict(features, seed=3) == model.predict(features, seed=3)).all()
    assert np.mean(model.predict(features)) == pytest.approx(chance.mean(), abs=0.05)


def every_pair(frame, rate, tolerance):
    """The most right decisions by trying all pairs of thresholds."""
    options = {}
    for sex, rows in frame.groupby("sex"):
        for limit in [np.inf, *rows["score"].unique()]:
            said = rows["score"] >= limit
            value = {"selection": said.mean(), "tpr": said[rows["y"] == 1].mean(), "fpr": said[rows["y"] == 0].mean()}
            options.setdefault(sex, []).append((value[rate], (said == rows["y"]).sum()))
    pairs = product(*options.values())
    return max(sum(right for _, right in pair) for pair in pairs if np.ptp([r for r, _ in pair]) <= tolerance + 1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.05, 0.3]))
def test_no_pair_of_thresholds_is_better(seed, tolerance):
    frame = applicants(rows=40, seed=seed).assign(score=lambda rows: rows["score"].round(1))
    criteria = {"demographic parity": "selection", "equal opportunity": "tpr", "predictive equality": "fpr"}
    for criterion, rate in criteria.items():
        found = thresholds(frame, criterion=criterion, tolerance=tolerance)
        assert found.accuracy * 40 == pytest.approx(every_pair(frame, rate, tolerance))
        assert found.difference <= tolerance + 1e-9


@pytest.mark.parametrize("criterion", ["demographic parity", "equal opportunity", "equalized odds"])
def test_decisions_keep_what_was_promised(criterion):
    frame = applicants()
    found = thresholds(frame, criterion=criterion, tolerance=0.03)
    report = group_metrics(
        frame.assign(p=found.decide(frame["score"], frame["sex"])), label="y", prediction="p", groups="sex"
    )
    gap = report.gaps(draws=100).set_index("criterion").loc[criterion, "difference"]
    assert gap == pytest.approx(found.difference, abs=1e-12)
    assert gap <= 0.03
    assert (report.outcomes.counts[:, [0, 1], [0, 1]].sum() / 2000) == pytest.approx(found.accuracy)


def test_thresholds_are_nearly_as_right_as_the_lots_of_fairlearn():
    """Lots reach the curve's hull, thresholds only its corners: where scores are many, that is little."""
    from fairlearn.postprocessing import ThresholdOptimizer

    frame = applicants(seed=2)
    column = frame[["score"]].to_numpy()
    model = LogisticRegression().fit(column, frame["y"])
    theirs = ThresholdOptimizer(
        estimator=model, constraints="demographic_parity", prefit=True, predict_method="predict_proba"
    ).fit(column, frame["y"], sensitive_features=frame["sex"])
    said = theirs.predict(column, sensitive_features=frame["sex"], random_state=0)
    gap = abs(said[frame["sex"] == "f"].mean() - said[frame["sex"] == "m"].mean())
    ours = thresholds(frame, criterion="demographic parity", tolerance=max(gap, 0.01))
    assert ours.accuracy >= (said == frame["y"]).mean() - 0.005


def test_thresholds_are_for_the_groups_they_were_found_on():
    found = thresholds(applicants())
    with pytest.raises(InvalidSetting, match=r"the groups \['x'\]"):
        found.decide([0.5, 0.5], ["f", "x"])


def test_what_cannot_be_searched_is_refused():
    frame = applicants(rows=50)
    with pytest.raises(InvalidSetting, match="predictive parity"):
        thresholds(frame, criterion="predictive parity")
    with pytest.raises(UndefinedRate, match="tpr is undefined"):
        thresholds(frame.assign(y=frame["y"].where(frame["sex"] == "m", 0)))
    with pytest.raises(BadLabels, match="the score"):
        thresholds(frame.assign(score=np.nan))
    with pytest.raises(InvalidSetting, match="tolerance"):
        thresholds(frame, tolerance=-0.1)


def test_the_frontier_rises_and_ends_where_nothing_is_asked():
    frame = applicants()
    found = fairness_frontier(frame, label="y", score="score", groups="sex", points=30)
    assert found.table["accuracy"].is_monotonic_increasing
    assert (found.table["difference"] <= found.table["tolerance"] + 1e-9).all()
    best = sum(
        max((rows["y"] == (rows["score"] >= limit)).sum() for limit in [2, *rows["score"].unique()])
        for _, rows in frame.groupby("sex")
    )
    assert found.table["accuracy"].iloc[-1] == pytest.approx(best / 2000)
    plain = max((frame["y"] == (frame["score"] >= limit)).mean() for limit in frame["score"].unique())
    assert found.one_line[1] == pytest.approx(plain)


def test_the_frontier_in_a_picture_and_in_words():
    found = fairness_frontier(applicants(rows=300), label="y", score="score", groups="sex", points=5)
    axes = found.figure().axes[0]
    assert "equal opportunity" in axes.get_xlabel()
    assert "one threshold for all" in found.alt()


def test_who_pays_worked_by_hand():
    found = who_pays([0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0], list("ffmm")).set_index("group")
    assert found.loc["f", ["gained", "gained_qualified", "lost", "lost_qualified"]].tolist() == [1, 1, 1, 1]
    assert found.loc["f", ["changed", "accuracy_before", "accuracy_after"]].tolist() == [1, 0.5, 0.5]
    assert found.loc["m", ["changed", "accuracy_before"]].tolist() == [0, 1]
    assert found.loc["all rows", ["n", "gained", "changed"]].tolist() == [4, 1, 0.5]


def test_who_pays_takes_one_group_and_refuses_labels():
    assert who_pays([0, 1], [1, 1], [0, 1], ["f", "f"])["n"].tolist() == [2, 2]
    with pytest.raises(BadLabels, match="the decisions after"):
        who_pays([0, 1], [1, 2], [0, 1], ["f", "f"])


@pytest.mark.parametrize(
    ("score", "groups", "error", "told"),
    [
        ([0.5, np.nan], ["f", "m"], BadLabels, "1 values of the score .* first in row 1"),
        ([0.5, 1.5], ["f", "m"], BadLabels, "no number from 0 to 1"),
        ([0.5, 0.5, 0.5], ["f", "m"], UnequalLengths, "3 scores, 2 groups"),
        (pd.Series([0.5, 0.6]), pd.Series(["f", "m"], index=[1, 0]), UnequalLengths, "groups with another index"),
    ],
)
def test_decisions_on_scores_that_do_not_fit_are_refused(score, groups, error, told):
    limits = GroupThresholds(("sex",), {"f": 0.4, "m": 0.6}, "equal opportunity", 0.0, 1.0, 0.0)
    with pytest.raises(error, match=told):
        limits.decide(score, groups)


def test_a_bill_of_rows_in_another_order_is_refused():
    shuffled = pd.Series([1, 0], index=[1, 0])
    with pytest.raises(UnequalLengths, match="decisions after with another index"):
        who_pays(pd.Series([0, 1]), shuffled, pd.Series([1, 1]), ["f", "m"])
