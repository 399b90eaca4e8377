"""A rollout in Cloud Storage: one small object for each endpoint, written only by whoever read it last.

A controller that dies leaves this object behind, and the next one goes on from it. Turn on the bucket's versioning to
keep the rollouts before the last one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.canary import CanaryPlan, Decision, Rollout
from mlops_helpers.tooling.errors import RolloutChanged
from mlops_helpers.tooling.given import need_bucket
from mlops_helpers.tooling.guardrails import Finding, Guardrail

if TYPE_CHECKING:
    from google.cloud import storage

DURATIONS = ("soak", "patience", "fresh")


@dataclass(frozen=True)
class RolloutStore:
    """The rollouts of all endpoints below a prefix of a bucket. Raises InvalidSetting for the bucket's name."""

    bucket: storage.Bucket
    prefix: str = "rollouts/"

    def __post_init__(self) -> None:
        need_bucket(self.bucket)

    def read(self, endpoint: str) -> tuple[Rollout | None, int]:
        """Return an endpoint's rollout and the generation of its object; None and 0 if there was none."""
        from google.api_core.exceptions import NotFound

        blob = self._blob(endpoint)
        try:
            text = blob.download_as_text()
        except NotFound:
            return None, 0
        return from_json(text), blob.generation

    def write(self, endpoint: str, rollout: Rollout, generation: int) -> int:
        """Write a rollout over the one of this generation, and return the new generation.

        Raises `RolloutChanged` if somebody else wrote in the meantime.
        """
        from google.api_core.exceptions import PreconditionFailed

        blob = self._blob(endpoint)
        try:
            blob.upload_from_string(to_json(rollout), content_type="application/json", if_generation_match=generation)
        except PreconditionFailed as error:
            found = f"the rollout of endpoint {endpoint} written by another controller"
            raise RolloutChanged(found, f"it at generation {generation}", "Let one controller run it.") from error
        return blob.generation

    def _blob(self, endpoint: str) -> storage.Blob:
        return self.bucket.blob(f"{self.prefix}{endpoint}.json")


def to_json(rollout: Rollout) -> str:
    """Return a rollout as text: times in ISO 8601, durations in seconds."""
    return json.dumps(asdict(rollout), indent=1, default=_plain)


def from_json(text: str) -> Rollout:
    """Return the rollout that `to_json` wrote."""
    content = json.loads(text)
    decisions = tuple(map(_decision, content.pop("decisions")))
    since = datetime.fromisoformat(content.pop("since"))
    return Rollout(_plan(content.pop("plan")), since=since, decisions=decisions, **content)


def _plan(content: dict[str, Any]) -> CanaryPlan:
    durations = {name: timedelta(seconds=content.pop(name)) for name in DURATIONS}
    rails = tuple(Guardrail(**rail) for rail in content.pop("guardrails"))
    return CanaryPlan(steps=tuple(content.pop("steps")), guardrails=rails, **durations, **content)


def _decision(content: dict[str, Any]) -> Decision:
    findings = tuple(Finding(**found) for found in content.pop("findings"))
    return Decision(at=datetime.fromisoformat(content.pop("at")), findings=findings, **content)


def _plain(value: object) -> object:
    """Return what JSON has no word for."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"found a {type(value).__name__}; expected a time, a duration or a mapping")
