"""Random sequences of puts, overwrites, deletes and preconditions, held against a small dictionary."""

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mlops_helpers.offline.server import OfflineServer
from mlops_helpers.offline.state import OfflineCloud

NAMES = st.sampled_from(["a", "a/b", "ü", "z"])
TEXTS = st.binary(max_size=20)


class Buckets(RuleBasedStateMachine):
    """The model: live bytes and generation by name, and all versions ever kept."""

    def __init__(self):
        super().__init__()
        self.server = OfflineServer(OfflineCloud()).start()
        options = {"api_endpoint": self.server.url}
        self.client = storage.Client(project="p", credentials=AnonymousCredentials(), client_options=options)
        self.bucket = self.client.create_bucket("lesson-data")
        self.live, self.kept, self.versioning = {}, {}, False

    def teardown(self):
        self.client.close()
        self.server.close()

    def retire(self, name):
        data, generation = self.live.pop(name)
        if not self.versioning:
            del self.kept[name, generation]
        return data

    @rule(on=st.booleans())
    def switch_versioning(self, on):
        self.versioning = self.bucket.versioning_enabled = on
        self.bucket.patch()

    @rule(name=NAMES, data=TEXTS)
    def put(self, name, data):
        blob = self.bucket.blob(name)
        blob.upload_from_string(data)
        if name in self.live:
            self.retire(name)
        self.live[name] = data, blob.generation
        self.kept[name, blob.generation] = data

    @rule(name=NAMES, data=TEXTS)
    def create_only(self, name, data):
        if name in self.live:
            with pytest.raises(exceptions.PreconditionFailed):
                self.bucket.blob(name).upload_from_string(data, if_generation_match=0)
        else:
            self.put(name, data)

    @rule(name=NAMES, data=TEXTS, offset=st.sampled_from([0, 1]))
    def put_if_unchanged(self, name, data, offset):
        expected = self.live.get(name, (b"", 10**15))[1] + offset
        if name in self.live and offset == 0:
            self.put(name, data)
        else:
            with pytest.raises(exceptions.PreconditionFailed):
                self.bucket.blob(name).upload_from_string(data, if_generation_match=expected)

    @rule(name=NAMES)
    def delete(self, name):
        if name in self.live:
            self.bucket.blob(name).delete()
            self.retire(name)
        else:
            with pytest.raises(exceptions.NotFound):
                self.bucket.blob(name).delete()

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def delete_one_version(self, data):
        name, generation = data.draw(st.sampled_from(sorted(self.kept)))
        self.bucket.delete_blob(name, generation=generation)
        del self.kept[name, generation]
        if self.live.get(name, (b"", 0))[1] == generation:
            del self.live[name]

    @invariant()
    def the_lists_agree(self):
        assert {blob.name: blob.generation for blob in self.bucket.list_blobs()} == {
            name: generation for name, (_, generation) in self.live.items()
        }
        assert {(blob.name, blob.generation) for blob in self.bucket.list_blobs(versions=True)} == set(self.kept)

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def the_bytes_agree(self, data):
        name, generation = data.draw(st.sampled_from(sorted(self.kept)))
        assert self.bucket.blob(name, generation=generation).download_as_bytes() == self.kept[name, generation]


TestBuckets = Buckets.TestCase
TestBuckets.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
