"""The peers: private environments in build/bench, and servers started in them for as long as they are needed.

Each peer has a list of exact versions in `peers/`. uv builds its environment where there is one, else venv and pip do.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT, Environment, EnvironmentFailed, clean_environment

BENCH = ROOT / "build" / "bench"
LISTS = Path(__file__).resolve().parent / "peers"
PATIENCE = 30  # seconds a server may take to answer for the first time
UNAVAILABLE = (EnvironmentFailed, OSError)


@dataclass(frozen=True)
class Served:
    """A running server: where it listens and its process."""

    url: str
    pid: int


def environment(peer: str) -> Environment:
    """Return the environment of a peer, built if it is not there. Raises `EnvironmentFailed`."""
    BENCH.mkdir(parents=True, exist_ok=True)
    built = Environment(BENCH / peer, LISTS / f"{peer}.txt")
    built.ensure(lambda _: None)
    return built


def version(peer: str) -> str:
    """Return name and version of a peer: the first line of its list."""
    return (LISTS / f"{peer}.txt").read_text(encoding="utf-8").splitlines()[0].replace("==", " ")


@contextmanager
def fake_gcs_server() -> Iterator[Served]:
    """Run fake-gcs-server (Go) in memory mode."""
    folder = environment("fake-gcs-server").folder
    binaries = sorted(folder.rglob("vendor/fake-gcs-server/bin/fake-gcs-server-*"))
    if not binaries:
        raise EnvironmentFailed("the package holds no fake-gcs-server for this platform")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    options = ("-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-log-level", "error")
    command = [str(binaries[0]), *options, "-port", str(port), "-external-url", url]
    with _running(command, f"{url}/_internal/healthcheck") as pid:
        yield Served(url, pid)


@contextmanager
def crucible() -> Iterator[Served]:
    """Run crucible-emulator, a BigQuery on DuckDB."""
    python = environment("crucible-emulator").python
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(python), "-m", "crucible.cli", "serve", "--dialect", "bigquery", "--port", str(port)]
    with _running(command, f"{url}/_crucible/health") as pid:
        yield Served(url, pid)


@contextmanager
def offline_cloud() -> Iterator[Served]:
    """Run our own offline Google Cloud as a process of its own, as the peers are."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlops_helpers.offline", "--no-token", "--port", str(port)]
    with _running(command, f"{url}/_offline/clock") as pid:
        yield Served(url, pid)


@contextmanager
def _running(command: list[str], health: str) -> Iterator[int]:
    """Start a server, wait until it answers, yield its process id, stop it."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(os.environ), stdout=quiet, stderr=quiet) as process:
        try:
            _wait_for(health, process)
            yield process.pid
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen) -> None:
    """Wait until the server answers, whatever it answers. Raises `EnvironmentFailed`."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            opener.open(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise EnvironmentFailed(f"{Path(process.args[0]).name} did not answer within {PATIENCE} s")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
