"""Traffic on a Vertex AI endpoint: shares that add up to 100, changed only if nobody else changed them.

Every write names the endpoint's etag as it was read. So of two controllers one is told (`RolloutChanged`), and a split
that the endpoint cannot have is refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.tooling.assignment import percents
from mlops_helpers.tooling.errors import BadSplit, LastModel, RolloutChanged

if TYPE_CHECKING:
    from google.cloud import aiplatform


def check_split(split: Mapping[str, int], deployed: Iterable[str]) -> dict[str, int]:
    """Return a split without its zeros. Raises `BadSplit` unless whole shares of deployed models add up to 100."""
    known = list(deployed)
    if strange := sorted(set(split) - set(known)):
        expected = f"some of {', '.join(known)}" if known else "an endpoint with models"
        raise BadSplit(f"a share for {', '.join(strange)}", expected, "Deploy the model first.")
    shares = percents(split, arms=0, whole=True)
    return {model: int(share) for model, share in shares.items() if share}


def canary_split(before: Mapping[str, int], challenger: str, share: int) -> dict[str, int]:
    """Return the split in which the challenger has `share` per cent and the others share the rest as they did before.

    Rounded by largest remainders (ties: the model named first), so that the sum is 100. Raises `BadSplit`.

    >>> canary_split({"1": 70, "2": 30}, "9", 5)
    {'9': 5, '1': 67, '2': 28}
    """
    others = {model: part for model, part in check_split(before, [*before]).items() if model != challenger}
    if not others or not 0 <= share <= 100:
        found = f"{share} % for {challenger} beside {others}"
        raise BadSplit(found, "0 to 100 % beside another model with traffic", "Change the share.")
    total, rest = sum(others.values()), 100 - share
    floors = {model: part * rest // total for model, part in others.items()}
    by_remainder = sorted(others, key=lambda model: -(others[model] * rest % total))
    for model in by_remainder[: rest - sum(floors.values())]:
        floors[model] += 1
    return {model: part for model, part in {challenger: share, **floors}.items() if part}


def champion_of(split: Mapping[str, int]) -> str:
    """Return the model with most traffic, of equal ones the first."""
    return max(split, key=lambda model: split[model])


@dataclass(frozen=True)
class Seen:
    """An endpoint as it was read: its split without zeros, the ids of its models, and its etag."""

    split: dict[str, int]
    deployed: tuple[str, ...]
    etag: str


@dataclass(frozen=True)
class Traffic:
    """The traffic of one endpoint."""

    endpoint: aiplatform.Endpoint

    def read(self) -> Seen:
        """Return the endpoint as it is now. One request."""
        name = self.endpoint.resource_name
        found = self.endpoint.api_client.get_endpoint(name=name)
        split = {model: share for model, share in found.traffic_split.items() if share}
        return Seen(split, tuple(model.id for model in found.deployed_models), found.etag)

    def write(self, split: Mapping[str, int], seen: Seen) -> None:
        """Give the endpoint a split, if it still is as it was seen.

        Raises `BadSplit` before anything is sent, `RolloutChanged` if somebody else changed the endpoint.
        """
        from google.api_core.exceptions import Aborted, BadRequest
        from google.cloud.aiplatform_v1.types import Endpoint

        shares = check_split(split, seen.deployed)
        changed = Endpoint(name=self.endpoint.resource_name, etag=seen.etag, traffic_split=shares)
        try:
            self.endpoint.api_client.update_endpoint(endpoint=changed, update_mask={"paths": ["traffic_split"]})
        except (BadRequest, Aborted) as error:
            if (now := self.read()).etag == seen.etag:
                raise
            found = f"the endpoint changed in the meantime, to {now.split}"
            raise RolloutChanged(found, f"it at {seen.split}", "Read it again, then decide again.") from error

    def undeploy(self, model: str) -> None:
        """Take a model without traffic off the endpoint.

        Raises `LastModel` if it is the only one, `BadSplit` if it is not deployed or has traffic; nothing is changed.
        """
        seen = self.read()
        if model not in seen.deployed:
            raise BadSplit(f"no deployed model {model}", f"one of {', '.join(seen.deployed)}", "Check the id.")
        if len(seen.deployed) == 1:
            raise LastModel(f"{model} alone on its endpoint", "another that answers", "Deploy another model first.")
        if seen.split.get(model):
            remedy = "Give its traffic to another model first."
            raise BadSplit(f"{model} with {seen.split[model]} % of the traffic", "a model without traffic", remedy)
        self.endpoint.undeploy(model)
