"""The Gemini of one offline cloud: caches, jobs, tuned models, and what was asked before."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from ..router import Route
from .batches import Batches
from .caches import Caches
from .matching import OWN_ID
from .routes import ROUTES
from .tuned import TunedModels
from .tuning import TuningJobs
from .usage import ImplicitCache

if TYPE_CHECKING:
    from ..state import OfflineCloud


class Gemini:
    """Everything that `google.genai` reaches."""

    routes: tuple[Route, ...] = ROUTES

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.caches = Caches(cloud)
        self.implicit = ImplicitCache()
        self.tuned = TunedModels(self)
        self.tuning = TuningJobs(self)
        self.batches = Batches(self)
        self._asked: Counter[bytes] = Counter()

    def repeats(self, *about: str) -> int:
        """How often exactly this was asked before; asking counts."""
        key = hashlib.sha256("\x1f".join(about).encode()).digest()[:12]
        self._asked[key] += 1
        return self._asked[key] - 1

    def new_id(self, kind: str) -> str:
        """A fresh numeric id that tells Gemini's resources from the rest of Vertex AI's."""
        return OWN_ID + str(10**14 + int(self.cloud.next_id(f"gemini {kind}"), 16) % (9 * 10**14))

    def close(self) -> None:
        """Nothing outlives the cloud."""
