"""Rules to and from JSON-able dictionaries, so that a suite of expectations can be stored and reviewed as a file."""

from __future__ import annotations

import datetime

from mlops_helpers.governance.errors import InvalidSetting
from mlops_helpers.governance.rules import (
    ARITHMETIC,
    COMPARISONS,
    Arithmetic,
    Both,
    Close,
    Column,
    Comparison,
    Condition,
    Either,
    Expression,
    Missing,
    Negation,
    Value,
)

FORMS = (*ARITHMETIC, *COMPARISONS, "column", "value", "date", "instant", "close", "and", "or", "not", "missing")


def rule_to_dict(rule: Expression | Condition) -> dict:
    """Return a dictionary such as {"<=": [{"column": "age", "as": "number"}, {"value": 110}]}."""
    match rule:
        case Column(name, reading):
            return {"column": name, "as": reading}
        case Value(value):
            return {_value_form(rule): value.isoformat() if isinstance(value, datetime.date) else value}
        case Arithmetic(operator, left, right) | Comparison(operator, left, right):
            return {operator: [rule_to_dict(left), rule_to_dict(right)]}
        case Close(left, right, within, share):
            return {"close": [rule_to_dict(left), rule_to_dict(right)], "within": within, "share": share}
        case Both(left, right) | Either(left, right):
            return {"and" if isinstance(rule, Both) else "or": [rule_to_dict(left), rule_to_dict(right)]}
        case Negation(part):
            return {"not": rule_to_dict(part)}
        case Missing(column):
            return {"missing": rule_to_dict(column)}
    raise _unreadable(rule)


def rule_to_text(rule: Expression | Condition) -> str:
    """Return a rule for people to read, such as "age <= 110"."""
    match rule:
        case Column(name, _) | Missing(Column(name, _)):
            return f"{name} is missing" if isinstance(rule, Missing) else name
        case Value(value):
            return value.isoformat() if isinstance(value, datetime.date) else repr(value)
        case Arithmetic(operator, left, right) | Comparison(operator, left, right):
            one, two = (_in_brackets(part) for part in (left, right))
            return f"{one} {operator} {two}"
        case Close(left, right, within, share):
            tolerance = " + ".join([f"{within:g}"] * bool(within) + [f"{share:.0%}"] * bool(share)) or "0"
            return f"{rule_to_text(left)} = {rule_to_text(right)} ± {tolerance}"
        case Both(left, right) | Either(left, right):
            return f"({rule_to_text(left)}) {'and' if isinstance(rule, Both) else 'or'} ({rule_to_text(right)})"
        case Negation(part):
            return f"not ({rule_to_text(part)})"
    raise _unreadable(rule)


def _in_brackets(part: Expression) -> str:
    return f"({rule_to_text(part)})" if isinstance(part, Arithmetic) else rule_to_text(part)


def rule_from_dict(data: dict) -> Expression | Condition:
    """Rebuild a rule. Raises InvalidSetting, with the accepted forms, for anything else."""
    form = next((key for key in data if key in FORMS), None) if isinstance(data, dict) else None
    if form is None:
        raise _unreadable(data)
    content, options = data[form], {key: value for key, value in data.items() if key != form}
    try:
        return _build(form, content, options)
    except (TypeError, ValueError) as error:
        raise _unreadable(data) from error


def _build(form: str, content: object, options: dict) -> Expression | Condition:
    if form == "column":
        return Column(content, options.get("as", "number"))
    if form == "value":
        return Value(content)
    if form == "date":
        return Value(datetime.date.fromisoformat(content))
    if form == "instant":
        return Value(datetime.datetime.fromisoformat(content))
    if form in ("not", "missing"):
        return {"not": Negation, "missing": Missing}[form](rule_from_dict(content))
    left, right = (rule_from_dict(part) for part in content)
    if form == "close":
        return Close(left, right, **options)
    if form in ("and", "or"):
        return {"and": Both, "or": Either}[form](left, right)
    return (Arithmetic if form in ARITHMETIC else Comparison)(form, left, right)


def _value_form(value: Value) -> str:
    return {"number": "value", "text": "value"}.get(value.reading, value.reading)


def _unreadable(found: object) -> InvalidSetting:
    return InvalidSetting(f"{found!r} where a rule should stand", f"a dictionary with one of: {', '.join(FORMS)}")
