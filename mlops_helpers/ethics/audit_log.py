"""Every decision of a guard, written to Cloud Logging: what was decided and why, never the text itself.

    audit = AuditLog(logging.Client().logger("guardrails"), key=key, clock=session.now)
    audit.record(GuardDecision("request-17", "input", "block", ("override (plain)",)), text=note)
    audit.table()                                       what was decided, oldest first

Of a text there is its length and a keyed hash (HMAC-SHA-256): who has the text and the key can prove that it is this
one, who has the log alone cannot guess it from a list of likely texts. If the log cannot be reached, nothing is
decided: the error is raised. A guard without a witness is none.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.errors import InvalidSetting
from mlops_helpers.governance.pii import redact_text
from mlops_helpers.governance.pseudonyms import require_strong

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud.logging_v2.logger import Logger

STAGES = ("input", "output", "person")
SEVERITY: Mapping[str, str] = {"allow": "INFO", "review": "NOTICE", "block": "WARNING", "failed": "ERROR"}
COLUMNS = ("time", "request", "stage", "action", "by", "reasons", "characters", "digest")
LONGEST_REASON = 200


@dataclass(frozen=True)
class GuardDecision:
    """What was decided about one request: at which stage (input, output, person), what, why, and by whom."""

    request: str
    stage: str
    action: str
    reasons: tuple[str, ...] = ()
    by: str = "guard"

    def __post_init__(self) -> None:
        if self.stage not in STAGES or not self.request.strip() or not self.by.strip():
            found = f"the stage {self.stage!r} of the request {self.request!r} by {self.by!r}"
            raise InvalidSetting(found, f"one of {', '.join(STAGES)}, a request and somebody", "Name all three.")


@dataclass(frozen=True)
class AuditLog:
    """Writes decisions to a logger of google-cloud-logging. Raises governance's `WeakKey` for a short key.

    `clock` gives times with a zone.
    """

    logger: Logger
    key: bytes = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)

    def __post_init__(self) -> None:
        require_strong(self.key)

    def record(self, decision: GuardDecision, *, text: str = "") -> dict[str, Any]:
        """Write a decision about a text, and return the entry. One request; raises what the client raises."""
        entry = {
            "message": f"{decision.stage} of {decision.request}: {decision.action}",
            "request": decision.request,
            "stage": decision.stage,
            "action": decision.action,
            "by": decision.by,
            "reasons": [redact_text(reason)[:LONGEST_REASON] for reason in decision.reasons],
            "characters": len(text),
            "digest": self.digest(text),
        }
        moment = self.clock()
        if moment.tzinfo is None:
            raise InvalidSetting(f"the clock's time {moment} without a zone", "one with a zone", "Use datetime.UTC.")
        severity = SEVERITY.get(decision.action, "NOTICE")
        self.logger.log_struct(entry, severity=severity, timestamp=moment, labels={"guard": decision.stage})
        return entry

    def digest(self, text: str) -> str:
        """Return the keyed hash of a text, 64 hexadecimal digits."""
        return hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def table(self, request: str | None = None) -> pd.DataFrame:
        """Return the decisions, oldest first, of one request or of all: one row each, `reasons` as one text."""
        import pandas as pd

        found = sorted(self._entries(), key=lambda entry: entry.timestamp)
        rows = [
            (entry.timestamp, *(_cell(entry.payload[name]) for name in COLUMNS[1:]))
            for entry in found
            if request is None or entry.payload["request"] == request
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _entries(self) -> Iterable[Any]:
        name = f'logName="{self.logger.full_name}" AND labels.guard:*'
        return (entry for entry in self.logger.client.list_entries(filter_=name) if "digest" in (entry.payload or {}))


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return int(value) if isinstance(value, float) else value
