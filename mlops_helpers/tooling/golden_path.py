"""A golden path: the project that a team would have copied from somewhere, checked, and with nothing of the other team.

    create_project("churn", "projects/churn", owner="example")

Makes a pipeline of three steps, their tests, a Makefile, requirements, a README, and the CI files of `cicd`. What it
makes belongs to whoever made it: nothing in it imports this package, and no later version changes it. A golden path is
an offer, not a fence; what makes people take it is that it works on the first day.

The files are texts in which `string.Template` puts in a few checked names. Nothing in them is run while they are made.
"""

from __future__ import annotations

import keyword
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path
from string import Template

from .cicd import Delivery, cloud_build, cloud_triggers, github_workflow, setup_commands
from .errors import InvalidSetting

FILES = "golden_path_files"
SUFFIX = ".template"
TAKEN = frozenset({"tests", "build", "package", "triggers", "kfp", "pandas", "pytest", "sklearn", "joblib", "google"})


def create_project(name: str, folder: Path | str, *, owner: str = "your-organisation", project: str = "") -> Path:
    """Write a project into a folder that is new or empty, and return it.

    name      small letters, digits and hyphens; with underscores it is the name of the Python package
    owner     whose the repository on GitHub will be
    project   Google Cloud's, for the triggers; a placeholder, `your-project`, if it is not known yet

    Written beside the folder first, then renamed: there is a whole project or none. Raises InvalidSetting for a name
    that cannot be, or that Python or a library has taken, and for a folder that holds anything or has no parent.
    """
    delivery = Delivery(name, owner=owner)
    texts = _texts(delivery, _package(name), project or "your-project")
    target = Path(folder)
    _check_folder(target)
    draft = Path(tempfile.mkdtemp(prefix=".golden-path-", dir=target.absolute().parent))
    try:
        for path, text in texts.items():
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            (draft / path).write_text(text, encoding="utf-8", newline="\n")
        draft.chmod(0o755)  # made for its owner alone, as temporary folders are
        if target.exists():
            target.rmdir()  # still empty, or this fails and nothing is lost
        return draft.replace(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _texts(delivery: Delivery, package: str, project: str) -> dict[str, str]:
    """Return path -> text of all files."""
    triggers = cloud_triggers(delivery, project=project)
    setup = setup_commands(delivery, project=project, location="us-central1", bucket="your-bucket")
    names = {"name": delivery.name, "package": package, "setup": "\n".join(setup)}
    return {
        **{path: Template(text).substitute(names) for path, text in _templates(package).items()},
        "cloudbuild.yaml": cloud_build(delivery),
        ".github/workflows/ci.yml": github_workflow(delivery),
        **{f"triggers/{file}": text for file, text in triggers.items()},
    }


def _templates(package: str) -> dict[str, str]:
    """Return path -> template of the files that are kept with this package."""
    root = Path(str(resources.files("mlops_helpers.tooling") / FILES))
    found = {}
    for path in sorted(root.rglob(f"*{SUFFIX}")):
        parts = path.relative_to(root).as_posix().removesuffix(SUFFIX)
        parts = parts.replace("package/", f"{package}/").replace("gitignore", ".gitignore")
        found[parts] = path.read_text(encoding="utf-8")
    return found


def _package(name: str) -> str:
    package = name.replace("-", "_")
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package in TAKEN:
        remedy = "Add what it is about, as in churn-model."
        raise InvalidSetting(f"the name {name!r}, which Python or a library has taken", "a name of its own", remedy)
    return package


def _check_folder(target: Path) -> None:
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        remedy = "Name another; nothing is ever overwritten."
        raise InvalidSetting(f"{target.name}, which is no empty folder", "a folder that is new or empty", remedy)
    if not target.absolute().parent.is_dir():
        found = f"no folder {target.parent} to put {target.name} into"
        raise InvalidSetting(found, "a folder whose parent exists", "Make the parent first.")
