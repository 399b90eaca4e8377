"""The offline Cloud Monitoring: metrics that can be described, written and read back aligned and reduced.

service      which RPC is answered by what: start reading there
descriptors  metric descriptors, made by hand or by the first point
series       what a series and a point are
writing      writing points, by Google's rules of order and kind
selecting    what a filter means for a series or a descriptor
listing      reading series: interval, view, aggregation
alignment    points of one series, brought to regular times
reduction    several series, brought to one
platform     what the cloud itself counts: online predictions
policies     alert policies and notification channels, as resources
alerting     when an incident opens and closes

Reached by `google.cloud.monitoring_v3` over gRPC (see `rpc`). Points may have any time, as lessons and tutorials bring
clocks of their own. Policies are evaluated and incidents reported in the log, but nobody is notified. Uptime checks,
groups, services, snoozes and the query languages are refused by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import Monitoring


def open_service(cloud: OfflineCloud) -> Monitoring:
    """Called by the cloud on the first call to Cloud Monitoring."""
    from .service import Monitoring

    return Monitoring(cloud)
