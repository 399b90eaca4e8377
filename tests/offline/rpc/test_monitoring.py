"""Cloud Monitoring through google-cloud-monitoring, over real gRPC."""

import statistics

import numpy as np
import pytest
from google.api import metric_pb2
from google.api_core import exceptions
from google.cloud import logging
from google.cloud import monitoring_v3 as monitoring
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.monitoring.reduction import percentile

PROJECT = "projects/offline-project"
DRIFT, REQUESTS = "custom.googleapis.com/drift", "custom.googleapis.com/requests"
START = 1_767_600_000  # a whole minute
Aligner, Reducer, Kind = monitoring.Aggregation.Aligner, monitoring.Aggregation.Reducer, metric_pb2.MetricDescriptor


@pytest.fixture
def client(session):
    with monitoring.MetricServiceClient() as client:
        yield client


def series(value, at, *, metric=DRIFT, since=None, **labels):
    """A series with one point, `at` seconds after the start; `since` makes it a counter."""
    field = {bool: "bool_value", int: "int64_value", float: "double_value", str: "string_value"}[type(value)]
    interval = {"end_time": {"seconds": START + at}}
    kind = Kind.GAUGE
    if since is not None:
        interval["start_time"], kind = {"seconds": START + since}, Kind.CUMULATIVE
    point = monitoring.Point(interval=interval, value={field: value})
    resource = {"type": "global", "labels": {"project_id": "offline-project"}}
    return monitoring.TimeSeries(
        metric={"type": metric, "labels": labels}, resource=resource, metric_kind=kind, points=[point]
    )


def write(client, *args, **options):
    client.create_time_series(name=PROJECT, time_series=[series(*args, **options)])


def read(client, condition="", *, metric=DRIFT, until=600, since=0, **options):
    text = " AND ".join(filter(None, [f'metric.type = "{metric}"', condition]))
    interval = monitoring.TimeInterval(start_time={"seconds": START + since}, end_time={"seconds": START + until})
    request = {"name": PROJECT, "filter": text, "interval": interval, **options}
    return list(client.list_time_series(request=request))


def values(found):
    """Values of a series, oldest first."""
    return [next(iter(type(point.value).to_dict(point.value).values())) for point in reversed(found.points)]


# --- descriptors -----------------------------------------------------------------------------------------------------


def test_a_descriptor_is_created_found_and_deleted_with_its_points(client):
    described = metric_pb2.MetricDescriptor(type=DRIFT, metric_kind="GAUGE", value_type="DOUBLE", description="PSI")
    client.create_metric_descriptor(name=PROJECT, metric_descriptor=described)
    name = f"{PROJECT}/metricDescriptors/{DRIFT}"
    assert client.get_metric_descriptor(name=name).description == "PSI"
    write(client, 0.5, 10)
    client.delete_metric_descriptor(name=name)
    with pytest.raises(exceptions.NotFound, match="Cannot find metric"):
        read(client)


def test_the_first_point_describes_its_metric(client):
    write(client, 0.5, 10, model="churn")
    write(client, 3, 10, metric=REQUESTS, since=0)
    listed = client.list_metric_descriptors(
        request={"name": PROJECT, "filter": 'metric.type = starts_with("custom.googleapis.com/d")'}
    )
    [found] = listed
    assert (found.type, found.value_type, [label.key for label in found.labels]) == (DRIFT, Kind.DOUBLE, ["model"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "compute.googleapis.com/x", "metric_kind": 1, "value_type": 3}, "must start with one of"),
        ({"type": DRIFT, "metric_kind": 2, "value_type": 3}, "do not go together"),
        ({"type": DRIFT, "metric_kind": 3, "value_type": 4}, "do not go together"),
    ],
)
def test_a_descriptor_that_google_refuses(client, fields, message):
    with pytest.raises(exceptions.InvalidArgument, match=message):
        client.create_metric_descriptor(name=PROJECT, metric_descriptor=metric_pb2.MetricDescriptor(**fields))


# --- writing ---------------------------------------------------------------------------------------------------------


def test_points_come_back_newest_first(client):
    for at, value in [(10, 0.1), (20, 0.2), (30, 0.3)]:
        write(client, value, at, model="churn")
    [found] = read(client, since=10)
    assert [point.value.double_value for point in found.points] == [0.3, 0.2]  # the interval's start is outside
    assert (dict(found.metric.labels), found.metric_kind, found.value_type) == ({"model": "churn"}, 1, 3)
    assert found.points[0].interval.end_time.timestamp() == START + 30


@pytest.mark.parametrize("value", [True, 2**60, 0.25, "yes"])
def test_every_type_of_value_comes_back(client, value):
    write(client, value, 10)
    assert [str(found) for found in values(read(client)[0])] == [str(value)]


WRONG = [
    ([series(0.2, 10)], "Points must be written in order"),
    ([series(1, 30)], "must be DOUBLE, but is INT64"),
    ([series(0.2, 30, since=0)], "must be GAUGE, but is CUMULATIVE"),
    ([series(0.2, 30), series(0.3, 40)], "Duplicate TimeSeries"),
    ([series(0.2, 30, metric="storage.googleapis.com/x")], "must start with one of"),
    ([], "1 to 200 elements"),
]


@pytest.mark.parametrize(("written", "message"), WRONG)
def test_points_out_of_order_or_of_another_kind_are_refused(client, written, message):
    write(client, 0.1, 20)
    with pytest.raises(exceptions.InvalidArgument, match=message):
        client.create_time_series(name=PROJECT, time_series=written)


def test_what_is_in_order_is_written_although_the_rest_is_refused(client):
    write(client, 0.1, 20, model="a")
    with pytest.raises(exceptions.InvalidArgument):
        client.create_time_series(name=PROJECT, time_series=[series(0.2, 10, model="a"), series(0.3, 10, model="b")])
    assert sorted(value for found in read(client) for value in values(found)) == [0.1, 0.3]


# --- filters ---------------------------------------------------------------------------------------------------------

FILTERS = [
    ('metric.labels.model = "a"', "a"),
    ('metric.label.model != "a"', "bc"),
    ('metric.labels.model = one_of("a", "c")', "ac"),
    ('metric.labels.model = "a" OR metric.labels.model = "b"', "ab"),
    ('NOT metric.labels.model = "b"', "ac"),
    ('metric.labels.region = starts_with("eu")', "bc"),
    ('metric.labels.region = ends_with("1") AND metric.labels.region : "west"', "ab"),
    ('metric.labels.region = has_substring("north")', "c"),
    ('metric.labels.region = monitoring.regex.full_match("us-.*")', "a"),
    ('resource.type = "global"', "abc"),
    ('resource.labels.project_id = "other"', ""),
]


def test_filters_find_what_they_say(client):
    for model, region in {"a": "us-west1", "b": "eu-west1", "c": "eu-north2"}.items():
        write(client, 1.0, 10, model=model, region=region)
    found = {text: "".join(sorted(item.metric.labels["model"] for item in read(client, text))) for text, _ in FILTERS}
    assert found == dict(FILTERS)


@pytest.mark.parametrize(
    ("condition", "error"),
    [("metric.labels.a =", exceptions.InvalidArgument), ('group.id = "x"', exceptions.MethodNotImplemented)],
)
def test_a_filter_that_is_malformed_or_not_offered(client, condition, error):
    write(client, 1.0, 10)
    with pytest.raises(error):
        read(client, condition)


def test_headers_and_pages(client):
    for model in "abcde":
        write(client, 1.0, 10, model=model)
    headers = read(client, view=monitoring.ListTimeSeriesRequest.TimeSeriesView.HEADERS, page_size=2)
    assert [item.metric.labels["model"] for item in headers] == list("abcde")
    assert all(len(item.points) == 0 for item in headers)


# --- alignment and reduction -----------------------------------------------------------------------------------------


def aggregation(aligner, reducer=Reducer.REDUCE_NONE, *group_by, period=60):
    return monitoring.Aggregation(
        alignment_period={"seconds": period},
        per_series_aligner=aligner,
        cross_series_reducer=reducer,
        group_by_fields=group_by,
    )


MINUTES = [[0.5, 1.5, 4.0], [], [2.0]]
ALIGNED = [
    (Aligner.ALIGN_MEAN, statistics.fmean),
    (Aligner.ALIGN_MIN, min),
    (Aligner.ALIGN_MAX, max),
    (Aligner.ALIGN_SUM, sum),
    (Aligner.ALIGN_COUNT, len),
    (Aligner.ALIGN_STDDEV, np.std),
    (Aligner.ALIGN_NEXT_OLDER, lambda found: found[-1]),
]


@pytest.mark.parametrize(("aligner", "oracle"), ALIGNED)
def test_values_are_aligned_to_minutes(client, aligner, oracle):
    for minute, found in enumerate(MINUTES):
        for second, value in enumerate(found):
            write(client, value, minute * 60 + second * 10 + 10)
    [aligned] = read(client, until=180, aggregation=aggregation(aligner))
    assert [float(value) for value in values(aligned)] == pytest.approx([float(oracle(MINUTES[n])) for n in (0, 2)])
    assert [point.interval.end_time.timestamp() - START for point in aligned.points] == [180, 60]


def test_a_counter_becomes_growth_and_a_rate_through_a_reset(client):
    for at, value, since in [(30, 10, 0), (60, 40, 0), (90, 70, 0), (120, 5, 100)]:
        write(client, value, at, metric=REQUESTS, since=since)
    options = {"metric": REQUESTS, "until": 120}
    [delta] = read(client, aggregation=aggregation(Aligner.ALIGN_DELTA), **options)
    [rate] = read(client, aggregation=aggregation(Aligner.ALIGN_RATE), **options)
    assert [int(value) for value in values(delta)] == [40, 35]
    assert values(rate) == pytest.approx([40 / 60, 35 / 60])
    assert delta.metric_kind == Kind.DELTA


def test_truths_are_counted(client):
    for at, value in [(10, True), (20, False), (30, True)]:
        write(client, value, at)
    [share] = read(client, until=60, aggregation=aggregation(Aligner.ALIGN_FRACTION_TRUE))
    assert values(share) == pytest.approx([2 / 3])


def test_percentiles_of_a_distribution(client):
    distribution = {"count": 10, "bucket_options": {"explicit_buckets": {"bounds": [0, 10, 20]}}}
    distribution["bucket_counts"] = [0, 5, 5, 0]
    written = series(0.0, 10)
    written.points[0].value = monitoring.TypedValue(distribution_value=distribution)
    client.create_time_series(name=PROJECT, time_series=[written])
    [median] = read(client, until=60, aggregation=aggregation(Aligner.ALIGN_PERCENTILE_50))
    [most] = read(client, until=60, aggregation=aggregation(Aligner.ALIGN_PERCENTILE_95))
    assert (values(median), values(most)) == ([10.0], [19.0])


def test_groups_are_reduced(client):
    for model, region, value in [("a", "eu", 1.0), ("b", "eu", 3.0), ("c", "us", 10.0)]:
        write(client, value, 10, model=model, region=region)
    by_region = aggregation(Aligner.ALIGN_MEAN, Reducer.REDUCE_SUM, "metric.labels.region")
    found = read(client, until=60, aggregation=by_region)
    assert {item.metric.labels["region"]: values(item) for item in found} == {"eu": [4.0], "us": [10.0]}
    [whole] = read(client, until=60, aggregation=aggregation(Aligner.ALIGN_MEAN, Reducer.REDUCE_PERCENTILE_50))
    assert (values(whole), dict(whole.metric.labels)) == ([3.0], {})


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (aggregation(Aligner.ALIGN_RATE), "not applicable"),
        (aggregation(Aligner.ALIGN_PERCENTILE_99), "not applicable"),
        (aggregation(Aligner.ALIGN_MEAN, period=30), "at least 60 seconds"),
        (aggregation(Aligner.ALIGN_NONE, Reducer.REDUCE_SUM), "needs a per_series_aligner"),
    ],
)
def test_an_aggregation_that_does_not_fit_is_refused(client, wanted, message):
    write(client, 0.5, 10)
    with pytest.raises(exceptions.InvalidArgument, match=message):
        read(client, aggregation=wanted)


def test_what_is_not_offered_is_refused_by_name(session, client):
    write(client, 0.5, 10)
    with pytest.raises(exceptions.MethodNotImplemented, match="ALIGN_INTERPOLATE"):
        read(client, aggregation=aggregation(Aligner.ALIGN_INTERPOLATE))
    with (
        monitoring.UptimeCheckServiceClient() as uptime,
        pytest.raises(exceptions.MethodNotImplemented, match="monitoring.ListUptimeCheckConfigs: not available"),
    ):
        uptime.list_uptime_check_configs(parent=PROJECT)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
def test_percentiles_are_numpys(found, rank):
    assert percentile(found, rank) == pytest.approx(float(np.percentile(found, rank * 100)), abs=1e-6)


# --- policies and channels -------------------------------------------------------------------------------------------


def policy(title="drift is high", **fields):
    threshold = {
        "filter": f'metric.type = "{DRIFT}"',
        "comparison": monitoring.ComparisonType.COMPARISON_GT,
        "threshold_value": 0.2,
    }
    condition = {"display_name": "psi above 0.2", "condition_threshold": threshold}
    return monitoring.AlertPolicy(display_name=title, conditions=[condition], combiner="OR", **fields)


def test_a_policy_lives_with_its_channel(session):
    with monitoring.AlertPolicyServiceClient() as policies, monitoring.NotificationChannelServiceClient() as channels:
        channel = channels.create_notification_channel(
            name=PROJECT, notification_channel={"type_": "email", "labels": {"email_address": "ada@example.com"}}
        )
        made = policies.create_alert_policy(name=PROJECT, alert_policy=policy(notification_channels=[channel.name]))
        assert made.conditions[0].name.startswith(f"{made.name}/conditions/")
        made.display_name = "renamed"
        policies.update_alert_policy(alert_policy=made, update_mask={"paths": ["display_name"]})
        assert [found.display_name for found in policies.list_alert_policies(name=PROJECT)] == ["renamed"]
        with pytest.raises(exceptions.FailedPrecondition, match="is used by"):
            channels.delete_notification_channel(name=channel.name)
        policies.delete_alert_policy(name=made.name)
        channels.delete_notification_channel(name=channel.name)
        assert list(channels.list_notification_channels(name=PROJECT)) == []


def test_a_policy_that_google_refuses_changes_nothing(session):
    with monitoring.AlertPolicyServiceClient() as policies:
        made = policies.create_alert_policy(name=PROJECT, alert_policy=policy())
        with pytest.raises(exceptions.InvalidArgument, match="display_name is required"):
            policies.update_alert_policy(alert_policy=policy("", name=made.name))
        with pytest.raises(exceptions.NotFound, match="does not exist"):
            policies.create_alert_policy(name=PROJECT, alert_policy=policy(notification_channels=["projects/x/n/1"]))
        assert policies.get_alert_policy(name=made.name) == made


# --- incidents -------------------------------------------------------------------------------------------------------


def events(session):
    """What the log tells of incidents, oldest first."""
    found = logging.Client().list_entries(filter_='logName:"monitoring.googleapis.com%2FViolation"')
    return [(entry.payload["policy_display_name"], entry.payload["state"]) for entry in found]


def watch(**threshold):
    """A policy on the drift metric, created at once."""
    made = policy()
    for name, value in threshold.items():
        setattr(made.conditions[0].condition_threshold, name, value)
    with monitoring.AlertPolicyServiceClient() as policies:
        return policies.create_alert_policy(name=PROJECT, alert_policy=made)


def test_an_incident_opens_once_and_closes(session, client):
    watch()
    for at, value in enumerate([0.1, 0.3, 0.4, 0.1, 0.5], start=1):
        write(client, value, at * 10)
    assert [state for _, state in events(session)] == ["open", "closed", "open"]


def test_a_spike_shorter_than_the_duration_does_not_count(session, client):
    watch(duration={"seconds": 60})
    for at, value in [(10, 0.3), (40, 0.1), (50, 0.3), (100, 0.3)]:
        write(client, value, at)
    assert events(session) == []
    write(client, 0.3, 110)
    assert events(session) == [("drift is high", "open")]


def test_the_mean_of_a_minute_counts_not_the_spike(session, client):
    watch(aggregations=[aggregation(Aligner.ALIGN_MEAN)])
    write(client, 0.0, 10)
    write(client, 0.3, 20)
    assert events(session) == []
    write(client, 0.6, 30)
    assert events(session) == [("drift is high", "open")]


def test_enough_series_have_to_violate(session, client):
    watch(trigger={"count": 2})
    write(client, 0.3, 10, model="a")
    assert events(session) == []
    write(client, 0.3, 10, model="b")
    assert events(session) == [("drift is high", "open")]


def test_a_disabled_policy_is_silent_until_it_is_enabled(session, client):
    write(client, 0.3, 10)
    with monitoring.AlertPolicyServiceClient() as policies:
        made = policies.create_alert_policy(name=PROJECT, alert_policy=policy(enabled=False))
        assert events(session) == []
        made.enabled = True
        policies.update_alert_policy(alert_policy=made, update_mask={"paths": ["enabled"]})
    assert events(session) == [("drift is high", "open")]


def test_conditions_that_are_not_evaluated_are_refused_by_name(session):
    absent = {"display_name": "silence", "condition_absent": {"filter": f'metric.type = "{DRIFT}"'}}
    wrong = monitoring.AlertPolicy(display_name="x", conditions=[absent], combiner="OR")
    with (
        monitoring.AlertPolicyServiceClient() as policies,
        pytest.raises(exceptions.MethodNotImplemented, match="condition_absent"),
    ):
        policies.create_alert_policy(name=PROJECT, alert_policy=wrong)
    with pytest.raises(exceptions.InvalidArgument, match="expected COMPARISON_GT or COMPARISON_LT"):
        watch(comparison=monitoring.ComparisonType.COMPARISON_EQ)


def test_a_policy_on_texts_is_refused_and_never_stops_a_point(session, client):
    write(client, "text", 10, metric="custom.googleapis.com/words")
    made = policy()
    made.conditions[0].condition_threshold.filter = 'metric.type = "custom.googleapis.com/words"'
    with monitoring.AlertPolicyServiceClient() as policies:
        with pytest.raises(exceptions.InvalidArgument, match="A threshold needs numbers"):
            policies.create_alert_policy(name=PROJECT, alert_policy=made)
        client.delete_metric_descriptor(name=f"{PROJECT}/metricDescriptors/custom.googleapis.com/words")
        policies.create_alert_policy(name=PROJECT, alert_policy=made)
    write(client, "text", 10, metric="custom.googleapis.com/words")
    assert values(read(client, metric="custom.googleapis.com/words")[0]) == ["text"]
