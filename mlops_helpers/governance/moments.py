"""Points in time: one without a time zone means something else in each country, so none is taken."""

from __future__ import annotations

import datetime as dt

from mlops_helpers.governance.errors import NaiveTimestamp


def require_aware(moment: dt.datetime, what: str) -> dt.datetime:
    """Return `moment` if it has a time zone, else raise `NaiveTimestamp` naming `what`."""
    if not isinstance(moment, dt.datetime) or moment.utcoffset() is None:
        raise NaiveTimestamp(f"{what} = {moment!r} without a time zone")
    return moment
