"""Rankings: merged they equal the ranking of all rows, and every statistic equals its definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mlops_helpers.monitoring.ranking import merge, rank

score = st.one_of(st.floats(0, 1), st.sampled_from([0.0, -0.0, 0.25, 1.0]), st.floats(-5, 5))
rows = st.lists(st.tuples(score, st.integers(0, 1)), min_size=1, max_size=40)


def arrays(pairs):
    return tuple(np.array(side, dtype=float) for side in zip(*pairs, strict=True))


@given(rows)
def test_each_distinct_score_once_with_its_labels(pairs):
    ranking = rank(*arrays(pairs))
    values = sorted({value for value, _ in pairs})
    assert ranking.score.tolist() == values
    assert ranking.positives.tolist() == [sum(label for value, label in pairs if value == wanted) for wanted in values]
    assert sum(ranking.counts) == len(pairs)


@given(rows, rows, rows)
def test_merged_rankings_are_the_ranking_of_all_rows(first, second, third):
    whole = rank(*arrays(first + second + third))
    merged = merge([rank(*arrays(part)) for part in (first, second, third)])
    for one, other in zip(whole, merged, strict=True):
        np.testing.assert_array_equal(one, other)


@given(rows)
def test_the_auc_and_its_parts_follow_the_definition(pairs):
    values, labels = arrays(pairs)
    positive, negative = values[labels == 1], values[labels == 0]
    ranking = rank(values, labels)
    if not len(positive) or not len(negative):
        assert math.isnan(ranking.auc())
        return
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    assert ranking.auc() == pytest.approx(wins.mean())
    assert ranking.auc() == pytest.approx(roc_auc_score(labels, values))
    if min(len(positive), len(negative)) > 1:
        error = math.sqrt(wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative))
        assert ranking.auc_error() == pytest.approx(error, abs=1e-12)


def test_no_rows_make_an_empty_ranking():
    empty = rank(np.zeros(0), np.zeros(0))
    assert empty.counts == merge([empty, empty]).counts == (0, 0)
