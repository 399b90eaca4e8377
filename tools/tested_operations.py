"""A pytest plugin: which operations of the offline Google Cloud answered a real client during the tests.

    python -m pytest -p tools.tested_operations --operations FOLDER tests
    python -m tools.coverage_page --untested FOLDER

Each process of the run (there are several with xdist) writes one file of names. An answer counts when it was no error
and one of Google's clients asked, which says so in a header. Upload sessions, the XML interface, raw predictions and
the metadata server are asked without one; there every answer counts. gRPC calls come from clients only.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mlops_helpers.offline.router import Route
from mlops_helpers.offline.state import OfflineCloud
from mlops_helpers.offline.wire import Request, Response

FOUND = pytest.StashKey[set]()
OVER_GRPC = ("bigquerystorage.", "firestore.", "logging.", "monitoring.")
WITHOUT_HEADER = ("storage.xml.", "storage.uploads.", "metadata.", "vertex.PredictionService.")
CANCELLED = 499  # how Cloud Storage confirms that an upload was cancelled


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--operations FOLDER`."""
    parser.addoption("--operations", type=Path, metavar="FOLDER", help="note which operations were answered")


def pytest_configure(config: pytest.Config) -> None:
    """Listen to every cloud of this process."""
    if config.getoption("operations") is not None:
        config.stash[FOUND] = set()
        _listen(config.stash[FOUND])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write this process' file."""
    if FOUND in config.stash:
        folder = config.getoption("operations")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{os.getpid()}.json").write_text(json.dumps(sorted(config.stash[FOUND])), encoding="utf-8")


def _listen(found: set[str]) -> None:
    construct, count = OfflineCloud.__init__, OfflineCloud.count

    def observe(route: Route, request: Request, response: Response) -> None:
        asked = "x-goog-api-client" in request.headers or route.operation.startswith(WITHOUT_HEADER)
        if asked and (response.status < 400 or response.status == CANCELLED):
            found.add(route.operation)

    def listened(self: OfflineCloud, **options: Any) -> None:
        construct(self, **options)
        self.observers.append(observe)

    def counted(self: OfflineCloud, what: str, amount: int = 1) -> None:
        count(self, what, amount)
        if what.startswith(OVER_GRPC):
            found.add(what)

    OfflineCloud.__init__, OfflineCloud.count = listened, counted
