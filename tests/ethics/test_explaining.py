"""Explanations: known importances are found, an unstable one is called so, and Vertex AI answers by its endpoint."""

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlops_helpers.ethics import (
    EmptyData,
    InvalidSetting,
    MissingColumn,
    MissingExtra,
    UnequalLengths,
    explain_on_vertex,
    explanation_settings,
    explanation_stability,
    permutation_importance,
    shap_importance,
)


def people(rows=600, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"age": rng.normal(40, 10, rows), "hours": rng.normal(40, 5, rows), "noise": rng.random(rows)})
    score = 0.2 * (frame["age"] - 40) + 0.1 * (frame["hours"] - 40)
    return frame, (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(int)


def test_the_column_that_decides_is_found():
    features, label = people()
    found = permutation_importance(LogisticRegression(max_iter=500).fit(features, label), features, label)
    assert found.index.tolist() == ["age", "hours", "noise"]
    assert found["age"] > 0.1 > abs(found["noise"])
    with pytest.raises(UnequalLengths):
        permutation_importance(LogisticRegression(), features, label[:3])


def test_a_steady_explanation_is_called_steady():
    features, label = people()

    def explain(seed):
        rows = np.random.default_rng(seed).integers(0, len(features), len(features))
        drawn, labels = features.iloc[rows], label[rows]
        return permutation_importance(LogisticRegression(max_iter=500).fit(drawn, labels), drawn, labels, seed=seed)

    found = explanation_stability(explain, seeds=range(3))
    assert found.verdict == "steady"
    assert found.table["feature"].tolist() == ["age", "hours", "noise"]
    assert found.table.loc[0, ["best_rank", "worst_rank"]].tolist() == [1, 1]


def test_an_explanation_of_noise_changes_when_asked_again():
    found = explanation_stability(lambda seed: pd.Series(np.random.default_rng(seed).random(8), index=list("abcdefgh")))
    assert found.verdict == "changes when asked again"
    assert abs(found.correlation) < 0.6
    assert found.lowest < found.correlation


def test_agreement_worked_by_hand():
    answers = {0: [3, 2, 1], 1: [3, 2, 1], 2: [1, 2, 3]}
    found = explanation_stability(lambda seed: pd.Series(answers[seed], index=list("abc")), seeds=[0, 1, 2])
    assert found.correlation == pytest.approx((1 - 1 - 1) / 3)
    assert found.lowest == -1


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InvalidSetting, match="at least two"):
        explanation_stability(lambda seed: pd.Series([1, 2]), seeds=[0])
    with pytest.raises(InvalidSetting, match="not in every answer"):
        explanation_stability(lambda seed: pd.Series([1, 2], index=["a", f"b{seed}"]))
    with pytest.raises(InvalidSetting, match="one feature"):
        explanation_stability(lambda seed: pd.Series([1], index=["a"]))
    assert explanation_stability(lambda seed: pd.Series([1, 1], index=["a", "b"])).correlation == 0


def test_without_shap_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)  # what Python does for a package that is not there
    features, _ = people(rows=5)
    with pytest.raises(MissingExtra, match=r"pip install '.\[explanations\]'"):
        shap_importance(lambda rows: rows["age"], features, features)


def test_shap_values_become_importances(monkeypatch):
    """A library of the same shape, exact for sums: value minus mean of the background."""
    features, _ = people(rows=20)

    class Permutation:
        def __init__(self, function, masker, seed):
            self.function, self.background = function, masker

        def __call__(self, rows, silent):
            base, result = self.background.mean(axis=0), ModuleType("values")
            single = [np.where(np.arange(rows.shape[1]) == k, rows, base) for k in range(rows.shape[1])]
            result.values = np.column_stack([self.function(each) - self.function(base[None])[0] for each in single])
            return result

    library = ModuleType("shap")
    library.maskers, library.explainers = ModuleType("maskers"), ModuleType("explainers")
    library.maskers.Independent = lambda rows, max_samples: rows
    library.explainers.Permutation = Permutation
    monkeypatch.setitem(sys.modules, "shap", library)
    found = shap_importance(lambda rows: 2 * rows["age"] + rows["hours"], features, features)
    assert found["age"] == pytest.approx(2 * (features["age"] - features["age"].mean()).abs().mean())
    assert found["noise"] == pytest.approx(0, abs=1e-9)


@pytest.fixture(scope="module")
def endpoints(session):
    """A linear model, explained exactly, and a classifier, explained by sampling; both on real endpoints."""
    import io

    import joblib
    from google.cloud import aiplatform, storage

    features, label = people()
    bucket = storage.Client().create_bucket("explained")
    found = {}
    for name, model in (("linear", LinearRegression()), ("classes", LogisticRegression(max_iter=500))):
        file = io.BytesIO()
        joblib.dump(model.fit(features, label), file)
        bucket.blob(f"{name}/model.joblib").upload_from_string(file.getvalue())
        parameters, metadata = explanation_settings(list(features), features.median().tolist(), paths=10)
        uploaded = aiplatform.Model.upload(
            display_name=name,
            artifact_uri=f"gs://explained/{name}",
            serving_container_image_uri="us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest",
            explanation_parameters=parameters,
            explanation_metadata=metadata,
        )
        found[name] = model, uploaded.deploy(machine_type="n1-standard-2")
    yield found
    for _, endpoint in found.values():
        endpoint.undeploy_all()


def test_vertex_explains_a_linear_model_exactly(endpoints):
    features, _ = people()
    model, endpoint = endpoints["linear"]
    found = explain_on_vertex(endpoint, features.head(150))
    expected = (features.head(150) - features.median()) * model.coef_
    pd.testing.assert_frame_equal(found.attributions, expected, rtol=1e-6)
    assert (found.outputs["error"] == 0).all()
    assert found.predictions == pytest.approx(model.predict(features.head(150)).tolist())
    assert found.importance.index.tolist()[-1] == "noise"


def test_sampled_attributions_sum_to_what_the_probability_moved(endpoints):
    features, _ = people()
    found = explain_on_vertex(endpoints["classes"][1], features.tail(5))
    moved = found.outputs["output"] - found.outputs["baseline"]
    assert found.attributions.sum(axis=1).to_numpy() == pytest.approx(moved.to_numpy(), abs=1e-6)
    assert (found.outputs["error"] > 0).all()
    assert set(found.outputs["output_name"]) <= {"0", "1"}


def test_the_explanation_of_vertex_is_stable_over_redrawn_rows(endpoints):
    features, _ = people()
    endpoint = endpoints["classes"][1]

    def explain(seed):
        return explain_on_vertex(endpoint, features.sample(20, random_state=seed)).importance

    assert explanation_stability(explain, seeds=[0, 1]).table["feature"].tolist()[0] == "age"


def test_what_vertex_is_asked_is_checked(endpoints):
    features, _ = people(rows=3)
    endpoint = endpoints["linear"][1]
    with pytest.raises(EmptyData):
        explain_on_vertex(endpoint, features.iloc[:0])
    with pytest.raises(MissingColumn, match="Nearest: age"):
        explain_on_vertex(endpoint, features, features=["ages"])
    with pytest.raises(UnequalLengths):
        explanation_settings(["age"], [1, 2])
    with pytest.raises(InvalidSetting, match="paths=51"):
        explanation_settings(["age"], [1], paths=51)
    with pytest.raises(InvalidSetting, match="different names"):
        explanation_settings(["age", "age"], [1, 2])
