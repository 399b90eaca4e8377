"""Metrics by name, and scores of classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, log_loss

from mlops_helpers.debugging import (
    DuplicateMetric,
    EmptyData,
    InvalidSetting,
    Metric,
    MetricSet,
    OneClass,
    UnequalLengths,
    classification_scores,
)

ACCURACY, LOSS = Metric("accuracy", accuracy_score), Metric("log loss", log_loss, better="lower")


def test_the_documented_example_of_scikit_learn():
    """From the manual page of precision_recall_fscore_support: macro 0.22, 0.33, 0.26; micro 0.33 each."""
    truth = ["cat", "dog", "pig", "cat", "dog", "pig"]
    predicted = ["cat", "pig", "dog", "cat", "cat", "dog"]
    found = classification_scores(truth, predicted).set_index("class")
    assert found.loc["macro"].tolist() == pytest.approx([2 / 9, 1 / 3, 4 / 15, 6])
    assert found.loc["micro"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 6])
    assert found.loc["cat"].tolist() == pytest.approx([2 / 3, 1, 0.8, 2])
    assert found.loc["dog"].tolist() == [0, 0, 0, 2]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40))
def test_f1_by_counting(rows):
    truth, predicted = zip(*rows, strict=True)
    if len({*truth, *predicted}) > 1:
        found = classification_scores(truth, predicted).set_index("class")
        for name in {*truth, *predicted}:
            hit = sum(a == b == name for a, b in rows)
            assert found.loc[str(name), "f1"] == pytest.approx(2 * hit / (truth.count(name) + predicted.count(name)))


def test_models_side_by_side_with_the_better_one_named():
    table = MetricSet(ACCURACY, LOSS).score([0, 1, 1], {"old": [0, 0, 1], "new": [0, 1, 1]}).set_index("metric")
    assert table.loc["accuracy", ["old", "new"]].tolist() == pytest.approx([2 / 3, 1])
    assert table["best"].tolist() == ["new", "new"]
    assert table["better"].tolist() == ["higher", "lower"]


def test_two_metrics_of_one_name_are_refused():
    macro = Metric("accuracy", lambda truth, predicted: f1_score(truth, predicted, average="macro"))
    with pytest.raises(DuplicateMetric, match="more than one metric named accuracy"):
        MetricSet(ACCURACY, macro)
    with pytest.raises(DuplicateMetric):
        MetricSet(ACCURACY).plus(macro)


def test_a_set_grows_into_a_new_one_and_knows_its_metrics():
    first = MetricSet(ACCURACY)
    both = first.plus(LOSS)
    assert [metric.name for metric in first] == ["accuracy"]
    assert both["log loss"] is LOSS
    with pytest.raises(InvalidSetting, match="Nearest: accuracy"):
        both["acuracy"]


def test_what_makes_no_sense_is_refused_by_name():
    with pytest.raises(InvalidSetting, match="'higher' or 'lower'"):
        Metric("x", accuracy_score, better="more")
    with pytest.raises(UnequalLengths, match="predictions of new"):
        MetricSet(ACCURACY).score([0, 1], {"new": [1]})
    with pytest.raises(EmptyData):
        classification_scores([], [])
    with pytest.raises(OneClass, match="the class 1 in all rows"):
        classification_scores([1, 1], [1, 1])
