"""The auditor's question on the course's own data: raw file, cleaning, training table, and back to the raw rows."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from mlops_helpers.governance.artifacts import Business, Evidence, Run
from mlops_helpers.governance.cleaning import Recipe
from mlops_helpers.governance.cleaning_steps import DropDuplicates, Parse
from mlops_helpers.governance.lineage import LineageGraph
from mlops_helpers.governance.reading import read_table
from mlops_helpers.governance.recording import record_artifact
from mlops_helpers.governance.schema import schema_of

DATA = Path(__file__).parents[2] / "data" / "customers.csv"
ABOUT = Business("Customers of the phone company", "Ana Ruiz", "Bo Lind", "churn model", "personal")
RUN = Run("run-1", "prepare", dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Clean the customers and keep one training row per contract type; return the folder, the tables and the ids."""
    root = tmp_path_factory.mktemp("made")
    (root / "raw.csv").write_bytes(DATA.read_bytes())
    raw_table = read_table(root / "raw.csv")
    raw = record_artifact("raw.csv", ABOUT, RUN, root=root)
    clean_table, log = Recipe("tidy", (DropDuplicates(), Parse("age", "integer"))).apply(raw_table)
    clean_table.to_csv(root / "clean.csv", index_label="row")
    evidence = Evidence.of_cleaning(raw, log, schema=schema_of(clean_table))
    clean = record_artifact("clean.csv", ABOUT, RUN, evidence=evidence, root=root)
    return root, raw_table, clean_table, raw, clean


def test_every_clean_row_leads_to_all_its_raw_copies(made):
    root, raw_table, clean_table, raw, clean = made
    graph = LineageGraph.read(root)
    text = pd.Series(DATA.read_text(encoding="utf-8").splitlines()[1:])

    for row in clean_table.index[[0, 4711, -1]]:
        expected = text.index[text == text[row]].tolist()
        assert graph.trace_rows(clean.id, [row])["source_row"].tolist() == expected
    assert len(graph.row_maps[raw.id, clean.id]) == len(raw_table)


def test_a_customer_who_asks_is_found_in_both(made):
    root, raw_table, clean_table, raw, clean = made
    customer = raw_table["customer_id"].value_counts().index[0]
    rows = raw_table.index[raw_table["customer_id"] == customer]

    table = LineageGraph.read(root).where_is(raw.id, rows)

    assert table["artifact"].tolist() == [raw.id, clean.id]
    assert table["rows"][0] == rows.tolist()
    assert table["rows"][1] == clean_table.index[clean_table["customer_id"] == customer].tolist()
    assert table["certain"].all()


def test_steps_and_types_of_cleaning_are_in_the_record(made):
    *_, raw, clean = made

    assert [step["rows_after"] for step in clean.steps] == [clean.rows, clean.rows]
    assert (clean.schema["age"], raw.schema["age"]) == ("integer", "string")
    assert clean.columns["age"] == [[raw.id, "age"]]
