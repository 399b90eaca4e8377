"""A release over the wire: documents bound to a version of the registry, and what they forbid."""

import io
import itertools
from datetime import date

import joblib
import numpy as np
import pytest
from google.cloud import aiplatform, storage
from sklearn.linear_model import LinearRegression

from mlops_helpers.ethics.documents import Decision
from mlops_helpers.ethics.errors import DocumentChanged, EmptySection, NotSigned, UnacceptableRisk
from mlops_helpers.ethics.impact import IMPACT_ASSESSMENT, Harm, impact_assessment
from mlops_helpers.ethics.model_cards import MODEL_CARD, card_facts, model_card
from mlops_helpers.ethics.releasing import attach, deploy_released, read_attached, release
from mlops_helpers.governance.artifacts import Artifact, Business, Run
from mlops_helpers.governance.lineage import LineageGraph
from mlops_helpers.tooling.errors import NotApproved, SelfApproval
from mlops_helpers.tooling.registry import ModelRegistry

IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
ADA, GRACE, DAY = "ada@example.com", "grace@example.com", date(2026, 1, 5)
HARM = Harm("applicants over 60", "wait longer", 2, 3, "a clerk looks first")
FACTS = dict.fromkeys(MODEL_CARD.sections, "Something true.")
PEOPLE = {name: "Something true." for name in IMPACT_ASSESSMENT.sections if name not in ("harms", "residual_risk")}
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def bucket(session):
    aiplatform.init(project=session.project, location=session.location)
    bucket = storage.Client().create_bucket("release-of-models")
    buffer = io.BytesIO()
    joblib.dump(LinearRegression().fit(np.eye(2), [1, 2]), buffer)
    bucket.blob("model/model.joblib").upload_from_string(buffer.getvalue())
    return bucket


@pytest.fixture
def registry(session, bucket):
    """A model of one version by Ada, for which she asked approval."""
    registry = ModelRegistry(f"lending-{next(NUMBERS)}", bucket, session.now)
    registry.register("gs://release-of-models/model", author=ADA, image=IMAGE, description="first try")
    registry.request("1", by=ADA, why="recall is better")
    return registry


@pytest.fixture
def endpoint():
    return aiplatform.Endpoint.create(display_name=f"endpoint-{next(NUMBERS)}")


def papers(registry, verdict="released", *, by=GRACE, harm=HARM):
    """Card and assessment of version 1, signed."""
    decision = Decision(
        verdict, role="risk officer", by=by, reason="no group waits longer than others, as the table shows", on=DAY
    )
    card = model_card(registry.model, "1", FACTS)
    return card.signed(decision), impact_assessment(registry.model, "1", [harm], PEOPLE).signed(decision)


def test_a_released_version_can_be_deployed_and_its_papers_read_back(registry, endpoint):
    card, assessment = papers(registry)
    assert release(registry, "1", card, assessment).approved
    assert read_attached(registry, "1", MODEL_CARD) == card
    assert read_attached(registry, "1", IMPACT_ASSESSMENT) == assessment
    deployed = deploy_released(registry, "1", endpoint)
    assert [model.id for model in endpoint.list_models()] == [deployed]
    assert registry.approval("1").author == ADA  # the labels that were there are still there


def test_nobody_signs_for_a_day_to_come(registry):
    card, assessment = papers(registry)
    later = Decision(**{**vars(card.decision), "on": date(2036, 1, 1)})
    with pytest.raises(NotSigned, match="a decision of 2036-01-01; expected one of 2026-01-05 or before"):
        release(registry, "1", card.signed(later), assessment.signed(later))
    assert registry.approval("1").state == "requested"


def test_a_refused_version_cannot_be_deployed(registry, endpoint):
    card, assessment = papers(registry, "refused")
    approval = release(registry, "1", card, assessment)
    assert (approval.state, approval.steps[-1].by) == ("rejected", GRACE)
    with pytest.raises(NotSigned, match="refused on 2026-01-05.*a new version needs new papers"):
        deploy_released(registry, "1", endpoint)
    with pytest.raises(NotApproved):
        registry.deploy("1", endpoint)
    assert endpoint.list_models() == []


def test_a_later_refusal_takes_an_approval_back(registry, endpoint):
    release(registry, "1", *papers(registry))
    assert release(registry, "1", *papers(registry, "refused")).state == "revoked"
    assert read_attached(registry, "1", MODEL_CARD).decision.verdict == "refused"
    with pytest.raises(NotSigned):
        deploy_released(registry, "1", endpoint)


def test_releasing_twice_changes_nothing(registry):
    first = release(registry, "1", *papers(registry))
    assert release(registry, "1", *papers(registry)).steps == first.steps


def test_the_author_cannot_release_and_nothing_is_written(registry):
    with pytest.raises(SelfApproval):
        release(registry, "1", *papers(registry, by=ADA))
    with pytest.raises(NotSigned, match="no model card"):
        read_attached(registry, "1", MODEL_CARD)


def test_a_critical_harm_stops_a_release_before_anything_is_written(registry):
    grave = Harm("applicants over 60", "are refused", 5, 4, "none")
    with pytest.raises(UnacceptableRisk):
        release(registry, "1", *papers(registry, harm=grave))
    assert registry.approval("1").state == "requested"
    assert release(registry, "1", *papers(registry, "refused", harm=grave)).state == "rejected"


def test_papers_have_to_agree_be_complete_and_be_about_this_version(registry):
    card, assessment = papers(registry)
    refused = papers(registry, "refused")[1]
    other = model_card(registry.model, "2", FACTS).signed(card.decision)
    unsigned = model_card(registry.model, "1", FACTS)
    for pair, error in (
        ((card, refused), NotSigned),
        ((unsigned, assessment), NotSigned),
        ((assessment, card), NotSigned),
        ((other, assessment), DocumentChanged),
    ):
        with pytest.raises(error):
            release(registry, "1", *pair)
    with pytest.raises(EmptySection):
        attach(registry, "1", model_card(registry.model, "1", {}))
    assert registry.approval("1").state == "requested"


def test_a_replaced_or_lost_card_is_noticed(registry, endpoint):
    release(registry, "1", *papers(registry))
    name = f"documents/{registry.model}/1/model_card.json"
    forged = papers(registry, by="mallory")[0]
    registry.bucket.blob(name).upload_from_string(forged.to_json(), content_type="application/json")
    with pytest.raises(DocumentChanged, match="which was signed"):
        deploy_released(registry, "1", endpoint)
    registry.bucket.blob(name).delete()
    with pytest.raises(DocumentChanged, match="generation none"):
        read_attached(registry, "1", MODEL_CARD)


def test_a_changed_digest_is_noticed(registry):
    attach(registry, "1", papers(registry)[0])
    model = registry.get("1")
    model.update(labels={**model.labels, "model_card_digest": "0" * 32})
    with pytest.raises(DocumentChanged, match="the digest"):
        read_attached(registry, "1", MODEL_CARD)


def test_papers_are_bound_to_their_version_alone(registry):
    registry.register("gs://release-of-models/model", author=ADA, image=IMAGE)
    release(registry, "1", *papers(registry))
    with pytest.raises(NotSigned, match="version 2"):
        read_attached(registry, "2", MODEL_CARD)


def test_the_page_for_people_is_beside_it(registry):
    attached = attach(registry, "1", papers(registry)[0])
    assert attached.uri == f"gs://release-of-models/documents/{registry.model}/1/model_card.json"
    page = registry.bucket.blob(f"documents/{registry.model}/1/model_card.html")
    assert page.download_as_text().startswith("<article><h1>Model card: lending")


def test_what_is_known_is_filled_from_registry_and_lineage(registry):
    business = Business("census of 1994", owner="credit", steward="ada", purpose="lending", sensitivity="personal")
    run = Run("run-1", job="split", recorded_at=registry.clock())
    raw = Artifact("gs://data/adult.csv", "1", business, run, 100, rows=48_842)
    facts = card_facts(registry, "1", lineage=LineageGraph.of([raw]))
    assert facts["details"] == {
        "model": registry.model,
        "version": "1",
        "made by": ADA,
        "registered": facts["details"]["registered"],
        "description": "first try",
        "artifact": "gs://release-of-models/model",
        "container": IMAGE,
        "approval": "requested",
    }
    assert facts["training_data"].iloc[0, 1:4].tolist() == [48_842, "credit", "personal"]
    assert model_card(registry.model, "1", facts).empty[0] == "intended_use"
