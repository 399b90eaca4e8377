"""Builds the course's environments from their lock files, with uv where there is one, else with venv and pip.

An environment is used only when its stamp, written last, names the lock it was built from: a build that was
interrupted, or an environment of an older lock, is built again from nothing. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAMP = "course-lock.sha256"
# The interpreter outside of any environment: the one we run in may be the very one that is built anew.
BASE_PYTHON = getattr(sys, "_base_executable", None) or sys.executable
# What the person's shell may carry over that would change what is installed, or slow every start fourfold.
DROPPED = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")


class EnvironmentFailed(Exception):
    """An environment could not be built; the message says which step failed and what to do."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment of the course: its folder and the lock file that says what is in it."""

    folder: Path
    lock: Path

    @property
    def scripts(self) -> Path:
        """The folder of its commands."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    @property
    def stamp(self) -> Path:
        """The file that says from which lock the environment was built to its end."""
        return self.folder / STAMP

    def ready(self) -> bool:
        """Whether it is complete, built from today's lock, and its interpreter is still there."""
        try:
            return self.stamp.read_text() == self._fingerprint() and self.python.exists()
        except OSError:
            return False

    def ensure(self, finish: Callable[[Environment], None]) -> None:
        """Build it unless it is ready; `finish` does what remains after the packages are installed.

        Raises `EnvironmentFailed`; the unfinished environment is then not used and is built anew the next time.
        """
        if self.ready():
            return
        started = time.monotonic()
        uv = shutil.which("uv")
        say(f"building {self.folder.name} with {'uv' if uv else 'pip (this takes some minutes; uv takes seconds)'}")
        if not (uv and self._build_with_uv(uv)):
            self._build_with_pip()
        finish(self)
        self.stamp.write_text(self._fingerprint())
        say(f"{self.folder.name} is ready after {time.monotonic() - started:.0f} s")

    def run(self, *arguments: str, check: bool = False) -> int:
        """Run its Python with these arguments from the repository's root; the exit code."""
        return call([str(self.python), *arguments], check=check)

    def _build_with_uv(self, uv: str) -> bool:
        """True when uv made the environment; false leaves the work to pip."""
        steps = (
            [uv, "venv", "--quiet", "--clear", "--python", BASE_PYTHON, str(self.folder)],
            [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(self.python), "-r", str(self.lock)],
        )
        done = all(call(step) == 0 for step in steps)
        if not done:
            say("uv did not succeed; trying with pip")
        return done

    def _build_with_pip(self) -> None:
        create = [BASE_PYTHON, "-m", "venv", "--clear", str(self.folder)]
        if call(create) != 0:
            raise EnvironmentFailed(
                f"{BASE_PYTHON} -m venv failed (see above). On Debian and Ubuntu install python3-venv; "
                "anywhere, install uv. Then run the command again."
            )
        # Bytecode is compiled afterwards, for what the lessons import and nothing else: that saves a minute.
        install = (
            "install",
            "--quiet",
            "--quiet",
            "--no-deps",
            "--no-compile",
            "--no-input",
            "--disable-pip-version-check",
        )
        if self.run("-m", "pip", *install, "-r", str(self.lock)) != 0:
            raise EnvironmentFailed(
                f"pip could not install {self.lock.name} (see above). Check that the package index can be reached "
                "and that there is 1.5 GB of free space, then run the command again."
            )

    def _fingerprint(self) -> str:
        return hashlib.sha256(self.lock.read_bytes()).hexdigest()


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for every process the course starts: without what would disturb an environment of our own."""
    kept = {name: value for name, value in environment.items() if name not in DROPPED}
    # Jupyter: the kernel of this environment, whatever else the person has installed; no notes about paths to come.
    return kept | {"JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_PLATFORM_DIRS": "1", "PYTHONUTF8": "1"}


def call(command: list[str], *, check: bool = False) -> int:
    """Run a command from the repository's root and pass its output through; the exit code.

    Raises `EnvironmentFailed` for a non-zero code when `check` is set, or when the command does not exist.
    """
    try:
        code = subprocess.run(command, cwd=ROOT, env=clean_environment(os.environ), check=False).returncode
    except OSError as error:
        raise EnvironmentFailed(
            f"{command[0]} could not be started: {error}. Run `make clean` and try again."
        ) from error
    if check and code != 0:
        raise EnvironmentFailed(f"{' '.join(command[:4])} … ended with {code} (see above).")
    return code


def say(sentence: str) -> None:
    """One line on the console, at once."""
    print(sentence, flush=True)
