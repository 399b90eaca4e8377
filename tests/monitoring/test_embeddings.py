"""Drift of embeddings: verdicts, effect, bad input; texts through the real Gemini client on the offline cloud."""

import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm
from sklearn.metrics import roc_auc_score

from mlops_helpers.cloud import connect, models
from mlops_helpers.cloud.errors import UnknownModel
from mlops_helpers.monitoring import (
    BadValue,
    InvalidSetting,
    MismatchedColumns,
    domain_auc,
    embed_texts,
    embedding_drift,
    text_drift,
)
from mlops_helpers.monitoring.domain_classifier import ranked

PRAISE = [f"The {thing} was {how} and arrived early." for thing in ("phone", "book", "lamp", "coat", "radio", "desk")
          for how in ("great", "lovely", "perfect", "excellent", "wonderful")]  # fmt: skip
REFUNDS = [f"I want my money back, the {thing} is {how}." for thing in ("invoice", "router", "modem", "cable", "tariff")
           for how in ("broken", "wrong", "late", "useless", "faulty", "defective")]  # fmt: skip


@pytest.fixture(scope="module")
def gemini(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            from google import genai

            yield genai.Client(enterprise=True, project=session.project, location="global")


def normal(n, d=8, *, shift=0.0, spread=1.0, seed=0):
    return np.random.default_rng(seed).normal(shift, spread, size=(n, d))


@pytest.mark.parametrize("change", [{"shift": 0.7}, {"spread": 2.0}])
def test_a_shift_and_a_wider_spread_are_drift(change):
    report = embedding_drift(normal(200), normal(150, seed=1, **change))
    assert report.drifted
    assert report.p_value == 1 / 201
    assert report.auc_low > 0.6
    assert report.mmd > 0
    assert str(report).startswith("drifted: the embeddings differ; a classifier tells production from reference")


def test_two_windows_of_one_distribution_are_stable():
    report = embedding_drift(normal(200), normal(150, seed=1))
    assert report.verdict == "stable"
    assert report.p_value > 0.01
    assert report.auc_low < 0.5 < report.auc_high
    assert "no difference that chance would not explain" in report.note


def test_a_certain_but_small_difference_does_not_alarm():
    report = embedding_drift(normal(3_000, 2), normal(3_000, 2, shift=0.12, seed=1))
    assert report.p_value < 0.01
    assert report.auc < 0.6
    assert report.verdict == "stable"
    assert "too small to act on" in report.note


def test_the_rule_can_be_stricter():
    windows = normal(3_000, 2), normal(3_000, 2, shift=0.12, seed=1)
    assert embedding_drift(*windows, auc_limit=0.5).drifted


def test_same_seed_same_report():
    windows = normal(90), normal(70, seed=1, shift=0.1)
    assert embedding_drift(*windows, seed=4) == embedding_drift(*windows, seed=4)


@pytest.mark.parametrize(("n", "m"), [(0, 50), (50, 29), (0, 0)])
def test_too_few_rows_are_insufficient_data(n, m):
    report = embedding_drift(normal(n), normal(m))
    assert report.verdict == "insufficient data"
    assert math.isnan(report.p_value)
    assert str(report) == f"insufficient data: needs 30 rows in each window, found {n} and {m}."


def test_constant_embeddings_are_named():
    report = embedding_drift(np.full((40, 3), 0.1), np.full((60, 3), 0.1))
    assert report.verdict == "constant"
    assert "look at the step that embeds" in report.note


def test_two_different_constants_are_drift():
    report = embedding_drift(np.full((40, 3), 0.1), np.full((60, 3), 0.2))
    assert report.drifted
    assert report.auc == 1


def test_zero_vectors_are_counted():
    production = normal(60, seed=1)
    production[:7] = 0
    report = embedding_drift(normal(50), production)
    assert report.zeros == (0, 7)
    assert "Vectors of zeros: 0 in reference, 7 in production" in report.note


def test_a_sample_is_said_to_be_one():
    report = embedding_drift(normal(300), normal(100, seed=1), max_rows=80)
    assert report.rows == (300, 100)
    assert report.compared == (80, 80)
    assert "Of 300 and 100 rows, 80 and 80 drawn at random were compared." in report.note


@pytest.mark.parametrize(
    "options",
    [{"alpha": 0}, {"auc_limit": 0.4}, {"permutations": 99}, {"max_row": 3}, {"bandwidth": -1.0}],
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(InvalidSetting):
        embedding_drift(normal(50), normal(50), **options)


def test_bad_values_are_refused_before_too_few_rows_are_noticed():
    with pytest.raises(BadValue, match="1 of 2 production embeddings"):
        embedding_drift(normal(50), [[0.0] * 8, [math.nan] * 8])
    with pytest.raises(MismatchedColumns, match="same output_dimensionality"):
        embedding_drift(normal(50, 8), normal(3, 9))


def test_html_shows_the_figures_and_escapes():
    shown = embedding_drift(normal(50), normal(50, seed=1))._repr_html_()
    assert "<strong>stable</strong>" in shown
    assert "AUC" in shown
    assert "50 and 50" in shown


def test_ranks_are_those_of_scipy_and_sklearn():
    rng = np.random.default_rng(2)
    reference, production = rng.integers(0, 9, 40).astype(float), rng.integers(1, 11, 25).astype(float)  # many ties
    found = ranked(reference, production)
    oracle = mannwhitneyu(production, reference, alternative="greater", method="asymptotic", use_continuity=False)
    assert found.wins == pytest.approx(oracle.statistic)
    assert norm.sf((found.wins - found.expected) / math.sqrt(found.spread)) == pytest.approx(oracle.pvalue)
    assert found.auc == pytest.approx(roc_auc_score([0] * 40 + [1] * 25, [*reference, *production]))


def test_delong_variance_is_the_spread_over_repeated_samples():
    rng = np.random.default_rng(0)
    folds = [ranked(rng.normal(size=60), rng.normal(0.8, 1, size=40)) for _ in range(1_500)]
    assert np.mean([fold.variance for fold in folds]) == pytest.approx(np.var([fold.auc for fold in folds]), rel=0.1)


def test_the_interval_holds_the_best_possible_auc():
    points = np.concatenate([normal(2_000, 1), normal(1_500, 1, shift=1.0, seed=1)])
    found = domain_auc(points, 2_000)
    best = norm.cdf(1 / math.sqrt(2))
    assert found.low < best < found.high
    assert found.high - found.low < 0.05
    assert found.p_value < 1e-12


def test_a_classifier_that_sees_no_difference_is_guessing():
    p_values = [domain_auc(normal(120, 4, seed=seed), 70).p_value for seed in range(20)]
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.2)


@pytest.mark.parametrize("options", [{"folds": 1}, {"confidence": 1.0}, {"folds": 12}])
def test_folds_need_rows(options):
    with pytest.raises(InvalidSetting):
        domain_auc(normal(40), 20, **options)


def test_gemini_embeds_texts_one_a_request_and_in_batches(gemini):
    one_by_one = embed_texts(gemini, PRAISE[:3], dimensions=64)
    assert one_by_one.shape == (3, 64)
    assert one_by_one.dtype == np.float32
    assert np.linalg.norm(one_by_one, axis=1) == pytest.approx([1, 1, 1])
    together = embed_texts(gemini, PRAISE * 9, model="text-embedding-005", dimensions=16)
    assert together.shape == (270, 16)  # more than the 250 that one request takes
    assert together[0] == pytest.approx(together[30]) != pytest.approx(together[1])


def test_long_texts_go_in_requests_of_their_own(gemini):
    long = " ".join(PRAISE)[:900]
    assert embed_texts(gemini, [long] * 45, model="text-embedding-005", dimensions=8).shape == (45, 8)


def test_answers_about_something_else_are_drift(gemini):
    def embed(texts):
        return embed_texts(gemini, texts, model="text-embedding-005", dimensions=128)

    assert text_drift(PRAISE, REFUNDS, embed).drifted
    assert text_drift(PRAISE, PRAISE[::-1], embed).verdict == "stable"


def test_texts_that_cannot_be_embedded_are_refused(gemini):
    with pytest.raises(BadValue, match="'  ' as given text 1"):
        embed_texts(gemini, ["fine", "  "])
    with pytest.raises(BadValue, match="None as production text 0"):
        text_drift(PRAISE, [None], lambda texts: normal(len(texts)))
    with pytest.raises(BadValue, match="29 embeddings of 30 reference texts"):
        text_drift(PRAISE, REFUNDS, lambda texts: normal(29))
    with pytest.raises(UnknownModel):
        embed_texts(gemini, ["fine"], model="word2vec")


def test_no_texts_are_insufficient_data(gemini):
    assert text_drift(PRAISE, [], lambda texts: normal(len(texts))).verdict == "insufficient data"
    assert embed_texts(gemini, []).shape == (0, 0)


def test_the_courses_embedding_model_is_the_default(gemini):
    chosen = models.choose("embedding")
    assert embed_texts(gemini, ["a cup of tea"]).shape == (1, 3072)
    assert embed_texts(gemini, ["a cup of tea"], model=chosen.id)[0] == pytest.approx(
        embed_texts(gemini, ["a cup of tea"])[0]
    )
