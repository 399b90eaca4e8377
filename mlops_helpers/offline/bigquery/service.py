"""The BigQuery service of one offline cloud: the warehouse, the jobs, and the Read API once somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..router import Route
from .catalog import Warehouse
from .jobs import JobStore
from .names import TableKey
from .policies import Policies
from .routes import ROUTES
from .streaming import SeenRows
from .uploads import Uploads

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .readapi import ReadServer


class BigQuery:
    """Everything behind `/bigquery/v2` and the Storage Read API."""

    routes: tuple[Route, ...] = ROUTES

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.warehouse = Warehouse(cloud)
        self.jobs = JobStore()
        self.uploads = Uploads(cloud)
        self.policies = Policies()
        self.seen_rows = SeenRows()
        self._read_server: ReadServer | None = None

    def anonymous_key(self, project: str) -> TableKey:
        """The key for the result of a query that names no destination."""
        from .anonymous import HIDDEN_DATASET

        return TableKey(project, HIDDEN_DATASET, f"anon{self.cloud.next_id('anonymous table')}")

    def grpc_address(self) -> str:
        """Where the Storage Read API listens (`127.0.0.1:port`); the first call starts it."""
        from .readapi import ReadServer

        if self._read_server is None:
            self._read_server = ReadServer(self.warehouse, self.cloud.lock("bigquery"))
        return self._read_server.address

    def close(self) -> None:
        """Stop the Read API, give up open uploads and release the database."""
        self.uploads.close()
        if self._read_server is not None:
            self._read_server.close()
        self.warehouse.close()
