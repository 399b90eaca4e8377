"""Vertex AI, offline: what `google.cloud.aiplatform` finds at the end of the wire.

    service      from a request to the behaviour that answers it
    rpcs  templates      every RPC of the installed client: its URL and its types
    typed        JSON <-> the client's own protobuf types, strict both ways
    store  listing  filters  masks      resources; lists with filter, order and pages; partial updates
    operations   long-running operations, each finished when it is born
    generic      create, get, list, update, delete
    behaviours   how an RPC gets its behaviour;  subjects  the list of modules that hold behaviours

    models  registry  artifacts  evaluations            what was trained, in numbered versions
    endpoints  traffic  predictions  serving  request_logging      who answers, with which share, and what it said
    explaining  shapley                                 why a prediction is what it is
    batch  batch_inputs  batch_outputs                  whole files and tables
    custom_jobs  training_pipelines  tuning  search_space      training code ...
    packages  running  job_logs                         ... and how it runs
    datasets  annotated                                 text and image items with labels, tables, kept prompts
    metadata  metadata_schemas  lineage                 what was made of what; experiments and their runs
    tensorboard  tensorboard_data                       values by step
    evals  evals_text  evals_tools  evals_judge         answers, scored
    pipelines/                                          compiled pipelines, run task by task; schedules
    feature_store  feature_sync                         columns of tables, served entity by entity
    monitoring/                                         drift between two tables or files
    warehouse                                           the offline BigQuery, for all of them

How to add a subject
--------------------
1. Write `mlops_helpers/offline/vertex/<subject>.py`. List the RPCs that are nothing but storage under `GENERIC`; write
   a function for every other one. What stands in neither place is refused with 501 and its name.

       GENERIC = ("TensorboardService.GetTensorboard", "TensorboardService.ListTensorboards")

       @behaviour("TensorboardService.CreateTensorboard")
       def create_tensorboard(vertex: Vertex, call: Call) -> dict:
           if not call.request.tensorboard.display_name:         # the typed request, in snake_case
               raise bad_field("display_name", "", "a name")     # errors.py: Google's status and wording
           return generic.create(vertex, call, {"runCount": 0})  # JSON of the resource, in camelCase

2. Add the module's name to `SUBJECTS` in `subjects.py`.
3. The answer is JSON of the RPC's answer type (of the *result* type if the RPC is long-running; the service wraps it
   into a finished operation). A field that the type does not have is an internal fault, so every test through the real
   client is a contract test. `LongRunning(result, about=name)` names the operation's resource when the default (what
   was made, else what the request names) is wrong: clients take ids out of the operation's name.
4. State that is no resource goes into a class of its own, reached by `vertex.part(TheClass)`; it is made with the
   service as its only argument, and its `close()` is called at the end.
5. Times come from `vertex.store.stamp()` (a write: moves the clock), ids from `vertex.store.new_id(kind)`, files only
   from `vertex.folder()`. Resources read from the store are never changed in place: `vertex.store.change(name, {...})`.
6. A URL that a client calls although no RPC has it: `@behaviour(JsonRoute("evals.x", "POST", "/v1beta1/...:verb"))`;
   the function gets a `JsonCall` (variables, wire) and returns JSON.
7. Other services: `vertex.cloud.service("storage")` and `("bigquery")` in Python.
8. The handler runs under the service's lock. Work that may call Vertex AI itself (training code, pipelines) runs in
   a thread and writes inside `vertex.effects.writing()`: a part that such a thread changes notes there what it did,
   so that a standalone server keeps it (`effects`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import Vertex


def open_service(cloud: OfflineCloud) -> Vertex:
    """Called by the cloud when Vertex AI is first used."""
    from .service import Vertex

    return Vertex(cloud)
