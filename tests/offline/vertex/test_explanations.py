"""Explanations: attributions against closed forms and against all orders of the features."""

from itertools import permutations

import numpy as np
import pytest
from google.api_core import exceptions
from google.protobuf.struct_pb2 import ListValue, Value
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlops_helpers.offline.vertex.explaining import is_linear
from mlops_helpers.offline.vertex.shapley import additive, sampled
from tests.offline.vertex.samples import classifier, deploy, linear, upload

ONES = Value(list_value=ListValue(values=[Value(number_value=1)] * 2))
PARAMETERS = {"sampled_shapley_attribution": {"path_count": 10}}
METADATA = {
    "inputs": {
        "features": {
            "input_baselines": [ONES],
            "encoding": "BAG_OF_FEATURES",
            "index_feature_mapping": ["age", "spend"],
        }
    },
    "outputs": {"prediction": {}},
}


def explained(model, **options):
    return deploy(upload(model, explanation_parameters=PARAMETERS, explanation_metadata=METADATA, **options))


def test_a_linear_model_is_explained_exactly(vertex):
    found = explained(linear()).explain([[4, 3]])
    (attribution,) = found.explanations[0].attributions
    assert dict(attribution.feature_attributions) == {"age": pytest.approx(2 * 3), "spend": pytest.approx(3 * 2)}
    assert attribution.baseline_output_value == pytest.approx(6)
    assert attribution.instance_output_value == pytest.approx(18)
    assert attribution.approximation_error == 0
    assert found.predictions == [pytest.approx(18)]


def test_a_classifier_is_explained_by_the_probability_of_its_class(vertex):
    model = classifier()
    (attribution,) = explained(model).explain([[4, 4]]).explanations[0].attributions
    before, after = model.predict_proba([[1, 1], [4, 4]])[:, 0]
    assert attribution.output_display_name == "high"
    assert sum(attribution.feature_attributions.values()) == pytest.approx(after - before)


def test_explanations_are_the_same_every_time(vertex):
    model = RandomForestRegressor(5, random_state=0).fit(np.arange(20).reshape(10, 2) % 7, range(10))
    endpoint = explained(model)
    first, second = (endpoint.explain([[4, 3]]).explanations[0] for _ in range(2))
    assert first == second
    assert first.attributions[0].approximation_error > 0


def test_objects_are_explained_by_their_keys(vertex):
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(pd.DataFrame({"a": [0, 1, 0, 2], "b": [0, 0, 1, 3]}), [0, 1, 2, 8])
    (attribution,) = explained(model).explain([{"b": 2, "a": 1}]).explanations[0].attributions
    assert dict(attribution.feature_attributions) == {"a": pytest.approx(1), "b": pytest.approx(4)}


def test_without_a_spec_there_is_no_explanation(vertex):
    endpoint = deploy(upload())
    with pytest.raises(exceptions.BadRequest, match="has no explanation spec"):
        endpoint.explain([[1, 2]])


def test_other_methods_are_refused_by_name(vertex):
    parameters = {"integrated_gradients_attribution": {"step_count": 10}}
    endpoint = deploy(upload(explanation_parameters=parameters, explanation_metadata=METADATA))
    with pytest.raises(exceptions.MethodNotImplemented, match="integratedGradientsAttribution"):
        endpoint.explain([[1, 2]])


def test_linear_means_a_sum_over_features():
    assert is_linear(make_pipeline(StandardScaler(), linear()))
    assert not is_linear(classifier())
    assert not is_linear(RandomForestRegressor())


def product(rows):
    return [row[0] * row[1] + row[2] for row in rows]


def every_order(values, instance, baseline):
    """Shapley values by their definition: the average over all orders."""
    shares = np.zeros(len(instance))
    orders = list(permutations(range(len(instance))))
    for order in orders:
        row = list(baseline)
        for feature in order:
            before = values([row])[0]
            row[feature] = instance[feature]
            shares[feature] += values([row])[0] - before
    return shares / len(orders)


def test_samples_approach_the_definition():
    instance, baseline = [2, 3, 5], [1, 0, 0]
    found, error = sampled(product, instance, baseline, paths=400)
    assert found == pytest.approx(every_order(product, instance, baseline), abs=0.3)
    assert error < 0.2


numbers = st.lists(st.floats(-100, 100), min_size=3, max_size=3)


@given(numbers, numbers, st.integers(1, 5))
def test_attributions_sum_to_what_the_prediction_moved(instance, baseline, paths):
    found, _ = sampled(product, instance, baseline, paths=paths)
    assert sum(found) == pytest.approx(product([instance])[0] - product([baseline])[0], abs=1e-6)


@given(numbers, numbers)
def test_additive_attributions_are_the_terms_of_the_sum(instance, baseline):
    found = additive(lambda rows: [2 * a - b + c for a, b, c in rows], instance, baseline)
    terms = [factor * (x - y) for factor, x, y in zip((2, -1, 1), instance, baseline, strict=True)]
    assert found == pytest.approx(terms, abs=1e-6)
