"""A room of learners on one offline Google Cloud, measured: `python -m tools.room_load --learners 30 --store`.

Starts the standalone server as an instructor would (a token, a data folder), then processes that attach to it as a
lesson does (`MLOPS_OFFLINE_URL`). Each process plays several learners in threads, each learner in a project of its own:
thirty notebooks would be thirty processes, but importing Google's libraries thirty times would measure the laptop. All
begin at the same moment with what lesson 1 does: two versions of a file in a bucket, a table in BigQuery, two queries,
three questions to Gemini. What is reported are the seconds that learners waited, and the server's memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

LEARNERS, PROCESSES, QUESTIONS = 30, 5, 3
MOST_SECONDS = 300
GO = "go\n"
CLIENTS = ("google.cloud.bigquery", "google.cloud.storage", "google.genai", "pandas")


def learn(project: str) -> dict[str, float]:
    """Do as lesson 1 does in a project of one's own; the seconds of each part. Needs an open session."""
    from google import genai
    from google.cloud import bigquery, storage

    from mlops_helpers.cloud.models import choose
    from mlops_helpers.learning import course_data

    file = course_data("customers.csv")
    bucket = storage.Client(project=project).bucket(f"{project}-deliveries")
    warehouse = bigquery.Client(project=project)
    gemini = genai.Client(enterprise=True, project=project, location="global")
    model = choose("default").id

    def store() -> None:
        bucket.versioning_enabled = True
        bucket.create(location="us-central1")
        for _ in range(2):
            bucket.blob("customers.csv").upload_from_filename(str(file))
        list(bucket.list_blobs(versions=True))

    def load() -> None:
        warehouse.create_dataset("lesson")
        settings = bigquery.LoadJobConfig(source_format="CSV", skip_leading_rows=1, autodetect=True)
        warehouse.load_table_from_uri(
            f"gs://{bucket.name}/customers.csv", f"{project}.lesson.raw", job_config=settings
        ).result()

    def query() -> None:
        for wanted in ("COUNT(*)", "COUNT(DISTINCT customer_id)"):
            list(warehouse.query_and_wait(f"SELECT {wanted} FROM `{project}.lesson.raw`"))

    def ask() -> None:
        for number in range(QUESTIONS):
            gemini.models.generate_content(model=model, contents=f"How does this feel? The phone broke, call {number}.")

    return {part.__name__: _seconds(part) for part in (store, load, query, ask)}


def play(projects: Sequence[str]) -> None:
    """A process: attach, wait for the start on standard input, play the learners, write their seconds as JSON."""
    from mlops_helpers.cloud import connect

    with connect("offline", project=projects[0]):
        for module in CLIENTS:
            import_module(module)  # before the clock starts

        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        with ThreadPoolExecutor(len(projects)) as pool:
            sys.stdout.write(json.dumps(list(pool.map(learn, projects))))


def measure(learners: int = LEARNERS, processes: int = PROCESSES) -> dict[str, str]:
    """Serve, play, and return what was measured, in words for the kit. Raises `RuntimeError` if a learner failed."""
    with tempfile.TemporaryDirectory(prefix="mlops-room-") as folder:
        server = _start([sys.executable, "-m", "mlops_helpers.offline", "--port", "0", "--data", f"{folder}/data"])
        try:
            address = _address(server)
            before = _megabytes(server.pid)
            spent, seconds = _play_all(address, learners, processes, Path(folder))
            after = _megabytes(server.pid)
        finally:
            server.terminate()
            server.communicate()
    return _in_words(spent, seconds, before, after, processes)


def _play_all(address: str, learners: int, processes: int, folder: Path) -> tuple[list[dict[str, float]], float]:
    """Start the processes, let all begin at once; what each learner waited, and the seconds until the last was done."""
    names = [f"learner-{number:02d}" for number in range(1, learners + 1)]
    running = []
    for place in range(processes):
        command = [sys.executable, "-m", "tools.room_load", "--play", *names[place::processes]]
        running.append(_start(command, MLOPS_OFFLINE_URL=address, MLOPS_COURSE_HOME=str(folder / f"home-{place}")))
    for process in running:
        process.stdout.readline()
    started = time.perf_counter()
    for process in running:
        process.stdin.write(GO)
        process.stdin.flush()
    answers = [process.communicate(timeout=MOST_SECONDS)[0] for process in running]
    seconds = time.perf_counter() - started
    if any(process.returncode for process in running):
        raise RuntimeError("A learner failed; the error is above. Try with fewer learners.")
    return [one for answer in answers for one in json.loads(answer)], seconds


def _in_words(spent: list[dict[str, float]], seconds: float, before: float, after: float, processes: int) -> dict:
    waited = sorted(sum(one.values()) for one in spent)
    parts = {name: statistics.median(one[name] for one in spent) for name in spent[0]}
    return {
        "machine": f"{os.cpu_count()} cores, shared with the clients and with other work",
        "learners": f"{len(spent)} projects at once, from {processes} client processes",
        "all done after": f"{seconds:.0f} s",
        "a learner waited": f"median {statistics.median(waited):.0f} s, longest {waited[-1]:.0f} s",
        "of these, median": ", ".join(f"{name} {value:.1f} s" for name, value in parts.items()),
        "server memory": f"{before:.0f} MB at the start, {after:.0f} MB at its peak",
    }


def _seconds(part: Callable[[], None]) -> float:
    started = time.perf_counter()
    part()
    return time.perf_counter() - started


def _start(command: list[str], **variables: str) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLOPS_")} | variables
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)


def _address(server: subprocess.Popen) -> str:
    """The address and token that the server prints for a shell."""
    for line in server.stdout:
        if line.startswith("MLOPS_OFFLINE_URL="):
            return line.partition("=")[2].strip()
    raise RuntimeError("The offline Google Cloud did not start; its error is above.")


def _megabytes(process: int) -> float:
    """The most memory that a process has used so far (Linux tells; elsewhere not a number)."""
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), float("nan"))


def main(arguments: Sequence[str]) -> int:
    """Measure and print, or play learners."""
    parser = argparse.ArgumentParser(prog="python -m tools.room_load", description="A room on one offline cloud.")
    parser.add_argument("--learners", type=int, default=LEARNERS)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--store", action="store_true", help="keep the result for the instructor's kit")
    parser.add_argument("--play", nargs="+", metavar="PROJECT", help="what this program starts itself with")
    chosen = parser.parse_args(arguments)
    if chosen.play:
        play(chosen.play)
        return 0
    found: dict[str, Any] = measure(chosen.learners, chosen.processes)
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in found.items()))
    if chosen.store:
        from notebooks import kit, kit_measure

        kit_measure.keep(kit_measure.measured() | {"room": found})
        kit.refresh()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
