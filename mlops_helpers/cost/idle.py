"""What costs money and serves nobody: endpoints without traffic, old model versions, empty and forgotten storage.

    finder = IdleFinder(session.project, session.location, now=session.now())
    report = finder.find()                                   # looks, changes nothing
    report.monthly, report.table
    finder.remove(report, named=session.ledger)              # still changes nothing: says what would go
    finder.remove(report, named=["vertex://projects/..."], dry_run=False)

`idle_vertex` and `idle_storage` do the looking. What is younger than `days` is never idle: nobody knows yet. Removal
takes only what the ledger or a list names, looks again first, and refuses before it deletes anything.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlops_helpers.cloud.ledger import Entry, Ledger

from . import idle_storage, idle_vertex
from .errors import InvalidSetting, RemovalRefused
from .idle_items import Idle, Window
from .money import Money

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
COLUMNS = ("kind", "name", "why", "usd_per_month")
OUTCOMES = ("kind", "name", "outcome")


@dataclass(frozen=True)
class IdleReport:
    """What was found, dearest first. `unpriced` names what is idle and has no price in the table: not free, unknown."""

    found: tuple[Idle, ...]
    unpriced: tuple[str, ...] = field(default=())

    @property
    def monthly(self) -> Money:
        """What all of it lists at in a month, without what is unpriced."""
        return sum((item.monthly for item in self.found), start=Money(0))

    @property
    def table(self) -> pd.DataFrame:
        """Columns: kind, name, why, usd_per_month (Decimal, to the cent)."""
        import pandas as pd

        rows = [(item.kind, item.name, item.why, item.monthly.cents().amount) for item in self.found]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _repr_html_(self) -> str:
        unknown = f"; no price known for {len(self.unpriced)}" if self.unpriced else ""
        return f"{self.table.to_html(index=False, border=0)}<p>{self.monthly} a month{unknown}</p>"


class IdleFinder:
    """Looks through one project and location. `now` is the cloud's time, `days` how long something was not used.

    Raises InvalidSetting for less than one day, or a time without zone.
    """

    def __init__(self, project: str, location: str, *, now: datetime, days: int = 30) -> None:
        if days < 1 or now.tzinfo is None:
            found = f"days={days}, now={now}"
            raise InvalidSetting(found, "at least 1 day, and a time with its zone", "Use session.now().")
        self._project, self._location = project, location
        self._window = Window(now - timedelta(days=days), now)

    def find(self) -> IdleReport:
        """Look at endpoints, model versions, buckets, old object versions and datasets. Changes nothing.

        Raises what the clients raise: what cannot be looked at is not called idle.
        """
        unpriced: list[str] = []
        place = (self._project, self._location, self._window)
        found = [*idle_vertex.idle_endpoints(*place, unpriced), *idle_vertex.idle_versions(*place)]
        found += idle_storage.idle_buckets(self._project, self._window)
        found += idle_storage.idle_datasets(self._project, self._window)
        ordered = sorted(found, key=lambda item: (-item.monthly.amount, item.kind, item.name))
        return IdleReport(tuple(ordered), tuple(unpriced))

    def remove(self, report: IdleReport, *, named: Ledger | Iterable[str], dry_run: bool = True) -> pd.DataFrame:
        """Delete what a report found and the ledger or a list names. Columns: kind, name, outcome.

        Outcomes: "kept: not named", "would be deleted", "deleted". A ledger is what a session created; a list has the
        names of the report. With `dry_run` nothing is deleted. Raises RemovalRefused, before anything is deleted, for
        a name of the list that is not in the report, and for what is used again or is no longer the same.
        """
        import pandas as pd

        chosen = _chosen(report, named)
        again = {(item.kind, item.name, item.made) for item in self.find().found}
        if changed := [item.name for item in chosen if (item.kind, item.name, item.made) not in again]:
            remedy = "Find again, and look at the new report."
            raise RemovalRefused(f"no longer idle, or another one by now: {', '.join(changed)}", "no change", remedy)
        rows = []
        for item in report.found:
            outcome = "would be deleted" if item in chosen else "kept: not named"
            if item in chosen and not dry_run:
                delete(item, self._window)
                outcome = "deleted"
            rows.append((item.kind, item.name, outcome))
        return pd.DataFrame(rows, columns=list(OUTCOMES))


def delete(item: Idle, window: Window) -> None:
    """Delete one resource through its client. Raises what the client raises."""
    log.info("deleting %s %s: %s", item.kind, item.name, item.why)
    (idle_vertex.REMOVERS | idle_storage.REMOVERS)[item.kind](item, window)


def _chosen(report: IdleReport, named: Ledger | Iterable[str]) -> list[Idle]:
    if isinstance(named, Ledger):
        mine = {(entry.name, _made(entry)) for entry in named.entries}
        return [item for item in report.found if _identity(item) in mine]
    if isinstance(named, str):
        raise RemovalRefused(f"the text {named!r}", "a list of names, or a ledger", "Write [name].")
    names = set(named)
    if unknown := names - {item.name for item in report.found}:
        remedy = "Copy names from the report's table: what it does not show is not deleted."
        raise RemovalRefused(f"not in the report: {', '.join(sorted(unknown))}", "names that it found", remedy)
    return [item for item in report.found if item.name in names]


def _made(entry: Entry) -> str:
    """When the ledger's resource was made, as `Idle.made` has it; nothing for Vertex AI, which gives no id twice."""
    if entry.kind == "bucket":
        return datetime.fromisoformat(entry.made).isoformat()
    if entry.kind == "dataset":
        return datetime.fromtimestamp(int(entry.made) / 1000, UTC).isoformat()
    return ""


def _identity(item: Idle) -> tuple[str, str]:
    """What the ledger knows of a resource: a version of a model belongs to whoever made the model."""
    if item.kind in ("endpoint", "model version"):
        return item.name.partition("@")[0], ""
    return item.name, item.made
