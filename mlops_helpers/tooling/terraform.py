"""Infrastructure as code: the ledger of a lesson, written down as Terraform.

    plan = terraform_of(session)
    plan.write("infrastructure/main.tf.json")     # terraform plan takes over what is there: imports, not new resources
    plan.left_out                                 # what is no infrastructure, and why

The file is Terraform's JSON syntax: the same language as `.tf`, in a form that any JSON parser can check. It holds a
provider block, variables for project and location, the resources in order of type and name, outputs with their ids, and
`import` blocks. Nothing is made up: each resource is what the cloud says it is at this moment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling import terraform_tables as tables
from mlops_helpers.tooling import terraform_vertex as vertex
from mlops_helpers.tooling import terraform_watching as watching
from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.terraform_reading import LeftOut, Reader, attached_entries
from mlops_helpers.tooling.terraform_syntax import Described, Expression, Names, plain_json

if TYPE_CHECKING:
    import pandas as pd

    from mlops_helpers.cloud import Session
    from mlops_helpers.cloud.ledger import Entry

SUFFIX = ".tf.json"
VERSION, PROVIDER = ">= 1.6.0", ">= 6.0, < 8.0"  # before 1.6 there are no import blocks in this syntax
WRITERS = MappingProxyType(
    {
        tables.BUCKET: tables.bucket,
        tables.DATASET: tables.dataset,
        tables.TABLE: tables.table,
        vertex.ENDPOINT: vertex.endpoint,
        vertex.TENSORBOARD: vertex.tensorboard,
        vertex.VERTEX_DATASET: vertex.vertex_dataset,
        vertex.GROUP: vertex.group,
        vertex.FEATURE: vertex.feature,
        vertex.STORE: vertex.store,
        vertex.VIEW: vertex.view,
        watching.SINK: watching.sink,
        watching.METRIC: watching.log_metric,
        watching.DESCRIPTOR: watching.descriptor,
        watching.POLICY: watching.policy,
        watching.CHANNEL: watching.channel,
    }
)
NO_IMPORT = (vertex.VERTEX_DATASET,)  # the provider cannot take it over


@dataclass(frozen=True)
class Terraform:
    """A Terraform file: `document` is its JSON, `resources` the addresses by the ledger's names."""

    document: Mapping[str, Any]
    resources: Mapping[str, str]
    omitted: tuple[LeftOut, ...]

    @property
    def text(self) -> str:
        """The file's text, the same for the same cloud."""
        return json.dumps(self.document, indent=2, ensure_ascii=False) + "\n"

    @property
    def left_out(self) -> pd.DataFrame:
        """What the file does not hold. Columns: kind, name, reason."""
        import pandas as pd

        rows = [(one.kind, one.name, one.reason) for one in self.omitted]
        return pd.DataFrame(rows, columns=["kind", "name", "reason"])

    def write(self, path: Path | str) -> Path:
        """Write the file, to a temporary name first. Raises InvalidSetting for a name Terraform would not read."""
        target = Path(path)
        if not target.name.endswith(SUFFIX) or target.name.startswith("."):
            remedy = f"Call it main{SUFFIX}; nothing was written."
            raise InvalidSetting(f"the file {target.name!r}", f"a name that ends in {SUFFIX}", remedy)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.draft")
        draft.write_text(self.text, encoding="utf-8")
        return draft.replace(target)


def terraform_of(session: Session, entries: Iterable[Entry] | None = None, *, imports: bool = True) -> Terraform:
    """The resources of a session's ledger as one Terraform file.

    `entries` are others to describe instead, of `session.ledger.entries`; without it the journals of processes that
    attached to this offline cloud are read as well. `imports=False` leaves the import blocks out: the file then
    describes a copy to be made, in another project.

    What Terraform cannot hold is named under `"//"` in the file, and in `left_out`. Raises what the clients raise.
    """
    wanted = [*session.ledger.entries, *attached_entries(session)] if entries is None else list(entries)
    reader = Reader(session.project)
    names = Names(reader.read(wanted), project=session.project, location=session.location)
    omitted = tuple(dict.fromkeys(reader.left_out))
    document: dict[str, Any] = {
        "//": {"written by": "mlops_helpers.tooling.terraform_of", "left out": _told(omitted)},
        "terraform": {
            "required_version": VERSION,
            "required_providers": {"google": {"source": "hashicorp/google", "version": PROVIDER}},
        },
        "provider": {"google": {"project": Expression("${var.project}"), "region": Expression("${var.location}")}},
        "variable": _variables(session),
        "resource": _resources(names),
        "output": _outputs(names),
        "import": _imports(names) if imports else [],
    }
    addresses = {one.name: names.address(one.name) for one in names}
    return Terraform(plain_json({key: part for key, part in document.items() if part}), addresses, omitted)


def _told(omitted: tuple[LeftOut, ...]) -> list[dict[str, str]]:
    """What is left out, for the file. BigQuery jobs are counted: their names are new in every run."""
    jobs = [one for one in omitted if one.kind == "job"]
    named = [vars(one) for one in omitted if one.kind != "job"]
    return [*named, *({**vars(one), "name": f"{len(jobs)} BigQuery jobs"} for one in jobs[:1])]


def _variables(session: Session) -> dict[str, Any]:
    told = {"project": ("The Google Cloud project.", session.project), "location": ("A region.", session.location)}
    return {
        name: {"type": "string", "description": description, "default": default}
        for name, (description, default) in told.items()
    }


def _resources(names: Names) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in names:
        found.setdefault(one.type, {})[names.label(one.name)] = WRITERS[one.type](one, names)
    return found


def _outputs(names: Names) -> dict[str, Any]:
    """For each type one output: the ids of its resources, by their labels."""
    found: dict[str, Any] = {}
    for one in names:
        output = found.setdefault(one.type.removeprefix("google_"), {"description": f"Ids of {one.type}.", "value": {}})
        output["value"][names.label(one.name)] = Expression(f"${{{names.address(one.name)}.id}}")
    return found


def _imports(names: Names) -> list[dict[str, str]]:
    return [{"to": names.address(one.name), "id": import_id(one)} for one in names if one.type not in NO_IMPORT]


def import_id(resource: Described) -> str:
    """How the provider wants to be told which existing resource is meant, in the fullest of the forms that it takes."""
    if resource.type == tables.BUCKET:
        return str(resource.data["name"])
    if resource.type in (tables.DATASET, tables.TABLE):
        project, dataset, *table = resource.name.removeprefix("bq://").split("/")
        return f"projects/{project}/datasets/{dataset}" + (f"/tables/{table[0]}" if table else "")
    path = resource.name.partition("://")[2]
    if resource.type == watching.METRIC:
        _, project, _, name = path.split("/", 3)
        return f"{project} {name}"
    return path
