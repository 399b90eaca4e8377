"""Operations that only the bare, generated clients call, or that no other test needs."""

import pytest
import requests
from google.api_core import exceptions
from google.cloud import firestore, logging
from google.cloud import monitoring_v3 as monitoring
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import Document

PROJECT = "projects/offline-project"
DOCUMENTS = f"{PROJECT}/databases/(default)/documents"
HEADERS = {"Metadata-Flavor": "Google"}


def plan(name):
    return {"plan": {"string_value": name}}


def test_documents_by_the_bare_client(session):
    with FirestoreClient() as client:
        request = {"parent": DOCUMENTS, "collection_id": "customers", "document": Document(fields=plan("free"))}
        made = client.create_document(request={**request, "document_id": "eve"})
        with pytest.raises(exceptions.AlreadyExists):
            client.create_document(request={**request, "document_id": "eve"})
        named_by_us = client.create_document(request=request)
        fresh = Document(name=made.name, fields=plan("paid") | {"age": {"integer_value": 7}})
        changed = client.update_document(document=fresh, update_mask={"field_paths": ["plan"]})
    assert changed.create_time == made.create_time < changed.update_time
    found = firestore.Client().document("customers/eve").get().to_dict()
    assert (found, len(named_by_us.name) > len(f"{DOCUMENTS}/customers/")) == ({"plan": "paid"}, True)


def test_a_sink_is_changed(session):
    sink = logging.Client().sink("copy", filter_="severity>=ERROR", destination="storage.googleapis.com/bucket")
    sink.create()
    sink.filter_ = "severity>=WARNING"
    sink.update()
    (found,) = logging.Client().list_sinks()
    assert (found.name, found.filter_) == ("copy", "severity>=WARNING")


def test_a_channel_is_renamed(session):
    with monitoring.NotificationChannelServiceClient() as channels:
        labels = {"email_address": "ada@example.com"}
        made = channels.create_notification_channel(
            name=PROJECT, notification_channel={"type_": "email", "labels": labels}
        )
        made.display_name = "on call"
        channels.update_notification_channel(notification_channel=made, update_mask={"paths": ["display_name"]})
        found = channels.get_notification_channel(name=made.name)
    assert (found.display_name, dict(found.labels)) == ("on call", labels)


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("email", "learner@offline-project.iam.gserviceaccount.com"),
        ("scopes", "https://www.googleapis.com/auth/cloud-platform"),
    ],
)
def test_the_metadata_server_tells_who_this_is(session, fact, told):
    url = f"{session.url}/computeMetadata/v1/instance/service-accounts/default/{fact}"
    assert requests.get(url, headers=HEADERS, timeout=5).text.strip() == told
