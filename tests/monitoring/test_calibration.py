"""Calibration: scikit-learn is the oracle for the curve; honest scores need none, dishonest ones do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from mlops_helpers.monitoring.calibration import calibration_error, fit_isotonic, needs_calibration
from mlops_helpers.monitoring.ranking import rank

# nannyml.calibration.needs_calibration, version 0.13.1, for the ten samples below.
NANNYML = [True, True, True, False, False, True, False, True, False, True]
rows = st.lists(st.tuples(st.integers(0, 20).map(lambda i: i / 20), st.integers(0, 1)), min_size=2, max_size=60)


def scored(power, n=4000, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 3, n)
    return score, (rng.random(n) < score**power).astype(float)


@given(rows)
def test_the_curve_is_that_of_scikit_learn(pairs):
    score, label = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    oracle = IsotonicRegression(out_of_bounds="clip").fit(score, label)
    asked = np.linspace(-0.2, 1.2, 57)
    np.testing.assert_allclose(fit_isotonic(rank(score, label))(asked), oracle.predict(asked), atol=1e-12)


@given(rows)
def test_the_curve_never_falls_and_keeps_the_share_of_positives(pairs):
    score, label = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    curve = fit_isotonic(rank(score, label))
    assert (np.diff(curve(np.sort(score))) >= 0).all()
    assert curve(score).mean() == pytest.approx(label.mean())


@pytest.mark.parametrize("power", [1.6, 0.5])
def test_dishonest_scores_need_it(power):
    score, label = scored(power)
    assert needs_calibration(score, label, rank(score, label))


def test_the_decision_on_honest_scores_is_that_of_nannyml():
    """Whether honest scores "need" it is left to chance; so the same splits must be drawn to decide alike."""
    decisions = []
    for seed in range(10):
        score, label = scored(1.0, n=600, seed=seed)
        decisions.append(needs_calibration(score, label, rank(score, label)))
    assert decisions == NANNYML


def test_one_class_or_a_perfect_ranking_needs_none():
    score, _ = scored(1.6)
    for known in (np.zeros(len(score)), (score > 0.4).astype(float)):
        assert needs_calibration(score, known, rank(score, known)) is False


def test_the_calibration_error_of_a_worked_example():
    """Two bins of two rows: promised 0.2 and 0.7, true 0 and 1; |gap| 0.2 and 0.3, mean 0.25."""
    assert calibration_error(np.array([0.1, 0.3, 0.6, 0.8]), np.array([0.0, 0, 1, 1]), bins=2) == pytest.approx(0.25)
