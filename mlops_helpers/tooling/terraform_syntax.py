"""Terraform's JSON syntax: how resources get their names, how one mentions another, how text is kept from being code.

In a `.tf.json` file every text is a template: `${…}` is evaluated and `%{…}` is a directive. Whatever came from the
cloud is data, so both are escaped; only what this module builds itself, an `Expression`, is not.
Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


class Expression(str):
    """Text that Terraform is to evaluate; never anything that was read from the cloud."""

    __slots__ = ()


@dataclass(frozen=True)
class Described:
    """A resource as the cloud describes it: its Terraform type, the ledger's name of it, and the answer's JSON."""

    type: str
    name: str
    data: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What a person calls it: the display name where the real one is a number, else the last words of the name."""
        last = self.name.rpartition("://")[2].split("/")
        if last[-1].isdigit():
            return str(self.data.get("displayName") or self.data.get("display_name") or last[-2])
        inside = self.type in ("google_bigquery_table", "google_vertex_ai_feature_group_feature")
        return f"{last[-3 if last[-2] == 'features' else -2]}_{last[-1]}" if inside else last[-1]


class Names:
    """Addresses (`google_storage_bucket.models`) of all resources of a file: valid, unique, the same every time."""

    def __init__(self, resources: Iterable[Described], *, project: str, location: str) -> None:
        self.project, self.location = project, location
        self._resources: dict[str, Described] = {}
        self._labels: dict[str, str] = {}
        taken: set[tuple[str, str]] = set()
        for resource in resources:
            label = _unique(identifier(resource.words), resource.type, taken)
            self._resources[resource.name], self._labels[resource.name] = resource, label

    def __iter__(self) -> Any:
        return iter(self._resources.values())

    def label(self, name: str) -> str:
        """The second half of a resource's address."""
        return self._labels[name]

    def address(self, name: str) -> str:
        """`type.label` of a resource of this file."""
        return f"{self._resources[name].type}.{self._labels[name]}"

    def mention(self, name: str, attribute: str, otherwise: str) -> str:
        """A reference to an attribute of another resource; the plain text if that one is not in this file."""
        return Expression(f"${{{self.address(name)}.{attribute}}}") if name in self._resources else otherwise

    def place(self, location: str) -> str:
        """`var.location` for the location of the session, any other as it is."""
        return Expression("${var.location}") if location.lower() == self.location.lower() else location

    def after(self, text: str, *types: str) -> dict[str, Any]:
        """`depends_on` for the resources of these types that a query or a filter names as a whole word."""
        wanted = [item for item in self if item.type in types and _names(text, item)]
        return {"depends_on": [self.address(item.name) for item in wanted]} if wanted else {}


def joined(*parts: str) -> Expression:
    """Parts as one text: expressions as they are, everything else escaped.

    >>> joined("bq://", Expression("${var.project}"), ".${x}")
    'bq://${var.project}.$${x}'
    """
    return Expression("".join(str(part) if isinstance(part, Expression) else escaped(part) for part in parts))


def escaped(text: str) -> str:
    """Text in which Terraform finds nothing to evaluate.

    >>> escaped("a ${b} %{c}")
    'a $${b} %%{c}'
    """
    return text.replace("${", "$${").replace("%{", "%%{")


def plain_json(value: Any) -> Any:
    """A value for the file: text escaped unless it is an expression, through lists and objects, keys included."""
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, Mapping):
        return {escaped(str(key)): plain_json(item) for key, item in value.items()}
    return [plain_json(item) for item in value] if isinstance(value, list | tuple) else value


def snake(name: str) -> str:
    """`displayName` as Terraform writes it.

    >>> snake("defaultTableExpirationMs")
    'default_table_expiration_ms'
    """
    return CAPITAL.sub(r"_\1", name).lower()


def picked(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The named fields of a REST answer that are there, under Terraform's names."""
    return {snake(key): data[key] for key in keys if data.get(key) not in (None, "", {}, [])}


def identifier(words: str) -> str:
    """A name that Terraform takes: lower-case letters, digits and _, with a letter in front.

    >>> identifier("2026 Churn-Model!")
    'r_2026_churn_model'
    """
    found = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return found if found[:1].isalpha() else f"r_{found}".rstrip("_")


def _unique(label: str, type: str, taken: set[tuple[str, str]]) -> str:
    """The label, with a number behind it if another resource of the type has it."""
    number, found = 1, label
    while (type, found) in taken:
        number += 1
        found = f"{label}_{number}"
    taken.add((type, found))
    return found


def _names(text: str, resource: Described) -> bool:
    """Whether a query names this table (with or without its project), or a filter this metric."""
    *_, project, dataset, last = resource.name.split("/")
    word = rf"(?:{re.escape(project)}\.)?{re.escape(f'{dataset}.{last}')}"
    if resource.type == "google_monitoring_metric_descriptor":
        word = re.escape(resource.data["type"])
    elif resource.type == "google_logging_metric":
        word = re.escape(f"logging.googleapis.com/user/{resource.data['name']}")
    return re.search(rf"(?<![\w.-]){word}(?![\w/-])", text.replace("`", "")) is not None
