"""What a run depends on besides data, parameters and seed: code, installed packages, the machine."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import inspect
import os
import platform
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from mlops_helpers.debugging.content import content_digest
from mlops_helpers.debugging.errors import InvalidSetting

UNKNOWN = "no source"
GIT_SECONDS = 30


def utc_now() -> dt.datetime:
    """Return the time, in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Workspace:
    """Where a run takes place.

    repository  a folder under git, or None to leave git out; a folder that is not under git counts as None
    files       further source files the result depends on
    lock        the file that pins all packages
    clock       gives the time that is written down
    """

    repository: Path | None = Path()
    files: tuple[Path, ...] = ()
    lock: Path | None = None
    clock: Callable[[], dt.datetime] = utc_now

    def __post_init__(self) -> None:
        """Refuse files that are not there, before anything runs."""
        for path in (*self.files, *([self.lock] if self.lock else [])):
            if not Path(path).is_file():
                raise InvalidSetting(f"no file {Path(path).name!r}", "a file that exists", "Correct the path.")


def code_facts(function: Callable[..., Any], workspace: Workspace) -> dict[str, str]:
    """Return revision and uncommitted changes of the repository, and digests of the function and of the files."""
    facts = _revision(workspace.repository) if workspace.repository is not None else {}
    facts[f"function {qualified_name(function)}"] = source_digest(function)
    return facts | {f"file {Path(path).name}": content_digest(Path(path)) for path in workspace.files}


def package_facts(workspace: Workspace) -> dict[str, str]:
    """Return Python's version, versions of the packages that are imported, and the digest of the lock file."""
    imported = {name.partition(".")[0] for name in list(sys.modules)}
    names = {package for module, owners in _distributions().items() if module in imported for package in owners}
    facts = {"python": platform.python_version(), **{name: version(name) for name in sorted(names)}}
    return facts | ({"lock": content_digest(Path(workspace.lock))} if workspace.lock else {})


def hardware_facts() -> dict[str, str]:
    """Return what results may depend on; no name of a host, no path, no address."""
    facts = {"cpus": str(os.cpu_count()), "machine": platform.machine(), "system": platform.system()}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        facts["gpu"] = str(torch.cuda.get_device_name())
    return facts


def qualified_name(function: Callable[..., Any]) -> str:
    """Return module and name of a function, of what a partial wraps, or of a callable object's class."""
    inner = _unwrapped(function)
    return f"{inner.__module__}.{inner.__qualname__}"


def source_digest(function: Callable[..., Any]) -> str:
    """Return the SHA-256 of a function's source, indentation aside; `no source` for what is not written in Python.

    Functions it calls are not covered: that is what `repository` and `files` of the workspace are for.
    """
    try:
        source = textwrap.dedent(inspect.getsource(_unwrapped(function)))
    except (OSError, TypeError):
        return UNKNOWN
    return hashlib.sha256(source.encode()).hexdigest()


def _unwrapped(function: Callable[..., Any]) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    inner = inspect.unwrap(function)
    return inner if hasattr(inner, "__qualname__") else type(inner)


@functools.cache
def _distributions() -> dict[str, list[str]]:
    """Return which packages own which modules; reading that takes half a second, so it is read once."""
    return {module: sorted(set(owners)) for module, owners in packages_distributions().items()}


def _revision(folder: Path) -> dict[str, str]:
    """Return the commit, and a digest of what was changed since; nothing outside of a repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {}
    status = _git(folder, "status", "--porcelain", "--untracked-files=normal") or ""
    changed = status + (_git(folder, "diff", "HEAD") or "") if status else ""
    digest = hashlib.sha256(changed.encode()).hexdigest() if changed else "none"
    return {"revision": commit.strip(), "uncommitted changes": digest}


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, None if there is no git or no repository."""
    command = ["git", "-C", str(folder), *arguments]
    options: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace", "timeout": GIT_SECONDS}
    try:
        done = subprocess.run(command, check=False, **options)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
