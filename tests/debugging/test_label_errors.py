"""Suspected labels: confident learning worked by hand, and a tired vendor found."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier

from mlops_helpers.debugging import (
    EmptyData,
    InvalidSetting,
    MissingColumn,
    OneClass,
    UnequalLengths,
    suspected_label_errors,
    worst_slices,
)
from mlops_helpers.debugging.label_errors import confident_classes


@pytest.fixture(scope="module")
def labelled():
    """Return features, labels of which vendor C flipped a third, and which."""
    rng = np.random.default_rng(3)
    rows = 3000
    table = pd.DataFrame({"age": rng.integers(18, 90, rows), "plan": rng.choice(["a", "b", None], rows)})
    table["vendor"] = rng.choice(list("ABC"), rows)
    chance = 1 / (1 + np.exp(-(6.0 * (table["plan"] == "a") - 3 + (table["age"] - 54) / 12)))
    truth = (rng.random(rows) < chance).astype(int).to_numpy()
    flipped = ((table["vendor"] == "C") & (rng.random(rows) < 0.33)).to_numpy()
    return table, np.where(flipped, 1 - truth, truth), flipped


def test_confident_classes_by_hand():
    given = [0, 0, 0, 1, 1, 1]
    of_one = [0.1, 0.2, 0.9, 0.8, 0.9, 0.3]  # thresholds: (0.9+0.8+0.1)/3 = 0.6 for 0, (0.8+0.9+0.3)/3 = 0.667 for 1
    found = confident_classes(given, [[1 - p, p] for p in of_one])
    assert found.tolist() == [0, 0, 1, 1, 1, 0]


def test_a_row_of_which_no_class_is_sure_is_no_suspect():
    given, of_one = [0, 0, 0, 1, 1, 1], [0.05, 0.05, 0.5, 0.95, 0.95, 0.95]
    assert confident_classes(given, [[1 - p, p] for p in of_one]).tolist() == [0, 0, -1, 1, 1, 1]


def test_thresholds_make_up_for_a_class_the_model_is_never_sure_of():
    given, of_rare = [0, 0, 0, 0, 1, 1], [0.05, 0.02, 0.4, 0.01, 0.3, 0.35]
    assert confident_classes(given, [[1 - p, p] for p in of_rare]).tolist()[2] == 1


def test_the_tired_vendor_is_found(labelled):
    features, labels, flipped = labelled
    report = suspected_label_errors(features, labels, groups="vendor")
    assert report.suspect[flipped].mean() > 0.7
    assert flipped[report.table["row"][:100]].mean() > 0.8
    assert report.by_group.query("verdict == 'worse'")["group"].tolist() == ["C"]
    assert str(report).splitlines()[1].startswith("  C: ")


def test_the_table_is_ranked_and_suggests_another_class(labelled):
    features, labels, _ = labelled
    table = suspected_label_errors(features, labels, groups=features["vendor"]).table
    assert (table["given"] != table["suggested"]).all()
    assert table["given"].tolist() == labels[table["row"]].tolist()
    assert (table["confidence"] - table["given_probability"]).is_monotonic_decreasing
    assert table["rank"].tolist() == list(range(1, len(table) + 1))


def test_the_same_call_gives_the_same_answer(labelled):
    features, labels, _ = labelled
    first, second = (suspected_label_errors(features, labels, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)


def test_suspects_can_be_searched_for_slices(labelled):
    features, labels, _ = labelled
    report = suspected_label_errors(features[["age", "plan"]], labels)
    assert worst_slices(features, error=report.suspect).table["slice"][0] == "vendor = C"


def test_the_joint_counts_the_rows_with_a_confident_class(labelled):
    features, labels, _ = labelled
    report = suspected_label_errors(features[["plan"]], labels)
    wrong = report.joint.to_numpy().sum() - np.trace(report.joint.to_numpy())
    assert wrong == report.suspect.sum() == len(report.table)
    assert report.by_group is None
    assert "<table" in report._repr_html_()


def test_words_are_labels_and_a_model_of_ones_own_is_not_changed():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 1))
    labels = np.where(x[:, 0] > 0, "yes", "no").astype(object)
    clear = np.flatnonzero(np.abs(x[:, 0]) > 1)[:5]
    labels[clear] = np.where(labels[clear] == "yes", "no", "yes")
    model = DecisionTreeClassifier(max_depth=2, random_state=0)
    report = suspected_label_errors(pd.DataFrame(x, index=range(1000, 1300)), labels, model=model)
    assert len({*(clear + 1000)} & {*report.table["row"]}) >= 4
    assert set(report.table["suggested"]) <= {"yes", "no"}
    assert not hasattr(model, "tree_")


def test_a_model_that_knows_nothing_suspects_nobody_more_than_others(labelled):
    features, labels, _ = labelled
    report = suspected_label_errors(
        features[["age"]], labels, model=DummyClassifier(strategy="prior"), groups=features["vendor"]
    )
    assert (report.by_group["n"].sum(), len(report.by_group)) == (3000, 3)


FEATURES = pd.DataFrame({"x": range(20)})


@pytest.mark.parametrize(
    ("features", "labels", "options", "error", "match"),
    [
        (FEATURES.head(0), [], {}, EmptyData, "no rows"),
        (FEATURES, [0, 1], {}, UnequalLengths, "20 and 2 items"),
        (FEATURES, [1] * 20, {}, OneClass, "the label 1 in all rows"),
        (FEATURES, [0] * 18 + [1] * 2, {}, InvalidSetting, "2 rows of class 1"),
        (FEATURES, [0] * 10 + [None] * 10, {}, InvalidSetting, "10 rows without a label"),
        (FEATURES, [0, 1] * 10, {"folds": 1}, InvalidSetting, "folds"),
        (FEATURES, [0, 1] * 10, {"groups": "vendr"}, MissingColumn, "vendr"),
        (FEATURES, [0, 1] * 10, {"groups": ["A"]}, UnequalLengths, "labels and groups"),
        (FEATURES, [0, 1] * 10, {"groups": "x"}, InvalidSetting, "no features"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(features, labels, options, error, match):
    with pytest.raises(error, match=match):
        suspected_label_errors(features, labels, **options)
