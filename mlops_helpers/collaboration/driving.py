"""The protocol drives the machines of the earlier lessons: they start when the incident is at their stage, not before.

    start_retraining(incident, decision, pipeline_submitter(...), role="data_scientist")    lesson 2's trigger, once
    candidate, judged = version_evidence(incident, registry, "2", author="scientist A")     of lesson 5's pipeline
    approve_version(incident, registry)                           the registry learns what the incident approved
    start_canary(incident, canary, plan, role="platform_engineer")
    canary_evidence(incident, canary)

What may not happen now is refused by the protocol's own errors, and written down. The registry and the canary keep
their own locks besides: nothing here goes around them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlops_helpers.collaboration.errors import ForeignEvidence, InvalidSetting, OutOfOrder
from mlops_helpers.collaboration.evidence import Evidence, evidence_of
from mlops_helpers.collaboration.incident_state import IncidentState
from mlops_helpers.collaboration.log_entries import SHOWN
from mlops_helpers.collaboration.protocol_steps import CANDIDATE, CHOICE, RETRAINING
from mlops_helpers.monitoring.handover import HandOver, Submit, hand_over
from mlops_helpers.tooling.approval import UNREQUESTED, Approval
from mlops_helpers.tooling.canary import CanaryPlan, Rollout
from mlops_helpers.tooling.pipeline_evaluation import Evaluation

if TYPE_CHECKING:
    from mlops_helpers.collaboration.protocol import Incident
    from mlops_helpers.monitoring.retraining import Decision
    from mlops_helpers.tooling.canary_controller import Canary
    from mlops_helpers.tooling.registry import ModelRegistry


def start_retraining(incident: Incident, decision: Decision, submit: Submit, *, role: str) -> HandOver:
    """Hand the decision over that this incident decided on; a second call starts nothing.

    Raises `OutOfOrder` before the stage `retraining`, `ForeignEvidence` for another decision than the one that was
    shown; both are written down. What `submit` raises is the caller's.
    """

    def may_start(state: IncidentState) -> None:
        if state.stage != RETRAINING:
            found = f"a retraining at the stage {state.stage!r}"
            raise OutOfOrder(found, f"the stage {RETRAINING!r}", "Take the step 'retrain' first.")
        shown = [one.content["evidence"] for one in incident.entries if one.kind == SHOWN]
        decided = [one for one in shown if one["kind"] == CHOICE]
        if not decided or decided[-1]["digest"] != evidence_of(decision, incident=incident.id).digest:
            found = f"the decision {decision.id}"
            raise ForeignEvidence(found, "the decision that was signed", "Hand over that one, unchanged.")

    incident.require(may_start, "start a retraining", role)
    done = hand_over(decision, submit)
    incident.note(str(done), role=role, facts={"job": done.id, "first": done.first})
    return done


def version_evidence(
    incident: Incident, registry: ModelRegistry, version: str, *, author: str
) -> tuple[Evidence, Evidence]:
    """Return a registered version as candidate, and the evaluation that was stored beside it.

    `author` answers for the candidate (the registry may say that a pipeline made it). Raises `UnknownVersion` of
    tooling, and `InvalidSetting` for a version without evaluation.
    """
    from google.cloud import storage

    found = registry.get(version)
    model = f"{registry.model}@{found.version_id}"
    folder, _, _ = found.uri.rstrip("/").rpartition("/")
    digest = folder.rpartition("/")[2]
    blob = storage.Blob.from_uri(f"{folder}/about/evaluation.json", client=registry.bucket.client)
    if not blob.exists():
        raise InvalidSetting(f"{model} without evaluation.json", "the file that register() writes", "Register it so.")
    judged = Evaluation.from_dict(json.loads(blob.download_as_bytes()))
    candidate = Evidence(incident.id, CANDIDATE, "trained", f"registered as {model}", digest, model, author)
    return candidate, evidence_of(judged, incident=incident.id, model=model)


def approve_version(incident: Incident, registry: ModelRegistry) -> Approval:
    """Write into the registry what the incident approved, by whom and why; nothing if it is there already.

    Raises `NotApproved` (written down), and tooling's `SelfApproval` where the registry knows the signer as the author;
    `InvalidSetting` for the registry of another model.
    """
    state = incident.state
    model = incident.require_approved(state.candidate or "a model that nobody handed in")
    name, _, version = model.partition("@")
    if name != registry.model:
        raise InvalidSetting(f"the registry of {registry.model}", f"that of {name}", "Open the other one.")
    known = registry.approval(version)
    if known.approved:
        return known
    why = f"incident {incident.id}, evidence {next(iter(state.approval.rests_on.values()))[:12]}"
    if known.state == UNREQUESTED:
        registry.request(version, by=state.author, why=why)
    return registry.approve(version, by=state.approval.person, why=why)


def start_canary(incident: Incident, canary: Canary, plan: CanaryPlan, *, role: str) -> Rollout:
    """Give the approved model its first traffic. What else the endpoint holds cannot be let in this way.

    Raises `NotApproved` (written down) for any other model; then what `Canary.start` raises.
    """
    model = deployed_as(canary, plan.challenger)
    incident.require_approved(model, role=role)
    rollout = canary.start(plan)
    incident.note(f"canary of {model} started", role=role, facts={"challenger": plan.challenger})
    return rollout


def canary_evidence(incident: Incident, canary: Canary) -> Evidence:
    """Return the rollout as it is written down, about the model that the endpoint says it is."""
    rollout = canary.state()
    return evidence_of(rollout, incident=incident.id, model=deployed_as(canary, rollout.plan.challenger))


def deployed_as(canary: Canary, deployed_model: str) -> str:
    """Return which version (name@version) is deployed under an id. Raises `InvalidSetting` if none is."""
    known: dict[str, Any] = {found.id: found for found in canary.endpoint.list_models()}
    if deployed_model not in known:
        found = f"no deployed model {deployed_model!r}"
        raise InvalidSetting(found, f"one of {', '.join(known) or 'none'}", "Deploy it first, without traffic.")
    name = known[deployed_model].model.rpartition("/")[2].partition("@")[0]
    return f"{name}@{known[deployed_model].model_version_id}"
