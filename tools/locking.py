"""Resolves the lock files with uv, and finds out what Colab would have to install. Standard library only."""

from __future__ import annotations

import os
import re
import subprocess

from tools.environment import ROOT, EnvironmentFailed, call, clean_environment

COMPILE = ("pip", "compile", "--quiet", "--no-header", "--no-annotate")
FOR_ALL = ("--universal", "--python-version", "3.11")  # one file for every system and every Python from 3.11 on


def lock_course(uv: str, options: list[str]) -> None:
    """Write constraints/lock.txt and constraints/lab.txt; `options` such as --upgrade go to uv.

    Raises `EnvironmentFailed` when there is no set of versions that fits.
    """
    extras = [word for extra in ("notebooks", "test", "pipelines", "metrics") for word in ("--extra", extra)]
    course = ("pyproject.toml", *extras, "-o", "constraints/lock.txt")
    lab = ("--group", "pyproject.toml:lab", "-o", "constraints/lab.txt")
    for which in (course, lab):
        call([uv, *COMPILE, *FOR_ALL, *options, *which], check=True)


def colab_sentence(uv: str) -> str:
    """What `pip install -r requirements.txt` would do on Colab, resolved against Colab's own versions."""
    command = [uv, *COMPILE, "--python-version", "3.13", "-c", "constraints/colab.txt", "requirements.txt"]
    environment = clean_environment(os.environ)
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise EnvironmentFailed(f"requirements.txt cannot be met on Colab:\n{result.stderr.strip()}")
    new, changed = differences(result.stdout, (ROOT / "constraints" / "colab.txt").read_text(encoding="utf-8"))
    return f"On Colab: {len(new)} new packages ({', '.join(new) or 'none'}), {len(changed)} changed."


def differences(resolved: str, preinstalled: str) -> tuple[list[str], list[str]]:
    """The packages that a resolution adds to those preinstalled, and those whose version it changes."""
    wanted, present = _versions(resolved), _versions(preinstalled)
    new = [name for name in wanted if name not in present]
    return new, [name for name in wanted if name in present and wanted[name] != present[name]]


def _versions(listing: str) -> dict[str, str]:
    """Name -> version of the exact lines of a requirements file; names as the package index writes them."""
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", listing, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins}
