"""Versions of one model in Vertex AI's registry: who made them, who approved them, which is champion.

    registry = ModelRegistry("churn", bucket, clock=session.now)
    version = registry.register("gs://models/churn/7", author="ada@example.com", image=SKLEARN)
    registry.request(version, by="ada@example.com", why="recall +3 points, see run 2026-11-20")
    registry.approve(version, by="grace@example.com", why="no group is worse off")
    registry.deploy(version, endpoint)                       # without traffic, unless it is the first model there
    registry.promote(version)                                # champion; the one before becomes `previous`

The author is a label that is uploaded together with the version, so there is no version without an author. Approvals
are kept beside the registry (`approval`): a label could be changed by anybody who may edit a model, without a trace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.approval import APPROVED, REJECTED, REQUESTED, REVOKED, Approval, Approvals, Step, stamp
from mlops_helpers.tooling.errors import InvalidSetting, NotApproved, NothingToRollBack, UnknownVersion
from mlops_helpers.tooling.given import describe, need_bucket, need_endpoint

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform, storage

CHAMPION, CHALLENGER, PREVIOUS, DEFAULT = "champion", "challenger", "previous", "default"
COLUMNS = ("version", "aliases", "author", "state", "by", "at", "why", "description")
LONGEST_LABEL = 63


@dataclass(frozen=True)
class ModelRegistry:
    """One model of the registry of the project and location of `aiplatform.init`.

    `model` is its id, `bucket` where approvals are kept, `clock` gives the time that is written down with each step.
    Raises `InvalidSetting` for a bucket's name instead of the bucket, and for a clock that cannot be called.
    """

    model: str
    bucket: storage.Bucket
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        need_bucket(self.bucket)
        if not callable(self.clock):
            raise InvalidSetting(describe(self.clock), "a clock that can be called", "Pass session.now, without ().")

    def register(
        self,
        artifact_uri: str,
        *,
        author: str,
        image: str,
        description: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """Upload an artifact as the next version, and return its number. It has no alias and no approval.

        `image` is the container that serves it. Raises `InvalidSetting` for an author that does not fit into a label.
        """
        from google.cloud import aiplatform

        known = self._versions()
        uploaded = aiplatform.Model.upload(
            display_name=self.model,
            model_id=None if known else self.model,
            parent_model=self.model if known else None,
            is_default_version=not known,  # an upload must not change what `churn` without a version means
            artifact_uri=artifact_uri,
            serving_container_image_uri=image,
            version_description=description,
            labels={**(labels or {}), "author": to_label(author)},
        )
        return uploaded.version_id

    def versions(self) -> pd.DataFrame:
        """Return one row for each version, oldest first; `by`, `at` and `why` are those of the last step."""
        import pandas as pd

        rows = []
        for found in self._versions():
            approval = self._approval(found)
            last = approval.steps[-1] if approval.steps else Step("", "", "", "")
            aliases = ", ".join(sorted(set(found.version_aliases) - {DEFAULT}))
            about = (found.version_id, aliases, approval.author, approval.state)
            rows.append((*about, last.by, last.at, last.why, found.version_description))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def approval(self, version: str) -> Approval:
        """Return the history of a version or alias. Raises `UnknownVersion`."""
        return self._approval(self._version(version))

    def request(self, version: str, *, by: str, why: str) -> Approval:
        """Ask for approval. Raises `ApprovalRefused` if it was asked already, `UnknownVersion`."""
        return self._step(version, REQUESTED, by, why)

    def approve(self, version: str, *, by: str, why: str) -> Approval:
        """Approve. Raises `SelfApproval` for the author, `ApprovalRefused` if nobody asked, `UnknownVersion`."""
        return self._step(version, APPROVED, by, why)

    def reject(self, version: str, *, by: str, why: str) -> Approval:
        """Reject. Raises `ApprovalRefused` if nobody asked, `UnknownVersion`."""
        return self._step(version, REJECTED, by, why)

    def revoke(self, version: str, *, by: str, why: str) -> Approval:
        """Take an approval back: the version cannot be deployed again; where it is deployed it stays."""
        return self._step(version, REVOKED, by, why)

    def need_approved(self, version: str) -> str:
        """Return the number of an approved version or alias. Raises `NotApproved`, `UnknownVersion`."""
        approval = self.approval(version)
        if not approval.approved:
            remedy = "Ask for approval with request(); somebody other than the author approves."
            raise NotApproved(str(approval), "an approved version", remedy)
        return approval.version

    def deploy(
        self, version: str, endpoint: aiplatform.Endpoint, *, machine_type: str = "n1-standard-2", replicas: int = 1
    ) -> str:
        """Deploy an approved version, and return the id of the deployed model.

        It gets no traffic (a rollout gives it some), except on an empty endpoint, where it gets all of it. Raises
        `NotApproved` before anything is asked of the endpoint, `InvalidSetting` for its name instead of it.
        """
        need_endpoint(endpoint)
        number = self.need_approved(version)
        before = {deployed.id for deployed in endpoint.list_models()}
        endpoint.deploy(
            self.get(number),
            deployed_model_display_name=f"{self.model}-v{number}",
            traffic_percentage=0,
            machine_type=machine_type,
            min_replica_count=replicas,
            max_replica_count=replicas,
        )
        (added,) = {deployed.id for deployed in endpoint.list_models()} - before
        return added

    def get(self, version: str) -> aiplatform.Model:
        """Return a version or alias as Google's client knows it. Raises `UnknownVersion`."""
        from google.cloud import aiplatform

        return aiplatform.Model(self.model, version=self._version(version).version_id)

    def alias(self, name: str) -> str | None:
        """Return the version behind an alias, None if no version has it."""
        return next((found.version_id for found in self._versions() if name in found.version_aliases), None)

    def challenge(self, version: str) -> None:
        """Make an approved version the challenger. Raises `NotApproved`, `UnknownVersion`."""
        self._give(self.need_approved(version), CHALLENGER)

    def promote(self, version: str) -> None:
        """Make an approved version the champion, and what the model without a version means; the old one is `previous`.

        `previous` is written first: if this stops in between, the champion is still the old one. Raises `NotApproved`,
        `UnknownVersion`.
        """
        number, before = self.need_approved(version), self.alias(CHAMPION)
        if before == number:
            return
        if before is not None:
            self._give(before, PREVIOUS)
        self._give(number, CHAMPION, DEFAULT)
        if self.alias(CHALLENGER) == number:
            self._registry().remove_version_aliases([CHALLENGER], number)

    def roll_back(self) -> str:
        """Make the previous champion champion again, and return its number.

        Raises `NothingToRollBack`, and `NotApproved` if its approval was revoked.
        """
        previous = self.alias(PREVIOUS)
        if previous is None or previous == self.alias(CHAMPION):
            found = f"no earlier champion of {self.model}"
            raise NothingToRollBack(found, "one that was replaced by promote()", "Promote an approved version instead.")
        self._give(self.need_approved(previous), CHAMPION, DEFAULT)
        self._registry().remove_version_aliases([PREVIOUS], previous)
        return previous

    def _step(self, version: str, state: str, by: str, why: str) -> Approval:
        return Approvals(self.bucket).add(self.approval(version), Step(state, by, stamp(self.clock()), why))

    def _approval(self, found: Any) -> Approval:
        author = from_label(found.labels.get("author", ""))
        return Approvals(self.bucket).read(self.model, found.version_id, author)

    def _registry(self) -> Any:
        from google.cloud.aiplatform.models import ModelRegistry as Google

        return Google(self.model)

    def _give(self, version: str, *aliases: str) -> None:
        self._registry().add_version_aliases(list(aliases), version)

    def _versions(self) -> list[Any]:
        """All versions, oldest first, none if there is no such model. Labels only come with this call."""
        from google.api_core.exceptions import NotFound

        google = self._registry()
        try:
            found = list(google.client.list_model_versions(name=google.model_resource_name))
        except NotFound:
            return []
        return sorted(found, key=lambda version: int(version.version_id))

    def _version(self, version: str) -> Any:
        """Return the version of a number or an alias. Raises `UnknownVersion`, naming those there are."""
        known = self._versions()
        for found in known:
            if str(version) == found.version_id or version in found.version_aliases:
                return found
        listed = ", ".join([found.version_id for found in known][-20:])
        found = f"no version {version!r} of the model {self.model!r}"
        raise UnknownVersion(found, f"one of {listed}" if known else "a model that was registered", "See versions().")


def to_label(person: str) -> str:
    """Return a person's name as a label may hold it, so that `from_label` gives it back in lower case.

    Labels take lower-case letters, digits, `-` and `_`; what else there is becomes `_` and two hexadecimal digits.

    >>> to_label("Ada@example.com")
    'ada_40example_2ecom'
    """
    raw = person.strip().casefold().encode()
    label = "".join(chr(byte) if re.fullmatch(r"[a-z0-9-]", chr(byte)) else f"_{byte:02x}" for byte in raw)
    if not 1 <= len(label) <= LONGEST_LABEL:
        expected = f"1 to {LONGEST_LABEL} characters, each that is no letter, digit or '-' counted three times"
        raise InvalidSetting(f"the author {person!r:.80}", expected, "Use a short name or address.")
    return label


def from_label(label: str) -> str:
    """Return the name that `to_label` was given; a label that it did not write is returned as it is."""
    try:
        return re.sub(rb"_([0-9a-f]{2})", lambda pair: bytes.fromhex(pair[1].decode()), label.encode()).decode()
    except UnicodeDecodeError:
        return label
