"""The release of a model: card and impact assessment, signed, attached to its version, and binding.

    release(registry, "3", card, assessment)         attaches both; released: approves, refused: rejects the version
    read_attached(registry, "3", MODEL_CARD)         the card again, proved to be the one that was signed
    deploy_released(registry, "3", endpoint)         deploys what is released and approved, nothing else

Each document is an object in Cloud Storage beside the approvals; the labels of the version in Vertex AI's registry hold
its generation and the beginning of its digest. So a document that was replaced is noticed, whoever replaced it: object
and label would have to be changed together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.ethics.document_rendering import to_html
from mlops_helpers.ethics.documents import RELEASED, Document, Template, from_json, require_decision
from mlops_helpers.ethics.errors import DocumentChanged, NotSigned
from mlops_helpers.ethics.impact import IMPACT_ASSESSMENT, require_bearable
from mlops_helpers.ethics.model_cards import MODEL_CARD, subject_of
from mlops_helpers.tooling.approval import APPROVED, REJECTED, REQUESTED, REVOKED, Approval, Step, stamp, take_step

if TYPE_CHECKING:
    from google.cloud import aiplatform, storage

    from mlops_helpers.tooling.registry import ModelRegistry

DIGEST_LENGTH = 32  # half of SHA-256: labels hold 63 characters
FOLDER = "documents"


@dataclass(frozen=True)
class Attached:
    """Where a document is: its address, the generation of the object, and the digest of the document."""

    uri: str
    generation: int
    digest: str


def attach(registry: ModelRegistry, version: str, document: Document) -> Attached:
    """Store a complete document and bind it to a version; the JSON counts, an HTML page beside it is for people.

    A later document of the same kind becomes a new generation, and the labels move on to it. Raises `EmptySection`,
    `DocumentChanged` for a document about another version, tooling's `UnknownVersion`.
    """
    model = _require_about(document.require_complete(), registry, version)
    kind, text = document.template.kind, document.to_json()
    page = _blob(registry, model.version_id, kind, "html")
    page.upload_from_string(to_html(document), content_type="text/html; charset=utf-8")
    blob = _blob(registry, model.version_id, kind, "json")
    blob.upload_from_string(text, content_type="application/json")
    bound = {f"{kind}_generation": str(blob.generation), f"{kind}_digest": document.digest[:DIGEST_LENGTH]}
    model.update(labels={**model.labels, **bound})
    return Attached(f"gs://{blob.bucket.name}/{blob.name}", blob.generation, document.digest)


def read_attached(registry: ModelRegistry, version: str, template: Template) -> Document:
    """Return the document of this kind that is bound to a version.

    Raises `NotSigned` if there is none, `DocumentChanged` if the object is gone, was replaced, or is not what the
    version's labels say.
    """
    model, kind = registry.get(version), template.kind
    generation, digest = (model.labels.get(f"{kind}_{what}") for what in ("generation", "digest"))
    if not generation or not digest:
        found = f"no {template.title.lower()} at {subject_of(registry.model, model.version_id)}"
        raise NotSigned(found, "one that is attached", "Write it, sign it, and attach() it.")
    blob = _blob(registry, model.version_id, kind, "json")
    there = blob.bucket.get_blob(blob.name)
    if there is None or str(there.generation) != generation:
        found = f"generation {there.generation if there else 'none'} of {blob.name}"
        raise DocumentChanged(found, f"generation {generation}, which was signed", "Ask who replaced it.")
    document = from_json(there.download_as_text(), [template])
    if document.digest[:DIGEST_LENGTH] != digest:
        raise DocumentChanged(f"the digest {document.digest[:12]}…", f"{digest[:12]}…", "Ask who changed it.")
    return document


def release(registry: ModelRegistry, version: str, card: Document, assessment: Document) -> Approval:
    """Carry out the decision that both documents bear, and return the approval of the version as it is then.

    Released: both are attached and the version, whose approval somebody has asked for, is approved in the name of who
    signed the card. Refused: they are attached too, and a request is rejected, an approval revoked; without either
    there is nothing to take back. Everything is checked before anything is written. Raises `NotSigned` for documents
    without the same verdict or of a day to come, `EmptySection`, `UnacceptableRisk`,
    `DocumentChanged` for one about another version, and
    what the registry raises, such as tooling's `SelfApproval`.
    """
    decision = card.decision
    if decision is None:
        raise NotSigned(f"a card of {card.subject} without a decision", "a signed one", "Sign it: card.signed(...).")
    for document, template in ((card, MODEL_CARD), (assessment, IMPACT_ASSESSMENT)):
        if document.template != template:
            raise NotSigned(f"a {document.template.kind}", f"a {template.kind}", "Pass card, then assessment.")
        _require_about(require_decision(document, decision.verdict), registry, version)
    if decision.on > (today := registry.clock().date()):
        raise NotSigned(
            f"a decision of {decision.on}", f"one of {today} or before", "Nobody can sign tomorrow's paper."
        )
    step = _step_to_take(registry.approval(version), decision.verdict)
    if decision.verdict == RELEASED:
        require_bearable(assessment)
    if step is not None:  # would the registry allow it? Asked before anything is written
        take_step(registry.approval(version), Step(step, decision.by, stamp(registry.clock()), decision.reason))
    for document in (card, assessment):
        attach(registry, version, document)
    if step is not None:
        carry_out = {APPROVED: registry.approve, REJECTED: registry.reject, REVOKED: registry.revoke}[step]
        return carry_out(version, by=decision.by, why=decision.reason)
    return registry.approval(version)


def _step_to_take(before: Approval, verdict: str) -> str | None:
    """Return the step that carries a verdict out, None if the version is where the verdict wants it."""
    if verdict == RELEASED:
        return None if before.approved else APPROVED
    return {REQUESTED: REJECTED, APPROVED: REVOKED}.get(before.state)


def deploy_released(registry: ModelRegistry, version: str, endpoint: aiplatform.Endpoint) -> str:
    """Deploy a version whose attached documents are unchanged and say released, and return the deployed model's id.

    Raises `NotSigned`, `DocumentChanged`, `UnacceptableRisk`, and tooling's `NotApproved`.
    """
    for template in (MODEL_CARD, IMPACT_ASSESSMENT):
        require_decision(document := read_attached(registry, version, template), RELEASED)
    require_bearable(document)
    return registry.deploy(version, endpoint)


def _require_about(document: Document, registry: ModelRegistry, version: str) -> aiplatform.Model:
    model = registry.get(version)
    if document.subject != (mine := subject_of(registry.model, model.version_id)):
        raise DocumentChanged(f"a document about {document.subject}", f"one about {mine}", "Take the right one.")
    return model


def _blob(registry: ModelRegistry, version: str, kind: str, ending: str) -> storage.Blob:
    return registry.bucket.blob(f"{FOLDER}/{registry.model}/{version}/{kind}.{ending}")
