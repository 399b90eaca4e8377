"""The one door to Google Cloud.

    from mlops_helpers.cloud import connect
    session = connect("offline")          # or connect("google", project="my-project")
    ...                                   # storage.Client(), bigquery.Client(): the real clients
    session.clean_up()                    # deletes what this session created, and proves it

`connect` opens a `Session`; `errors` holds what can go wrong; `receipt` and `prices` say what it would have cost.
"""

from .errors import CloudError
from .session import Session, connect

__all__ = ["CloudError", "Session", "connect"]
