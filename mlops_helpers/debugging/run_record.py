"""Run a function and write down everything its result depends on, so that the run can be repeated and compared.

    record = record_run("monday", train, data={"customers": table}, parameters={"depth": 3}, seed=7)
    record.metrics                             {'recall': 0.81}
    RunStore(bucket).save(record)              `run_store`: once, never overwritten
    replay(record, train, data={...})          `replaying`: again, naming the first thing that differs

The record holds no data, no path, no name of a machine: data are told by their size and a digest.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from mlops_helpers.debugging.content import describe
from mlops_helpers.debugging.errors import InvalidSetting, NaiveTimestamp, RecordChanged
from mlops_helpers.debugging.seeds import seed_everything
from mlops_helpers.debugging.surroundings import (
    Workspace,
    code_facts,
    hardware_facts,
    package_facts,
    qualified_name,
)

RUN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class RunRecord:
    """What a run depended on and what came out of it; all of it is JSON.

    function   module and name of what ran
    recorded   ISO time with zone
    code, data, packages, hardware   facts by name, as texts; data as size and digest
    metrics    the numbers (texts, booleans) among the results; not a number and infinities as texts
    outputs    all other results as size and digest, or `not compared: …`
    checksum   SHA-256 of everything above
    result     what the function returned; only in the process that ran it
    """

    name: str
    function: str
    recorded: str
    code: dict[str, str]
    data: dict[str, str]
    parameters: dict[str, Any]
    seed: int | None
    packages: dict[str, str]
    hardware: dict[str, str]
    metrics: dict[str, Any]
    outputs: dict[str, str]
    checksum: str = ""
    result: Any = field(default=None, repr=False, compare=False)

    def to_json(self) -> str:
        """Return the record as JSON, readable by people."""
        return json.dumps(_content(self) | {"checksum": self.checksum}, indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> RunRecord:
        """Read a record. Raises `RecordChanged` if it is none, or not what was written."""
        try:
            found = cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            found, expected = f"a text that is no record of a run ({error})", "the JSON of a record"
            raise RecordChanged(found, expected, "Restore the file from where it was kept.") from error
        if (actual := _checksum(found)) != found.checksum:
            expected = f"{str(found.checksum)[:12]}…, as it was written"
            remedy = "It was edited after the run: do not rely on it. Restore an older copy, or run again."
            raise RecordChanged(f"the record {found.name!r} with checksum {actual[:12]}…", expected, remedy)
        return found

    def __str__(self) -> str:
        """Say which run this was and what came out."""
        came_out = ", ".join(f"{name}={value}" for name, value in self.metrics.items()) or "no metrics"
        return f"{self.name}: {self.function}, seed {self.seed}, {self.recorded}: {came_out}"


def record_run(
    name: str,
    function: Callable[..., Any],
    *,
    data: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    seed: int | None = None,
    workspace: Workspace | None = None,
) -> RunRecord:
    """Call `function(**data, **parameters)` and return the record of it; errors of the function are raised as they are.

    `data` are tables, arrays, files or artifacts (see `content_digest`), digested before the call. Parameters reach the
    function as JSON keeps them (a tuple as a list), so that a replay gives it the same. With a seed, everything is
    seeded first. A mapping that comes back is taken apart into metrics and outputs, anything else is the one result
    called `result`.

    Raises, before anything runs: InvalidSetting (name, seed, data or parameters that cannot be kept), NaiveTimestamp.
    """
    workspace = workspace or Workspace()
    if not RUN_NAME.fullmatch(name):
        raise InvalidSetting(f"the name {name!r:.100}", "lower-case letters, digits, '-', '_', '.'", "Rename the run.")
    for what, given in (("data", data), ("parameters", parameters)):
        if given is not None and not isinstance(given, Mapping):
            example = "a dictionary by argument, such as {'review': review}"
            raise InvalidSetting(f"{type(given).__name__} as {what}", example, "Name what the function takes.")
    data, parameters = dict(data or {}), dict(parameters or {})
    if twice := sorted(data.keys() & parameters.keys()):
        raise InvalidSetting(f"{twice} as data and as parameters", "each name once", "Rename one of the two.")
    kept, described = plain_parameters(parameters), {key: describe(value) for key, value in data.items()}
    recorded = _time(workspace)
    if seed is not None:
        seed = seed_everything(seed).seed
    result = function(**data, **kept)
    metrics, outputs = _taken_apart(result)
    facts = {"code": code_facts(function, workspace), "packages": package_facts(workspace)}
    facts |= {"data": described, "parameters": kept, "hardware": hardware_facts(), "result": result}
    record = RunRecord(name, qualified_name(function), recorded, seed=seed, metrics=metrics, outputs=outputs, **facts)
    return replace(record, checksum=_checksum(record))


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON keeps them. Raises `InvalidSetting` for what JSON cannot hold."""
    try:
        return json.loads(json.dumps({key: _python(value) for key, value in parameters.items()}, allow_nan=False))
    except (TypeError, ValueError) as error:
        remedy = "Pass tables as `data`, and objects by their settings."
        raise InvalidSetting(
            f"parameters that JSON cannot hold ({error})", "numbers, texts, lists, mappings", remedy
        ) from error


def _taken_apart(result: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return metrics and outputs. What has no comparable content, such as a model, is named and not compared."""
    parts = dict(result) if isinstance(result, Mapping) else {"result": result}
    metrics: dict[str, Any] = {}
    outputs: dict[str, str] = {}
    for key, value in parts.items():
        plain = _scalar(value)
        if plain is None or isinstance(plain, bool | int | float | str):
            metrics[str(key)] = plain
            continue
        try:
            outputs[str(key)] = describe(plain)
        except InvalidSetting:
            outputs[str(key)] = f"{NOT_COMPARED}: {type(plain).__qualname__}"
    return metrics, outputs


def _scalar(value: Any) -> Any:
    """Return numpy's scalars as Python's, and floats that JSON does not know as texts."""
    value = _python(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _python(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "shape", None) == () else value


def _time(workspace: Workspace) -> str:
    now = workspace.clock()
    if now.tzinfo is None:
        raise NaiveTimestamp(f"the clock's time {now} without a zone", "a time with a zone", "Use datetime.UTC.")
    return now.isoformat(timespec="seconds")


def _content(record: RunRecord) -> dict[str, Any]:
    return {item.name: getattr(record, item.name) for item in fields(record) if item.name not in ("checksum", "result")}


def _checksum(record: RunRecord) -> str:
    text = json.dumps(_content(record), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
