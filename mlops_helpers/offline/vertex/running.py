"""Training code really runs: in a process of its own, in a folder of its own, with an environment of its own.

The process gets no variable of this one beyond what Python needs to start, so that no secret leaks into it. What it
sees instead is what Vertex AI sets (`AIP_MODEL_DIR`, `CLOUD_ML_JOB_ID`, ...) and the offline cloud's address, and
Google's clients in it are connected before its first line. Its output is kept.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .job_logs import log_output
from .packages import Program, unpack
from .warm import POSSIBLE, Step, WarmProcesses

if TYPE_CHECKING:
    from .service import Vertex

log = logging.getLogger(__name__)
AT_ONCE = 2
OUTPUT_BYTES = 2**20
TAIL_LINES = 15
INHERITED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "MLOPS_OFFLINE_TOKEN")
IMPORT_ROOT = Path(__file__).parents[3]  # the folder that mlops_helpers is imported from

# Runs before the training code; the arguments are project, location, module and the module's own.
BOOTSTRAP = """
import runpy, sys
from mlops_helpers.cloud import connect
_, project, location, module, *arguments = sys.argv
connect("offline", project=project, location=location)
sys.argv = [module, *arguments]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
# The package `hypertune` in one function, for training code that reports metrics to a tuning job.
HYPERTUNE = '''
"""Reports metrics to the tuning job, in the file format of Google's cloudml-hypertune."""
import json, os, time

class HyperTune:
    def report_hyperparameter_tuning_metric(
        self, hyperparameter_metric_tag, metric_value, global_step=None, checkpoint_path=""
    ):
        line = {"timestamp": time.time(), "trial": os.environ.get("CLOUD_ML_TRIAL_ID", "0"),
                hyperparameter_metric_tag: str(float(metric_value)), "global_step": str(int(global_step or 0)),
                "checkpoint_path": checkpoint_path}
        with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "a") as file:
            file.write(json.dumps(line, sort_keys=True) + "\\n")
'''


@dataclass(frozen=True)
class Place:
    """Where a job belongs: its resource name, the cloud's address, and the prefix its outputs go to."""

    name: str
    url: str
    outputs: str = ""

    def environment(self) -> dict[str, str]:
        """The variables that Vertex AI sets for training code, and those that lead to the offline cloud."""
        _, project, _, location, *_, number = self.name.split("/")
        outputs = self.outputs.rstrip("/")
        folders = {"AIP_MODEL_DIR": "model", "AIP_CHECKPOINT_DIR": "checkpoints", "AIP_TENSORBOARD_LOG_DIR": "logs"}
        return {
            **({key: f"{outputs}/{folder}/" for key, folder in folders.items()} if outputs else {}),
            "CLOUD_ML_PROJECT_ID": project,
            "CLOUD_ML_REGION": location,
            "CLOUD_ML_JOB_ID": number,
            "GOOGLE_CLOUD_PROJECT": project,
            "MLOPS_OFFLINE_URL": self.url,
        }


@dataclass(frozen=True)
class Finished:
    """How a process ended: its exit status (None: it was cancelled), its output, and the metrics that it reported."""

    status: int | None
    output: str
    metrics: str = ""

    def error(self) -> str:
        """What a failed job says."""
        tail = "\n".join(self.output.splitlines()[-TAIL_LINES:])
        return f"The replica workerpool0-0 exited with a non-zero status of {self.status}. Its last lines:\n{tail}"


class Runs:
    """Every process and every background thread of one offline Vertex AI."""

    def __init__(self, vertex: Vertex) -> None:
        self._vertex = vertex
        self._slots = {kind: threading.Semaphore(AT_ONCE) for kind in ("job", "pipeline")}
        self._threads: list[threading.Thread] = []
        self._processes: dict[str, subprocess.Popen[bytes] | Step] = {}
        self._warm = WarmProcesses()
        self._cancelled: set[str] = set()
        self._outputs: dict[str, str] = {}
        self._closed = False

    def start(self, work: Callable[[], None], kind: str = "job") -> None:
        """Do some work in the background; at most two of a kind at a time.

        A pipeline's step may wait for a job that it started: they never wait for the same slot.
        """
        if self._vertex.cloud.repeating:  # a server that starts again: what the work changed comes back without it
            return
        thread = threading.Thread(target=self._guarded, args=(work, self._slots[kind]), daemon=True)
        self._threads.append(thread)
        thread.start()

    def run(self, place: Place, program: Program, more: Mapping[str, str] | None = None) -> Finished:
        """Run a program to its end. Raises ApiError 400 for a package that cannot be used."""
        if self.cancelled(place.name):
            return Finished(None, "")
        folder = self._vertex.folder()
        roots = unpack(self._vertex, program, folder)
        _write_helpers(folder)
        metrics = folder / "output.metrics"
        own = {**place.environment(), "CLOUD_ML_HP_METRIC_FILE": str(metrics), **program.environment, **(more or {})}
        status = self._execute(place.name, folder, program, _environment(folder, roots, own))
        with (folder / "output.txt").open("rb") as file:
            output = file.read(OUTPUT_BYTES).decode(errors="replace")
        self._outputs[place.name] = self.output(place.name) + output
        finished = Finished(status, output, metrics.read_text() if metrics.exists() else "")
        if not self._closed:
            log_output(self._vertex.cloud, place.name, finished)
        return finished

    def cancel(self, name: str) -> None:
        """End the process of a job, now or when it would start."""
        self._cancelled.add(name)
        if name in self._processes:
            self._processes[name].kill()

    def cancelled(self, name: str) -> bool:
        """Whether somebody asked to end this job, or everything."""
        return self._closed or name in self._cancelled

    def output(self, name: str) -> str:
        """What a job printed, all its trials together; at most one megabyte of each."""
        return self._outputs.get(name, "")

    def close(self) -> None:
        """End every process and wait for the threads that watched them."""
        self._closed = True
        for process in list(self._processes.values()):
            process.kill()
        self._warm.close()
        for thread in self._threads:
            thread.join(timeout=1)

    def _execute(self, name: str, folder: Path, program: Program, environment: dict[str, str]) -> int | None:
        _, project, _, location, *_ = name.split("/")
        command = [str(folder / "bootstrap.py"), project, location, program.module, *program.arguments]
        (folder / "output.txt").touch()
        if program.warm and POSSIBLE:
            watch = partial(self._watch, name)
            status = self._warm.run(command, environment, folder, watch, source=program.warm)
        else:
            status = self._cold(name, command, environment, folder)
        self._processes.pop(name, None)
        return None if self.cancelled(name) else status

    def _cold(self, name: str, command: list[str], environment: dict[str, str], folder: Path) -> int:
        """Run it in a process that starts from nothing."""
        with (folder / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-u", *command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            self._watch(name, process)
            return process.wait()

    def _watch(self, name: str, process: subprocess.Popen[bytes] | Step) -> None:
        """Know a job's process, so that it can be cancelled."""
        self._processes[name] = process
        if self.cancelled(name):  # asked for in the moment between the last look and the start
            process.kill()

    def _guarded(self, work: Callable[[], None], slots: threading.Semaphore) -> None:
        with slots:
            try:
                work()
            except Exception:
                log.exception("fault in the background of the offline Vertex AI")


def _environment(folder: Path, roots: list[Path], own: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    temporary = folder / "tmp"
    temporary.mkdir()
    path = os.pathsep.join(str(root) for root in (*roots, folder, IMPORT_ROOT))
    homes = {"HOME": str(folder), "TMPDIR": str(temporary), "MLOPS_COURSE_HOME": str(folder), "PYTHONPATH": path}
    return {**kept, **own, **homes}


def _write_helpers(folder: Path) -> None:
    (folder / "bootstrap.py").write_text(BOOTSTRAP)
    (folder / "hypertune.py").write_text(HYPERTUNE)
