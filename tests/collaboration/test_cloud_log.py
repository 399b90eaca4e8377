"""The log in Firestore and Cloud Logging: written once, copied, compared, and gone on with by another process."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from google.cloud import firestore, logging

from mlops_helpers.collaboration import (
    CloudLog,
    Incident,
    LogChanged,
    LogTampered,
    MemoryLog,
    UnknownIncident,
    WrongRole,
    resume_incident,
)
from mlops_helpers.collaboration.log_entries import next_entry
from tests.collaboration.incidents import FRIDAY, ID, Clock, advance_to, opened

PROCESS = """
import sys
import threading
from datetime import datetime
from google.cloud import firestore, logging
from mlops_helpers.cloud import connect
from mlops_helpers.collaboration import CloudLog, resume_incident

with connect("offline", project=sys.argv[1]) as session:
    log = CloudLog(firestore.Client(), logging.Client().logger("incidents"), collection=sys.argv[2])
    incident = resume_incident("INC-7", log=log, clock=lambda: datetime.fromisoformat(sys.argv[3]))
    incident.escalate(role="platform_engineer")
    print(incident.state.stage, incident.state.last_word)
"""


@pytest.fixture
def log(session, request):
    """A log of its own for each test."""
    name = request.node.name[:40].replace("[", "-").replace("]", "")
    return CloudLog(firestore.Client(), logging.Client().logger(name), collection=name)


@pytest.fixture(params=["memory", "cloud"])
def either(request):
    return MemoryLog() if request.param == "memory" else request.getfixturevalue("log")


def rewrite(log, number, changes):
    """What somebody with the right to edit documents can do."""
    log.database.collection(log.collection).document(ID).collection("log").document(f"{number:06d}").update(changes)


def test_every_log_keeps_the_order_and_takes_each_number_once(either):
    first = next_entry([], ID, FRIDAY, "opened", {"message": "alert", "facts": {"share": 0.25, "names": ["a"]}})
    second = next_entry([first], ID, FRIDAY + timedelta(minutes=1), "noted", {"message": "ünïcode", "number": 3})
    either.append(first)
    either.append(second)
    with pytest.raises(LogChanged, match="an entry 1 of INC-7 already"):
        either.append(replace(second, content={"message": "another"}))
    assert either.entries(ID) == [first, second]
    assert either.entries("INC-8") == []


def test_an_incident_is_the_same_in_memory_and_in_the_cloud(log):
    in_cloud, in_memory = (advance_to(opened(kept), "retraining") for kept in (log, MemoryLog()))
    assert in_cloud.entries == in_memory.entries
    assert in_cloud.state == in_memory.state
    assert log.verify(ID) == len(in_memory.entries) == 10
    table = log.table(ID)
    assert list(table["kind"])[:4] == ["opened", "shown", "signed", "moved"]
    assert table["stage"].iloc[-1] == "decision"


def test_a_refusal_is_a_warning_in_cloud_logging(log):
    with pytest.raises(WrongRole):
        advance_to(opened(log), "triage").sign("clear the data", role="support", person="agent S")
    name = f'logName="{log.logger.full_name}" AND severity>=WARNING'
    [entry] = log.logger.client.list_entries(filter_=name)
    assert "WrongRole" in entry.payload["message"]
    assert entry.labels["kind"] == "refused"


def test_what_somebody_edits_is_seen(log):
    advance_to(opened(log), "decision")
    rewrite(log, 2, {"content.person": "somebody else"})
    with pytest.raises(LogTampered, match="entry 2 of INC-7: content that does not give its hash"):
        log.verify(ID)
    with pytest.raises(LogTampered):
        resume_incident(ID, log=log, clock=Clock())


def test_a_chain_computed_anew_differs_from_the_copies(log):
    entries = advance_to(opened(log), "triage").entries
    forged = [entries[0]]
    for entry in entries[1:]:
        content = {**entry.content, "person": "somebody else"} if entry.kind == "signed" else entry.content
        forged.append(next_entry(forged, ID, entry.time, entry.kind, content))
    for entry in forged:
        rewrite(log, entry.number, entry.to_dict())
    assert resume_incident(ID, log=log, clock=Clock()).state.stage == "triage"  # the chain alone cannot tell
    with pytest.raises(LogTampered, match=r"entry 2 of INC-7: \w{12} in Firestore, \w{12} in Cloud Logging"):
        log.verify(ID)


def test_entries_cut_off_at_the_end_are_missed_by_the_copies(log):
    incident = advance_to(opened(log), "triage")
    log.database.collection(log.collection).document(ID).collection("log").document("000003").delete()
    assert incident.state.stage == "alert"
    with pytest.raises(LogTampered, match="entry 3 of INC-7: nothing in Firestore"):
        log.verify(ID)


def test_two_copies_of_one_entry_that_differ_are_told(log):
    entries = opened(log).entries
    log._copy(next_entry([], ID, FRIDAY, "opened", {**entries[0].content, "message": "all is well"}))
    with pytest.raises(LogTampered, match="two copies of entry 0 of INC-7"):
        log.verify(ID)


def test_a_copy_that_was_not_written_is_written_later(log):
    class Dies(CloudLog):
        def _copy(self, entry):
            raise ConnectionError("died in between")

    incident = opened(log)
    with pytest.raises(ConnectionError):
        Incident(ID, Dies(log.database, log.logger, log.collection), Clock()).note("a call", role="support")
    with pytest.raises(LogTampered, match="nothing in Cloud Logging"):
        log.verify(ID)
    assert (log.complete_copies(ID), log.complete_copies(ID)) == (1, 0)
    assert log.verify(ID) == len(incident.entries) == 2


def test_of_many_who_write_at_the_same_moment_each_number_goes_to_one(log):
    opened(log)
    together, lost = threading.Barrier(4), []

    def write(person):
        together.wait()
        try:
            Incident(ID, log, Clock()).note(f"called by {person}", role="support")
        except LogChanged:
            lost.append(person)

    threads = [threading.Thread(target=write, args=(person,)) for person in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.verify(ID) == 1 + 4 - len(lost)


def test_another_process_goes_on(session, log, monkeypatch):
    """The incident was opened here; there, an hour later, the deputy is called."""
    incident = opened(log)
    monkeypatch.setenv("MLOPS_OFFLINE_URL", session.url)
    late = (FRIDAY + timedelta(hours=1)).isoformat()
    command = [sys.executable, "-c", PROCESS, session.project, log.collection, late]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["alert", "platform_engineer"], done.stderr
    assert incident.state.escalated


def test_a_log_that_is_not_there_does_not_hold(log):
    with pytest.raises(UnknownIncident, match="INC-99"):
        log.verify("INC-99")
