"""One compiled file for three places: KFP's local runner, the offline Vertex AI, and Vertex AI Pipelines.

    compiled_pipeline("churn_training")              the committed file, to be submitted as it is (KFP is not needed)
    compile_pipeline("churn_training", "mine.yaml", image="us-docker.pkg.dev/me/images/mlops:7")
    set_image("churn_training", "mine.yaml", image="us-docker.pkg.dev/me/images/mlops:7")  the same without KFP
    run_locally("churn_training", parameters, root=folder, url=session.url)

The compiled files are committed, so that a review shows what will run; `check_compiled` compares them with the code.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from importlib import import_module, resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mlops_helpers.tooling.errors import InvalidSetting, StalePipeline, StepFailed
from mlops_helpers.tooling.pipeline_settings import IMAGE_NAME
from mlops_helpers.tooling.pipeline_step import require_kfp

IMAGE = "python:3.11"  # for Vertex AI: an image in which this package is installed, see set_image
PIPELINES = MappingProxyType(
    {
        "churn_training": "mlops_helpers.tooling.pipeline_churn",
        "genai_tuning": "mlops_helpers.tooling.genai_pipeline",
    }
)
ATTACH = "MLOPS_OFFLINE_URL"
ERROR = re.compile(r"^\s*(?:\w+\.)*[A-Z]\w+: .+$", re.MULTILINE)  # google.api_core.exceptions.NotFound: 404 …


def compiled_pipeline(name: str) -> Path:
    """The committed file of a pipeline. Raises InvalidSetting for an unknown one."""
    _require_known(name)
    return Path(str(resources.files("mlops_helpers.tooling") / "compiled" / f"{name}.yaml"))


def compile_pipeline(name: str, path: Path | str, *, image: str = IMAGE) -> Path:
    """Compile a pipeline; `image` is the container its steps run in on Vertex AI, with this package installed.

    Written to a temporary name first. Raises MissingExtra without KFP, InvalidSetting for an unknown pipeline or for
    what cannot be an image.
    """
    _require_known(name)
    _require_image(image)
    require_kfp()
    from kfp import compiler

    target = Path(path)
    draft = target.with_name(f".{target.stem}.draft.yaml")
    compiler.Compiler().compile(getattr(import_module(PIPELINES[name]), name), str(draft))
    return _write(draft.read_text(encoding="utf-8"), image, draft, target)


def set_image(name: str, path: Path | str, *, image: str) -> Path:
    """The committed file with another image for its steps: one in which this package is installed (see Dockerfile).

    KFP is not needed. Written to a temporary name first. Raises InvalidSetting as `compile_pipeline` does.
    """
    _require_image(image)
    text, target = compiled_pipeline(name).read_text(encoding="utf-8"), Path(path)
    return _write(text, image, target.with_name(f".{target.stem}.draft.yaml"), target)


def _write(text: str, image: str, draft: Path, target: Path) -> Path:
    draft.write_text(text.replace(f"image: {IMAGE}\n", f"image: {image}\n"), encoding="utf-8")
    return draft.replace(target)


def _require_image(image: str) -> None:
    if not IMAGE_NAME.fullmatch(image):
        remedy = "Give its full name and its tag; nothing was written."
        raise InvalidSetting(f"the image {image!r}", "us-docker.pkg.dev/project/repository/name:tag", remedy)


def check_compiled(name: str, folder: Path) -> None:
    """Compile into a folder and compare with the committed file. Raises StalePipeline with the line that differs."""
    fresh = compile_pipeline(name, folder / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    path = compiled_pipeline(name)
    kept = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if fresh == kept:
        return
    same = next((number for number, pair in enumerate(zip(fresh, kept, strict=False)) if pair[0] != pair[1]), 0)
    remedy = "Look at the difference, compile_pipeline() to the same place, and commit it."
    raise StalePipeline(f"{name}.yaml that differs from line {same + 1}", "what the code compiles to", remedy)


def run_locally(
    name_or_path: str | Path, parameters: Mapping[str, Any], *, root: Path | str, url: str | None = None
) -> Path:
    """Run a compiled pipeline with KFP's own local runner: each step a process here, no container, no Vertex AI.

    `root` is the folder for artifacts, `url` the offline cloud's address (`session.url`). What the steps print goes to
    the file that is returned. Raises StepFailed with the step's own words; the exit handler has run by then.
    """
    require_kfp()
    from kfp import components, local

    path = compiled_pipeline(str(name_or_path)) if name_or_path in PIPELINES else Path(name_or_path)
    folder = Path(root)
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = components.load_component_from_file(str(path))
    runner = local.SubprocessRunner(use_venv=False)
    log = folder / "output.log"
    with log.open("w", encoding="utf-8") as output, contextlib.redirect_stdout(output), _variable(ATTACH, url):
        local.init(runner, pipeline_root=str(folder), workspace_root=str(folder / "workspace"))
        try:
            pipeline(**parameters)
        except RuntimeError as problem:
            output.flush()
            raise StepFailed(
                f"{problem} {_last_error(log)}", "a run that ends", f"All of it is in {log.name}."
            ) from None
    return log


def _last_error(log: Path) -> str:
    """The line in which a step's last traceback ends; empty if there is none."""
    text = log.read_text(encoding="utf-8").rpartition("Traceback (most recent call last)")[2]
    found = ERROR.search(text)
    return found[0].strip() if found else ""


@contextlib.contextmanager
def _variable(name: str, value: str | None) -> Iterator[None]:
    """Set an environment variable for a while; None leaves it as it is."""
    before = os.environ.get(name)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        if before is not None:
            os.environ[name] = before
        elif value is not None:
            del os.environ[name]


def _require_known(name: str) -> None:
    if name not in PIPELINES:
        raise InvalidSetting(f"the pipeline {name!r}", f"one of {', '.join(PIPELINES)}", "Correct the name.")
