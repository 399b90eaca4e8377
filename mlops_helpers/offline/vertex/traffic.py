"""Traffic splits: which deployed model answers a request.

Real endpoints draw at random. Here the draw is a hash of the endpoint and the number of the request, so that a lesson
gives the same answers tomorrow, and over many requests each model gets its share.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .errors import bad_field, precondition

if TYPE_CHECKING:
    from .service import Vertex

NEW = "0"  # in a request to deploy: the model that is being deployed and has no id yet


def checked(split: Mapping[str, int], deployed: Iterable[str]) -> dict[str, int]:
    """A traffic split without the zeros, or an empty one.

    Raises ApiError 400 unless the percentages are those of deployed models, between 0 and 100, and sum to 100.
    """
    known = set(deployed)
    if strange := sorted(set(split) - known):
        raise bad_field("traffic_split", ", ".join(strange), f"ids of deployed models ({', '.join(sorted(known))})")
    if any(not 0 <= share <= 100 for share in split.values()):
        raise bad_field("traffic_split", dict(split), "percentages between 0 and 100")
    if split and sum(split.values()) != 100:
        raise bad_field("traffic_split", dict(split), f"a sum of 100 (it is {sum(split.values())}), or an empty split")
    return {model: share for model, share in split.items() if share}


class Draws:
    """How many requests each endpoint has answered; every draw depends on that number alone."""

    def __init__(self, vertex: Vertex) -> None:
        self._drawn: Counter[str] = Counter()

    def pick(self, endpoint: str, split: Mapping[str, int]) -> str:
        """The id of the deployed model that answers the next request. Raises ApiError 400 for an empty split."""
        if not split:
            raise precondition(
                f"The endpoint {endpoint} has no traffic split: deploy a model, or assign traffic to one."
            )
        self._drawn[endpoint] += 1
        ticket = percentile(endpoint, self._drawn[endpoint])
        for model, share in sorted(split.items()):
            ticket -= share
            if ticket < 0:
                return model
        raise ValueError(f"found a traffic split that does not sum to 100: {dict(split)}")


def percentile(endpoint: str, number: int) -> int:
    """A number from 0 to 99 that follows from the endpoint and the request's number."""
    digest = hashlib.sha256(f"{endpoint}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100
