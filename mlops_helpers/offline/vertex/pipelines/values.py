"""Where a task's inputs come from: constants, the enclosing pipeline's inputs, the outputs of other tasks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import bad_field

Json = dict[str, Any]
CHANNEL = "pipelinechannel--"  # how the compiler names what it passes into the body of a loop or a condition
PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
SELECTOR = re.compile(r'parseJson\(string_value\)((?:\["[^"]+"\])+)')


@dataclass(frozen=True)
class Values:
    """What a task takes or gives: parameters by name, and lists of artifacts by name."""

    parameters: Json = field(default_factory=dict)
    artifacts: dict[str, list[Json]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """The inputs of a pipeline that is running, the pipeline around it, and what can be written as `{{$.name}}`.

    Names are looked up outwards: the compiler does not hand the item of an outer loop down to an inner one.
    """

    inputs: Values
    outer: Scope | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, name: str) -> Any:
        """A parameter's value, or None."""
        if name in self.inputs.parameters:
            return self.inputs.parameters[name]
        return self.outer.parameter(name) if self.outer and name.startswith(CHANNEL) else None

    def artifacts(self, name: str) -> list[Json]:
        """The artifacts of an input."""
        if name in self.inputs.artifacts:
            return self.inputs.artifacts[name]
        return self.outer.artifacts(name) if self.outer and name.startswith(CHANNEL) else []


def resolve(task: Json, scope: Scope, done: Mapping[str, Values], statuses: Mapping[str, Json]) -> Values:
    """A task's inputs. `done` are the outputs of other tasks, `statuses` how they ended.

    What another task did not give is left out; the component's default stands in, if it has one.
    """
    parameters: Json = {}
    wanted = task.get("inputs", {}).get("parameters", {})
    for name, source in sorted(wanted.items(), key=lambda item: "runtimeValue" in item[1]):  # constants name the others
        found = _parameter(source, scope, done, statuses)
        if isinstance(found, str) and "runtimeValue" in source:
            found = filled(found, parameters, scope.names)
        if "parameterExpressionSelector" in source:
            found = _selected(found, source["parameterExpressionSelector"])
        if found is not None:
            parameters[name] = found
    sources = task.get("inputs", {}).get("artifacts", {})
    found = {name: _artifacts(source, scope, done) for name, source in sources.items()}
    return Values(parameters, {name: artifacts for name, artifacts in found.items() if artifacts})


def outputs(component: Json, done: Mapping[str, Values]) -> Values:
    """What a pipeline gives, out of what its tasks gave: the first branch of a `dsl.OneOf` that ran."""
    wanted = component["dag"].get("outputs", {})
    found = Values()
    for name, source in wanted.get("parameters", {}).items():
        for choice in _choices(source, "valueFromParameter", "parameterSelectors"):
            given = done.get(choice["producerSubtask"], Values()).parameters
            if choice["outputParameterKey"] in given:
                found.parameters[name] = given[choice["outputParameterKey"]]
                break
    for name, source in wanted.get("artifacts", {}).items():
        for choice in _choices(source, "artifactSelectors", "artifactSelectors"):
            given = done.get(choice["producerSubtask"], Values()).artifacts
            if choice["outputArtifactKey"] in given:
                found.artifacts[name] = given[choice["outputArtifactKey"]]
                break
    return found


def filled(text: str, parameters: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    """A text with its placeholders replaced by values."""
    text = PLACEHOLDER.sub(lambda match: _shown(parameters.get(match[1])), text)
    for name, value in names.items():
        text = text.replace(f"{{{{$.{name}}}}}", value)
    return text


def _parameter(source: Json, scope: Scope, done: Mapping[str, Values], statuses: Mapping[str, Json]) -> Any:
    if "componentInputParameter" in source:
        return scope.parameter(source["componentInputParameter"])
    if "taskOutputParameter" in source:
        wanted = source["taskOutputParameter"]
        return done.get(wanted["producerTask"], Values()).parameters.get(wanted["outputParameterKey"])
    if "taskFinalStatus" in source:
        return statuses.get(source["taskFinalStatus"]["producerTask"])
    return source.get("runtimeValue", {}).get("constant")


def _artifacts(source: Json, scope: Scope, done: Mapping[str, Values]) -> list[Json]:
    if "componentInputArtifact" in source:
        return scope.artifacts(source["componentInputArtifact"])
    wanted = source["taskOutputArtifact"]
    return done.get(wanted["producerTask"], Values()).artifacts.get(wanted["outputArtifactKey"], [])


def _selected(value: Any, expression: str) -> Any:
    found = SELECTOR.fullmatch(expression)
    if found is None:
        raise bad_field("parameter_expression_selector", expression, 'parseJson(string_value)["key"]')
    value = json.loads(value) if isinstance(value, str) else value
    for key in re.findall(r'\["([^"]+)"\]', found[1]):
        value = value[key]
    return value


def _choices(source: Json, single: str, several: str) -> list[Json]:
    if "valueFromOneof" in source:
        return source["valueFromOneof"][several]
    found = source[single]
    return found if isinstance(found, list) else [found]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
