"""A standalone offline Google Cloud: `python -m mlops_helpers.offline --port 8085`.

Other processes attach with the line that it prints, `MLOPS_OFFLINE_URL=http://127.0.0.1:8085/?token=...`; projects do
not see each other. With --no-token a client of any language reaches it by STORAGE_EMULATOR_HOST and
BIGQUERY_EMULATOR_HOST. It listens on loopback only, and forgets everything when it stops, unless --data names a
folder: then it holds all that it acknowledged, whenever it is killed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import threading
from pathlib import Path

from .clock import Clock, WallClock
from .door import Access, Door
from .journal import DataFolderError, Journal
from .keeping import settings
from .restoring import restore
from .server import OfflineServer
from .state import OfflineCloud

TOKEN = "MLOPS_OFFLINE_TOKEN"


def main(arguments: list[str] | None = None, *, stop: threading.Event | None = None) -> None:
    """Serve until interrupted (or until `stop` is set)."""
    options = parser().parse_args(arguments)
    token = None if options.no_token else os.environ.get(TOKEN) or secrets.token_urlsafe(24)
    if token:
        os.environ[TOKEN] = token  # training code that Vertex AI runs is a client too
    try:
        cloud, journal, repeated = open_cloud(options)
    except DataFolderError as problem:
        sys.exit(f"{type(problem).__name__}: {problem}")
    try:
        with OfflineServer(cloud, port=options.port, door=door(cloud, token)).start() as server:
            sys.stdout.write(banner(server.url, token, options, repeated=repeated))
            sys.stdout.flush()
            wait(stop or threading.Event())
    finally:
        if journal is not None:
            journal.close()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m mlops_helpers.offline", description=__doc__)
    found.add_argument("--port", type=int, default=8085, help="0 takes a free one")
    found.add_argument("--data", type=Path, metavar="DIR", help="keep everything acknowledged in this folder")
    found.add_argument("--no-token", action="store_true", help="whoever reaches the port may use it")
    found.add_argument("--wall-clock", action="store_true", help="real time instead of one second for each write")
    found.add_argument("--trust-models", action="store_true", help="load pickled models that are uploaded (runs code)")
    return found


def open_cloud(options: argparse.Namespace) -> tuple[OfflineCloud, Journal | None, int]:
    """The cloud, its journal, and how many requests were repeated from it. Raises DataFolderError."""
    clock = WallClock() if options.wall_clock else Clock()
    if options.data is None:
        return OfflineCloud(clock=clock, trust_models=options.trust_models), None, 0
    known = settings(wall_clock=options.wall_clock, trust_models=options.trust_models)
    journal = Journal(options.data.resolve(), known)
    cloud = OfflineCloud(clock=clock, trust_models=options.trust_models, parent=str(journal.running))
    try:
        return cloud, journal, restore(cloud, journal)
    except DataFolderError:
        cloud.close()
        journal.close()
        raise


def door(cloud: OfflineCloud, token: str | None) -> Door:
    """The door with its console. Prices are the course's own."""
    from ..cloud.receipt import Receipt
    from .console import Console

    access, cloud.token = Access(token), token
    return Door(cloud, access, Console(cloud, access, receipt=Receipt.of))


def banner(url: str, token: str | None, options: argparse.Namespace, *, repeated: int) -> str:
    """What a person at the terminal needs to know. The last line is for a shell."""
    lines = [f"Offline Google Cloud (a simulator) on {url}"]
    if options.data is not None:
        lines.append(f"Keeps all that it acknowledges in {options.data} ({repeated} changes repeated).")
    query = f"/?token={token}" if token else ""
    if token is None:
        lines.append("No token: every program on this machine may read and change everything here.")
    if options.trust_models:
        lines.append("Pickled models that are uploaded will be loaded: whoever may upload one may run code here.")
    lines.append(f"Console: {url}/console{query.removeprefix('/')}")
    return "\n".join([*lines, f"MLOPS_OFFLINE_URL={url}{query}", ""])


def wait(stop: threading.Event) -> None:
    """Until somebody says stop, or presses Ctrl-C."""
    try:
        stop.wait()
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")


if __name__ == "__main__":
    main()
