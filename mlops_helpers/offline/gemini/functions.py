"""Function calling by rules one can read.

Which function: each clause of the last question (split at "and", commas, question marks ...) picks the function whose
name and description share most content words with it; in mode AUTO at least one must be shared, in mode ANY the best
function is called however little fits; NONE calls nothing. A clause without a word for any function, but with a value
("... and in Rome"), repeats the function before it with that value.

Which arguments: enums by the words of the clause, numbers and dates in order, texts by the field's kind (city, date,
e-mail, name ...), by what follows the field's name, by quotation marks, last by capitalised words. A required argument
that cannot be found in mode AUTO is asked for instead of being guessed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..errors import invalid
from . import extraction
from .requests import Ask, text_of, wrong
from .schemas import field_words, fitted, mentioned, within
from .shapes import Shape, read_shape
from .words import content_words

CLAUSE = re.compile(r"\?|;|,|\.\s|\band\b|\bthen\b", re.IGNORECASE)
FROM_TO = {"from": "from", "origin": "from", "source": "from", "to": "to", "destination": "to", "target": "to"}
NAME_WEIGHT = 2


@dataclass(frozen=True)
class Call:
    """A call the model wants made, and the required arguments nobody mentioned."""

    name: str
    args: dict[str, Any]
    missing: tuple[str, ...] = ()

    def part(self) -> dict[str, Any]:
        """The call as a part of an answer."""
        return {"functionCall": {"name": self.name, "args": self.args}}


def plan_calls(ask: Ask) -> list[Call]:
    """The calls that answer the last question; `[]` if it is to be answered in words. Raises ApiError 400."""
    mode = ask.calling.get("mode", "AUTO")
    allowed = allowed_functions(ask)
    if mode == "NONE" or not allowed or has_results(ask):
        return []
    calls = []
    for clause in clauses(ask.question):
        function = best_function(allowed, clause)
        if function is not None:
            calls.append(make_call(function, clause, ask.question))
        elif calls and (more := repeated(allowed, calls[-1], clause)):
            calls.append(more)
    if not calls and mode == "ANY":
        calls = [make_call(best_function(allowed, ask.question) or allowed[0], ask.question, ask.question, force=True)]
    return list({json.dumps([call.name, call.args], sort_keys=True): call for call in calls}.values())


def allowed_functions(ask: Ask) -> list[dict[str, Any]]:
    """The declared functions that may be called. Raises ApiError 400 for names that are allowed but not declared."""
    check_declarations(ask.functions)
    names = ask.calling.get("allowedFunctionNames", [])
    declared = [function["name"] for function in ask.functions]
    if names and ask.calling.get("mode") not in ("ANY", "VALIDATED"):
        raise invalid(
            "Allowed function names should be set only when function calling mode is ANY. Set the mode to ANY."
        )
    if unknown := [name for name in names if name not in declared]:
        raise wrong("allowed_function_names", ", ".join(unknown), f"among {', '.join(declared)}")
    return [function for function in ask.functions if not names or function["name"] in names]


def check_declarations(functions: list[dict[str, Any]]) -> None:
    """Refuse malformed or doubled declarations. Raises ApiError 400."""
    names = [function.get("name", "") for function in functions]
    for name in names:
        if not re.fullmatch(r"[A-Za-z_][\w.:-]{0,127}", name):
            raise wrong("function_declarations.name", name, "a letter or underscore, then letters, digits, _ . : -")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise invalid(f"Duplicate function declaration found: {', '.join(twice)}. Declare each function once.")


def has_results(ask: Ask) -> bool:
    """Whether the last turn brings back what functions returned."""
    return any("functionResponse" in part for part in ask.last["parts"])


def clauses(question: str) -> list[str]:
    """The pieces of a question that may each ask for a call."""
    return [part.strip() for part in CLAUSE.split(question) if part and part.strip()]


def best_function(functions: list[dict[str, Any]], clause: str) -> dict[str, Any] | None:
    """The function that shares most words with a clause; None if none shares any. The first declared wins a tie."""
    said = set(content_words(clause))
    points = [NAME_WEIGHT * len(said & name_words(one)) + len(said & described(one)) for one in functions]
    return functions[points.index(max(points))] if max(points) > 0 else None


def name_words(function: dict[str, Any]) -> set[str]:
    """The words of a function's name."""
    return set(content_words(re.sub(r"([a-z])([A-Z])", r"\1 \2", function["name"]).replace("_", " ")))


def described(function: dict[str, Any]) -> set[str]:
    """The words of a function's description and of its parameters' enums."""
    first = function.get("description", "").split("\n\n")[0]
    enums = [str(value) for shape in parameters(function).values() for value in shape.enum]
    return set(content_words(" ".join([first, *enums])))


def parameters(function: dict[str, Any]) -> dict[str, Shape]:
    """The function's parameters by name."""
    schema = function.get("parameters") or function.get("parametersJsonSchema")
    return read_shape(schema).properties if schema else {}


def make_call(function: dict[str, Any], clause: str, question: str, *, force: bool = False) -> Call:
    """A call with the arguments that the clause, or else the whole question, gives."""
    schema = function.get("parameters") or function.get("parametersJsonSchema") or {}
    needed = schema.get("required", [])
    args = arguments(parameters(function), clause, taken_from=[clause, question])
    missing = [name for name in needed if name not in args]
    if force:
        args |= {name: fitted_argument(parameters(function)[name], question) for name in missing}
        missing = []
    return Call(function["name"], args, tuple(missing))


def arguments(shapes: dict[str, Shape], clause: str, *, taken_from: list[str]) -> dict[str, Any]:
    """Argument values; each number, date and place is used once, in the order of the parameters."""
    found, used = {}, []
    for name, shape in shapes.items():
        for text in taken_from:
            value = argument(name, shape, text, used)
            if value is not None:
                found[name] = value
                used.append(value)
                break
    return found


def argument(name: str, shape: Shape, text: str, used: list[Any]) -> Any:
    """A value for one parameter out of a text, or None."""
    if shape.enum:
        return next(iter(mentioned(shape.enum, text)), None)
    if shape.type in ("integer", "number"):
        left = [number for number in extraction.numbers(text) if number not in used]
        return fitted(shape, left[0]) if left else None
    if shape.type == "boolean":
        return True if set(content_words(name.replace("_", " "))) & set(content_words(text)) else None
    if shape.type == "array":
        values = [argument(name, shape.items, clause, []) for clause in clauses(text)]
        return [value for value in values if value is not None] or None
    if shape.type == "object":
        return arguments(shape.properties, text, taken_from=[text]) or None
    return text_argument(name, shape, text, used)


def text_argument(name: str, shape: Shape, text: str, used: list[Any]) -> str | None:
    """A text for one parameter, by the rules in the module's docstring."""
    about = field_words(name, shape)
    direction = next((FROM_TO[word] for word in field_words(name, Shape("string")) if word in FROM_TO), None)
    if direction:
        after = re.search(rf"\b{direction}\s+({extraction.CAPITALISED})", text)
        return after[1] if after else None
    options = [*extraction.find(about, text), extraction.after_cue(text, name.replace("_", " "))]
    if not any(word in extraction.KINDS for word in about) or {"city", "location", "place"} & set(about):
        options += [*extraction.quoted(text), *extraction.places(text), *capitalised(text)]
    return next((value for value in options if value and value not in used), None)


def capitalised(text: str) -> list[str]:
    """Capitalised words that do not begin a sentence."""
    return re.findall(rf"(?<=[a-z,:] )({extraction.CAPITALISED})", text) or (
        [text] if re.fullmatch(extraction.CAPITALISED, text) else []
    )


def fitted_argument(shape: Shape, question: str) -> Any:
    """What mode ANY puts into a required argument that nobody mentioned."""
    empty = {"integer": 0, "number": 0.0, "boolean": False, "array": [], "object": {}}
    if shape.enum:
        return shape.enum[0]
    if shape.type in ("integer", "number"):
        return type(empty[shape.type])(within(shape, 0))
    return empty.get(shape.type, question)


def repeated(allowed: list[dict[str, Any]], before: Call, clause: str) -> Call | None:
    """The call before, again, if the clause brings a new value for it."""
    function = next(one for one in allowed if one["name"] == before.name)
    found = arguments(parameters(function), clause, taken_from=[clause])
    fresh = {name: value for name, value in found.items() if isinstance(value, str)}  # "add 3 and 4" is one call
    if not fresh or all(before.args.get(name) == value for name, value in fresh.items()):
        return None
    return Call(before.name, before.args | fresh, tuple(name for name in before.missing if name not in fresh))


def ask_for(calls: list[Call]) -> str:
    """The question back, when required arguments are missing."""
    wanted = [f"{name} (for {call.name})" for call in calls for name in call.missing]
    return f"[simulated] I need to know first: {', '.join(wanted)}."


def retell(ask: Ask) -> str:
    """What the functions returned, in words: the values are theirs."""
    asked = [part["functionCall"] for turn in ask.turns for part in turn["parts"] if "functionCall" in part]
    told = []
    for part in ask.last["parts"]:
        if "functionResponse" in part:
            name, response = part["functionResponse"].get("name", ""), part["functionResponse"].get("response", {})
            args = next((call.get("args", {}) for call in asked if call["name"] == name), {})
            asked = [call for call in asked if call.get("name") != name or call.get("args", {}) != args]
            told.append(one_result(name, args, response))
    return " ".join(told) + (f" {text_of(ask.last)}" if text_of(ask.last) else "")


def one_result(name: str, args: dict[str, Any], response: dict[str, Any]) -> str:
    """One function's result as a sentence."""
    given = ", ".join(f"{key}={value}" for key, value in args.items())
    if "error" in response:
        return f"{name}({given}) failed: {response['error']}."
    value = response.get("result", response.get("output", response))
    if isinstance(value, dict):
        value = ", ".join(f"{key}: {item}" for key, item in value.items())
    return f"{name}({given}) returned {value}."
