"""Labels by a model, held against people: κ against scikit-learn, answers through the real Gemini client."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from mlops_helpers.cloud.models import choose
from mlops_helpers.governance import EmptyData, InvalidSetting
from mlops_helpers.governance.labelling import (
    LabelPrompt,
    agreement,
    as_png,
    by_confidence,
    import_lines,
    label_items,
    publish_dataset,
)

LABELS = ("negative", "neutral", "positive")
NAMED = LabelPrompt("sentiment", 2, "Label the sentiment of the customer's message.", LABELS)
raters = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=4, max_size=60)


@pytest.fixture
def client(session):
    from google import genai

    return genai.Client(enterprise=True, project=session.project, location="global")


@given(raters)
def test_kappa_is_that_of_scikit_learn(pairs):
    first, second = (pd.Series(side) for side in zip(*pairs, strict=True))
    if len(set(first) | set(second)) > 1:
        assert agreement(first, second).kappa == pytest.approx(cohen_kappa_score(first, second), nan_ok=True)


def test_the_interval_is_that_of_the_published_example():
    """Fleiss, Cohen and Everitt (1969): 200 cases, κ 0.429, standard error 0.055."""
    counts = {("a", "a"): 106, ("a", "b"): 10, ("a", "c"): 4, ("b", "a"): 22, ("b", "b"): 28, ("b", "c"): 10}
    counts |= {("c", "a"): 2, ("c", "b"): 12, ("c", "c"): 6}
    pairs = [pair for pair, times in counts.items() for _ in range(times)]
    found = agreement(*(pd.Series(side) for side in zip(*pairs, strict=True)))
    assert found.kappa == pytest.approx(0.429, abs=0.0005)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(0.055, abs=0.002)


def test_the_interval_covers_what_redrawing_the_cases_gives():
    rng = np.random.default_rng(0)
    first = pd.Series(rng.choice(LABELS, 400))
    second = first.where(rng.uniform(size=400) < 0.7, pd.Series(rng.choice(LABELS, 400)))
    picks = (rng.integers(0, 400, 400) for _ in range(300))
    drawn = [cohen_kappa_score(first[pick], second[pick]) for pick in picks]
    found = agreement(first, second)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.02)


def test_full_agreement_has_no_spread():
    same = pd.Series(["a", "b", "a"])
    found = agreement(same, same)
    assert (found.kappa, found.low, found.high) == (1.0, 1.0, 1.0)
    assert agreement(pd.Series(["a"]), pd.Series(["a"])).kappa == 1.0


def test_raters_are_matched_by_item():
    first, second = pd.Series(["a", "b"], index=[1, 2]), pd.Series(["b", "a", "a"], index=[2, 1, 3])
    assert agreement(first, second).n == 2


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(EmptyData, match="share no item"):
        agreement(pd.Series(["a"], index=[1]), pd.Series(["a"], index=[2]))
    with pytest.raises(InvalidSetting, match="confidence=0.5"):
        agreement(pd.Series(["a"]), pd.Series(["a"]), confidence=0.5)


@pytest.mark.parametrize("labels", [(), ("one",), ("twice", "twice")])
def test_a_prompt_needs_labels_to_choose_from(labels):
    with pytest.raises(InvalidSetting, match="two or more different labels"):
        LabelPrompt("x", 1, "Label it.", labels)


def test_a_prompt_is_known_by_what_it_asks():
    assert NAMED.id.startswith("sentiment-v2-")
    assert NAMED.id != LabelPrompt("sentiment", 2, NAMED.instruction + " Briefly.", LABELS).id


def test_texts_are_labelled_through_the_real_client(client):
    texts = pd.Series(["I love it, great phone", "terrible, it broke at once"], index=[7, 9])
    found = label_items(client, texts, NAMED, model=choose("default").id)
    assert found.loc[7, "label"] == "positive"
    assert set(found["label"]) <= set(LABELS)
    assert found["confidence"].between(0, 1).all()


def test_nothing_to_label_is_refused(client):
    with pytest.raises(EmptyData, match="no items to label"):
        label_items(client, pd.Series([], dtype=str), NAMED, model=choose("default").id)


def test_the_uncertain_go_to_a_person():
    labelled = pd.DataFrame({"label": ["a", "b"], "confidence": [0.9, 0.2]})
    accepted, for_a_person = by_confidence(labelled, at_least=0.5)
    assert (accepted.index.tolist(), for_a_person.index.tolist()) == ([0], [1])
    with pytest.raises(InvalidSetting, match="at_least=50.*pass 0.5 for 50%"):
        by_confidence(labelled, at_least=50)


def test_import_lines_name_the_prompt():
    lines = import_lines(pd.Series({3: "Olá"}), pd.Series({3: "positive"}), NAMED).splitlines()
    assert json.loads(lines[0]) == {
        "textContent": "Olá",
        "classificationAnnotation": {"displayName": "positive"},
        "dataItemResourceLabels": {"prompt": NAMED.id},
    }


def test_labels_become_a_managed_data_set(session, bucket, capsys):
    from google.cloud import aiplatform

    aiplatform.init(project=session.project, location=session.location)
    lines = import_lines(pd.Series({3: "fine", 4: "bad"}), pd.Series({3: "positive", 4: "negative"}), NAMED)
    bucket.blob("labels.jsonl").upload_from_string(lines)
    found = publish_dataset("sentiment", f"gs://{bucket.name}/labels.jsonl", NAMED)
    again = aiplatform.TextDataset(found.resource_name)
    assert (again.labels["prompt"], again.gca_resource.data_item_count) == (NAMED.id, 2)
    assert capsys.readouterr().out == ""


def test_kinds_are_text_and_image():
    lines = import_lines(pd.Series({1: "gs://b/1.png"}), pd.Series({1: "a"}), NAMED, kind="image")
    assert json.loads(lines)["imageGcsUri"] == "gs://b/1.png"
    with pytest.raises(InvalidSetting, match="kind='sound'; expected one of text, image|kind='sound'"):
        publish_dataset("x", "gs://b/x", NAMED, kind="sound")


def test_pictures_become_png():
    assert as_png(np.eye(2), scale=4).startswith(b"\x89PNG")
