"""Cleaning up takes everything, so this has a session of its own."""

from google.cloud import aiplatform
from vertexai.resources.preview import ml_monitoring

from mlops_helpers.monitoring import managed_drift
from tests.offline.vertex.samples import store, upload

ROWS = b"site\nnews\nshop\n"


def test_the_monitor_is_in_the_ledger_and_is_cleaned_up(session):
    aiplatform.init(project=session.project, location=session.location)
    file = store("drift/rows.csv", ROWS) + "/rows.csv"
    table = managed_drift(file, file, model=upload(), features={"site": "categorical"})
    assert f"vertex://{table.attrs['monitor']}" in [entry.name for entry in session.ledger.entries]
    assert session.clean_up().left == []
    assert ml_monitoring.ModelMonitor.list() == []
