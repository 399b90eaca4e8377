"""What a compiled pipeline (KFP's intermediate representation) holds, and whether all of it can run here.

Python components run (`@dsl.component`), and importers. A component that is a container image would need a container
runtime: it is refused by name, before any task has started.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import unsupported
from ..errors import bad_field

Json = dict[str, Any]


@dataclass(frozen=True)
class Spec:
    """A pipeline as compiled: `components` by name, `executors` by label, and the root."""

    name: str
    root: Json
    components: Mapping[str, Json]
    executors: Mapping[str, Json]

    def component(self, task: Json) -> Json:
        """The component that a task runs."""
        return self.components[task["componentRef"]["name"]]

    def executor(self, component: Json) -> Json:
        """The executor of a component that is no pipeline itself."""
        return self.executors[component["executorLabel"]]


def read_spec(pipeline: Json) -> Spec:
    """The pipeline of a request. Raises ApiError 400 for something else, 501 for what needs a container."""
    if "root" not in pipeline or "pipelineInfo" not in pipeline:
        raise bad_field("pipeline_job.pipeline_spec", sorted(pipeline), "a pipeline that the KFP 2 compiler wrote")
    executors = pipeline.get("deploymentSpec", {}).get("executors", {})
    for label, executor in executors.items():
        _check(label, executor)
    return Spec(pipeline["pipelineInfo"]["name"], pipeline["root"], pipeline.get("components", {}), executors)


def source_of(executor: Json) -> tuple[str, str]:
    """The Python source of a component and the name of its function."""
    container = executor["container"]
    arguments = container["args"]
    return container["command"][-1], arguments[arguments.index("--function_to_execute") + 1]


def inputs_of(spec: Spec, given: Mapping[str, Any]) -> Json:
    """The pipeline's parameters: what was given, else the defaults. Raises ApiError 400 for unknown or missing ones."""
    known = spec.root.get("inputDefinitions", {}).get("parameters", {})
    if strange := sorted(set(given) - set(known)):
        raise bad_field("runtime_config.parameter_values", ", ".join(strange), f"parameters of {spec.name}")
    found = with_defaults(spec.root, given)
    missing = [name for name, about in known.items() if name not in found and not about.get("isOptional")]
    if missing:
        raise bad_field("runtime_config.parameter_values", "nothing", f"a value for {', '.join(sorted(missing))}")
    return found


def with_defaults(component: Json, given: Mapping[str, Any]) -> Json:
    """A component's parameters with its defaults, each as the type it declares."""
    known = component.get("inputDefinitions", {}).get("parameters", {})
    found = {name: about["defaultValue"] for name, about in known.items() if "defaultValue" in about}
    found |= {name: value for name, value in given.items() if value is not None or name not in found}
    return {name: cast(known.get(name, {}).get("parameterType", ""), value) for name, value in found.items()}


def cast(kind: str, value: Any) -> Any:
    """A value as the declared type has it. JSON knows one kind of number, files know only text.

    >>> cast("NUMBER_INTEGER", 3.0), cast("LIST", "[1]"), cast("STRING", "3")
    (3, [1], '3')
    """
    if value is None:
        return None
    if kind == "NUMBER_INTEGER":
        return int(value)
    if kind == "NUMBER_DOUBLE":
        return float(value)
    if kind in ("BOOLEAN", "LIST", "STRUCT") and isinstance(value, str):
        return json.loads(value.lower() if kind == "BOOLEAN" else value)
    return value


def _check(label: str, executor: Json) -> None:
    if "importer" in executor:
        return
    container = executor.get("container")
    if container is None:
        raise unsupported(f"Vertex AI: the pipeline step {label}, which is neither a Python component nor an importer")
    if "--function_to_execute" not in container.get("args", []) or not container.get("command"):
        image = container.get("image", "(none)")
        raise unsupported(f"Vertex AI: the pipeline step {label} in the container {image} (Python components run)")
