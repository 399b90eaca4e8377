"""Training code on its way from the bucket to a process: which module runs, with which arguments, from which package.

Two forms of a worker pool run here: a Python package on Google's executor image, and the shell line that
`CustomJob.from_local_script` writes for other images. Everything else would need a container, and is refused.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from .errors import bad_field, precondition

if TYPE_CHECKING:
    from .service import Vertex

SHELL_LINE = re.compile(r"pip3? install .*?/gcs/(?P<package>\S+) && python3? -m (?P<module>[\w.]+)(?P<arguments>.*)")
UNTRUSTED = (
    "The package {uri} was not uploaded to this offline cloud by this session, so it is not run. "
    "Upload it in this session, or start a server whose users you trust with --trust-models."
)


@dataclass(frozen=True)
class Program:
    """A module to run: its arguments, its environment, and the packages (`gs://...`) that hold it.

    `warm` is the text of a short program of which there are many, so that imports are shared: see the module `warm`.
    """

    module: str
    arguments: tuple[str, ...]
    packages: tuple[str, ...]
    environment: Mapping[str, str]
    warm: str = ""

    def with_arguments(self, *more: str) -> Program:
        """The same program with arguments added, as a tuning trial adds its parameters."""
        return replace(self, arguments=(*self.arguments, *more))


def read_program(job_spec: Mapping[str, Any]) -> Program:
    """The program of a CustomJobSpec. Raises ApiError 400 without a worker pool, 501 for what needs a container."""
    pools = [pool for pool in job_spec.get("workerPoolSpecs", []) if pool]
    if not pools:
        raise bad_field("job_spec.worker_pool_specs", [], "one worker pool")
    if len(pools) > 1 or int(pools[0].get("replicaCount", "1")) > 1:
        raise unsupported("Vertex AI: training on more than one replica")
    if "pythonPackageSpec" in pools[0]:
        return _from_package(pools[0]["pythonPackageSpec"])
    return _from_shell_line(pools[0].get("containerSpec", {}))


def unpack(vertex: Vertex, program: Program, folder: Path) -> list[Path]:
    """Unpack the program's packages into a folder; gives the folders to import from.

    Raises ApiError 400 for a package that is not there, not trusted or no package.
    """
    roots: list[Path] = []
    for number, uri in enumerate(program.packages):
        (version,) = vertex.cloud.service("storage").match_uri(uri)
        data = version.content.bytes()
        if not vertex.cloud.trust.holds(data):
            raise precondition(UNTRUSTED.format(uri=uri))
        target = folder / f"package-{number}"
        _extract(uri, data, target)
        roots += _import_roots(target)
    return roots


def _from_package(spec: Mapping[str, Any]) -> Program:
    if not spec.get("pythonModule") or not spec.get("packageUris"):
        raise bad_field("python_package_spec", "no module or no package", "python_module and package_uris")
    return Program(spec["pythonModule"], tuple(spec.get("args", [])), tuple(spec["packageUris"]), _environment(spec))


def _from_shell_line(spec: Mapping[str, Any]) -> Program:
    found = SHELL_LINE.search(" ".join(spec.get("command", [])))
    if found is None:
        raise unsupported(
            f"Vertex AI: training in the container {spec.get('imageUri', '(none)')} (Python packages run)"
        )
    arguments = (*shlex.split(found["arguments"]), *spec.get("args", []))
    return Program(found["module"], arguments, (f"gs://{found['package']}",), _environment(spec))


def _environment(spec: Mapping[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in spec.get("env", [])}


def _extract(uri: str, data: bytes, target: Path) -> None:
    """Unpack a source distribution or a wheel; nothing is written outside of the target."""
    archive = target.with_suffix(".archive")
    archive.write_bytes(data)
    try:
        if uri.endswith(".whl"):
            shutil.unpack_archive(archive, target, "zip")
        else:
            shutil.unpack_archive(archive, target, "gztar", filter="data")
    except (shutil.ReadError, tarfile.TarError) as problem:
        raise precondition(f"{uri} cannot be unpacked: {problem}. Expected a .tar.gz or a .whl.") from None


def _import_roots(target: Path) -> list[Path]:
    """Where Python finds the package: the wheel itself, or the distribution's folder (or its `src`)."""
    projects = [path.parent for name in ("setup.py", "pyproject.toml") for path in target.glob(f"*/{name}")]
    found = [project / "src" if (project / "src").is_dir() else project for project in projects]
    return found or [target]
