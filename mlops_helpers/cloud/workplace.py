"""Where this Python runs, and whether it fits the course: the part of the doctor that is the same for every cloud.

Each `look_…` function gives whether all is well and one plain line. Nothing is imported, installed or changed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType

OURSELVES = "mlops-helpers"
CLONE = Path(__file__).resolve().parents[2]
OLDEST, TOO_NEW = (3, 11), (3, 14)
PRODUCTS = {  # what Google's notebook products put into VERTEX_PRODUCT (google.cloud.aiplatform.initializer reads it)
    "COLAB_ENTERPRISE": "Colab Enterprise",
    "WORKBENCH_INSTANCE": "Vertex AI Workbench",
    "WORKBENCH_CUSTOM_CONTAINER": "Vertex AI Workbench with a container of your own",
}
BEGINNING = re.compile(r"\d+(\.\d+)*")
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)$")
ADVICE = {
    "Colab": "install with %pip, then Runtime > Restart session",
    "plain Python": "a lesson wants a notebook: `make lab`",
}
TESTS: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    "==": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found != wanted,
}


def place(environment: Mapping[str, str] = os.environ, modules: Mapping[str, ModuleType] = sys.modules) -> str:
    """What kind of place this is: "Colab", "Colab Enterprise", "Vertex AI Workbench", "Jupyter" or "plain Python"."""
    product = environment.get("VERTEX_PRODUCT", "")
    if product in PRODUCTS:
        return PRODUCTS[product]
    if "google.colab" in modules or "COLAB_RELEASE_TAG" in environment:
        return "Colab"
    return "Jupyter" if "ipykernel" in modules else "plain Python"


def look_at_place(
    environment: Mapping[str, str] = os.environ, modules: Mapping[str, ModuleType] = sys.modules
) -> tuple[bool, str]:
    """Name the place. Always well: the lessons run in each of them; where there is advice, it is given."""
    found = place(environment, modules)
    return True, f"{found} ({ADVICE[found]})" if found in ADVICE else found


def look_at_python(version: tuple[int, ...] = tuple(sys.version_info)) -> tuple[bool, str]:
    """Whether this Python is one the course is tested with."""
    found = ".".join(map(str, version[:2]))
    last = ".".join(map(str, (TOO_NEW[0], TOO_NEW[1] - 1)))
    return OLDEST <= version[:2] < TOO_NEW, f"Python {found}; 3.11 to {last} are tested"


def look_at_requirements(requirements: Iterable[str] | None = None) -> tuple[bool, str]:
    """Whether every required package is installed in a version that fits; by default those of this course."""
    try:
        wanted = own_requirements() if requirements is None else list(requirements)
    except metadata.PackageNotFoundError:
        return False, f"{OURSELVES} is neither installed nor part of a clone: no list of what it needs"
    wanted = [line for line in wanted if "extra ==" not in line]
    wrong = [problem for problem in map(unfit, wanted) if problem]
    return not wrong, "; ".join(wrong) or f"all {len(wanted)} in a version that fits"


def own_requirements(clone: Path = CLONE) -> list[str]:
    """What the course requires: from a clone's requirements.txt, else as installed. Raises PackageNotFoundError."""
    file = clone / "requirements.txt"
    if not file.exists():
        return metadata.requires(OURSELVES) or []
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def unfit(requirement: str) -> str:
    """What is wrong with one requirement, as in `pandas<4,>=2.2`; empty if it is met."""
    name, ranges = REQUIREMENT.match(requirement).groups()
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is missing"
    for part in filter(None, map(str.strip, ranges.split(","))):
        sign = part[:2] if part[:2] in TESTS else part[:1]
        if not TESTS[sign](_numbers(found), _numbers(part[len(sign) :])):
            return f"{name} {found} does not fit {ranges.strip()}"
    return ""


def look_at_imports(modules: Mapping[str, ModuleType] = sys.modules) -> tuple[bool, str]:
    """Whether what is loaded is what is installed: after an upgrade a running kernel still has the old version."""
    stale = []
    for name in ("numpy", "pandas", "scipy", "sklearn", "pyarrow", "google.genai"):
        loaded = getattr(modules.get(name), "__version__", None)
        installed = _installed({"sklearn": "scikit-learn", "google.genai": "google-genai"}.get(name, name))
        if loaded and installed and loaded != installed:
            stale.append(f"{name} {loaded} is loaded, {installed} is installed")
    return not stale, "; ".join(stale) or "what is loaded is what is installed"


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """The release numbers of a version without closing zeros: "2.10.0rc1" is (2, 10)."""
    found = BEGINNING.match(version.strip())
    numbers = [int(part) for part in found.group().split(".")] if found else [0]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
