"""A billing export of ten million lines, split by team; calls of a model, counted by who made them.

Before anything is timed, the split of the small export must be what adding up in Decimal gives, to the cent, and the
split of the large one as many times that.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

EXPORT = Path(__file__).resolve().parents[2] / "data" / "billing_export.parquet"
LINES, CALLS = 10_000_000, 20_000


def cases(which: str) -> dict[str, Callable[[], object]]:
    """Return the cases of "attribution" or of "counting"."""
    return _attribution() if which == "attribution" else _counting()


def _attribution() -> dict[str, Callable[[], object]]:
    import pandas as pd
    from google.cloud import bigquery

    from mlops_helpers.cloud import connect
    from mlops_helpers.cost import attribute

    session = connect("offline")
    client, frame = bigquery.Client(), pd.read_parquet(EXPORT)
    copies = -(-LINES // len(frame))
    table = f"{session.project}.{_load(client, copies)}"
    once, many = attribute(frame, "team"), attribute(table, "team", client=client)
    paid = sum((Decimal(str(cost)) for cost in frame["cost"]), Decimal(0))
    paid += sum((Decimal(str(credit["amount"])) for credits in frame["credits"] for credit in credits), Decimal(0))
    assert once.total.amount == paid, "the shares are not the bill"
    assert [(share.label, share.net) for share in many.shares] == [
        (share.label, share.net * copies) for share in once.shares
    ], "the large split differs"
    return {"sql": lambda: attribute(table, "team", client=client)}


def _load(client, copies: int) -> str:
    """Load the export, and return the table with that many copies of its lines."""
    from google.cloud import bigquery

    lists = bigquery.ParquetOptions()
    lists.enable_list_inference = True
    client.create_dataset("bench")
    config = bigquery.LoadJobConfig(source_format="PARQUET", parquet_options=lists)
    with EXPORT.open("rb") as file:
        client.load_table_from_file(file, "bench.export", job_config=config).result()
    source = f"bench.export AS one CROSS JOIN UNNEST(GENERATE_ARRAY(1, {copies})) AS copy"
    client.query_and_wait(f"CREATE TABLE bench.bill AS SELECT one.* FROM {source}")
    return "bench.bill"


def _counting() -> dict[str, Callable[[], object]]:
    from google.genai import types

    from mlops_helpers.cost import UsageLog

    said = types.GenerateContentResponseUsageMetadata(prompt_token_count=900, candidates_token_count=80)
    response = types.GenerateContentResponse(usage_metadata=said)
    calls = UsageLog().calls("gemini-3.8-flash", prompt_version="v7", team="support", lesson="06_cost")

    def count() -> None:
        for _ in range(CALLS):
            calls.add(response)

    return {"count": count}
