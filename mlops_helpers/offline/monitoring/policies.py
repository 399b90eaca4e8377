"""Alert policies and notification channels, as resources. `alerting` says what a policy does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.cloud.monitoring_v3.types import ListAlertPoliciesResponse, ListNotificationChannelsResponse

from ..errors import invalid, not_found, unsupported
from ..rpc.errors import failed_precondition
from ..rpc.paging import page
from ..rpc.resources import copied, need
from .alerting import Combiner, check_threshold, evaluate, is_met

if TYPE_CHECKING:
    from .service import Monitoring

CHANNEL_TYPES = {"email": "email_address", "webhook_tokenauth": "url", "pubsub": "topic", "slack": "channel_name"}


def create_policy(service: Monitoring, request: Any) -> Any:
    """A new policy, with names for itself and its conditions."""
    policy = copied(request.alert_policy)
    policy.name = f"{request.name}/alertPolicies/{_number(service, 'alert policy')}"
    _check_policy(service, policy)
    _stamp(service, policy.creation_record)
    policy.mutation_record.CopyFrom(policy.creation_record)
    service.policies.create(policy.name, policy)
    evaluate(service, request.name, [policy])
    return policy


def get_policy(service: Monitoring, request: Any) -> Any:
    """One policy."""
    return service.policies.get(request.name)


def list_policies(service: Monitoring, request: Any) -> Any:
    """The project's policies."""
    _no_filter(request, "ListAlertPolicies")
    shown, token = page(service.policies.under(request.name), request)
    return ListAlertPoliciesResponse.pb()(alert_policies=shown, next_page_token=token)


def update_policy(service: Monitoring, request: Any) -> Any:
    """Change what the mask names, or everything. A policy that Google would refuse changes nothing."""
    name = request.alert_policy.name
    before = copied(service.policies.get(name))
    paths = list(request.update_mask.paths)
    changed = service.policies.update(name, request.alert_policy, paths)
    try:
        _check_policy(service, changed)
    except Exception:
        service.policies.put(name, before)
        raise
    changed.creation_record.CopyFrom(before.creation_record)
    _stamp(service, changed.mutation_record)
    evaluate(service, name.partition("/alertPolicies/")[0], [changed])
    return changed


def delete_policy(service: Monitoring, request: Any) -> None:
    """Delete a policy, and with it its open incident."""
    service.policies.delete(request.name)
    service.incidents.pop(request.name, None)


def _check_policy(service: Monitoring, policy: Any) -> None:
    need(policy.display_name, "alert_policy.display_name")
    need(policy.conditions, "alert_policy.conditions")
    if len(policy.conditions) > 1 and not policy.combiner:
        raise invalid("Field alert_policy.combiner is required for more than one condition: found none")
    if policy.combiner == Combiner.AND_WITH_MATCHING_RESOURCE:
        raise unsupported("alert policy combiner AND_WITH_MATCHING_RESOURCE")
    for condition in policy.conditions:
        kind = condition.WhichOneof("condition")
        if kind != "condition_threshold":
            raise unsupported(
                f"alert policy with {kind or 'an empty condition'} (only condition_threshold is evaluated)"
            )
        need(condition.display_name, "alert_policy.conditions.display_name")
        check_threshold(condition.condition_threshold)
        is_met(service, policy.name.partition("/alertPolicies/")[0], condition.condition_threshold)
        condition.name = condition.name or f"{policy.name}/conditions/{_number(service, 'condition')}"
    for channel in policy.notification_channels:
        if service.channels.find(channel) is None:
            raise not_found(f"Notification channel {channel} does not exist")


def create_channel(service: Monitoring, request: Any) -> Any:
    """A new channel. Nothing is ever sent to it."""
    channel = copied(request.notification_channel)
    if channel.type_ not in CHANNEL_TYPES:
        raise unsupported(f"notification channel type {channel.type_!r} (use one of {', '.join(CHANNEL_TYPES)})")
    label = CHANNEL_TYPES[channel.type_]
    if not channel.labels.get(label):
        raise invalid(f"Field notification_channel.labels[{label!r}] is required for type {channel.type_!r}")
    channel.name = f"{request.name}/notificationChannels/{_number(service, 'notification channel')}"
    if not channel.HasField("enabled"):
        channel.enabled.value = True
    _stamp(service, channel.creation_record)
    return service.channels.create(channel.name, channel)


def get_channel(service: Monitoring, request: Any) -> Any:
    """One channel."""
    return service.channels.get(request.name)


def list_channels(service: Monitoring, request: Any) -> Any:
    """The project's channels."""
    _no_filter(request, "ListNotificationChannels")
    shown, token = page(service.channels.under(request.name), request)
    return ListNotificationChannelsResponse.pb()(notification_channels=shown, next_page_token=token)


def update_channel(service: Monitoring, request: Any) -> Any:
    """Change what the mask names, or everything."""
    channel = request.notification_channel
    changed = service.channels.update(channel.name, channel, list(request.update_mask.paths))
    _stamp(service, changed.mutation_records.add())
    return changed


def delete_channel(service: Monitoring, request: Any) -> None:
    """Delete a channel; one that a policy uses only with `force`, which takes it out of the policy."""
    service.channels.get(request.name)
    users = service.policies.under("projects", lambda policy: request.name in policy.notification_channels)
    if users and not request.force:
        raise failed_precondition(f"Notification channel {request.name} is used by {users[0].name}: pass force=True")
    for policy in users:
        policy.notification_channels.remove(request.name)
    service.channels.delete(request.name)


def _no_filter(request: Any, rpc: str) -> None:
    if request.filter or request.order_by:
        raise unsupported(f"monitoring.{rpc} with filter or order_by")


def _number(service: Monitoring, kind: str) -> int:
    """Google names these by numbers."""
    return int(service.cloud.next_id(kind), 16)


def _stamp(service: Monitoring, record: Any) -> None:
    record.mutate_time.FromDatetime(service.cloud.clock.tick().replace(tzinfo=None))
