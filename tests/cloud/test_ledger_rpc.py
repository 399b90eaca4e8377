"""Documents, logs, metrics, policies: what a session creates over gRPC goes with its clean-up, nothing else does."""

import asyncio

import pytest
from google.cloud import firestore, logging, monitoring_v3
from google.cloud.monitoring_v3 import types

from mlops_helpers.cloud.__main__ import main
from mlops_helpers.cloud.errors import ForeignResource

PROJECT = "projects/offline-project"
RATING = "custom.googleapis.com/rating"


@pytest.fixture
def theirs(room):
    """What was there before the session, put there by somebody else."""
    firestore.Client().document("customers/ada").set({"plan": "free"})
    logging.Client().logger("theirs").log_text("kept")
    write_point(RATING)
    return everything


@pytest.fixture
def live(theirs, shared):
    return shared


def everything():
    documents = sorted(found.reference.path for found in firestore.Client().collection_group("orders").stream())
    documents += [found.reference.path for found in firestore.Client().collection("customers").stream()]
    client, metrics = logging.Client(), monitoring_v3.MetricServiceClient()
    texts = [entry.payload for entry in client.list_entries()]
    sinks = [found.name for found in client.list_sinks()] + [found.name for found in client.list_metrics()]
    descriptors = [found.type for found in metrics.list_metric_descriptors(name=PROJECT) if "custom" in found.type]
    policies = [found.name for found in monitoring_v3.AlertPolicyServiceClient().list_alert_policies(name=PROJECT)]
    channels = monitoring_v3.NotificationChannelServiceClient().list_notification_channels(name=PROJECT)
    return documents, texts, sinks, descriptors, policies, [found.name for found in channels]


def write_point(kind, *, second=0):
    point = types.Point(interval={"end_time": {"seconds": 1767603600 + second}}, value={"double_value": 0.5})
    series = types.TimeSeries(metric={"type": kind}, resource={"type": "global"}, points=[point])
    monitoring_v3.MetricServiceClient().create_time_series(name=PROJECT, time_series=[series])


def write_documents():
    client = firestore.Client()
    ada = client.document("customers/ada")
    ada.set({"plan": "paid"})
    ada.update({"seen": True})
    ada.collection("orders").document("1").create({"sum": 1})
    client.collection("customers").add({"plan": "new"}, "eve")
    batch = client.batch()
    batch.set(client.document("customers/bob/orders/2"), {"sum": 2}, merge=True)
    batch.commit()

    @firestore.transactional
    def move(transaction):
        transaction.set(client.document("customers/cyd"), {"plan": "paid"})

    move(client.transaction())


def write_in_bulk():
    client = firestore.Client()
    writer = client.bulk_writer()
    writer.set(client.document("customers/ada"), {"plan": "bulk"})
    writer.set(client.document("customers/dan"), {"plan": "bulk"})
    writer.create(client.document("customers/eli"), {"plan": "bulk"})
    writer.close()


def create_policies():
    channels = monitoring_v3.NotificationChannelServiceClient()
    channel = types.NotificationChannel(type_="email", display_name="me", labels={"email_address": "me@example.com"})
    made = channels.create_notification_channel(name=PROJECT, notification_channel=channel)
    threshold = {
        "filter": f'metric.type="{RATING}" AND resource.type="global"',
        "comparison": "COMPARISON_LT",
        "threshold_value": 0.1,
        "duration": {"seconds": 0},
    }
    condition = {"display_name": "low", "condition_threshold": threshold}
    policy = types.AlertPolicy(
        display_name="rating", conditions=[condition], combiner="OR", notification_channels=[made.name]
    )
    monitoring_v3.AlertPolicyServiceClient().create_alert_policy(name=PROJECT, alert_policy=policy)


def create_all():
    write_documents()
    client = logging.Client()
    client.logger("mine").log_text("noise")
    client.sink("copy", filter_="severity>=ERROR", destination="storage.googleapis.com/bucket").create()
    client.metric("errors", filter_="severity>=ERROR").create()
    client.metric("upserted", filter_="severity>=ERROR").update()
    write_point(RATING, second=60)
    write_point("custom.googleapis.com/rating/mine")
    create_policies()


def test_clean_up_takes_everything_this_session_made_and_nothing_else(live, theirs):
    before = theirs()
    create_all()
    write_in_bulk()
    assert [len(now) - len(then) for now, then in zip(theirs(), before, strict=True)] == [6, 1, 3, 1, 1, 1]
    result = live.clean_up()
    assert theirs() == before
    assert (result.left, set(result.table["outcome"])) == ([], {"deleted"})
    assert firestore.Client().document("customers/ada").get().get("plan") == "bulk"


def test_a_crash_leaves_a_journal_that_the_command_cleans(live, theirs, capsys):
    before = theirs()
    create_all()
    live.close()  # what a crash would not even do
    assert main(["clean-up", "--list"]) == 0
    listed = capsys.readouterr().out
    assert f"sink logging://{PROJECT}/sinks/copy" in listed
    assert f"document firestore://{PROJECT}/databases/(default)/documents/customers/cyd" in listed
    assert main(["clean-up"]) == 0
    assert theirs() == before


def test_a_log_that_others_write_to_stays(live, room):
    logging.Client().logger("common").log_text("mine")
    live._patches.restore()
    logging.Client().logger("common").log_text("theirs, later")
    assert live.clean_up().table["outcome"].tolist() == ["shared"]
    assert [entry.payload for entry in logging.Client().list_entries(filter_='log_id("common")')] == [
        "mine",
        "theirs, later",
    ]


def test_entries_carry_the_label_where_others_write_too(live):
    logging.Client().logger("mine").log_text("x", labels={"model": "churn"})
    (entry,) = logging.Client().list_entries(filter_='log_id("mine")')
    assert entry.labels == {"model": "churn", "mlops-course": live.id}


def test_a_replaced_sink_is_refused_and_nothing_is_deleted(live):
    client = logging.Client()
    sink = client.sink("copy", filter_="severity>=ERROR", destination="storage.googleapis.com/bucket")
    sink.create()
    firestore.Client().document("customers/eve").set({})
    sink.delete()
    live._patches.restore()  # somebody else creates a sink of the same name
    logging.Client().sink("copy", filter_="severity>=ERROR", destination="storage.googleapis.com/bucket").create()
    with pytest.raises(ForeignResource, match="sinks/copy made at .* Somebody replaced it"):
        live.clean_up()
    assert firestore.Client().document("customers/eve").get().exists
    live.ledger.close()


def test_a_document_that_somebody_replaced_stays(live):
    eve = firestore.Client().document("customers/eve")
    eve.set({"by": "me"})
    eve.delete()
    live._patches.restore()
    firestore.Client().document("customers/eve").set({"by": "them"})
    assert live.clean_up().outcomes == ()
    assert eve.get().get("by") == "them"


def test_asyncio_clients_are_recorded_too(live):
    async def write():
        client = firestore.AsyncClient()
        await client.document("customers/eve").set({"plan": "free"})
        with pytest.raises(Exception, match="already exists"):
            await client.document("customers/eve").create({})

    asyncio.run(write())
    assert live.clean_up().table[["kind", "outcome"]].values.tolist() == [["document", "deleted"]]


def test_a_call_that_fails_leaves_no_entry(live):
    with pytest.raises(Exception, match="already exists"):
        firestore.Client().document("customers/ada").create({})
    with pytest.raises(Exception, match="Sink name is invalid"):
        logging.Client().sink("no good", filter_="", destination="storage.googleapis.com/b").create()
    assert live.ledger.entries == []


def test_what_was_created_twice_goes_once(live):
    eve = firestore.Client().document("customers/eve")
    for _ in range(2):
        eve.set({"by": "me"})
        eve.set({"by": "me again"})
        eve.delete()
    eve.set({"by": "me"})
    assert live.clean_up().table["outcome"].tolist() == ["deleted"]
    assert not eve.get().exists
