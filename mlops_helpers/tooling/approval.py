"""Who asked, who approved, when and why: the approval of a model version, as a history that only grows.

    (nothing) --request--> requested --approve--> approved --revoke--> revoked
                               |                                          |
                               +--reject--> rejected --request--> requested <--request--+

A history is one small object in Cloud Storage. Each step reads it and writes it back naming the generation it read, so
of two people who decide at the same moment one is told (`ApprovalChanged`) and nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlops_helpers.tooling.errors import ApprovalChanged, ApprovalRefused, InvalidSetting, SelfApproval

if TYPE_CHECKING:
    from google.cloud import storage

UNREQUESTED, REQUESTED, APPROVED, REJECTED, REVOKED = "unrequested", "requested", "approved", "rejected", "revoked"
# What may follow on what; a state that is not listed as a follower cannot be reached from there.
FOLLOWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        UNREQUESTED: (REQUESTED,),
        REQUESTED: (APPROVED, REJECTED),
        APPROVED: (REVOKED,),
        REJECTED: (REQUESTED,),
        REVOKED: (REQUESTED,),
    }
)


@dataclass(frozen=True)
class Step:
    """One entry of a history: the state it led to, who took it, when (ISO 8601) and why."""

    state: str
    by: str
    at: str
    why: str


@dataclass(frozen=True)
class Approval:
    """The history of one version, oldest step first; `generation` is that of its object (0: there is none yet)."""

    model: str
    version: str
    author: str
    steps: tuple[Step, ...] = ()
    generation: int = 0

    @property
    def state(self) -> str:
        """Where the history has led: `unrequested` before the first step."""
        return self.steps[-1].state if self.steps else UNREQUESTED

    @property
    def approved(self) -> bool:
        """Whether the version may be deployed."""
        return self.state == APPROVED

    def __str__(self) -> str:
        """Say the state, and who is responsible for it."""
        about = f"{self.model} version {self.version}: {self.state}"
        if not self.steps:
            return f"{about} (author {self.author})"
        last = self.steps[-1]
        return f"{about} by {last.by} at {last.at}, because: {last.why} (author {self.author})"


def take_step(approval: Approval, step: Step) -> Approval:
    """Return the approval with one more step. Pure: nothing is written.

    Raises `InvalidSetting` for a step without person or reason, `ApprovalRefused` for one that the workflow does not
    allow in this state, `SelfApproval` when the author approves.
    """
    for what, text in (("person", step.by), ("reason", step.why)):
        if not text.strip():
            raise InvalidSetting(f"no {what} for {step.state!r}", f"a {what}", "Say who decides, and why.")
    about = f"version {approval.version} of {approval.model}"
    if step.state not in FOLLOWS[approval.state]:
        expected = " or ".join(FOLLOWS[approval.state])
        remedy = "Read its history first: the decision may have been taken already."
        raise ApprovalRefused(f"{about} {approval.state}, to become {step.state}", f"it to become {expected}", remedy)
    if step.state == APPROVED and same_person(step.by, approval.author):
        found = f"an approval of {about} by its author {approval.author}"
        raise SelfApproval(found, "an approval by somebody else", "Ask a colleague to look at the evaluation.")
    return Approval(approval.model, approval.version, approval.author, (*approval.steps, step), approval.generation)


def same_person(one: str, other: str) -> bool:
    """Whether two names mean one person: letter case and spaces around them do not make somebody else."""
    return one.strip().casefold() == other.strip().casefold()


@dataclass(frozen=True)
class Approvals:
    """The approvals of all models below a prefix of a bucket."""

    bucket: storage.Bucket
    prefix: str = "approvals/"

    def read(self, model: str, version: str, author: str) -> Approval:
        """Return the history of a version, an empty one if nothing was asked yet. One request."""
        from google.api_core.exceptions import NotFound

        blob = self._blob(model, version)
        try:
            text = blob.download_as_bytes()
        except NotFound:
            return Approval(model, version, author)
        steps = tuple(Step(**step) for step in json.loads(text)["steps"])
        return Approval(model, version, author, steps, blob.generation)

    def add(self, approval: Approval, step: Step) -> Approval:
        """Take a step and write it down.

        Raises what `take_step` raises, before anything is written, and `ApprovalChanged` if the history is no longer
        as it was read.
        """
        from google.api_core.exceptions import PreconditionFailed

        after = take_step(approval, step)
        content = {"model": after.model, "version": after.version, "steps": [asdict(item) for item in after.steps]}
        blob = self._blob(after.model, after.version)
        try:
            blob.upload_from_string(
                json.dumps(content, indent=1, ensure_ascii=False),
                content_type="application/json",
                if_generation_match=approval.generation,
            )
        except PreconditionFailed as error:
            now = self.read(after.model, after.version, after.author)
            found = f"version {now.version} of {now.model} {now.state} in the meantime"
            raise ApprovalChanged(
                found, f"it to be {approval.state}", "Look at it again, then decide again."
            ) from error
        return Approval(after.model, after.version, after.author, after.steps, blob.generation)

    def _blob(self, model: str, version: str) -> storage.Blob:
        return self.bucket.blob(f"{self.prefix}{model}/{version}.json")


def stamp(moment: datetime) -> str:
    """Return a moment as it is stored: ISO 8601, to the second. Raises `InvalidSetting` for one without time zone."""
    if moment.tzinfo is None:
        raise InvalidSetting(f"the time {moment} without time zone", "one with", "Use datetime.now(UTC).")
    return moment.isoformat(timespec="seconds")
