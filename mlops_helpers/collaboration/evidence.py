"""What a decision rests on, reduced to a digest and a sentence: the reports of the earlier lessons as evidence.

    evidence_of(detect_drift(reference, friday), incident="INC-7")          drift report: drifted
    evidence_of(check_quality(friday, suite), incident="INC-7")             data check: passed
    evidence_of(trigger.decide(state, now=now), incident="INC-7")           retraining decision: retrain
    evidence_of(candidate, incident="INC-7", model="fraud@2", author="…")   candidate: trained
    evidence_of(judge_candidate(candidate, champion), incident="INC-7", model="fraud@2")    evaluation: deploy
    evidence_of(canary.state(), incident="INC-7", model="fraud@2")          canary: finished
    evidence_of(Recovery("recall", 0.31, 0.78, needed=0.7), incident="INC-7")               recovery: recovered

The whole report stays where it is; whoever has it can compute the digest again and compare. Each evidence belongs to
one incident and, once there is a candidate, to one model: it cannot be shown again elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlops_helpers.collaboration.errors import InvalidSetting
from mlops_helpers.collaboration.protocol_steps import CANARY, CANDIDATE, CHOICE, DATA, DRIFT, JUDGED, RECOVERY
from mlops_helpers.governance.report import QualityReport
from mlops_helpers.monitoring.drift_report import DriftReport
from mlops_helpers.monitoring.retraining import Decision
from mlops_helpers.tooling.canary import Rollout
from mlops_helpers.tooling.canary_state import to_json
from mlops_helpers.tooling.pipeline_by_hand import Candidate
from mlops_helpers.tooling.pipeline_evaluation import Evaluation
from mlops_helpers.tooling.pipeline_training import digest_of, to_bytes

ABOUT_A_MODEL = (CANDIDATE, JUDGED, CANARY)


@dataclass(frozen=True)
class Evidence:
    """One piece: which incident it belongs to, its kind, what it says, a sentence, and the SHA-256 of the whole.

    `model` is the candidate it is about, as name@version (empty where there is none), `author` who made that.
    `facts` are a few JSON values worth keeping.
    """

    incident: str
    kind: str
    verdict: str
    summary: str
    digest: str
    model: str = ""
    author: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The evidence as JSON-able values."""
        return asdict(self)

    def __str__(self) -> str:
        """Say it in one line."""
        about = f" of {self.model}" if self.model else ""
        return f"{self.kind}{about}, {self.verdict}: {self.summary} [{self.digest[:12]}]"


@dataclass(frozen=True)
class Recovery:
    """Whether the service is as it should be again: one metric before and after, and what is needed. Higher is better.

    Raises `InvalidSetting` for values that are not finite.
    """

    metric: str
    before: float
    after: float
    needed: float

    def __post_init__(self) -> None:
        for name in ("before", "after", "needed"):  # NumPy's numbers are no JSON
            object.__setattr__(self, name, float(getattr(self, name)))
        if not all(math.isfinite(value) for value in (self.before, self.after, self.needed)):
            found = f"{self.metric} before {self.before}, after {self.after}, needed {self.needed}"
            raise InvalidSetting(found, "three finite numbers", "Wait for labels: unknown is not recovered.")

    @property
    def recovered(self) -> bool:
        """Whether the value after reaches what is needed."""
        return self.after >= self.needed


def evidence_of(thing: Any, *, incident: str, model: str = "", author: str = "") -> Evidence:
    """Return a report, decision, candidate, rollout or `Recovery` as evidence of an incident.

    `model` (name@version) is needed for a candidate, its evaluation and its canary, `author` for a candidate. Raises
    `InvalidSetting` if one of them is missing or the thing is of another kind.
    """
    if not incident.strip():
        raise InvalidSetting("no incident", "the id of the incident it belongs to", "Pass incident=.")
    kind, verdict, summary, content, facts = _read(thing)
    if kind in ABOUT_A_MODEL and not model.strip():
        raise InvalidSetting(f"a {kind} without a model", "which model it is about", 'Pass model="fraud@2".')
    if kind == CANDIDATE and not author.strip():
        raise InvalidSetting("a candidate without an author", "who made it", "Pass author=: nobody approves their own.")
    whole = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()
    digest = content if kind == CANDIDATE else hashlib.sha256(whole).hexdigest()
    about = model if kind in ABOUT_A_MODEL else ""
    return Evidence(incident, kind, verdict, summary, digest, about, author if kind == CANDIDATE else "", facts)


def _read(thing: Any) -> tuple[str, str, str, Any, dict[str, Any]]:
    """Return kind, verdict, sentence, all that the digest covers, and a few facts."""
    match thing:
        case DriftReport():
            rows = json.loads(thing.table.to_json(orient="records", double_precision=10))
            return DRIFT, thing.verdict, thing.sentence, rows, {"drifted": thing.drifted, "columns": len(rows)}
        case QualityReport():
            return _read_quality(thing)
        case Decision():
            chosen = "retrain" if thing.retrain else "do not retrain"
            return CHOICE, chosen, str(thing), thing.to_dict(), {"id": thing.id, "action": thing.action}
        case Candidate():
            told = f"trained on {len(thing.training):,} rows, {len(thing.held_out):,} held out"
            return CANDIDATE, "trained", told, digest_of(to_bytes(thing.model)), {"rows": len(thing.training)}
        case Evaluation():
            overall = thing.overall
            facts = {"auc": overall.challenger_auc, "champion_auc": overall.champion_auc}
            return JUDGED, thing.decision, str(thing), thing.to_dict(), facts
        case Rollout():
            facts = {"challenger": thing.plan.challenger, "share": thing.share}
            return CANARY, thing.status, str(thing), json.loads(to_json(thing)), facts
        case Recovery():
            told = f"{thing.metric} {thing.before:.3g} before, {thing.after:.3g} after, {thing.needed:.3g} needed"
            return RECOVERY, "recovered" if thing.recovered else "not recovered", told, asdict(thing), asdict(thing)
    kinds = "DriftReport, QualityReport, Decision, Candidate, Evaluation, Rollout or Recovery"
    raise InvalidSetting(f"a {type(thing).__name__}", f"a {kinds}", "Show the report itself, not a part of it.")


def _read_quality(report: QualityReport) -> tuple[str, str, str, Any, dict[str, Any]]:
    """A check fails as a gate would: by an expectation of severity `stop`."""
    failed = [one for one in report.findings if one.failed]
    stopping = [one.expectation.id for one in failed if one.expectation.severity == "stop"]
    told = f"{report.rows:,} rows, {len(report.findings)} expectations, {len(failed)} failed"
    told += f", stopping: {', '.join(stopping)}" if stopping else ""
    facts = {"rows": report.rows, "failed": len(failed)}
    return DATA, "failed" if stopping else "passed", told, report.to_dict(), facts
