"""Cloud Monitoring's RPCs and what answers them, and the state they share. Everything else is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud.monitoring_v3.services.alert_policy_service.transports.grpc import AlertPolicyServiceGrpcTransport
from google.cloud.monitoring_v3.services.metric_service.transports.grpc import MetricServiceGrpcTransport
from google.cloud.monitoring_v3.services.notification_channel_service.transports.grpc import (
    NotificationChannelServiceGrpcTransport,
)
from google.cloud.monitoring_v3.services.uptime_check_service.transports.grpc import UptimeCheckServiceGrpcTransport

from ..rpc.resources import Collection
from . import descriptors, listing, policies, series, writing

if TYPE_CHECKING:
    from ..state import OfflineCloud

RPCS = {
    "CreateMetricDescriptor": descriptors.create,
    "GetMetricDescriptor": descriptors.get,
    "ListMetricDescriptors": descriptors.list_descriptors,
    "DeleteMetricDescriptor": descriptors.delete,
    "CreateTimeSeries": writing.create,
    "ListTimeSeries": listing.list_series,
    "CreateAlertPolicy": policies.create_policy,
    "GetAlertPolicy": policies.get_policy,
    "ListAlertPolicies": policies.list_policies,
    "UpdateAlertPolicy": policies.update_policy,
    "DeleteAlertPolicy": policies.delete_policy,
    "CreateNotificationChannel": policies.create_channel,
    "GetNotificationChannel": policies.get_channel,
    "ListNotificationChannels": policies.list_channels,
    "UpdateNotificationChannel": policies.update_channel,
    "DeleteNotificationChannel": policies.delete_channel,
}


class Monitoring:
    """Descriptors, series, policies and channels."""

    routes = ()
    transports = (
        MetricServiceGrpcTransport,
        AlertPolicyServiceGrpcTransport,
        NotificationChannelServiceGrpcTransport,
        UptimeCheckServiceGrpcTransport,
    )
    rpcs = RPCS

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.descriptors = Collection("Metric descriptor")
        self.series: dict[series.Key, series.Series] = {}
        self.policies, self.channels = Collection("Alert policy"), Collection("Notification channel")
        self.incidents: dict[str, str] = {}  # of each policy that fires, by the policy's name

    def close(self) -> None:
        """Forget all points."""
        self.series.clear()
