"""A standalone offline Google Cloud: `python -m mlops_helpers.offline --port 8085`.

Other processes attach with `MLOPS_OFFLINE_URL=http://127.0.0.1:8085`, or point a client of any language at it with
`STORAGE_EMULATOR_HOST` and `BIGQUERY_EMULATOR_HOST`. It listens on loopback only and forgets everything when it stops.
"""

from __future__ import annotations

import argparse
import sys
import threading

from .clock import Clock, WallClock
from .server import OfflineServer
from .state import OfflineCloud


def main(arguments: list[str] | None = None, *, stop: threading.Event | None = None) -> None:
    """Serve until interrupted (or until `stop` is set)."""
    parser = argparse.ArgumentParser(prog="python -m mlops_helpers.offline", description=__doc__)
    parser.add_argument("--port", type=int, default=8085, help="0 takes a free one")
    parser.add_argument("--wall-clock", action="store_true", help="real time instead of one second for each write")
    parser.add_argument("--trust-models", action="store_true", help="load pickled models that are uploaded (runs code)")
    options = parser.parse_args(arguments)
    clock = WallClock() if options.wall_clock else Clock()
    cloud = OfflineCloud(clock=clock, trust_models=options.trust_models)
    with OfflineServer(cloud, port=options.port).start() as server:
        sys.stdout.write(f"Offline Google Cloud (a simulator) on {server.url}\nMLOPS_OFFLINE_URL={server.url}\n")
        sys.stdout.flush()
        try:
            (stop or threading.Event()).wait()
        except KeyboardInterrupt:
            sys.stdout.write("stopped\n")


if __name__ == "__main__":
    main()
